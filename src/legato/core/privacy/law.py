"""The rule itself: whether a fact may serve a purpose, and whether a destination may have it.

A fact serves the purposes it is kept for. A purpose may say that it uses what is kept for others
(`may_use`); that never reaches what is sensitive or about health, whose own list must name it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

from legato.model.noun import Noun
from legato.model.plan import (
    ComputedTrait,
    Destination,
    EventType,
    PrivacyClass,
    Purpose,
    TraitType,
)

CLASSES: tuple[PrivacyClass, ...] = get_args(PrivacyClass)
_RANKS: Mapping[str, int] = {name: number for number, name in enumerate(CLASSES)}
CEILINGS: Mapping[str, PrivacyClass] = {"ads": "public", "prompt": "public"}
"""Category of a connector -> the most it is ever given, whatever the destination says."""


class Binding(Noun, frozen=True, kw_only=True):
    """What a fact is kept for, how delicate it is, and who can change that."""

    purposes: tuple[str, ...]
    privacy: PrivacyClass
    owner: str
    is_bound: bool = True
    """False in plans that were compiled when purposes did not bind: any may use it."""
    is_digest: bool = False
    """Only its digest was ever taken in."""


def binding_of(definition: EventType | TraitType | ComputedTrait) -> Binding:
    """Return what a definition as a whole is bound to."""
    return Binding(
        purposes=definition.purposes,
        privacy=definition.privacy,
        owner=definition.owner,
        is_bound=bool(definition.purposes),
        is_digest=isinstance(definition, TraitType) and bool(definition.hash),
    )


def rank(privacy: str) -> int:
    """Return how delicate a class is; public is 0."""
    return _RANKS[privacy]


def is_within(privacy: PrivacyClass, ceiling: PrivacyClass) -> bool:
    """Return whether a class is no more delicate than a ceiling."""
    return rank(privacy) <= rank(ceiling)


def may_go(binding: Binding, ceiling: PrivacyClass) -> bool:
    """Return whether a fact may go where a ceiling holds.

    The digest of what is personal goes where only what is public does: people are matched by it.
    """
    is_known = binding.is_digest and binding.privacy == "personal"
    return is_known or is_within(binding.privacy, ceiling)


def most_delicate(classes: Iterable[str]) -> PrivacyClass:
    """Return the most delicate of several classes; `public` of none."""
    return CLASSES[max(map(rank, classes), default=0)]


def least_delicate(classes: Iterable[str]) -> PrivacyClass:
    """Return the least delicate of several classes; `health`, which is no ceiling, of none."""
    return CLASSES[min(map(rank, classes), default=-1)]


def may_serve(purposes: Mapping[str, Purpose], purpose: str, binding: Binding) -> bool:
    """Return whether a fact may be used for a purpose; empty: nothing says for what."""
    if not binding.is_bound or purpose in binding.purposes:
        return True
    using = purposes.get(purpose)
    if using is None:
        return not purpose and binding.privacy == "public"
    if not is_within(binding.privacy, "personal"):
        return False
    return any(name in using.may_use for name in binding.purposes)


def ceiling_of(destination: Destination | None) -> PrivacyClass:
    """Return the most delicate class that may go to a destination."""
    if destination is None:
        return "public"
    fixed = CEILINGS.get(str(destination.manifest.get("category", "")))
    if fixed is None:
        return destination.accepts
    return least_delicate((fixed, destination.accepts))


def membership_ceiling(destination: Destination | None) -> PrivacyClass:
    """Return the most delicate class that may decide who is on a list there.

    The list itself tells what its rule reads: a list of diabetics needs no column `diagnosis`.
    What is personal may decide it even where only hashed identifiers go.
    """
    return most_delicate(("personal", ceiling_of(destination)))
