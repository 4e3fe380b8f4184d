"""Schedules of the live host: it sleeps until one comes round, and walks over everybody.

What is due and whose turn it is, `fold.schedule` says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import msgspec

from legato.fold.schedule import Almanac, Due, scheduled
from legato.model.ids import PersonId
from legato.model.instant import MINUTE, SECOND, Duration, Instant
from legato.model.plan import Plan
from legato.model.state import decode_state
from legato.ports.clock import Clock
from legato.runtime.walk import Walker

LOOK_AGAIN: Duration = MINUTE
"""A wall clock may be set while we sleep: look at it this often while a schedule is in force."""


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
        self._almanac = Almanac()

    def changed(self) -> None:
        """Look at the plan anew."""
        self._changed.set()

    async def run(self) -> None:
        """Take occurrences as they come until cancelled."""
        while True:
            self._changed.clear()
            known = self._known()
            for journey in scheduled(known.plan):
                due = self._almanac.due(
                    journey,
                    known.plan,
                    taken=known.taken.get(journey.name),
                    now=self._clock.now(),
                )
                if due is not None:
                    await self._take(due)
            await self._sleep(self._almanac.next(known.plan, self._clock.now()))

    async def _take(self, due: Due) -> None:
        if due.calls_in:
            await self._call_in(due)
        await self._walker.feed([due.taken(self._clock.now())])

    async def _call_in(self, due: Due) -> None:
        takes_all = due.takes_everybody

        def if_due(person_id: PersonId, data: bytes) -> PersonId | None:
            return person_id if takes_all or due.takes(decode_state(data)) else None

        async for people in self._walker.over_everybody(if_due):
            now = self._clock.now()
            await self._walker.feed([due.call(person_id, now) for person_id in people])

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
