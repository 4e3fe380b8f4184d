"""Measuring everybody's past for a plan to come, behind live traffic.

The record that begins it has the engine measure what happens from then on; then everybody's past is
made good, some people a record. Who is done is written in their own state, so that a backfill that
was broken off is taken up again. At the end all states are looked at in one instant: a merge may
have made somebody unmeasured again behind the walk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from legato.model.event import BackfillBegan, Event, PastMeasured
from legato.model.ids import PersonId
from legato.model.plan import Backfill, decode_backfill
from legato.model.problem import LegatoError
from legato.model.state import measured_of
from legato.ports.clock import Clock
from legato.ports.log import Log
from legato.ports.state_store import Records, StateStore
from legato.runtime.walk import Walker

PEOPLE_AT_ONCE = 16
"""Measured by one record: some milliseconds, in which the engine decides nothing else."""
SCAN_RECORDS = 100_000
"""Looked through at once for plans: some tens of megabytes."""
UNMEASURED_MAX = 10_000
ROUNDS_MAX = 20
"""Each finds only whom a merge made unmeasured since the one before."""

See = Callable[[int], None]


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What a backfill works with."""

    log: Log
    state: StateStore
    records: Records
    clock: Clock
    walker: Walker
    settle: Callable[[Event], Awaitable[None]]
    """Stores a record and waits until it is applied."""


class Backfiller:
    """Runs on the loop. Cancelled, it leaves what can be taken up again or begun anew."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self, wanted: Backfill, see: See) -> None:
        """Return once everybody has what is wanted; `see` hears of how many are done."""
        backfill = await self._begin(wanted)
        plans = await self._plans()
        await self._walk(backfill, plans, see)
        before: Sequence[PersonId] = ()
        for _ in range(ROUNDS_MAX):
            left = await asyncio.to_thread(
                self._tools.records.unmeasured, backfill.id, UNMEASURED_MAX
            )
            if not left:
                return
            if left == before:
                break
            await self._measure(backfill, plans, left)
            before = left
        raise LegatoError(
            f"The past of {len(before):,} people could not be measured.",
            fix="See the quarantine for the place that failed, and report the bug.",
        )

    async def _begin(self, wanted: Backfill) -> Backfill:
        """Have the engine measure what happens from now on; go on where it does already."""
        tools = self._tools
        head = await asyncio.to_thread(tools.state.head)
        known = decode_backfill(head.backfill) if head.backfill else None
        if known is not None and known.slots == wanted.slots:
            return known
        await tools.settle(BackfillBegan(received_at=tools.clock.now(), backfill=wanted))
        return wanted

    async def _plans(self) -> tuple[int, ...]:
        """Return where plans were activated: by them, events were read."""
        log, found = self._tools.log, list[int]()
        last = log.last_position()
        for after in range(0, last, SCAN_RECORDS):
            until = min(after + SCAN_RECORDS, last)
            found += await asyncio.to_thread(log.tagged, ("plan",), after, until)
        return tuple(found)

    async def _walk(self, backfill: Backfill, plans: tuple[int, ...], see: See) -> None:
        def if_unmeasured(person_id: PersonId, data: bytes) -> tuple[PersonId, bool]:
            return person_id, measured_of(data) != backfill.id

        done = 0
        async for people in self._tools.walker.over_everybody(if_unmeasured):
            await self._measure(backfill, plans, [one for one, is_left in people if is_left])
            done += len(people)
            see(done)

    async def _measure(
        self, backfill: Backfill, plans: tuple[int, ...], people: Sequence[PersonId]
    ) -> None:
        for start in range(0, len(people), PEOPLE_AT_ONCE):
            wanted = PastMeasured(
                received_at=self._tools.clock.now(),
                backfill=backfill.id,
                people=tuple(people[start : start + PEOPLE_AT_ONCE]),
                plans=plans,
            )
            await self._tools.walker.feed([wanted])
