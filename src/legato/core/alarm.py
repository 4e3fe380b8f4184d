"""When to wake a person: the earliest of everything that waits on time alone."""

from __future__ import annotations

from collections.abc import Iterator

from legato.core.moment import Moment
from legato.expr.depends import next_change
from legato.expr.facts import Facts
from legato.model.effect import SetAlarm
from legato.model.instant import Instant
from legato.model.rule import Rule


def set_alarm(moment: Moment) -> None:
    """Ask to be woken, if when has changed since the last step."""
    due_at = min(_instants(moment), default=None)
    if due_at != moment.state.alarm_at:
        moment.state.alarm_at = due_at
        moment.effects.append(SetAlarm(person_id=moment.state.person_id, due_at=due_at))


def _instants(moment: Moment) -> Iterator[Instant]:
    state, program = moment.state, moment.program
    moment.at = moment.now
    facts: Facts | None = None
    for index in program.timed:
        one = program.segments[index]
        if one.needs and not any(slot_id in state.history for slot_id in one.needs):
            continue  # nothing measured: nothing to run out
        facts = facts or moment.facts()
        yield from _change(one.segment.rule, facts)
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
