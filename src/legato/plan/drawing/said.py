"""Commands in words, as they stand after 'undo:'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from legato.plan.drawing.blocks import Found
from legato.plan.drawing.kinds import KIND_OF
from legato.plan.drawing.paths import parts_of
from legato.plan.source import plain

SHOWN_LENGTH = 40


def of_step(step: Found) -> str:
    """Name a step."""
    return of_value(plain(step.tree))


def of_value(value: Mapping[str, Any]) -> str:
    """Name a step by its kind, and by what tells it from others of the kind."""
    word = next((key for key in value if key in KIND_OF), "")
    if not word:
        return "a step"
    title, named = KIND_OF[word].title, value[word]
    if isinstance(named, dict):
        fields = cast("dict[str, Any]", named)
        named = fields.get("message") or fields.get("destination")
    shown = named[:SHOWN_LENGTH] if isinstance(named, str) else ""
    return f"'{title}' ({shown})" if shown else f"'{title}'"


def of_path(path: str) -> str:
    """Name a field by its last words."""
    words = [part for part in parts_of(path) if not part.isdigit()]
    return " of ".join(reversed(words[-2:])) if words else "an item"
