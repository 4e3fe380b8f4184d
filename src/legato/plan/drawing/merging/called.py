"""What steps of a drawing are called, and where they stand, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from legato.plan.differing.called import title
from legato.plan.drawing.merging.walk import ways_of
from legato.plan.drawing.said import of_value
from legato.plan.drawing.tree import DrawnWaitFor, Step


def called(step: Step) -> str:
    """Name a step by its label, its message, or its kind and what tells it from others."""
    if step.label:
        return f"'{title(step.label)}'"
    fields = _mapping(step.fields)
    message = _mapping(fields.get("send")).get("message")
    return f"'{title(str(message))}'" if message else of_value(fields)


def named(step: Step) -> str:
    """Return what a step is called, as a heading."""
    return called(step).replace("'", "")


def told(step: Step) -> str:
    """Return a step's sentence; one that waits for something, with what that is."""
    if not isinstance(step, DrawnWaitFor) or not step.sentence:
        return step.sentence
    return f"{step.sentence} {'; '.join(way.label for way in step.ways)}"


def stood_in(steps: Sequence[Step], begin: str = "at the beginning") -> dict[str, str]:
    """Return where each step stands: behind which other, or on which way of it."""
    found: dict[str, str] = {}
    where = begin
    for step in steps:
        found[step.path] = where
        for way in ways_of(step):
            found |= stood_in(way.steps, f"on '{way.label}' of {called(step)}")
        where = f"after {called(step)}"
    return found


def _mapping(value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
