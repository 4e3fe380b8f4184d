"""What is shown of personal data: that it is there, and only to who may see it, what it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeAlias, cast

import msgspec

from legato.insight.profile import Profile, ShownTrait
from legato.insight.story import Told
from legato.model.plan import Plan, PrivacyClass

MASK = "•••"
SPECIAL: tuple[PrivacyClass, ...] = ("sensitive", "health")

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


def special_traits(plan: Plan) -> tuple[str, ...]:
    """Return the traits that are sensitive or of health."""
    return tuple(name for name, trait in plan.traits.items() if trait.privacy in SPECIAL)


def _is_shown(trait: ShownTrait, plan: Plan, sight: Sight) -> bool:
    declared = plan.traits.get(trait.name)
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
