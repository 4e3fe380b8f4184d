"""A call as it came, and its body read: JSON, a form, or a form in parts. Nothing is believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email import message_from_bytes
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import parse_qsl

import msgspec

from legato.connectors.inbound.spec import BodyKind
from legato.model.instant import Instant
from legato.model.noun import Noun

FIELDS_MAX = 1_000
"""Of a form. No provider sends a tenth of it."""

Fields: TypeAlias = Sequence[tuple[str, str]]


class Call(Noun, frozen=True, kw_only=True):
    """A request as it came."""

    method: str = "POST"
    url: str
    """As the caller wrote it, as far as can be told from here."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""
    received_at: Instant
    peer: str = ""
    """The address that it came from."""


class Read(Noun, frozen=True, kw_only=True):
    """A call that can be looked into."""

    call: Call
    body: Any
    """JSON, or a form's fields by name; None where it is neither."""
    fields: Fields = ()
    """Of a form, in the order sent."""

    def scope(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return what expressions see of it."""
        query = self.call.url.partition("?")[2]
        return {
            "header": self.call.headers,
            "query": _by_name(_pairs(query)) if query else {},
            "body": self.body,
            "settings": settings,
            "call": {"received_at": self.call.received_at, "method": self.call.method},
        }


def read_call(call: Call, kind: BodyKind) -> Read:
    """Read a call's body."""
    shape = _shape(call) if kind == "auto" else kind
    match shape:
        case "json":
            return Read(call=call, body=_json(call.body))
        case "form":
            fields = _pairs(call.body.decode("utf-8", "replace"))
        case "parts":
            fields = _parts(call)
    return Read(call=call, body=_by_name(fields), fields=fields)


def _shape(call: Call) -> Literal["json", "form", "parts"]:
    content_type = call.headers.get("content-type", "").lower()
    if content_type.startswith("multipart/form-data"):
        return "parts"
    if call.body[:1] in (b"{", b"["):
        return "json"
    return "form" if content_type.startswith("application/x-www-form-urlencoded") else "json"


def _json(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _pairs(text: str) -> Fields:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        return ()


def _parts(call: Call) -> Fields:
    head = f"Content-Type: {call.headers.get('content-type', '')}\r\n\r\n"
    message = message_from_bytes(head.encode("latin-1", "replace") + call.body)
    found: list[tuple[str, str]] = []
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes) and len(found) < FIELDS_MAX:
            found.append((name, content.decode("utf-8", "replace")))
    return found


def _by_name(fields: Fields) -> dict[str, Any]:
    """Return fields by name; one that was sent several times is a list."""
    found: dict[str, Any] = {}
    for name, value in fields:
        before = found.get(name)
        if before is None:
            found[name] = value
        elif isinstance(before, list):
            cast("list[str]", before).append(value)
        else:
            found[name] = [before, value]
    return found
