"""What no person can come to: steps behind guards that exclude each other, and idle guards."""

from __future__ import annotations

from collections.abc import Iterator

from legato.expr.english import sentence
from legato.model.definitions.journey import END, Branch, Journey, Send
from legato.plan.rules.journeys.flow import successors
from legato.simulate.proof.guards import kept
from legato.simulate.proof.moves import Course
from legato.simulate.proof.states import Spot
from legato.simulate.proof.violation import Violation, place_of
from legato.simulate.proof.walk import Walk


def dead_ends(course: Course, walked: Walk) -> Iterator[Violation]:
    """Return steps that are never reached, messages that never leave, guards that never differ."""
    journey = course.journey
    if not walked.before:
        yield _dead(
            journey,
            "",
            "nobody can ever come in: what `enter` asks for excludes itself, or a way to leave "
            "holds for all whom it lets in",
        )
        return
    spots: dict[str, list[Spot]] = {}
    for spot in walked.before:
        spots.setdefault(spot.step, []).append(spot)
    for step_id in journey.steps:
        if step_id in spots:
            yield from _idle(course, step_id, spots)


def _idle(course: Course, step_id: str, spots: dict[str, list[Spot]]) -> Iterator[Violation]:
    journey = course.journey
    step = journey.steps[step_id]
    unreached = [to for to in successors(step) if to != END and to not in spots]
    for to in dict.fromkeys(unreached):
        yield _dead(journey, to, "nobody can come to this step: what leads to it excludes itself")
    match step:
        case Branch():
            answers = {
                holds: True
                for spot in spots[step_id]
                for holds, _ in course.ground.reasoner.cases(step.when, spot.known)
            }
            if len(answers) == 1 and not unreached:
                word = "always" if True in answers else "never"
                yield Violation(
                    code="V507",
                    journey=journey.name,
                    step=step_id,
                    place=place_of(journey, step_id),
                    what=f"this guard decides nothing: `{sentence(step.when)}` {word} holds here",
                    fix="correct the condition, or take the guard away",
                )
        case Send() if not _can_leave(course, step, spots[step_id]):
            yield _dead(
                journey,
                step_id,
                f"`{step.message}` can never be sent: the gates exclude whoever comes here",
            )
        case _:
            pass


def _can_leave(course: Course, step: Send, spots: list[Spot]) -> bool:
    ground = course.ground
    return any(
        ground.ways(ground.gates(step, channel), kept(spot.known))
        for channel in step.channels
        for spot in spots
    )


def _dead(journey: Journey, step_id: str, what: str) -> Violation:
    return Violation(
        code="V506",
        journey=journey.name,
        step=step_id,
        place=place_of(journey, step_id),
        what=what,
        fix="correct the conditions on the way to it, or take it away",
    )
