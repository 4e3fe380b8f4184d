"""Alerts of a running app for opt-outs that other systems have not been told of, while it is so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from legato.app.guard.guard import Alert
from legato.core.sending.propagate import ALARM_AFTER
from legato.insight.shown import shown_reason
from legato.insight.untold import untold
from legato.model.delivery import Delivery
from legato.model.instant import Instant
from legato.ports.clock import Clock
from legato.ports.state_store import Outbox

ROWS = 500
ROWS_MAX = 5_000
"""Dead deliveries looked through, the oldest first: some 20 ms, beside the loop."""


class UntoldWatch:
    """Reads what lanes still try, and what was given up."""

    def __init__(
        self, outbox: Outbox, clock: Clock, trying: Callable[[Instant], list[Delivery]]
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._trying = trying

    async def alerts(self) -> tuple[Alert, ...]:
        """Return what is so now: an alert ends when the destination has been told."""
        trying = self._trying(self._clock.now() - ALARM_AFTER)
        dead = await asyncio.to_thread(self._dead)
        return tuple(
            Alert(
                topic=f"{one.reason.code}:{one.destination}",
                reason=shown_reason(one.reason),
                since=one.since,
            )
            for one in untold(trying, dead)
        )

    def _dead(self) -> list[Delivery]:
        found: list[Delivery] = []
        after = 0
        while len(found) < ROWS_MAX and (rows := self._outbox.dead("", after, ROWS)):
            found += [row.delivery for _, row in rows]
            after = rows[-1][0]
        return found
