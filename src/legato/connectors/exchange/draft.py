"""A request before it is written: what batches join, and what is signed and sealed at the end."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from legato.connectors.auth.proof import authorize
from legato.connectors.exchange.body import describe, encode, pairs, query
from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import MISSING, Value, as_text
from legato.connectors.spec import Auth, BodyFormat, Call, Spec
from legato.connectors.terms import Terms
from legato.model.wire import HttpRequest

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
    auth: Auth | None = None
    """None: it proves itself as all requests of the connector do."""


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
        auth=call.auth,
    )


def seal(spec: Spec, made: Draft, frame: Frame, terms: Terms, *, key: str) -> HttpRequest:
    """Write a draft down, with the account's proof."""
    body = encode(made.body, made.format)
    headers = dict(describe(body, made.format)) if body else {}
    if spec.head.idempotency and key:
        headers[spec.head.idempotency] = key
    headers.update(made.headers)
    url = made.url
    if made.params:
        url += ("&" if "?" in url else "?") + query(made.params)
    request = HttpRequest(
        method=made.method,
        url=url,
        headers=headers,
        body=body,
        timeout=terms.timeout,
        allow_private=terms.allow_private,
    )
    proven = authorize(made.auth or spec.auth, request, frame)
    if proven is None:
        raise RefusalError("key", "the account's private key is none that can sign")
    values = "".join(proven.headers.values())
    if _UNSAFE.search(values) or not values.isascii():
        raise RefusalError("header", "a header's value holds a character that no header may have")
    return proven
