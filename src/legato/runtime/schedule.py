"""Journeys that begin by the calendar: at each occurrence, everybody due is called in.

An occurrence is taken once. Calls carry ids derived from (journey, occurrence, person), so a walk
broken off by a crash is walked again and calls nobody twice; the record ScheduleTaken ends it.
After a time of standing still only the latest occurrence missed is taken, and only within
`GRACE`: a newsletter of nine o'clock is welcome at half past nine, not three of them on Monday.
A schedule begins to count when its plan is first active, never before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec
from dateutil.rrule import rrule, rruleset, rrulestr

from legato.expr.wall import table_of
from legato.model.definitions.journey import Journey
from legato.model.event import JourneyCalled, ScheduleTaken
from legato.model.ids import EventId, PersonId, derive
from legato.model.instant import HOUR, MINUTE, SECOND, Duration, Instant, from_datetime, to_datetime
from legato.model.plan import Plan
from legato.model.state import decode_state
from legato.ports.clock import Clock
from legato.runtime.walk import Walker

GRACE: Duration = HOUR
LOOK_AGAIN: Duration = MINUTE
"""A wall clock may be set while we sleep: look at it this often while a schedule is in force."""

_UNDATED = datetime(2000, 1, 3)  # noqa: DTZ001 - a wall-clock Monday, for rules without DTSTART


class Calendar:
    """One recurrence rule in one time zone."""

    def __init__(self, text: str, zone: str) -> None:
        self._rule: rrule | rruleset = rrulestr(
            text,
            dtstart=None if "DTSTART" in text.upper() else _UNDATED,
            tzids=table_of,
            cache=True,
        )
        first = next(iter(self._rule), None)
        self._zone = table_of(zone) if first is None or first.tzinfo is None else None

    def latest(self, now: Instant) -> Instant | None:
        """Return the last occurrence at or before `now`."""
        return self._instant(self._rule.before(self._wall(now), inc=True))

    def next(self, now: Instant) -> Instant | None:
        """Return the first occurrence after `now`."""
        return self._instant(self._rule.after(self._wall(now)))

    def _wall(self, instant: Instant) -> datetime:
        moment = to_datetime(instant)
        return moment if self._zone is None else moment.astimezone(self._zone).replace(tzinfo=None)

    def _instant(self, moment: datetime | None) -> Instant | None:
        if moment is None:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        return from_datetime(moment.astimezone(UTC))


class Scheduled(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine knows of schedules."""

    plan: Plan
    taken: Mapping[str, Instant]
    """Journey -> the occurrence taken last."""


class Schedules:
    """Runs on the loop; `changed` is called there when a plan is activated."""

    def __init__(self, walker: Walker, *, clock: Clock, known: Callable[[], Scheduled]) -> None:
        self._walker = walker
        self._clock = clock
        self._known = known
        self._changed = asyncio.Event()
        self._calendars: dict[tuple[str, str], Calendar] = {}

    def changed(self) -> None:
        """Look at the plan anew."""
        self._changed.set()

    async def run(self) -> None:
        """Take occurrences as they come until cancelled."""
        while True:
            self._changed.clear()
            known = self._known()
            journeys = [
                journey
                for journey in known.plan.journeys.values()
                if journey.entry.kind == "schedule"
            ]
            upcoming: list[Instant] = []
            for journey in journeys:
                calendar = self._calendar(journey, known.plan)
                await self._look(journey, calendar, known.taken.get(journey.name))
                following = calendar.next(self._clock.now())
                if following is not None:
                    upcoming.append(following)
            await self._sleep(min(upcoming, default=None))

    def _calendar(self, journey: Journey, plan: Plan) -> Calendar:
        key = (journey.entry.rrule, plan.zone)
        calendar = self._calendars.get(key)
        if calendar is None:
            calendar = self._calendars[key] = Calendar(*key)
        return calendar

    async def _look(self, journey: Journey, calendar: Calendar, taken: Instant | None) -> None:
        now = self._clock.now()
        if taken is None:
            await self._end(journey, now)
            return
        due_at = calendar.latest(now)
        if due_at is None or due_at <= taken:
            return
        if now - due_at <= GRACE:
            await self._call_in(journey, due_at)
        await self._end(journey, due_at)

    async def _end(self, journey: Journey, due_at: Instant) -> None:
        now = self._clock.now()
        record = ScheduleTaken(received_at=now, journey=journey.name, due_at=due_at)
        await self._walker.feed([record])

    async def _call_in(self, journey: Journey, due_at: Instant) -> None:
        segment = journey.entry.segment

        def if_due(person_id: PersonId, data: bytes) -> PersonId | None:
            return person_id if not segment or segment in decode_state(data).segments else None

        async for people in self._walker.over_everybody(if_due):
            now = self._clock.now()
            await self._walker.feed(
                [
                    JourneyCalled(
                        event_id=EventId(derive("ev", journey.name, str(due_at), person_id)),
                        received_at=now,
                        person_id=person_id,
                        journey=journey.name,
                    )
                    for person_id in people
                ]
            )

    async def _sleep(self, until: Instant | None) -> None:
        if until is None:
            await self._changed.wait()
            return
        delay = min(max(until - self._clock.now(), 0), LOOK_AGAIN)
        try:
            async with asyncio.timeout(delay / SECOND):
                await self._changed.wait()
        except TimeoutError:
            return
