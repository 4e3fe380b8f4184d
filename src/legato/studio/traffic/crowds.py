"""The people of all journeys, counted anew now and then, for everybody who looks together."""

from __future__ import annotations

from legato.app.app import App
from legato.insight.traffic.crowd import Crowds, count_crowds
from legato.studio.counted import Counted


class CrowdWatch:
    """Keeps the last count."""

    def __init__(self, host: App) -> None:
        self._counted = Counted(host.clock, lambda now: count_crowds(host.records, now))

    async def crowds(self) -> Crowds:
        """Return the last count, renewed where it is old."""
        return await self._counted.read()
