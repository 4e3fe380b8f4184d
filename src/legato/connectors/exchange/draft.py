"""A request before it is written: what batches join, and what is signed and sealed at the end."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from typing import Any, assert_never, cast
from urllib.parse import urlencode

import msgspec

from legato.connectors.auth.proof import authorize
from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.exchange.xml import to_xml
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import MISSING, Value, as_text
from legato.connectors.spec import BodyFormat, Call, Spec
from legato.connectors.terms import Terms
from legato.model.wire import HttpRequest

BODY_BYTES_MAX = 5_242_880
"""No provider takes a larger message; a template that made one is at fault."""

_CONTENT_TYPES: Mapping[str, str] = {
    "json": "application/json",
    "json_array": "application/json",
    "json_gzip": "application/json",
    "form": "application/x-www-form-urlencoded",
    "xml": "application/xml",
    "ndjson": "application/x-ndjson",
    "raw": "text/plain; charset=utf-8",
    "none": "",
}
_URL = re.compile(r"https?://[^\s/?#\\]+[^\s\\]*", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose body is still data."""

    method: str
    url: str
    params: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: Value
    format: BodyFormat


def draft(call: Call, frame: Frame) -> Draft:
    """Work a request out. Raises RefusalError where it cannot be one."""
    fields = call.fields
    url = fields["url"].read(frame)
    if not isinstance(url, str) or not _URL.fullmatch(url):
        raise RefusalError("url", "the request's URL is missing or is not http:// or https://")
    method = call.method or as_text(fields["method"].read(frame)).upper()
    if method not in _METHODS:
        raise RefusalError("method", "the request's method is none that HTTP knows")
    return Draft(
        method=method,
        url=url,
        params=tuple(pairs(fields["params"].read(frame))) if "params" in fields else (),
        headers=dict(pairs(fields["headers"].read(frame))) if "headers" in fields else {},
        body=fields["body"].read(frame) if "body" in fields else MISSING,
        format=call.format,
    )


def seal(spec: Spec, made: Draft, frame: Frame, terms: Terms, *, key: str) -> HttpRequest:
    """Write a draft down, with the account's proof."""
    body = encode(made.body, made.format)
    headers = {"Content-Type": _CONTENT_TYPES[made.format]} if body else {}
    if body and made.format == "json_gzip":
        headers["Content-Encoding"] = "gzip"
    if spec.head.idempotency and key:
        headers[spec.head.idempotency] = key
    headers.update(made.headers)
    url = made.url
    if made.params:
        url += ("&" if "?" in url else "?") + urlencode(made.params)
    request = HttpRequest(
        method=made.method,
        url=url,
        headers=headers,
        body=body,
        timeout=terms.timeout,
        allow_private=terms.allow_private,
    )
    proven = authorize(spec.auth, request, frame)
    values = "".join(proven.headers.values())
    if _UNSAFE.search(values) or not values.isascii():
        raise RefusalError("header", "a header's value holds a character that no header may have")
    return proven


def encode(value: Value, form: BodyFormat) -> bytes:
    """Write a body."""
    if value is MISSING:
        return b""
    match form:
        case "json":
            body = msgspec.json.encode(value)
        case "json_array":
            body = msgspec.json.encode(value if isinstance(value, list) else [value])
        case "json_gzip":
            body = gzip.compress(msgspec.json.encode(value), mtime=0)
        case "ndjson":
            rows = cast("list[Any]", value) if isinstance(value, list) else [value]
            body = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
        case "form":
            body = urlencode(pairs(value)).encode()
        case "xml":
            body = (value if isinstance(value, str) else to_xml(value)).encode()
        case "raw":
            body = as_text(value).encode()
        case "none":
            body = b""
        case _:
            assert_never(form)
    if len(body) > BODY_BYTES_MAX:
        raise RefusalError("size", f"the body is larger than {BODY_BYTES_MAX} bytes")
    return body


def pairs(value: Value) -> list[tuple[str, str]]:
    """Flatten a mapping to texts; a list gives its name several times."""
    if value is MISSING or value is None:
        return []
    if not isinstance(value, Mapping):
        raise RefusalError("fields", "headers, params and forms are made from a mapping")
    found: list[tuple[str, str]] = []
    for name, one in cast("Mapping[str, Any]", value).items():
        many = cast("list[Any]", one) if isinstance(one, list) else [one]
        found += [(name, as_text(item)) for item in many if item is not None]
    return found
