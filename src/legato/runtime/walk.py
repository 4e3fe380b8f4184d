"""Walking over everybody in the background, without being felt in front."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

from legato.model.event import Event
from legato.model.ids import PersonId
from legato.model.instant import SECOND
from legato.ports.intake import Busy, Intake
from legato.ports.state_store import Records
from legato.runtime.progress import Progress

T = TypeVar("T")

CHUNK_PEOPLE = 256
BACKLOG_SHORT = 512
"""With more than this waiting, live traffic goes first."""


class Walker:
    """Reads persons in chunks on a thread and feeds records in, one chunk under way at a time."""

    def __init__(
        self,
        records: Records,
        intake: Intake,
        *,
        progress: Progress,
        backlog: Callable[[], int],
    ) -> None:
        self._records = records
        self._intake = intake
        self._progress = progress
        self._backlog = backlog

    async def over_everybody(
        self, choose: Callable[[PersonId, bytes], T | None]
    ) -> AsyncIterator[list[T]]:
        """Yield what `choose` makes of each person's state, a chunk of persons at a time."""
        after = PersonId("")
        while True:
            chosen, last = await asyncio.to_thread(self._chunk, after, choose)
            if last is None:
                return
            after = last
            yield chosen

    async def feed(self, events: Sequence[Event]) -> None:
        """Put records in behind live traffic and wait until they are applied."""
        while events:
            await self._until_quiet()
            try:
                position = await self._intake.accept(events)
            except Busy as busy:
                await asyncio.sleep(busy.retry_after / SECOND)
                continue
            await self._progress.reached(position)
            return

    async def _until_quiet(self) -> None:
        while self._backlog() > BACKLOG_SHORT:
            await self._progress.reached(self._progress.position + BACKLOG_SHORT)

    def _chunk(
        self, after: PersonId, choose: Callable[[PersonId, bytes], T | None]
    ) -> tuple[list[T], PersonId | None]:
        chosen: list[T] = []
        last = None
        for person_id, data in self._records.people(after, CHUNK_PEOPLE):
            last = person_id
            each = choose(person_id, data)
            if each is not None:
                chosen.append(each)
        return chosen, last
