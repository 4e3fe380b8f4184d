"""Fields of a JSON body by dotted path: where they stand, and which of them nobody declared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias, cast

from legato.expr.path import Step, parse_path

Holder: TypeAlias = dict[str, Any]
_WORD = re.compile(r"[A-Za-z_$][\w$ .\-]{0,59}", re.ASCII)
_OPEN = ("$ref", "anyOf", "oneOf", "allOf", "patternProperties", "if", "dependentSchemas")
"""Where a schema says such things, what it declares cannot be read off it."""
NAMELESS = "(a name that is no word)"


class Found(NamedTuple):
    """A field in its place."""

    holder: Holder
    key: str
    path: str
    """As written in definitions: elements of a list are all `[]`."""


def holders(body: Holder, path: str) -> tuple[list[Holder], str]:
    """Return the objects in which a field stands or would stand, and its key there."""
    *parents, (key, _) = parse_path(path)
    found = [body]
    for parent in parents:
        found = [inner for each in found for inner in _inside(each, parent)]
    return found, key


def parent_of(path: str) -> str:
    """Return the path of the object that holds a field; '' for the body itself."""
    return path.rpartition(".")[0]


def undeclared(schema: Mapping[str, Any], value: object, path: str = "") -> Iterator[Found]:
    """Find the properties that a schema does not name, where it names any."""
    if any(word in schema for word in _OPEN):
        return
    if isinstance(value, dict):
        yield from _undeclared_of(schema, cast("Holder", value), path)
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, Mapping):
        for element in cast("list[object]", value):
            yield from undeclared(cast("Mapping[str, Any]", items), element, f"{path}[]")


def shown_name(path: str) -> str:
    """Return a path to show. Senders choose names: one that is no word may be somebody's data."""
    return path if all(_WORD.fullmatch(key) for key, _ in parse_path(path)) else NAMELESS


def _undeclared_of(schema: Mapping[str, Any], value: Holder, path: str) -> Iterator[Found]:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not properties:
        return
    declared = cast("Mapping[str, Any]", properties)
    is_open = bool(schema.get("additionalProperties", False))
    for key, inner in value.items():
        where = f"{path}.{key}" if path else key
        if key in declared:
            if isinstance(declared[key], Mapping):
                yield from undeclared(cast("Mapping[str, Any]", declared[key]), inner, where)
        elif not is_open:
            yield Found(value, key, where)


def _inside(holder: Holder, parent: Step) -> list[Holder]:
    key, is_each = parent
    inner = holder.get(key)
    values = cast("list[object]", inner) if is_each and isinstance(inner, list) else [inner]
    return [cast("Holder", each) for each in values if isinstance(each, dict)]
