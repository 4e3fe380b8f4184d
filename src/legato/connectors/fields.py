"""The fields of a request, by transport."""

from __future__ import annotations

from collections.abc import Mapping

from legato.connectors.spec import TransportKind
from legato.model.noun import Noun

_SERVER = ("host", "security", "ca", "mechanism", "username", "password", "database")


class Fields(Noun, frozen=True, kw_only=True):
    """What a request of a transport is made of."""

    known: tuple[str, ...]
    needed: tuple[str, ...]
    removal: tuple[str, ...] = ()
    """What is needed instead by a route for `erase`; empty: the same."""
    exposed: tuple[str, ...] = ()
    """Where a secret would be written down: URLs end in logs, the others are what is stored."""


FIELDS: Mapping[TransportKind, Fields] = {
    "http": Fields(
        known=("method", "url", "params", "headers", "body", "format"),
        needed=("url",),
        exposed=("url", "params"),
    ),
    "smtp": Fields(
        known=(
            "host", "port", "security", "username", "password",
            "from", "to", "reply_to", "subject", "text", "html",
            "list_unsubscribe", "unsubscribe_mailto",
        ),
        needed=("host", "from", "to", "subject"),
    ),
    "file": Fields(
        known=("path", "line", "remove"),
        needed=("path", "line"),
        removal=("path", "remove"),
        exposed=("path", "line"),
    ),
    "kafka": Fields(
        known=(*_SERVER, "topic", "key", "headers", "value"),
        needed=("host", "topic", "value"),
        exposed=("topic", "key", "headers", "value"),
    ),
    "redis": Fields(
        known=(*_SERVER, "commands"),
        needed=("host", "commands"),
        exposed=("commands",),
    ),
    "postgresql": Fields(
        known=(*_SERVER, "table", "key", "row", "remove"),
        needed=("host", "username", "database", "table", "row"),
        removal=("host", "username", "database", "table", "remove"),
        exposed=("table", "key", "row", "remove"),
    ),
    "object": Fields(
        known=(
            "url", "region", "key_id", "secret", "session_token",
            "folder", "line", "lines", "bytes", "wait", "compress",
        ),
        needed=("url", "key_id", "secret", "line"),
        exposed=("url", "folder", "line"),
    ),
}  # fmt: skip
