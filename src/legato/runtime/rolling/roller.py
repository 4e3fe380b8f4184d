"""Rolls old notes out of the state file, and takes out of the files whoever is gone.

A file is made by a process of its own; the engine, which writes the state, takes it in with one
transaction and then deletes, in small steps, what is in the file by now. A stop anywhere between
leaves a file that nothing knows, which is deleted, or rows that nothing reads, which are too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias

import msgspec

from legato.model.instant import Duration, Instant
from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.ports.clock import Clock
from legato.ports.rolling import Made, Rolling
from legato.runtime.engine.dialogue import Adopt, Adopted, Answer, Question, Trim, Trimmed

LOOK_AGAIN_SECONDS = 3_600.0
TRIM_PAUSE_SECONDS = 0.02
"""Between two deletions, so that the engine's turns are not felt to be longer."""
AT_LEAST = 1 << 15
"""Steps that are worth a file, when nobody asks for it: the last one grows by them."""
TRIES = 20
"""Somebody may be erased, or parted, while a file is made: then it is made again."""


class Work(Noun, frozen=True, kw_only=True):
    """What a file is to be made of: notes from before an instant, or what is there without some."""

    kind: Literal["roll", "rewrite"]
    before: Instant = 0
    at_least: int = 1


Make: TypeAlias = Callable[[Work], Awaitable[Made | None]]
"""Makes one file; None: there is nothing to be made. Raises LegatoError."""


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What a roller works with."""

    rolling: Rolling
    make: Make
    clock: Clock
    after: Callable[[], Duration]
    """How old notes become before they are rolled; 0: they are not."""
    ask: Callable[[Question], Awaitable[Answer]]


class Roller:
    """Runs on the loop. One thing is done at a time, whoever wants it."""

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
        self,
        before: Instant,
        *,
        at_least: int = 1,
        told: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Roll all notes from before an instant; return how many steps, which `told` hears too."""
        async with self._lock:
            await self._trim()
            known = await self._count()
            work = Work(kind="roll", before=before, at_least=at_least)
            while await self._step(work):
                await self._trim()
                told(await self._count() - known)
            return await self._count() - known

    async def rewrite(self) -> None:
        """Leave nothing in any file of those who are gone. Raises LegatoError."""
        async with self._lock:
            # After a stop, rows may still wait for their deletion, of those who are gone too.
            await self._trim()
            while await self._has_gone() and await self._step(Work(kind="rewrite")):
                pass

    async def _step(self, work: Work) -> bool:
        """Make a file and have it taken in; False when there is nothing to be made."""
        for _ in range(TRIES):
            made = await self._tools.make(work)
            if made is None:
                return False
            answer = await self._tools.ask(Adopt(made))
            assert isinstance(answer, Adopted)
            if answer.is_taken:
                return True
        raise LegatoError(
            "People are erased or parted faster than notes are rolled.",
            fix="It is tried again within the hour.",
            can_retry=True,
        )

    async def _trim(self) -> None:
        standing = await asyncio.to_thread(self._tools.rolling.standing)
        is_more = not standing.is_trimmed
        while is_more:
            answer = await self._tools.ask(Trim())
            assert isinstance(answer, Trimmed)
            is_more = answer.is_more
            await asyncio.sleep(TRIM_PAUSE_SECONDS)

    async def _has_gone(self) -> bool:
        return bool((await asyncio.to_thread(self._tools.rolling.standing)).gone_count)

    async def _count(self) -> int:
        standing = await asyncio.to_thread(self._tools.rolling.standing)
        return sum(segment.row_count for segment in standing.segments)
