"""Rolls old notes and records out of their files, and takes out of the rolled what must not stay.

A file is made by a process of its own; whoever writes the file that its rows came from takes it in
with one transaction, and then deletes, in small steps, what is in it by now. A stop anywhere
between leaves a file that nothing knows, which is deleted, or rows that nothing reads, which are
too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from legato.model.instant import Duration, Instant
from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.ports.clock import Clock
from legato.ports.rolling import Standing
from legato.runtime.rolling.sides import Side, Work

LOOK_AGAIN_SECONDS = 3_600.0
TRIM_PAUSE_SECONDS = 0.02
"""Between two deletions, so that what else is written meanwhile is not felt to take longer."""
AT_LEAST = 1 << 15
"""Steps, or records, that are worth a file when nobody asks for it: the last one grows by them."""
TRIES = 20
"""Somebody may be erased, or parted, while a file is made: then it is made again."""


class Rolled(Noun, frozen=True, kw_only=True):
    """How much was rolled."""

    steps: int = 0
    records: int = 0


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What a roller works with."""

    notes: Side
    records: Side
    clock: Clock
    after: Callable[[], Duration]
    """How old notes and records become before they are rolled; 0: they are not."""


def _unheard(_: Rolled) -> None:
    return


class Roller:
    """Runs on the loop. One file is made at a time, whoever wants it."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._lock = asyncio.Lock()
        self._wanted = asyncio.Event()

    def plan_changed(self) -> None:
        """Look at once: the time may be shorter now."""
        self._wanted.set()

    async def run(self) -> None:
        """Roll what is old enough, every hour, until cancelled."""
        while True:
            self._wanted.clear()
            await self.rewrite()
            if after := self._tools.after():
                await self.roll(self._tools.clock.now() - after, at_least=AT_LEAST)
            try:
                await asyncio.wait_for(self._wanted.wait(), LOOK_AGAIN_SECONDS)
            except TimeoutError:
                continue

    async def roll(
        self, before: Instant, *, at_least: int = 1, told: Callable[[Rolled], None] = _unheard
    ) -> Rolled:
        """Roll all from before an instant; return how much that was, which `told` hears too."""
        work = Work(kind="roll", before=before, at_least=at_least)
        steps = await self._roll(self._tools.notes, work, lambda done: told(Rolled(steps=done)))
        records = await self._roll(
            self._tools.records, work, lambda done: told(Rolled(steps=steps, records=done))
        )
        return Rolled(steps=steps, records=records)

    async def standing(self) -> tuple[Standing, Standing]:
        """Return what is rolled of notes and of records."""
        return await self._tools.notes.standing(), await self._tools.records.standing()

    async def rewrite(self) -> None:
        """Leave nothing in any file of those who are gone, and of what was overwritten.

        Raises LegatoError.
        """
        for side in (self._tools.notes, self._tools.records):
            async with self._lock:
                # After a stop, rows may still wait for their deletion, of those who are gone too.
                await _trim(side)
                await side.sweep()
            while (await side.standing()).stale_count and await self._step(
                side, Work(kind="rewrite")
            ):
                pass

    async def _roll(self, side: Side, work: Work, told: Callable[[int], None]) -> int:
        async with self._lock:
            await _trim(side)
        known = await _count(side)
        while await self._step(side, work):
            told(await _count(side) - known)
        return await _count(side) - known

    async def _step(self, side: Side, work: Work) -> bool:
        """Make a file and have it taken in; False when there is nothing to be made.

        Between two of them others may come: an erasure does not wait for all that is to be rolled.
        """
        async with self._lock:
            for _ in range(TRIES):
                made = await side.make(work)
                if made is None:
                    return False
                if await side.adopt(made):
                    await _trim(side)
                    return True
        raise LegatoError(
            "People are erased or parted faster than notes are rolled.",
            fix="It is tried again within the hour.",
            can_retry=True,
        )


async def _trim(side: Side) -> None:
    is_more = not (await side.standing()).is_trimmed
    while is_more:
        is_more = await side.trim()
        await asyncio.sleep(TRIM_PAUSE_SECONDS)


async def _count(side: Side) -> int:
    return sum(segment.row_count for segment in (await side.standing()).segments)
