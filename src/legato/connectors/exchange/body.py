"""The body of a request, in the form that its provider reads."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast
from urllib.parse import quote_plus

import msgspec

from legato.connectors.exchange.parts import content_type, to_parts
from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.exchange.table import to_csv
from legato.connectors.exchange.xml import to_xml
from legato.connectors.language.value import MISSING, OBJECTS, Value, as_text
from legato.connectors.spec import BodyFormat

BODY_BYTES_MAX = 5_242_880
"""No provider takes a larger message; a template that made one is at fault."""
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*")

_CONTENT_TYPES: Mapping[BodyFormat, str] = {
    "json": "application/json",
    "json_array": "application/json",
    "json_gzip": "application/json",
    "form": "application/x-www-form-urlencoded",
    "xml": "application/xml",
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "raw": "text/plain; charset=utf-8",
}


def encode(value: Value, form: BodyFormat) -> bytes:
    """Write a body. Raises RefusalError for what cannot be written so."""
    if value is MISSING:
        return b""
    body = _WRITERS[form](value)
    if len(body) > BODY_BYTES_MAX:
        raise RefusalError("size", f"the body is larger than {BODY_BYTES_MAX} bytes")
    return body


def describe(body: bytes, form: BodyFormat) -> Mapping[str, str]:
    """Return the headers that say how a body is written."""
    match form:
        case "multipart":
            return {"Content-Type": content_type(body)}
        case "json_gzip":
            return {"Content-Type": _CONTENT_TYPES[form], "Content-Encoding": "gzip"}
        case _:
            return {"Content-Type": _CONTENT_TYPES[form]}


def pairs(value: Value) -> list[tuple[str, str]]:
    """Flatten a mapping to texts; a list gives its name several times."""
    if value is MISSING or value is None:
        return []
    if not isinstance(value, OBJECTS):
        raise RefusalError("fields", "headers, params and forms are made from a mapping")
    found: list[tuple[str, str]] = []
    for name, one in value.items():
        many = cast("list[Any]", one) if isinstance(one, list) else [one]
        found += [(name, as_text(item)) for item in many if item is not None]
    return found


def query(texts: Iterable[tuple[str, str]]) -> str:
    """Write a query, or a form, as `urlencode` does; most texts in them need no escape."""
    return "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in texts)


def _escaped(text: str) -> str:
    return text if _UNRESERVED.fullmatch(text) else quote_plus(text)


def _many(value: Value) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _ndjson(value: Value) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in _many(value))


def _gzipped(value: Value) -> bytes:
    return gzip.compress(msgspec.json.encode(value), mtime=0)


def _xml(value: Value) -> bytes:
    return (value if isinstance(value, str) else to_xml(value)).encode()


_WRITERS: Mapping[BodyFormat, Callable[[Value], bytes]] = {
    "json": msgspec.json.encode,
    "json_array": lambda value: msgspec.json.encode(_many(value)),
    "json_gzip": _gzipped,
    "form": lambda value: query(pairs(value)).encode(),
    "multipart": to_parts,
    "xml": _xml,
    "csv": lambda value: to_csv(value).encode(),
    "ndjson": _ndjson,
    "raw": lambda value: as_text(value).encode(),
    "none": lambda _: b"",
}
