"""How processes of one machine share a rate."""

from __future__ import annotations

from typing import Protocol


class RateLeases(Protocol):
    """Gives out the time of a rate in slices that do not overlap.

    Whoever holds a slice sends at the full rate in it, and nobody else sends anything. Instants are
    seconds of the machine's monotonic clock, which all its processes read alike.
    """

    async def lease(self, name: str, *, earliest: float, seconds: float) -> float:
        """Reserve the next free time of a rate; return when it begins, not before `earliest`.

        What is reserved and not used is lost. Raises LegatoError; nothing is reserved then.
        """
        ...
