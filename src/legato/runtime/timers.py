"""Alarms that come due become records of the log.

All alarms are on disk, found by an index; in memory is only when the next is due, so five
million of them cost nothing here. One wait ends at that instant, or when a turn sets an earlier
alarm. What is due goes in as one bounded batch, and the next batch is looked for when the engine
has applied this one: an alarm is never rung twice while its record is under way, and after a
jump of the clock or a long sleep the overdue come in at the engine's pace.
"""

from __future__ import annotations

import asyncio

from legato.model.event import TimerFired
from legato.model.ids import PersonId
from legato.model.instant import MILLISECOND, MINUTE, SECOND, Duration, Instant
from legato.ports.clock import Clock
from legato.ports.intake import Busy, Intake
from legato.ports.state_store import Timers
from legato.runtime.progress import Progress

BATCH_MAX = 1_024
LOOK_AGAIN: Duration = MINUTE
"""A wall clock may be set forward while we sleep, and nothing tells us: while some alarm waits,
look at it this often."""


class Alarms:
    """Runs on the loop; `changed` is called there with every turn."""

    def __init__(
        self,
        timers: Timers,
        intake: Intake,
        *,
        progress: Progress,
        clock: Clock,
    ) -> None:
        self._timers = timers
        self._intake = intake
        self._progress = progress
        self._clock = clock
        self._next: Instant | None = None
        self._changed = asyncio.Event()

    def changed(self, earliest: Instant | None, now: Instant) -> None:
        """Take note of the alarms that a turn has set, and of the time that its records show."""
        if earliest is not None and (self._next is None or earliest < self._next):
            self._next = earliest
            self._changed.set()
        if self._next is not None and self._next < now:
            self._changed.set()  # the clock was set forward while we slept

    async def run(self) -> None:
        """Ring alarms until cancelled."""
        while True:
            self._changed.clear()
            now = self._clock.now()
            due = self._timers.due(now, BATCH_MAX)
            if due:
                await self._ring(due, now)
                continue
            self._next = self._timers.next_due()
            await self._sleep(now)

    async def _ring(self, due: list[tuple[Instant, PersonId]], now: Instant) -> None:
        records = [
            TimerFired(received_at=now, person_id=person_id, due_at=due_at)
            for due_at, person_id in due
        ]
        try:
            position = await self._intake.accept(records)
        except Busy as busy:
            await asyncio.sleep(busy.retry_after / SECOND)
            return
        await self._progress.reached(position)

    async def _sleep(self, now: Instant) -> None:
        if self._next is None:
            await self._changed.wait()
            return
        # Due means strictly before now: a millisecond later it is.
        delay = min(max(self._next - now, 0) + MILLISECOND, LOOK_AGAIN)
        try:
            async with asyncio.timeout(delay / SECOND):
                await self._changed.wait()
        except TimeoutError:
            return
