"""All steps of a drawing, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from legato.plan.drawing.tree import (
    DrawnCall,
    DrawnChoice,
    DrawnConfirmation,
    DrawnSplit,
    DrawnWaitFor,
    Step,
    Way,
)


def ways_of(step: Step) -> tuple[Way, ...]:
    """Return the ways on from a step, of which most have none."""
    match step:
        case DrawnWaitFor() | DrawnConfirmation() | DrawnChoice() | DrawnSplit() | DrawnCall():
            return step.ways
        case _:
            return ()


def every_step(steps: Sequence[Step]) -> Iterator[Step]:
    """Yield steps and the steps on their ways, in the order of the text."""
    for step in steps:
        yield step
        for way in ways_of(step):
            yield from every_step(way.steps)
