"""A rate that processes of one machine share: each sends in slices of time that it has leased.

A slice is asked for when a request wants to leave, and the next one shortly before this one is
used up. The first is for one token; they grow while requests keep coming, up to a tenth of a
second. So an idle process holds nothing, and one that dies takes two slices with it at most.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from legato.model.problem import LegatoError
from legato.ports.accounts.rates import RateLeases
from legato.runtime.rates.bucket import BURST_SECONDS, SLOWER

SLICE_SECONDS_MAX = 0.1
AHEAD_SECONDS = 0.02
"""The next slice is asked for so long before this one ends: some times what an answer takes."""
LOOK_SECONDS = 0.001
"""While a slice is being asked for, its tokens are looked for this often."""
ALONE_SECONDS = 1.0
"""For how long a process keeps to the rate alone when leases cannot be had."""

logger = logging.getLogger(__name__)


class _Slice:
    __slots__ = ("count", "next_at")

    def __init__(self, next_at: float, count: int) -> None:
        self.next_at = next_at
        self.count = count


class LeasedSource:
    """Tokens of a rate that other processes take from too; see shared.Source."""

    def __init__(self, name: str, rate: float, leases: RateLeases) -> None:
        assert rate > 0
        self.rate = rate
        self._name = name
        self._leases = leases
        self._loop = asyncio.get_running_loop()
        self._period = SLOWER / rate
        self._slices: deque[_Slice] = deque()
        self._size = 1
        self._asking: asyncio.Task[None] | None = None
        self._used_until = 0.0
        """When the last slice that was asked for ends."""

    @property
    def next_at(self) -> float:
        """Return when the next token is there, or when to look again."""
        if self._slices:
            return self._slices[0].next_at
        return self._loop.time() + LOOK_SECONDS

    def is_ready(self, now: float) -> bool:
        """Return whether a request may leave now. That it is asked says that one wants to."""
        self._drop_late(now)
        if self._asking is None and self._left_seconds() <= AHEAD_SECONDS:
            self._ask(now)
        return bool(self._slices) and self._slices[0].next_at <= now

    def take(self, now: float) -> None:
        """Use the token that is there."""
        first = self._slices[0]
        assert first.next_at <= now
        first.next_at += self._period
        first.count -= 1
        if not first.count:
            self._slices.popleft()

    async def close(self) -> None:
        """Ask for nothing more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    def _drop_late(self, now: float) -> None:
        while self._slices and self._slices[0].next_at + BURST_SECONDS < now:
            self.take(now)

    def _left_seconds(self) -> float:
        return self._period * sum(one.count for one in self._slices)

    def _ask(self, now: float) -> None:
        most = max(int(SLICE_SECONDS_MAX / self._period), 1)
        is_busy = now - self._used_until < self._period + SLICE_SECONDS_MAX
        self._size = min(self._size * 2, most) if is_busy else 1
        self._asking = self._loop.create_task(self._lease(now, self._size))

    async def _lease(self, now: float, count: int) -> None:
        seconds = count * self._period
        try:
            # A slice that follows the one before may be late, as a token may.
            start = await self._leases.lease(
                self._name, earliest=now - BURST_SECONDS, seconds=seconds
            )
        except LegatoError as error:
            logger.warning("The rate %s is not shared for now: %s", self._name, error.what)
            count = max(int(ALONE_SECONDS / self._period), 1)
            start = max(self._used_until, now)
            seconds = count * self._period
        finally:
            self._asking = None
        self._used_until = start + seconds
        self._slices.append(_Slice(start, count))
