"""What the shape of a journey shows without walking through it: waits, handoffs, times to live."""

from __future__ import annotations

from collections.abc import Iterator

from legato.model.definitions.journey import (
    END,
    Call,
    Journey,
    Send,
    Wait,
    WaitFor,
    WaitUntil,
)
from legato.model.instant import DAY, Duration, format_duration
from legato.model.plan import Plan
from legato.simulate.proof.moves import Course
from legato.simulate.proof.states import Spot
from legato.simulate.proof.violation import Violation, place_of
from legato.simulate.proof.walk import STATES_MAX

EXPIRES_MAX: Duration = 7 * DAY
"""A message that may still leave a week after it was decided says what was true a week ago."""
WEEK = 7 * DAY


def structural(plan: Plan) -> tuple[Violation, ...]:
    """Return what is wrong with the shape of the journeys of a plan."""
    return tuple(each for journey in plan.journeys.values() for each in structure_of(journey))


def structure_of(journey: Journey) -> Iterator[Violation]:
    """Return what is wrong with the shape of a journey."""
    for step_id, step in journey.steps.items():
        match step:
            case WaitFor():
                yield from _wait_for(journey, step)
            case Call():
                yield from _call(journey, step)
            case Send() if step.expires > EXPIRES_MAX:
                yield Violation(
                    code="V509",
                    journey=journey.name,
                    step=step_id,
                    place=place_of(journey, step_id),
                    what=f"`{step.message}` may still leave {format_duration(step.expires)} after "
                    "it was decided",
                    fix=f"make `expires` {format_duration(EXPIRES_MAX)} or shorter",
                )
            case _:
                pass


def _wait_for(journey: Journey, step: WaitFor) -> Iterator[Violation]:
    limits = [case for case in step.cases if case.after is not None and case.at_most is None]
    if not limits:
        events = [case.on or "a condition" for case in step.cases]
        yield Violation(
            code="V504",
            journey=journey.name,
            step=step.step_id,
            place=place_of(journey, step.step_id),
            what=f"nothing but {' or '.join(dict.fromkeys(events))} ends this wait, and it may "
            "never come",
            fix="add a case such as `- {after: 30d}`, or say on the journey that it may take for "
            f'ever: `waive: [{{code: V504, step: "{step.step_id}", because: ...}}]`',
        )
    if step.is_confirmation and len(dict.fromkeys(case.next for case in step.cases)) == 1:
        yield Violation(
            code="V505",
            journey=journey.name,
            step=step.step_id,
            place=place_of(journey, step.step_id),
            what=f"without {step.cases[0].on} in time it goes on as if it had come",
            fix="add `late: [...]`: what happens when the confirmation does not come",
        )


def _call(journey: Journey, step: Call) -> Iterator[Violation]:
    accepted = [to for _, to in step.answers]
    if accepted and step.failed in accepted:
        yield Violation(
            code="V505",
            journey=journey.name,
            step=step.step_id,
            place=place_of(journey, step.step_id),
            what=f"when {step.destination} does not answer, it goes on as if it had agreed",
            fix="add `failed: [...]`: what happens without an answer",
        )


def longest(course: Course) -> Duration | None:
    """Return how long a passage can take at most; None: there is no end to it, or none in sight.

    Bounded circles are unrolled: how often each was taken is part of where somebody is.
    """
    found: dict[tuple[str, tuple[tuple[str, int], ...]], Duration | None] = {}
    waiting = [Spot(step=course.journey.first)]
    while waiting:
        if len(found) > STATES_MAX:
            return None
        spot = waiting[-1]
        key = (spot.step, spot.counts)
        if spot.step == END or key in found:
            found.setdefault(key, 0)
            waiting.pop()
            continue
        ways = _ways(course, spot)
        unknown = [there for _, there in ways if (there.step, there.counts) not in found]
        if unknown:
            waiting += unknown
            continue
        waiting.pop()
        found[key] = _most(course, spot, [found[there.step, there.counts] for _, there in ways])
    return found[course.journey.first, ()]


def _ways(course: Course, spot: Spot) -> list[tuple[str, Spot]]:
    bare = [
        (there.step, Spot(step=there.step, counts=there.counts))
        for _, there in course.following(spot)
    ]
    return list({(there.step, there.counts): (name, there) for name, there in bare}.values())


def _most(course: Course, spot: Spot, rests: list[Duration | None]) -> Duration | None:
    own = _time_at(course, spot)
    if own is None or any(rest is None for rest in rests):
        return None
    return own + max((rest for rest in rests if rest is not None), default=0)


def _time_at(course: Course, spot: Spot) -> Duration | None:
    step = course.journey.steps[spot.step]
    match step:
        case Wait():
            return step.duration
        case WaitUntil():
            return WEEK if step.weekdays else DAY
        case Call():
            return step.timeout
        case WaitFor():
            limits = [case.after for case in step.cases if case.after is not None]
            return min(limits) if limits else None
        case _:
            return 0
