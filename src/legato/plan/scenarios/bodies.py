"""What a scenario leaves unsaid of an event, filled in as the catalog wants it.

A story says what matters to it. Whatever else the catalog requires is made up from the event's
schema: the only value there can be, the first of several, the property's own name. So the same
property has the same value in all events of a story, unless it says otherwise: an order that is
confirmed is the one that was placed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import jsonschema_rs

from legato.model.instant import Instant, format_instant, parse_duration

AGO = "ago"
_FORMATS: Mapping[str, str] = {
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
}
_STAND_INS = ("+447700900001", "someone@example.com", "A1", "aa", "1", "2026-03-02")
"""Tried where a text has to look a certain way and its name does not."""
_DEPTH_MAX = 20


def complete(
    schema: Mapping[str, Any], given: Mapping[str, Any], *, own: Mapping[str, Any], at: Instant
) -> dict[str, Any]:
    """Return a body with all that its schema requires; `own` are properties of the person."""
    filled = dict(given)
    properties = _mapping(schema.get("properties"))
    for name in cast("list[Any]", schema.get("required") or []):
        if isinstance(name, str) and name not in filled:
            filled[name] = own.get(name, _example(_mapping(properties.get(name)), name, at=at))
    for name, value in given.items():
        filled[name] = _inside(_mapping(properties.get(name)), value, at=at)
    return filled


def in_time(value: Any, at: Instant) -> Any:  # noqa: ANN401 - JSON can be anything
    """Replace every `{ago: 10d}` by the instant so long before, as ISO 8601 writes it."""
    if isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        ago = given.get(AGO)
        length = parse_duration(ago) if len(given) == 1 and isinstance(ago, str) else None
        if length is not None:
            return format_instant(at - length)
        return {name: in_time(inner, at) for name, inner in given.items()}
    if isinstance(value, list):
        return [in_time(one, at) for one in cast("list[Any]", value)]
    return value


def breach(schema: Mapping[str, Any], body: object) -> str:
    """Say where a value does not meet a schema, and what would; empty: it does."""
    error = next(iter(jsonschema_rs.validator_for(dict(schema)).iter_errors(body)), None)
    if error is None:
        return ""
    where = ".".join(str(part) for part in error.instance_path)
    return f"`{where}`: {error.message}" if where else error.message


def _inside(schema: Mapping[str, Any], value: Any, *, at: Instant) -> Any:  # noqa: ANN401
    """Complete objects inside of a value that is given."""
    if isinstance(value, dict):
        return complete(schema, cast("dict[str, Any]", value), own={}, at=at)
    if isinstance(value, list):
        items = _mapping(schema.get("items"))
        return [_inside(items, one, at=at) for one in cast("list[Any]", value)]
    return value


def _example(schema: Mapping[str, Any], name: str, *, at: Instant, depth: int = 0) -> Any:  # noqa: ANN401
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    match _kind(schema):
        case "object" if depth < _DEPTH_MAX:
            return {
                inner: _example(
                    _mapping(_mapping(schema.get("properties")).get(inner)),
                    inner,
                    at=at,
                    depth=depth + 1,
                )
                for inner in cast("list[str]", schema.get("required") or [])
            }
        case "array" if depth < _DEPTH_MAX:
            count = int(schema.get("minItems") or 0)
            items = _mapping(schema.get("items"))
            return [_example(items, name, at=at, depth=depth + 1) for _ in range(count)]
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return False
        case "null":
            return None
        case _:
            return _text(schema, name, at)


def _kind(schema: Mapping[str, Any]) -> str:
    given: object = schema.get("type", "string")
    kinds = cast("list[str]", given) if isinstance(given, list) else [str(given)]
    return next((kind for kind in kinds if kind != "null"), "null")


def _number(schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an integer or a number
    least = schema.get("minimum", schema.get("exclusiveMinimum", 1))
    most = schema.get("maximum", schema.get("exclusiveMaximum", 1))
    step = schema.get("multipleOf", 1)
    above = max(least, step) + (step if "exclusiveMinimum" in schema else 0)
    return above if "maximum" not in schema or above <= most else most


def _text(schema: Mapping[str, Any], name: str, at: Instant) -> str:
    form = schema.get("format")
    if form == "date-time":
        return format_instant(at)
    if form == "date":
        return format_instant(at)[:10]
    if isinstance(form, str) and form in _FORMATS:
        return _FORMATS[form]
    validator = jsonschema_rs.validator_for(dict(schema)) if schema else None
    most = int(schema.get("maxLength", len(name)))
    padded = name[:most].ljust(int(schema.get("minLength", 0)), "-")
    fitting = (one for one in (padded, *_STAND_INS) if validator is None or validator.is_valid(one))
    return next(fitting, name)


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
