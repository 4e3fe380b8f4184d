"""Two requests compared as data: what a provider would read, not how it was spelled."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from legato.connectors.exchange.parts import read_parts
from legato.connectors.language.value import Value, as_text, fields_of, rows_of
from legato.connectors.verify.vector import Expected
from legato.model.noun import Noun
from legato.model.wire import HttpRequest, Request

_NOT_COMPARED = ("content-length", "host", "user-agent", "connection", "accept-encoding")
"""Headers that the library of either side writes, not the connector."""

_SECRET = ("password", "secret", "session_token", "timeout", "allow_private")
"""Of what is handed to another transport: its account, and what is no part of what is said."""


class Seen(Noun, frozen=True, kw_only=True):
    """A request as data."""

    method: str
    url: str
    params: Mapping[str, Any]
    headers: Mapping[str, str]
    body: Any


def seen(request: Request, form: str) -> Seen:
    """Read what we would send."""
    if not isinstance(request, HttpRequest):
        return Seen(method="", url="", params={}, headers={}, body=_fields(request))
    url, query = _split(request.url)
    return Seen(
        method=request.method,
        url=url,
        params=_plain(query),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=_decoded(request.body, form),
    )


def _fields(request: Request) -> Value:
    """Return what is handed to another transport than HTTP, as data."""
    fields = fields_of(msgspec.to_builtins(request, builtin_types=(bytes,)))
    return normal(_without_secrets({name: one for name, one in fields.items() if name != "type"}))


def _without_secrets(value: Value) -> Value:
    match value:
        case bytes():
            return value.decode(errors="replace")
        case dict():
            fields = fields_of(value).items()
            return {name: _without_secrets(one) for name, one in fields if name not in _SECRET}
        case list() | tuple():
            return [_without_secrets(one) for one in rows_of(value)]
        case _:
            return value


def recorded(expected: Expected) -> Seen:
    """Read what was recorded."""
    url, query = _split(expected.url)
    if isinstance(expected.params, str):
        query += parse_qsl(expected.params.lstrip("?"), keep_blank_values=True)
    pairs: list[tuple[str, Any]] = list(query)
    for name, value in fields_of(expected.params).items():
        pairs += [(name, one) for one in (rows_of(value) or [value])]
    body = expected.body
    if expected.form == "form":
        body = _several(list(_flat(fields_of(body))))
    headers = {name.lower(): as_text(value) for name, value in expected.headers.items()}
    return Seen(
        method=expected.method.upper(),
        url=url,
        params=_plain(pairs),
        headers=headers,
        body=normal(body),
    )


def _plain(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Join the parameters of a query. In one, clients write a plus for a space or for itself."""
    return _several([(name, as_text(one).replace("+", " ")) for name, one in pairs])


def _flat(form: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name, one) for name, many in form.items() for one in (rows_of(many) or [many])]


def _split(url: str) -> tuple[str, list[tuple[str, str]]]:
    parts = urlsplit(url)
    host = f"{parts.scheme.lower()}://{parts.netloc.lower()}"
    return host + (unquote(parts.path) or "/"), parse_qsl(parts.query, keep_blank_values=True)


def _several(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Join pairs; one that comes twice is a list. Values are text, as URLs and forms have them."""
    found: dict[str, list[Value]] = {}
    for name, value in pairs:
        if value is not None:
            found.setdefault(name, []).append(normal(as_text(value)))
    return {name: many[0] if len(many) == 1 else many for name, many in found.items()}


def _decoded(body: bytes, form: str) -> Value:
    if not body:
        return None
    if form == "json_gzip":
        body = gzip.decompress(body)
    text = body.decode(errors="replace")
    if form == "form":
        return _several(parse_qsl(text, keep_blank_values=True))
    if form == "multipart":
        return _several(list(read_parts(body)))
    if form == "ndjson":
        return [normal(msgspec.json.decode(line)) for line in text.splitlines()]
    return normal(text)


def normal(value: Value) -> Value:
    """Decode JSON wherever it hides in a text, and write whole numbers one way."""
    match value:
        case str():
            return _from_text(value)
        case dict():
            return {key: normal(one) for key, one in fields_of(value).items()}
        case list():
            return [normal(one) for one in rows_of(value)]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _from_text(text: str) -> Value:
    if text[:1] in ("{", "["):
        try:
            return normal(msgspec.json.decode(text))
        except (msgspec.DecodeError, RecursionError):
            return text
    return text


def level(ours: Sequence[Seen], theirs: Sequence[Seen]) -> int:
    """Return how far they agree: 1 how many, 2 methods and URLs, 3 bodies, 4 headers."""
    if len(ours) != len(theirs):
        return 1
    pairs = list(zip(ours, theirs, strict=True))
    if any((a.method, a.url, a.params) != (b.method, b.url, b.params) for a, b in pairs):
        return 1
    if any(not is_same(a.body, b.body) for a, b in pairs):
        return 2
    return 4 if all(_has_headers(a.headers, b.headers) for a, b in pairs) else 3


def is_same(left: Value, right: Value) -> bool:
    """Compare data: true is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        one, other = fields_of(left), fields_of(right)
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(left, list) and isinstance(right, list):
        many, others = rows_of(left), rows_of(right)
        return len(many) == len(others) and all(map(is_same, many, others))
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _has_headers(ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    """Return whether every header that was recorded is there; ours may be more."""
    return all(
        _header(ours.get(name, "")) == _header(value)
        for name, value in theirs.items()
        if name not in _NOT_COMPARED
    )


def _header(value: str) -> str:
    return value.split(";", 1)[0].strip() if "/" in value else value


def differences(ours: Value, theirs: Value, path: str = "") -> list[str]:
    """Say where two values differ, one line each."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        one, other = fields_of(ours), fields_of(theirs)
        return [
            line
            for key in sorted({**one, **other})
            for line in _difference(one, other, key, f"{path}.{key}" if path else key)
        ]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):  # pyright: ignore[reportUnknownArgumentType]
        return [
            line
            for at, (one, other) in enumerate(zip(rows_of(ours), rows_of(theirs), strict=True))
            for line in differences(one, other, f"{path}[{at}]")
        ]
    if is_same(ours, theirs):
        return []
    return [f"{path}: {_short(ours)} where {_short(theirs)} was recorded"]


def _difference(one: Mapping[str, Any], other: Mapping[str, Any], key: str, path: str) -> list[str]:
    if key not in other:
        return [f"{path}: {_short(one[key])} where nothing was recorded"]
    if key not in one:
        return [f"{path}: nothing where {_short(other[key])} was recorded"]
    return differences(one[key], other[key], path)


def _short(value: Value) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 200 else text[:200] + "..."  # noqa: PLR2004 - a line to read
