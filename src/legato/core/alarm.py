"""When to wake a person: the earliest of everything that waits on time alone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from legato.core.course import Leaves
from legato.core.erasure.expire import expires_at
from legato.core.moment import Moment
from legato.core.program import ANY, Threshold
from legato.expr.depends import earliest_change
from legato.expr.facts import Facts
from legato.expr.packed import instants
from legato.model.effect import SetAlarm
from legato.model.instant import Instant
from legato.model.state import State


def set_alarm(moment: Moment) -> None:
    """Ask to be woken, if when has changed since the last step."""
    since, moment.at = moment.at, moment.now
    state = moment.state
    state.segments_due_at = _segments_due_at(moment)
    due_at = _journeys_due_at(moment, since)
    if state.segments_due_at is not None and (due_at is None or state.segments_due_at < due_at):
        due_at = state.segments_due_at
    if moment.program.forgets:
        leaves_at = expires_at(moment)
        if leaves_at is not None and (due_at is None or leaves_at < due_at):
            due_at = leaves_at
    if due_at != state.alarm_at:
        state.alarm_at = due_at
        moment.effects.append(SetAlarm(person_id=state.person_id, due_at=due_at))


def _segments_due_at(moment: Moment) -> Instant | None:
    """Return when time alone may next change a segment.

    What did not change needs no second look: its instant is not before the one that is known. An
    instant whose cause has gone wakes the person once for nothing, and all is looked at then.
    """
    program = moment.program
    due_at = moment.state.segments_due_at
    if moment.is_upheaval or (due_at is not None and due_at < moment.now):
        looked_at: Iterable[int] = program.timed
        due_at = None
    else:
        looked_at = moment.looked_at
    facts: Facts | None = None
    for index in looked_at:
        one = program.segments[index]
        if not one.is_timed:
            continue
        if one.thresholds is not None:
            change = _next_fall(moment.state, one.thresholds, moment.now)
        else:
            facts = facts or moment.facts()
            change = earliest_change(one.leaves, facts)
        if change is not None and (due_at is None or change < due_at):
            due_at = change
    return due_at


def _next_fall(state: State, thresholds: Sequence[Threshold], now: Instant) -> Instant | None:
    """Return when a sliding window next loses an entry that a rule's answer hangs on."""
    due_at: Instant | None = None
    for slot_id, size, count in thresholds:
        tally = state.history.get(slot_id)
        if tally is None:
            continue
        counted = instants(tally)
        if len(counted) >= (count or 1):
            at = counted[-count] + size
            if count == ANY and at <= now:
                oldest = bisect_left(counted, now - size + 1)
                at = counted[oldest] + size if oldest < len(counted) else now
            if at > now and (due_at is None or at < due_at):
                due_at = at
    return due_at


def _journeys_due_at(moment: Moment, since: Instant) -> Instant | None:
    """Return when journeys wait for time, having looked at their rules as of `since`."""
    state, program = moment.state, moment.program
    instants = [held.due_at for held in state.held if not program.paused.get(held.delivery.journey)]
    instants += state.untold.values()
    if state.offers:
        instants += [one.until for one in state.offers if one.until > moment.now]
    for delivery_id, fallback in state.fallbacks.items():
        if fallback.due_at is not None and not program.paused.get(
            state.pending[delivery_id].journey
        ):
            instants.append(fallback.due_at)
    for enrollment in state.enrollments:
        if enrollment.ended_at is not None or program.paused.get(enrollment.journey):
            continue
        if enrollment.due_at is not None:
            instants.append(enrollment.due_at)
        course = program.courses.get(enrollment.version)
        if course is not None:
            for rule in course.timed_rules(enrollment.step_id):
                instants += _instants_of(moment, rule, since)
    return min(instants) if instants else None


def _instants_of(moment: Moment, rule: Leaves, since: Instant) -> Iterator[Instant]:
    """Yield when time may next change a rule: at once, where it did since the event happened."""
    change = earliest_change(rule, moment.facts())
    if change is not None:
        yield change
    if since < moment.now and _has_changed(moment, rule, since):
        yield moment.now


def _has_changed(moment: Moment, rule: Leaves, since: Instant) -> bool:
    """Return whether time may have changed a rule between an event and its arrival."""
    moment.at = since
    change = earliest_change(rule, moment.facts())
    moment.at = moment.now
    return change is not None and change <= moment.now
