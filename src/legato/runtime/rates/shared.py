"""One rate that several destinations share: whoever has waited longest goes first."""

from __future__ import annotations

import asyncio
from typing import Protocol

from legato.runtime.rates.bucket import BURST_SECONDS, Departures


class Source(Protocol):
    """Where tokens come from."""

    rate: float

    @property
    def next_at(self) -> float: ...
    def is_ready(self, now: float) -> bool: ...
    def take(self, now: float) -> None: ...


class Pool:
    """A rate, and the destinations that share it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.departures = Departures(source.rate)
        self.order: list[Share] = []
        """Who took a token last stands last."""

    def join(self) -> Share:
        """Return the part of another destination."""
        share = Share(self)
        self.order.append(share)
        return share


class Share:
    """A destination's part of a pool; looks like a Bucket.

    All wait for the same token, and the loop does not promise who is woken first. So each comes a
    little later than those that have waited longer: less than a token may be late.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._turns = asyncio.Lock()

    @property
    def rate(self) -> float:
        return self._pool.source.rate

    @property
    def departures(self) -> Departures:
        return self._pool.departures

    @property
    def next_at(self) -> float:
        order = self._pool.order
        return self._pool.source.next_at + BURST_SECONDS / 5 * order.index(self) / len(order)

    def is_ready(self, now: float) -> bool:
        """Return whether a request may leave now; else look again at `next_at`."""
        return self._pool.source.is_ready(now) and self.next_at <= now

    def take(self, now: float) -> None:
        """Use the token that is there."""
        self._pool.source.take(now)
        order = self._pool.order
        order.remove(self)
        order.append(self)

    async def turn(self) -> None:
        """Wait for a token and take it: whoever comes first goes first."""
        loop = asyncio.get_running_loop()
        async with self._turns:
            while not self.is_ready(loop.time()):  # noqa: ASYNC110 - a token is an instant
                await asyncio.sleep(self.next_at - loop.time())
            self.take(loop.time())

    def leave(self) -> None:
        """Take no part any more."""
        self._pool.order.remove(self)
