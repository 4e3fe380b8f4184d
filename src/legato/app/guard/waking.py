"""Sleeping until an instant, or until somebody says that there is something to look at."""

from __future__ import annotations

import asyncio

from legato.model.instant import MINUTE, SECOND, Duration, Instant
from legato.ports.clock import Clock

LOOK_AGAIN: Duration = MINUTE
"""The wall clock may be set while we sleep: look at it this often while something may fall due."""


class Sleep:
    """Of one watch. On the loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """End it."""
        self._awake.set()

    def begin(self) -> None:
        """Note from here on whether it is to end."""
        self._awake.clear()

    async def until(self, instant: Instant | None) -> None:
        """Return at that instant, after `LOOK_AGAIN` or when woken; None: only when woken."""
        if instant is None:
            await self._awake.wait()
            return
        delay = min(max(instant - self._clock.now(), 0), LOOK_AGAIN)
        try:
            async with asyncio.timeout(delay / SECOND):
                await self._awake.wait()
        except TimeoutError:
            return
