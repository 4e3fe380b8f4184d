"""What connectors have reached: scores that may rise, and never fall unnoticed."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from legato.connectors.verify.score import Part, Score
from legato.model.noun import Noun

VERIFIED = 0.95
"""The share of bodies that have to be alike before a connector is called verified."""

Status = Literal["verified", "documented", "generic"]


class Mark(Noun, frozen=True, kw_only=True):
    """What one connector has reached."""

    cases: int
    accepted: int
    url: int
    body: int
    headers: int
    skipped: int = 0
    ignored: int = 0
    grouping: Part | None = None
    classes: Part | None = None


class Reached(Noun, frozen=True, kw_only=True):
    """What one connector has reached: its lock file."""

    vectors: Mark | None = None
    """On requests that others recorded."""
    examples: Mark | None = None
    """On examples of the provider's documentation."""
    lowered: str = ""
    """Why less was reached than before, where somebody said so."""


def mark_of(score: Score) -> Mark:
    """Return what is kept of a score."""
    accepted, url, body, headers = score.levels
    return Mark(
        cases=score.cases,
        accepted=accepted,
        url=url,
        body=body,
        headers=headers,
        skipped=sum(score.skipped.values()),
        ignored=score.ignored,
        grouping=score.grouping,
        classes=score.classes,
    )


def fallen(before: Mark, now: Mark) -> tuple[str, ...]:
    """Say what is worse than it was. Fewer cases are worse: they were skipped."""
    lines = [
        f"{name} fell from {getattr(before, name)} to {getattr(now, name)}"
        for name in ("cases", "accepted", "url", "body", "headers")
        if getattr(now, name) < getattr(before, name)
    ]
    for name, part, other in (
        ("grouping", before.grouping, now.grouping),
        ("classes", before.classes, now.classes),
    ):
        if part is not None and (other is None or other.alike < part.alike):
            lines.append(f"{name} fell from {part.alike} to {other.alike if other else 0}")
    if now.ignored > before.ignored:
        lines.append(f"ignored rose from {before.ignored} to {now.ignored}")
    return tuple(lines)


def status_of(reached: Reached) -> Status:
    """Return how well a connector is known to be right."""
    mark, example = reached.vectors, reached.examples
    if mark is not None and mark.cases and mark.body / mark.cases >= VERIFIED:
        return "verified"
    if example is not None and example.cases and example.body == example.cases:
        return "documented"
    return "generic"


def worse(before: Reached, now: Reached) -> tuple[str, ...]:
    """Say what is worse than it was, of what was scored again."""
    pairs = ((before.vectors, now.vectors), (before.examples, now.examples))
    return tuple(
        line
        for one, other in pairs
        if one is not None and other is not None
        for line in fallen(one, other)
    )


def _kept(mark: dict[str, Any]) -> dict[str, Any]:
    """Return what is written of a mark: nothing of what there are no cases of."""
    return {name: one for name, one in mark.items() if one is not None}


def read_lock(text: str) -> Reached:
    """Read a lock file."""
    return msgspec.json.decode(text, type=Reached)


def write_lock(reached: Reached) -> str:
    """Write a lock file."""
    marks = {"vectors": reached.vectors, "examples": reached.examples}
    kept: dict[str, Any] = {
        name: None if mark is None else _kept(msgspec.to_builtins(mark))
        for name, mark in marks.items()
    }
    if reached.lowered:
        kept["lowered"] = reached.lowered
    raw = msgspec.json.encode(kept, order="sorted")
    return msgspec.json.format(raw, indent=2).decode() + "\n"
