"""All that scenarios could go through: steps, ways out of them, guards, consents, orders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias, assert_never

from legato.expr.english import sentence
from legato.model.definitions.journey import (
    Audience,
    Branch,
    Call,
    Exit,
    GoTo,
    Journey,
    JourneyStep,
    Leave,
    Send,
    SetTrait,
    Split,
    Wait,
    WaitCase,
    WaitFor,
    WaitUntil,
)
from legato.model.instant import format_duration
from legato.model.noun import Noun
from legato.model.plan import Plan

Measure: TypeAlias = Literal["steps", "edges", "guards", "consents", "orders"]
MEASURES: tuple[Measure, ...] = ("steps", "edges", "guards", "consents", "orders")
ENTRY = "enter"
CONSENTS = ("granted", "denied", "unknown")


class Way(Noun, frozen=True, kw_only=True):
    """One thing that a scenario may go through."""

    measure: Measure
    journey: str
    at: str
    """The step; `enter`, `leave 1`, ..., or the channel of a consent."""
    how: str
    """Which way out of it, which answer of a guard, which state, what came first."""

    def __str__(self) -> str:
        return f"{self.measure} {self.journey} {self.at} {self.how}"


def ways_of(plan: Plan) -> dict[Way, str]:
    """Return everything there is to go through, each in words."""
    return {way: words for journey in plan.journeys.values() for way, words in _of(plan, journey)}


def _of(plan: Plan, journey: Journey) -> Iterator[tuple[Way, str]]:
    def way(measure: Measure, at: str, how: str = "") -> Way:
        return Way(measure=measure, journey=journey.name, at=at, how=how)

    name = journey.name
    yield way("edges", ENTRY), f"{name}: nobody comes in"
    if journey.entry.when is not None:
        condition = sentence(journey.entry.when)
        yield way("guards", ENTRY, "true"), f"{name}: nobody meets its entry ({condition})"
        yield way("guards", ENTRY, "false"), f"{name}: nobody is kept out by its entry"
    for number, leave in enumerate(journey.exits, 1):
        at = exit_name(number)
        yield way("edges", at), f"{name}: nobody leaves because {_exit(leave)}"
        if leave.when is not None:
            yield way("guards", at, "true"), f"{name}: `{_exit(leave)}` never holds"
            yield way("guards", at, "false"), f"{name}: `{_exit(leave)}` always holds"
    for step_id, step in journey.steps.items():
        place = journey.places.get(step_id, "")
        where = f"{name}, step {step_id}" + (f" ({place})" if place else "")
        yield way("steps", step_id), f"{where}: nobody gets there"
        for how, words in exits_of(step):
            if not _is_loop(step, how, step_id):
                yield way("edges", step_id, how), f"{where}: nobody goes on {words}"
        yield from _guards(way("guards", step_id), step, where)
        yield from _orders(journey, way("orders", step_id), step, where)
        yield from _consents(plan, journey, step)


def exit_name(number: int) -> str:
    """Name a way to leave a journey from wherever one is, counted from 1."""
    return f"leave {number}"


def exits_of(step: JourneyStep) -> list[tuple[str, str]]:
    """Return the ways out of a step: a short name, and words."""
    match step:
        case Wait() | WaitUntil():
            return [("on", "when its time is over")]
        case Send() | SetTrait() | Audience():
            return [("on", "from it")]
        case WaitFor():
            return [(f"case {n}", _case(case)) for n, case in enumerate(step.cases, 1)]
        case Branch():
            stale = [] if step.stale is None else [("stale", "because it is too old to tell")]
            return [("yes", "because it holds"), ("no", "because it does not"), *stale]
        case Split():
            return [(f"arm {arm.name}", f"by arm {arm.name}") for arm in step.arms]
        case Call():
            answers = [
                (f"answer {n}", f"because {sentence(rule)}")
                for n, (rule, _) in enumerate(step.answers, 1)
            ]
            others = [("another answer", "by another answer"), ("failed", "because it failed")]
            return [*answers, *others]
        case GoTo():
            return [("jump", "back"), ("past", "because it was taken often enough")]
        case Leave():
            return [("leave", "out of the journey")]
        case _:
            assert_never(step)


def _case(case: WaitCase) -> str:
    if case.on:
        return f"by {case.on}"
    if case.after is not None:
        return f"after {format_duration(case.after)}"
    return f"because {sentence(case.when)}" if case.when is not None else "at once"


def _is_loop(step: JourneyStep, how: str, step_id: str) -> bool:
    """Return whether a way leads back to its own step: no note tells of that."""
    if not isinstance(step, WaitFor):
        return False
    return step.cases[int(how.removeprefix("case ")) - 1].next == step_id


def _exit(leave: Exit) -> str:
    words = leave.on or (sentence(leave.when) if leave.when is not None else "")
    return f"{words} ({leave.outcome})" if leave.outcome else words


def _guards(base: Way, step: JourneyStep, where: str) -> Iterator[tuple[Way, str]]:
    if isinstance(step, Branch):
        condition = sentence(step.when)
        yield _how(base, "true"), f"{where}: `{condition}` never holds"
        yield _how(base, "false"), f"{where}: `{condition}` always holds"
    elif isinstance(step, Call) and step.answers:
        yield _how(base, "true"), f"{where}: no answer is one of those named"
        yield _how(base, "false"), f"{where}: every answer is one of those named"


def _orders(
    journey: Journey, base: Way, step: JourneyStep, where: str
) -> Iterator[tuple[Way, str]]:
    """Yield what may come first: what is waited for, or the end of the time."""
    is_raced = isinstance(step, WaitFor) and any(case.after is not None for case in step.cases)
    is_left = isinstance(step, Wait | WaitUntil) and bool(journey.exits)
    if is_raced and isinstance(step, WaitFor) and any(case.after is None for case in step.cases):
        yield _how(base, "event first"), f"{where}: nothing comes before its time is over"
        yield _how(base, "timer first"), f"{where}: its time is never over first"
    elif is_left:
        yield _how(base, "event first"), f"{where}: nobody leaves while it waits"
        yield _how(base, "timer first"), f"{where}: its time is never over first"


def _consents(plan: Plan, journey: Journey, step: JourneyStep) -> Iterator[tuple[Way, str]]:
    """Yield the states of consent that a message may meet, by channel."""
    if not isinstance(step, Send):
        return
    purpose = step.purpose or journey.purpose
    if purpose not in plan.purposes or plan.purposes[purpose].basis != "consent":
        return
    for channel in step.channels:
        for state in CONSENTS:
            at = f"{purpose} by {channel}"
            way = Way(measure="consents", journey=journey.name, at=at, how=state)
            yield way, f"{journey.name}: nobody's consent to {at} is {state}"


def _how(base: Way, how: str) -> Way:
    return Way(measure=base.measure, journey=base.journey, at=base.at, how=how)
