"""The rate of one destination."""

from __future__ import annotations

import asyncio
from collections import deque

BURST_SECONDS = 0.005
"""How late a token may be used. A process that is held up for longer loses what it missed."""
SLOWER = 1 + BURST_SECONDS
"""The instants lie this much further apart: tokens that are late meet those that are not."""


class Departures:
    """When requests left of late: what took its token long before may leave with many others."""

    def __init__(self, rate: float) -> None:
        self._count = max(1, int(rate))
        self._seconds = self._count / rate if rate > 0 else 0.0
        self._latest: deque[float] = deque(maxlen=self._count)

    def has_room(self, now: float) -> bool:
        """Return whether one that leaves now is within the rate."""
        latest = self._latest
        return len(latest) < self._count or now >= latest[0] + self._seconds

    def left(self, now: float) -> None:
        self._latest.append(now)


class Bucket:
    """Tokens, kept as the instant of the next one."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        """A second; 0: no limit."""
        self.next_at = 0.0
        self.departures = Departures(rate)
        self._period = SLOWER / rate if rate > 0 else 0.0

    def is_ready(self, now: float) -> bool:
        """Return whether a request may leave now; else not before `next_at`."""
        return self.next_at <= now

    def take(self, now: float) -> None:
        """Use the token that is there, or take one that will be: `now` is `next_at` then."""
        if self._period:
            self.next_at = max(self.next_at, now - BURST_SECONDS) + self._period

    async def turn(self) -> None:
        """Take the next token and wait for it: whoever comes first goes first."""
        now = asyncio.get_running_loop().time()
        at = max(self.next_at, now)
        self.take(at)
        await asyncio.sleep(at - now)
