"""The answers of everybody, and what was said lately: kept up for whoever looks."""

from __future__ import annotations

import asyncio

from legato.app.app import App
from legato.insight.consents.answers import Count, count_answers
from legato.insight.consents.lately import Lately, Watch
from legato.studio.counted import Counted

PAGE = 2_000
"""Steps read at once."""


class ConsentWatch:
    """Keeps the last count, and how far the notes were read."""

    def __init__(self, host: App) -> None:
        self._host = host
        self._answers = Counted(
            host.clock, lambda now: count_answers(host.records, host.plan(), now)
        )
        self._reading = asyncio.Lock()
        self._lately = Watch(host.plan)

    async def answers(self) -> Count:
        """Return the last count, renewed where it is old."""
        return await self._answers.read()

    async def lately(self) -> Lately:
        """Return the figures of the last days, with what was noted until now."""
        host = self._host
        async with self._reading:
            return await asyncio.to_thread(
                self._lately.read,
                lambda position: host.records.tail(position, PAGE),
                host.status().applied,
                host.clock.now(),
            )
