"""Journeys that begin by the calendar: which occurrence is due, and who is called in by it.

Every host takes schedules by these rules, the live one and the rehearsed ones. An occurrence is
taken once: calls carry ids derived from (journey, occurrence, person), so that a walk broken off is
walked again and calls nobody twice; the record ScheduleTaken ends it. After a time of standing
still only the latest occurrence missed is taken, and only within `GRACE`: a newsletter of nine
o'clock is welcome at half past nine, not three of them on Monday. A schedule begins to count when
its plan is first active, never before.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from legato.expr.calendar import Calendar
from legato.model.definitions.journey import Journey
from legato.model.event import JourneyCalled, ScheduleTaken
from legato.model.ids import EventId, PersonId, derive
from legato.model.instant import HOUR, Duration, Instant
from legato.model.plan import Plan
from legato.model.state import State

GRACE: Duration = HOUR


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """An occurrence that has come and has not been taken yet."""

    journey: Journey
    at: Instant
    calls_in: bool
    """False: it is only put on record. It was missed, or the schedule begins to count."""
    plan: Plan

    @property
    def takes_everybody(self) -> bool:
        """It is everybody's turn, whoever they are."""
        return not self.journey.entry.segment and self.journey.name not in self.plan.rollouts

    def takes(self, state: State) -> bool:
        """Return whether it is somebody's turn.

        While the journey is rolled out: by the version that they get. Who gets none is called all
        the same, so that it is noted why they are not let in.
        """
        mine = self.plan.version_for(self.journey.name, state.person_id) or self.journey
        segment = mine.entry.segment
        return mine.entry.kind == "schedule" and (not segment or segment in state.segments)

    def call(self, person_id: PersonId, now: Instant) -> JourneyCalled:
        """Return the record that calls somebody in."""
        return JourneyCalled(
            event_id=call_id(self.journey.name, self.at, person_id),
            received_at=now,
            person_id=person_id,
            journey=self.journey.name,
        )

    def taken(self, now: Instant) -> ScheduleTaken:
        """Return the record that everybody has been called in."""
        return ScheduleTaken(received_at=now, journey=self.journey.name, due_at=self.at)


def call_id(journey: str, due_at: Instant, person_id: PersonId) -> EventId:
    """Return the id of the call that an occurrence makes to somebody."""
    return EventId(derive("ev", journey, str(due_at), person_id))


def scheduled(plan: Plan) -> list[Journey]:
    """Return the journeys that begin by the calendar."""
    return [
        version
        for name, journey in plan.journeys.items()
        # Of ten thousand journeys few are asked further: this is gone through at every look.
        if (journey.entry.kind == "schedule" or name in plan.rollouts)
        and (version := scheduled_version(plan, name)) is not None
    ]


def scheduled_version(plan: Plan, name: str) -> Journey | None:
    """Return the version of a journey that says when its schedule comes round; None: it has none.

    That is the present one. Only where it does not begin by the calendar, and the version that is
    entered beside it does, it is that one.
    """
    versions = (plan.journeys.get(name), plan.before(name))
    return next((one for one in versions if one and one.entry.kind == "schedule"), None)


class Almanac:
    """The calendars of all schedules that were asked about."""

    def __init__(self) -> None:
        self._calendars: dict[tuple[str, str], Calendar] = {}

    def due(
        self, journey: Journey, plan: Plan, *, taken: Instant | None, now: Instant
    ) -> Due | None:
        """Return what is to be taken now; `taken`: the occurrence taken last."""
        if taken is None:
            return Due(journey=journey, at=now, calls_in=False, plan=plan)
        due_at = self._calendar(journey, plan.zone).latest(now)
        if due_at is None or due_at <= taken:
            return None
        return Due(journey=journey, at=due_at, calls_in=now - due_at <= GRACE, plan=plan)

    def all_due(self, plan: Plan, taken: Mapping[str, Instant], now: Instant) -> list[Due]:
        """Return what all schedules of a plan have to be taken now."""
        found = (
            self.due(journey, plan, taken=taken.get(journey.name), now=now)
            for journey in scheduled(plan)
        )
        return [due for due in found if due is not None]

    def latest(self, journey: Journey, zone: str, now: Instant) -> Instant | None:
        """Return when a journey's schedule, if it has one, came round last, up to `now`."""
        is_scheduled = journey.entry.kind == "schedule"
        return self._calendar(journey, zone).latest(now) if is_scheduled else None

    def next(self, plan: Plan, now: Instant) -> Instant | None:
        """Return when any schedule of a plan comes round next."""
        found = (self._calendar(journey, plan.zone).next(now) for journey in scheduled(plan))
        return min((instant for instant in found if instant is not None), default=None)

    def _calendar(self, journey: Journey, zone: str) -> Calendar:
        key = (journey.entry.rrule, zone)
        calendar = self._calendars.get(key)
        if calendar is None:
            calendar = self._calendars[key] = Calendar(*key)
        return calendar
