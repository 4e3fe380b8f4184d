"""What goes over the wire and what comes back: rendered by connectors, carried by transports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from legato.model.instant import Duration
from legato.model.noun import Noun

Security: TypeAlias = Literal["none", "starttls", "tls"]


class HttpRequest(Noun, frozen=True, kw_only=True, tag="http"):
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: Duration
    allow_private: bool = False


class Mail(Noun, frozen=True, kw_only=True, tag="smtp"):
    host: str
    port: int
    security: Security
    username: str
    password: str
    sender: str
    recipient: str
    message: bytes
    """RFC 5322, headers and body."""
    timeout: Duration
    allow_private: bool = False


class FileLine(Noun, frozen=True, kw_only=True, tag="file"):
    path: str
    """`-` is the console."""
    line: bytes


class FileErasure(Noun, frozen=True, kw_only=True, tag="file_erasure"):
    """Take every line out of a file that has one of these values in it."""

    path: str
    values: tuple[str, ...]


Request: TypeAlias = HttpRequest | Mail | FileLine | FileErasure


class Response(Noun, frozen=True, kw_only=True):
    """What the other side said. SMTP reply codes are given as they are."""

    status: int
    headers: Mapping[str, str] = {}
    """Names in lower case."""
    body: bytes = b""
    is_cut: bool = False
    """The body is not all of it: it was too long, or it broke off."""
