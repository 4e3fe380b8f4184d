"""What a role that may not reveal sees of personal data: that it is there, not what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from legato.govern.roles import may
from legato.insight.profile import Profile, ShownTrait
from legato.model.plan import Plan
from legato.studio.tokens import Token

MASK = "•••"


def may_see(token: Token) -> bool:
    """Return whether a caller sees personal values."""
    return may(token.role, "reveal")


def mask_profile(profile: Profile, plan: Plan) -> Profile:
    """Return a profile without identifiers' values, keys and traits that are not public."""
    return msgspec.structs.replace(
        profile,
        identifiers=tuple(
            msgspec.structs.replace(each, value=MASK) for each in profile.identifiers
        ),
        traits=tuple(
            each if _is_public(each, plan) else msgspec.structs.replace(each, value=MASK)
            for each in profile.traits
        ),
        enrollments=tuple(
            msgspec.structs.replace(each, key=MASK if each.key else "")
            for each in profile.enrollments
        ),
    )


def _is_public(trait: ShownTrait, plan: Plan) -> bool:
    declared = plan.traits.get(trait.name)
    return declared is not None and declared.privacy == "public"


def mask_values(value: object) -> object:
    """Return JSON with its shape and names kept and every value hidden."""
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return {key: mask_values(each) for key, each in members.items()}
    if isinstance(value, list | tuple):
        return [mask_values(each) for each in cast("list[Any]", value)]
    return value if value is None else MASK
