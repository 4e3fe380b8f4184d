"""A count over everybody, kept for a while: whoever looks meanwhile is shown the same.

Who looks a little later is shown it too, while it is counted anew beside the loop: with a million
people a count takes a second or two, which nobody should wait for but the first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from legato.model.instant import MINUTE, SECOND, Instant
from legato.ports.clock import Clock

FRESH_US = 3 * SECOND
"""Not counted anew before."""
COST_SHARE = 20
"""Nor before this many times as long as the last count took: counting takes a twentieth at most."""
OLD_US = 5 * MINUTE
"""Nobody is shown an older one: they wait for the next."""

T = TypeVar("T")


class Counted(Generic[T]):
    """Keeps the last count. One at a time runs."""

    def __init__(self, clock: Clock, count: Callable[[Instant], T]) -> None:
        self._clock = clock
        self._count = count
        self._lock = asyncio.Lock()
        self._last: tuple[Instant, T] | None = None
        self._renew_at = 0
        self._renewing: asyncio.Task[T] | None = None

    async def read(self) -> T:
        """Return the last count, or the next where there is none or it is old."""
        now = self._clock.now()
        if self._last is None or now - self._last[0] >= OLD_US:
            return await self._renewed()
        if now >= self._renew_at and (self._renewing is None or self._renewing.done()):
            self._renewing = asyncio.create_task(self._renewed())
            # Whoever looks when the count is old is told what went wrong: they count themselves.
            self._renewing.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._last[1]

    async def _renewed(self) -> T:
        async with self._lock:
            begun = self._clock.now()
            if self._last is not None and begun < self._renew_at:
                return self._last[1]
            counted = await asyncio.to_thread(self._count, begun)
            cost = self._clock.now() - begun
            self._last = (begun, counted)
            self._renew_at = begun + max(FRESH_US, cost * COST_SHARE)
            return counted
