"""What each property of an event is kept for: its own words, or those of what it stands in.

`properties: {diagnosis: {type: string, privacy: health, purposes: [support]}}`. Where several
parts of a schema speak of one property (`allOf`, `$ref`), the strictest of them holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

from legato.core.privacy.law import CLASSES, Binding, binding_of, most_delicate
from legato.expr.path import parse_path
from legato.model.plan import EventType, PrivacyClass

Schema: TypeAlias = Mapping[str, Any]

SHAPES_MAX = 200
"""Parts of a schema that may speak of one place; `$ref` can lead in circles."""
_JOINED = ("allOf", "anyOf", "oneOf", "prefixItems")
_BRANCHES = ("if", "then", "else", "items", "additionalItems")


_BINDING = ("purposes", "purpose", "privacy", "hash")
"""What a part of a schema may say of itself alone."""


class Spot(NamedTuple):
    """A place in an event: what may be done with it, and what may stand in it."""

    root: Schema
    shapes: tuple[Schema, ...]
    binding: Binding

    def inside(self, key: str) -> Spot | None:
        """Return the place under a key; None where no shape allows for such a key."""
        shapes = self._shapes_of(key)
        if not shapes:
            return Spot(self.root, (), self.binding) if self.is_open() else None
        return _spot(self.root, shapes, self.binding)

    def at(self, path: str) -> Spot | None:
        """Return the place that a dotted path leads to."""
        spot: Spot | None = self
        for key, _ in parse_path(path):
            spot = None if spot is None else spot.inside(key)
        return spot

    def is_open(self) -> bool:
        """Return whether properties that nobody declared may stand here."""
        return not any("properties" in shape for shape in self.shapes) or any(
            bool(shape.get("additionalProperties", False)) for shape in self.shapes
        )

    def is_plain(self) -> bool:
        """Return whether everything in here is bound as the place itself is."""
        found = _walk(self.shapes)
        return not any(word in one for one in found for word in _BINDING)

    def _shapes_of(self, key: str) -> list[Schema]:
        found: list[Schema] = []
        for shape in self.shapes:
            named = _mapping(shape.get("properties")).get(key)
            patterns = _mapping(shape.get("patternProperties"))
            matching = [value for pattern, value in patterns.items() if re.search(pattern, key)]
            if named is not None:
                matching.append(named)
            if not matching and isinstance(shape.get("additionalProperties"), Mapping):
                matching.append(shape["additionalProperties"])
            found += [_mapping(value) for value in matching]
        return found


def spot_of(event: EventType) -> Spot:
    """Return the whole body of an event."""
    return _spot(event.schema, [event.schema], binding_of(event))


def purposes_in(shape: Schema) -> tuple[str, ...]:
    """Return the purposes that a part of a schema names: `purpose` or `purposes`."""
    value = shape.get("purposes", shape.get("purpose", ()))
    if isinstance(value, str):
        return (value,)
    return tuple(str(name) for name in cast("list[Any]", value)) if isinstance(value, list) else ()


def _spot(root: Schema, shapes: Sequence[Schema], outer: Binding) -> Spot:
    parts = tuple(_parts(root, shapes))
    lists = [names for part in parts if (names := purposes_in(part))]
    classes = [cast("PrivacyClass", one) for part in parts if (one := part.get("privacy"))]
    known = [one for one in classes if one in CLASSES]
    binding = Binding(
        purposes=_in_all(lists) if lists else outer.purposes,
        privacy=most_delicate(known) if known else outer.privacy,
        owner=outer.owner,
        is_bound=outer.is_bound or bool(lists),
        is_digest=any("hash" in part for part in parts),
    )
    return Spot(root, parts, binding)


def _in_all(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(name for name in lists[0] if all(name in names for names in lists))


def _parts(root: Schema, shapes: Sequence[Schema]) -> Iterator[Schema]:
    """Walk the schemas that speak of one place: alternatives, elements of a list, references."""
    waiting = list(shapes)
    for _ in range(SHAPES_MAX):
        if not waiting:
            return
        shape = waiting.pop(0)
        yield shape
        for key in _JOINED:
            joined = shape.get(key)
            if isinstance(joined, list):
                waiting += [_mapping(one) for one in cast("list[Any]", joined)]
        waiting += [_mapping(shape[key]) for key in _BRANCHES if key in shape]
        if isinstance(shape.get("$ref"), str):
            waiting.append(_referred(root, shape["$ref"]))


def _referred(root: Schema, reference: str) -> Schema:
    here: Any = root
    for key in filter(None, reference.removeprefix("#").split("/")):
        here = _mapping(here).get(key.replace("~1", "/").replace("~0", "~"))
    return _mapping(here)


def _walk(shapes: Sequence[Schema]) -> Iterator[Schema]:
    waiting: list[Any] = list(shapes)
    while waiting:
        here = waiting.pop()
        if isinstance(here, Mapping):
            yield cast("Schema", here)
            waiting += list(cast("Schema", here).values())
        elif isinstance(here, list):
            waiting += cast("list[Any]", here)


def _mapping(value: object) -> Schema:
    return cast("Schema", value) if isinstance(value, Mapping) else {}
