"""When to wake a person: the earliest of everything that waits on time alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from legato.core.moment import Moment
from legato.core.program import Threshold
from legato.expr.depends import next_change
from legato.expr.facts import Facts
from legato.model.effect import SetAlarm
from legato.model.instant import Instant
from legato.model.rule import Rule
from legato.model.state import State


def set_alarm(moment: Moment) -> None:
    """Ask to be woken, if when has changed since the last step.

    What did not change needs no second look: its instant is not before the alarm that is set. An
    alarm whose cause has gone wakes the person once for nothing, and all is looked at then.
    """
    moment.at = moment.now
    before = moment.state.alarm_at
    is_whole = moment.is_upheaval or before is None or before < moment.now
    instants = list(_journey_instants(moment))
    instants += _segment_instants(moment, is_whole=is_whole)
    if not is_whole and not _is_journey_changed(moment):
        assert before is not None
        instants.append(before)
    due_at = min(instants, default=None)
    if due_at != before:
        moment.state.alarm_at = due_at
        moment.effects.append(SetAlarm(person_id=moment.state.person_id, due_at=due_at))


def _is_journey_changed(moment: Moment) -> bool:
    return any(name.startswith("journey:") for name in moment.changed)


def _segment_instants(moment: Moment, *, is_whole: bool) -> Iterator[Instant]:
    state, program = moment.state, moment.program
    is_whole = is_whole or _is_journey_changed(moment)
    facts: Facts | None = None
    for index in program.timed if is_whole else moment.looked_at:
        one = program.segments[index]
        if not one.is_timed:
            continue
        if one.thresholds is not None:
            yield from _falls(state, one.thresholds, moment.now)
            continue
        if one.needs and not any(slot_id in state.history for slot_id in one.needs):
            continue  # nothing measured: nothing to run out
        facts = facts or moment.facts()
        yield from _change(one.segment.rule, facts)


def _falls(state: State, thresholds: Sequence[Threshold], now: Instant) -> Iterator[Instant]:
    """Yield when sliding counts fall below what a rule compares them with."""
    for slot_id, size, count in thresholds:
        tally = state.history.get(slot_id)
        if tally is not None and len(tally.entries) >= count:
            at = tally.entries[-count][0] + size
            if at > now:
                yield at


def _journey_instants(moment: Moment) -> Iterator[Instant]:
    state, program = moment.state, moment.program
    facts: Facts | None = None
    for enrollment in state.enrollments:
        if enrollment.ended_at is not None or program.paused.get(enrollment.journey):
            continue
        if enrollment.due_at is not None:
            yield enrollment.due_at
        course = program.courses.get(enrollment.version)
        for rule in course.timed_rules(enrollment.step_id) if course is not None else ():
            facts = facts or moment.facts()
            yield from _change(rule, facts)
    for held in state.held:
        if not program.paused.get(held.delivery.journey):
            yield held.due_at


def _change(rule: Rule, facts: Facts) -> Iterator[Instant]:
    at = next_change(rule, facts)
    if at is not None:
        yield at
