"""Waiting on the loop for the engine to have applied a record."""

from __future__ import annotations

import asyncio
import heapq

from legato.model.problem import LegatoError


class Progress:
    """How far the engine is, as the loop knows it. Nobody polls: turns announce themselves."""

    def __init__(self, position: int) -> None:
        self.position = position
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = 0
        self._is_closed = False

    async def reached(self, position: int) -> None:
        """Return once the record at `position` has been applied and committed.

        Raises LegatoError when it will not be any more.
        """
        if position <= self.position:
            return
        if self._is_closed:
            raise _stopping()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1  # keeps the heap from comparing futures
        heapq.heappush(self._waiting, (position, self._count, future))
        await future

    def advance(self, position: int) -> None:
        """Announce that everything up to `position` is applied."""
        self.position = position
        while self._waiting and self._waiting[0][0] <= position:
            future = heapq.heappop(self._waiting)[2]
            if not future.done():
                future.set_result(None)

    def close(self) -> None:
        """Let nobody wait for an engine that has stopped."""
        self._is_closed = True
        for _, _, future in self._waiting:
            if not future.done():
                future.set_exception(_stopping())
        self._waiting.clear()


def _stopping() -> LegatoError:
    return LegatoError("Legato is stopping.", fix="Ask again.", can_retry=True)
