"""The people of all journeys, counted anew now and then, for everybody who looks together."""

from __future__ import annotations

import asyncio

from legato.app import App
from legato.insight.traffic.crowd import Crowds, count_crowds
from legato.model.instant import SECOND

FRESH_US = 3 * SECOND
"""Not counted anew before."""
COST_SHARE = 20
"""Nor before this many times as long as the last count took: counting takes a twentieth at most."""


class CrowdWatch:
    """Keeps the last count. One at a time runs, beside the loop."""

    def __init__(self, host: App) -> None:
        self._host = host
        self._lock = asyncio.Lock()
        self._crowds: Crowds | None = None
        self._until = 0

    async def crowds(self) -> Crowds:
        """Return the last count, renewed where it is old."""
        async with self._lock:
            begun = self._host.clock.now()
            if self._crowds is None or begun >= self._until:
                counted = await asyncio.to_thread(count_crowds, self._host.records, begun)
                cost = self._host.clock.now() - begun
                self._until = begun + max(FRESH_US, cost * COST_SHARE)
                self._crowds = counted
            return self._crowds
