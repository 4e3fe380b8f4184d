"""A multipart form (RFC 7578): fields, and files that travel with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.language.value import Value, as_text, fields_of
from legato.model.ids import digest

_ESCAPED = {'"': "%22", "\r": "%0D", "\n": "%0A"}


def to_parts(value: Value) -> bytes:
    """Write a mapping: a list is its field several times, `{filename, content, type}` a file."""
    if not isinstance(value, Mapping):
        raise RefusalError("fields", "a multipart form is made from a mapping")
    parts = [
        _part(name, one)
        for name, many in cast("Mapping[str, Any]", value).items()
        for one in (cast("list[Any]", many) if isinstance(many, list) else [many])
        if one is not None
    ]
    # The same form has the same boundary, so that a repeat is the same to the byte.
    boundary = f"legato-{digest(b''.join(parts))[:32]}".encode()
    lines = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return lines + b"--" + boundary + b"--\r\n"


def content_type(body: bytes) -> str:
    """Return the content type of a form that was written so."""
    boundary = body.partition(b"\r\n")[0].removeprefix(b"--")
    return f"multipart/form-data; boundary={boundary.decode()}"


def read_parts(body: bytes) -> Iterable[tuple[str, str]]:
    """Read a form that was written so: names and contents."""
    boundary = body.partition(b"\r\n")[0]
    for part in body.split(boundary)[1:-1]:
        head, _, content = part.decode(errors="replace").partition("\r\n\r\n")
        yield head.partition('name="')[2].partition('"')[0], content.removesuffix("\r\n")


def _part(name: str, value: Value) -> bytes:
    given = fields_of(value)
    disposition = f'Content-Disposition: form-data; name="{_quoted(name)}"'
    if "filename" not in given:
        return f"{disposition}\r\n\r\n{as_text(value)}".encode()
    disposition += f'; filename="{_quoted(as_text(given["filename"]))}"'
    kind = _quoted(as_text(given.get("type", "application/octet-stream")))
    content = as_text(given.get("content", ""))
    return f"{disposition}\r\nContent-Type: {kind}\r\n\r\n{content}".encode()


def _quoted(text: str) -> str:
    return "".join(_ESCAPED.get(letter, letter) for letter in text)
