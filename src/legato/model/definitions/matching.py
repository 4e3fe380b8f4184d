"""How people are looked for who may be one."""

from __future__ import annotations

from typing import Literal, TypeAlias

from legato.model.noun import Noun

CompareKind: TypeAlias = Literal["name", "date", "code", "words"]


class Compared(Noun, frozen=True, kw_only=True):
    """A trait by which two identities may turn out to be one person's."""

    trait: str
    kind: CompareKind
    accepts: Literal["public", "personal", "sensitive", "health"] = "personal"
    """The most delicate class that the trait may have."""


class Matching(Noun, frozen=True, kw_only=True):
    """How people are looked for who may be one; a person decides."""

    compare: tuple[Compared, ...]
    suggest_above: float = 0.9
    """The probability from which on a pair is suggested."""
