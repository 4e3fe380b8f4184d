"""What is shown of personal data: that it is there, and only to who may see it, what it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast

import msgspec

from legato.app import Match
from legato.insight.profile import Profile, ShownTrait
from legato.insight.story import Told
from legato.model.plan import Plan, PrivacyClass

MASK = "•••"
SPECIAL: tuple[PrivacyClass, ...] = ("sensitive", "health")

LEAF_LENGTH_MIN = 3
_SOMEBODY = re.compile(
    r"[^\s@\"'<>,;:=(){}\[\]]+@[^\s@\"'<>,;:=(){}\[\]]+"  # an address
    r"|\+?\d(?:[ ().-]?\d){6,}"  # a number by which somebody can be called, or known
)

Sight: TypeAlias = Literal[
    "masked",  # public values only
    "personal",  # all but what is sensitive or of health
    "whole",
]


def mask_profile(profile: Profile, plan: Plan, sight: Sight) -> Profile:
    """Return a profile without the values that a caller may not see."""
    traits = tuple(
        each if _is_shown(each, plan, sight) else msgspec.structs.replace(each, value=MASK)
        for each in profile.traits
    )
    if sight != "masked":
        return msgspec.structs.replace(profile, traits=traits)
    return msgspec.structs.replace(
        profile,
        traits=traits,
        identifiers=tuple(
            msgspec.structs.replace(each, value=MASK) for each in profile.identifiers
        ),
        enrollments=tuple(
            msgspec.structs.replace(each, key=MASK if each.key else "")
            for each in profile.enrollments
        ),
    )


def mask_told(told: Told) -> Told:
    """Return a step of a story without the keys of passages: an order number leads to somebody."""
    notes = tuple({**note, "key": MASK} if note.get("key") else note for note in told.notes)
    return msgspec.structs.replace(told, notes=notes)


def mask_match(match: Match, plan: Plan, sight: Sight) -> Match:
    """Return a match without how the two agree in what a caller may not see.

    That two have the same illness says something of both, though not which.
    """
    special = special_names(plan)
    evidence = tuple(
        msgspec.structs.replace(each, agreement=MASK, weight=MASK)
        if sight != "whole" and each.trait in special
        else each
        for each in match.evidence
    )
    return msgspec.structs.replace(match, evidence=evidence)


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


def mask_text(text: str, values: object) -> str:
    """Return a text of others without what it repeats of these values, and what looks like people.

    What is left are the words of whoever wrote it.
    """
    for value in sorted(dict.fromkeys(_leaves(values)), key=len, reverse=True):
        text = re.sub(re.escape(value), MASK, text, flags=re.IGNORECASE)
    return _SOMEBODY.sub(MASK, text)


def _leaves(value: object) -> Iterator[str]:
    """Yield the texts and numbers in a JSON value that are long enough to tell somebody."""
    if isinstance(value, Mapping):
        for each in cast("Mapping[str, object]", value).values():
            yield from _leaves(each)
    elif isinstance(value, list | tuple):
        for each in cast("Sequence[object]", value):
            yield from _leaves(each)
    elif isinstance(value, str | int | float) and len(str(value)) >= LEAF_LENGTH_MIN:
        yield str(value)


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


def _is_shown(trait: ShownTrait, plan: Plan, sight: Sight) -> bool:
    declared = plan.traits.get(trait.name) or plan.computed.get(trait.name)
    privacy = declared.privacy if declared is not None else "personal"
    if privacy in SPECIAL:
        return sight == "whole"
    return sight != "masked" or privacy == "public"


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
