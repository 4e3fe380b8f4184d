"""The people of all segments, counted anew now and then, for everybody who looks together."""

from __future__ import annotations

from legato.app.app import App
from legato.insight.segments.gathering import (
    Gatherings,
    Overlap,
    count_gatherings,
    count_overlap,
)
from legato.studio.counted import Counted

OVERLAPS_MAX = 50
"""Segments whose overlap is kept counted: as many as people look at within some minutes."""


class SegmentWatch:
    """Keeps the last counts."""

    def __init__(self, host: App) -> None:
        self._host = host
        self._all = Counted(host.clock, lambda now: count_gatherings(host.records, now))
        self._overlaps: dict[str, Counted[Overlap]] = {}

    async def gatherings(self) -> Gatherings:
        """Return the last count of all, renewed where it is old."""
        return await self._all.read()

    async def overlap(self, name: str) -> Overlap:
        """Return the last count of one segment's people in others."""
        kept = self._overlaps.pop(name, None) or self._counted(name)
        while len(self._overlaps) >= OVERLAPS_MAX:
            del self._overlaps[next(iter(self._overlaps))]
        self._overlaps[name] = kept
        return await kept.read()

    def _counted(self, name: str) -> Counted[Overlap]:
        host = self._host
        return Counted(host.clock, lambda now: count_overlap(host.records, name, now))
