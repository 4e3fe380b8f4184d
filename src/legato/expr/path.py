"""Dotted paths into the JSON of an event: `products[].sku`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias, cast

from legato.model.rule import Scalar

Json: TypeAlias = Any
"""What a foreign JSON text decodes to."""
Step: TypeAlias = tuple[str, bool]
"""A key, and whether every element of the list under it is meant."""
PATHS_MAX = 4_096
"""Parsed paths kept: more than any workspace writes."""


@lru_cache(maxsize=PATHS_MAX)
def parse_path(path: str) -> tuple[Step, ...]:
    """Split a path into its keys; `[]` behind a key means each element of its list."""
    return tuple((key.removesuffix("[]"), key.endswith("[]")) for key in path.split("."))


def values_at(body: Mapping[str, Json], path: str) -> list[Scalar]:
    """Return the texts, numbers and booleans that a path leads to, in order.

    A list at the end of the path leads to its elements, with `[]` or without. Objects and null
    are no values. A key that itself contains dots is found when the body has it as written.
    """
    if path in body:
        return scalars(body[path])
    found: list[Json] = [body]
    for key, is_each in parse_path(path):
        found = [item[key] for item in found if isinstance(item, Mapping) and key in item]
        if is_each:
            found = [element for item in found for element in _elements(item)]
    return [scalar for item in found for scalar in scalars(item)]


def with_value(body: Mapping[str, Json], path: str, value: Scalar) -> dict[str, Json]:
    """Return a body in which a path leads to a value; what is in its way gives way."""
    (key, is_each), *rest = parse_path(path)
    inner: Json = value
    if rest:
        found = body.get(key)
        inside: Mapping[str, Json] = {}
        if isinstance(found, Mapping):
            inside = cast("Mapping[str, Json]", found)
        inner = with_value(inside, path.partition(".")[2], value)
    return {**body, key: [inner] if is_each else inner}


def scalars(value: Json) -> list[Scalar]:
    """Return a value's scalars: itself, or those in the list that it is."""
    if isinstance(value, str | int | float):
        return [value]
    return [item for item in _elements(value) if isinstance(item, str | int | float)]


def _elements(value: Json) -> list[Json]:
    return cast("list[Json]", value) if isinstance(value, list) else []
