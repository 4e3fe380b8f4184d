"""A late event is put where it belongs: its journeys go back to before it and see it in order.

Theory of operation. Facts about a person commute, journeys do not: an order that arrives before
the checkout it completes would let the cart rescue run. So the events that journeys look at are
kept for the lateness horizon (`State.recent`), and every move of an enrollment leaves a Trail
behind. When an event happened before one that was seen already, the enrollments of the journeys
that listen to it are taken back to how they stood then, and everything since is looked at again, in
the order in which it happened; rules are answered as of then. Deliveries have ids derived from the
enrollment, the step and the visit, so one that was decided before is recognised and not decided
again; one that would not have been decided is taken back if it has not left. What has been sent
stays sent, and is in the notes.

Not taken back: traits and memberships as rules see them (they are as they are now), and events
later than the horizon: those are recorded as late, may end a passage, and begin none.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping

from legato.core.course import Course
from legato.core.journeys.call import answered_key
from legato.core.journeys.enter import enter_by_event
from legato.core.journeys.journey import show
from legato.core.moment import Moment
from legato.core.sending.decide import left_key, visit_id
from legato.core.sending.delivery import drop_held, withdraw
from legato.expr import places
from legato.model.delivery import Delivery
from legato.model.ended import bring_back, ended_in, enrollments_of
from legato.model.event import CustomerEvent, Event
from legato.model.ids import DeliveryId, EnrollmentId
from legato.model.instant import Instant
from legato.model.note import UNDONE, Left
from legato.model.problem import Reason
from legato.model.state import Enrollment, Held, Recent, State

RECENT_MAX = 200
"""Journey-relevant events kept a person; beyond it the oldest are forgotten before their time."""


def remember(moment: Moment, body: bytes) -> bool:
    """Keep the moment's event for the horizon; return whether journeys have seen beyond it."""
    state = moment.state
    if moment.is_logged:
        state.seen = places.put(state.seen, moment.at, moment.position, RECENT_MAX)
    else:
        _keep(state.recent, _whole(moment, body))
    if moment.at < state.observed_at:
        return True
    state.observed_at = moment.at
    return False


def _keep(recent: list[Recent], one: Recent) -> None:
    # Of two events at one instant the one received first came first: clients send in order, and
    # their clocks count milliseconds.
    insort(recent, one, key=_happened)
    if len(recent) > RECENT_MAX:
        del recent[0]


def _whole(moment: Moment, body: bytes) -> Recent:
    said = (moment.event_id, moment.name, moment.source, body)
    return Recent(moment.at, *said, moment.position)


def recalls(states: Iterable[State], event: Event) -> list[int]:
    """Return which places of the log journeys look at again because an event came out of order."""
    if not isinstance(event, CustomerEvent):
        return []
    since = event.occurred_at
    wanted: list[int] = []
    for state in states:
        if since < state.observed_at:
            wanted += [position for _, position in places.after(state.seen, since)]
            wanted += [one.entry_position for one in enrollments_of(state) if not one.entry]
    return list(dict.fromkeys(wanted))


def _happened(one: Recent) -> Instant:
    return one.at


def replay(moment: Moment, event: CustomerEvent) -> Mapping[str, bool]:
    """Take the journeys that listen to the event back to before it, and go on from there.

    Returns their names.
    """
    state, since = moment.state, moment.at
    courses = [
        course
        for course in moment.program.courses.values()
        if moment.name in course.listens and _is_in_use(moment, course)
    ]
    names = {course.journey.name: True for course in courses}
    bring_back(state, names)
    undone = [
        delivery_id
        for delivery_id, delivery in state.pending.items()
        if delivery.journey in names and state.decided.get(_first_id(delivery), 0) >= since
    ]
    held_before = [held for held in state.held if held.delivery.journey in names]
    visits: dict[EnrollmentId, dict[str, int]] = {}
    removed: list[Enrollment] = []
    for enrollment in list(state.enrollments):
        if enrollment.journey in names:
            visits[enrollment.enrollment_id] = dict(enrollment.counts)
            if not _rewind(moment, enrollment):
                removed.append(enrollment)
    if moment.is_logged:
        moment.recalled = {**moment.recalled, moment.position: event}
    here = _whole(moment, event.body)
    for one in _following(moment, event):
        moment.look_at(one)
        _look_again(moment, courses, one)
    moment.look_at(here)
    contacts = [one.delivery_id for one in state.contacts]
    left = {one: True for one in contacts if one not in state.pending}
    _take_back(moment, undone, [held for held in held_before if held in state.held], since)
    for enrollment in state.enrollments:
        _skip_visits(enrollment, visits.get(enrollment.enrollment_id, {}), left)
    _tell_undone(moment, removed)
    return names


