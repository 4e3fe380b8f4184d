"""What stands in place of personal values for somebody who may not see them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast

from legato.model.plan import Plan, PrivacyClass

MASK = "•••"
SPECIAL: tuple[PrivacyClass, ...] = ("sensitive", "health")

Sight: TypeAlias = Literal[
    "masked",  # public values only
    "personal",  # all but what is sensitive or of health
    "whole",
]


def mask_values(value: object, sight: Sight, special: Collection[str]) -> object:
    """Return JSON, its shape and names kept, without the values that a caller may not see.

    `special` are the names whose values only `whole` shows.
    """
    match sight:
        case "whole":
            return value
        case "masked":
            return _masked(value)
        case "personal":
            return _without(value, special)


def special_names(plan: Plan) -> tuple[str, ...]:
    """Return the traits, and the properties of events, that are sensitive or of health."""
    facts = (*plan.traits.values(), *plan.computed.values())
    names = [fact.name for fact in facts if fact.privacy in SPECIAL]
    names += [name for event in plan.events.values() for name in _special_properties(event.schema)]
    return tuple(dict.fromkeys(names))


def _special_properties(schema: object) -> Iterator[str]:
    """Yield the properties that any part of a JSON Schema says are sensitive or of health."""
    if isinstance(schema, list | tuple):
        for each in cast("Sequence[object]", schema):
            yield from _special_properties(each)
    elif isinstance(schema, Mapping):
        parts = cast("Mapping[str, Any]", schema)
        properties = cast("Mapping[str, Any]", parts.get("properties") or {})
        yield from (name for name, shape in properties.items() if _is_special(shape))
        for part in parts.values():
            yield from _special_properties(part)


def _is_special(shape: object) -> bool:
    return (
        isinstance(shape, Mapping) and cast("Mapping[str, object]", shape).get("privacy") in SPECIAL
    )


def _masked(value: object) -> object:
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return {key: _masked(each) for key, each in members.items()}
    if isinstance(value, list | tuple):
        return [_masked(each) for each in cast("list[Any]", value)]
    return value if value is None else MASK


def _without(value: object, special: Collection[str]) -> object:
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return {
            key: _masked(each) if key in special else _without(each, special)
            for key, each in members.items()
        }
    if isinstance(value, list | tuple):
        return [_without(each, special) for each in cast("list[Any]", value)]
    return value
