"""Stored values as objects with named fields: their own encoding is positional, for machines."""

from __future__ import annotations

from legato.model.noun import Noun
from legato.model.problem import Reason


class ShownReason(Noun, frozen=True, kw_only=True):
    """A Reason with its fields named."""

    code: str
    what: str
    definition: str = ""


def shown_reason(reason: Reason) -> ShownReason:
    """Name a reason's fields."""
    return ShownReason(code=reason.code, what=reason.what, definition=reason.definition)