def _following(moment: Moment, event: CustomerEvent) -> list[Recent]:
    """Return the moment's event and what happened after it, in order."""
    following = [_whole(moment, event.body)]
    following += [one for one in moment.state.recent if one.at > moment.at]
    for at, position in places.after(moment.state.seen, moment.at):
        seen = moment.recalled.get(position)
        if isinstance(seen, CustomerEvent):  # else it was overwritten: nobody knows it any more
            said = (seen.event_id, seen.name, seen.source, seen.body)
            following.append(Recent(at, *said, position))
    return sorted(following, key=lambda one: (one.at, one.position))


def _tell_undone(moment: Moment, removed: list[Enrollment]) -> None:
    """Note the passages that have not begun again: whoever counts passages is to leave them out."""
    begun = {one.enrollment_id: True for one in moment.state.enrollments}
    reason = Reason(
        code="journey.late_event",
        what="an event that arrived late says that it should not have begun",
    )
    for one in removed:
        if one.enrollment_id not in begun:
            moment.notes.append(
                Left(
                    journey=one.journey,
                    enrollment_id=one.enrollment_id,
                    step=one.step_id,
                    outcome=UNDONE,
                    reason=reason,
                )
            )


def _take_back(moment: Moment, pending: list[DeliveryId], held: list[Held], since: Instant) -> None:
    """Take back what was decided since and is not decided any more."""
    state = moment.state
    reason = Reason(
        code="journey.late_event",
        what="an event that arrived late says that it should not be sent",
    )
    for delivery_id in pending:
        delivery = state.pending.get(delivery_id)
        if delivery is not None and _first_id(delivery) not in moment.confirmed:
            withdraw(moment, delivery_id, reason)
    for one in held:
        first_id = _first_id(one.delivery)
        if state.decided.get(first_id, 0) >= since and first_id not in moment.confirmed:
            drop_held(moment, one, reason)


def _first_id(delivery: Delivery) -> DeliveryId:
    """Return what a visit of a step decided, by whichever channel it goes meanwhile."""
    return delivery.first_id or delivery.delivery_id


def _skip_visits(
    enrollment: Enrollment, before: Mapping[str, int], left: Mapping[DeliveryId, bool]
) -> None:
    """Let no later visit of a step decide under the id of one that was undone.

    A message that had left already is not due again: the next visit finds it sent.
    """
    for key, count in before.items():
        if not key.startswith("send:"):
            continue
        step_id = key.removeprefix("send:")
        for visit in range(enrollment.counts.get(key, 0) + 1, count + 1):
            delivery_id = visit_id(enrollment, step_id, visit)
            if delivery_id in left or left_key(delivery_id) in before:
                enrollment.counts[left_key(delivery_id)] = 1
                break
            enrollment.counts[key] = visit


def _is_in_use(moment: Moment, course: Course) -> bool:
    if course.journey.version in moment.program.entered:
        return True
    name, version = course.journey.name, course.journey.version
    there = (*moment.state.enrollments, *ended_in(moment.state, name, version))
    return any(one.version == version for one in there)


def _rewind(moment: Moment, enrollment: Enrollment) -> bool:
    """Take a passage back to how it stood; return whether it had begun by then."""
    if enrollment.entered_at > moment.at:
        moment.state.enrollments.remove(enrollment)
        return False
    for index, trail in enumerate(enrollment.trail):
        # Of an event and a timer at one instant, the event came first.
        if trail.at > moment.at or (trail.at == moment.at and trail.is_by_time):
            enrollment.step_id = trail.step_id
            enrollment.since = trail.since
            enrollment.due_at = trail.due_at
            prefixes = (left_key(""), answered_key(""))
            kept = {key: n for key, n in enrollment.counts.items() if key.startswith(prefixes)}
            enrollment.counts = {**trail.counts, **kept}
            enrollment.ended_at = None
            enrollment.outcome = ""
            del enrollment.trail[index:]
            break
    if not enrollment.entry:
        entry = moment.recalled.get(enrollment.entry_position)
        enrollment.entry = b"{}" if entry is None else entry.body
    return True


def _look_again(moment: Moment, courses: list[Course], one: Recent) -> None:
    names = {course.journey.name: True for course in courses if one.name in course.listens}
    there = [each for each in moment.state.enrollments if each.journey in names]
    show(moment, [each for each in there if each.entry_event != one.event_id])
    for course in moment.program.entries.get(f"event:{one.name}", ()):
        if course.journey.name in names:
            enter_by_event(moment, course, one.body)
