"""The rates of all destinations: each its own, or one under a name that several share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from legato.ports.accounts.rates import RateLeases
from legato.runtime.rates.bucket import Bucket
from legato.runtime.rates.leased import LeasedSource
from legato.runtime.rates.shared import Pool, Share

Pace: TypeAlias = Bucket | Share
"""What a lane asks before a request leaves, and takes a token of."""


class _Asked(NamedTuple):
    rate: float
    name: str
    """Of the rate that is shared; empty: it is the destination's own."""


class Rates:
    """Gives out paces. A destination whose rate does not change keeps its pace."""

    def __init__(self, leases: RateLeases | None) -> None:
        """Share rates with other processes by `leases`; without, inside this one only."""
        self._leases = leases
        self._paces: dict[str, tuple[_Asked, Pace]] = {}
        self._pools: dict[_Asked, Pool] = {}

    def pace(self, destination: str, rate: float, *, shared: str) -> Pace:
        """Return the pace of a destination; `shared` names the rate it has with others."""
        asked = _Asked(rate, shared if rate > 0 else "")
        known = self._paces.get(destination)
        if known is not None and known[0] == asked:
            return known[1]
        self._leave(destination)
        pace = self._pool(asked).join() if asked.name else Bucket(rate)
        self._paces[destination] = (asked, pace)
        return pace

    def follow(self, destinations: Iterable[str]) -> None:
        """Forget all other destinations."""
        stay = dict.fromkeys(destinations)
        for name in [name for name in self._paces if name not in stay]:
            self._leave(name)

    async def close(self) -> None:
        """Ask for no leases any more."""
        sources = [pool.source for pool in self._pools.values()]
        leased = [source for source in sources if isinstance(source, LeasedSource)]
        await asyncio.gather(*(source.close() for source in leased))

    def _pool(self, asked: _Asked) -> Pool:
        pool = self._pools.get(asked)
        if pool is None:
            leases = self._leases
            source = (
                Bucket(asked.rate)
                if leases is None
                else LeasedSource(asked.name, asked.rate, leases)
            )
            pool = self._pools[asked] = Pool(source)
        return pool

    def _leave(self, destination: str) -> None:
        asked, pace = self._paces.pop(destination, (None, None))
        if isinstance(pace, Share):
            pace.leave()
            assert asked is not None
            if not self._pools[asked].order:
                del self._pools[asked]
