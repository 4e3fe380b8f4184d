"""From lanes to stores: attempts that failed for now, and reports of deliveries that are over.

Both are gathered while the write before is under way and handed on together: one commit or one
fsync then serves all that happened meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib

from legato.model.event import DeliveryReported
from legato.model.ids import DeliveryId
from legato.model.instant import SECOND, Instant
from legato.model.problem import LegatoError
from legato.ports.clearance import Gatekeeper
from legato.ports.intake import Busy, Intake

REPORTS_AT_ONCE = 256
WAIT_SECONDS_AFTER_FAULT = 1.0
"""Before a report is offered again after the disk failed."""


class AttemptBook:
    """Has it put on record when the next attempts are due; that one has begun, clearing stores.

    What comes up meanwhile shares the next write.
    """

    def __init__(self, gatekeeper: Gatekeeper) -> None:
        self._gatekeeper = gatekeeper
        self._page = _Page()
        self._unwritten: dict[DeliveryId, _Page] = {}
        self._task: asyncio.Task[None] | None = None

    def end(self, delivery_id: DeliveryId, next_attempt_at: Instant) -> None:
        """Put on record that an attempt failed for now. Memory knows it already."""
        self._page.ends.append((delivery_id, next_attempt_at))
        self._write(delivery_id)

    def take_back(self, delivery_id: DeliveryId, *, may_have_arrived: bool) -> None:
        """Put on record that an attempt was not made; whether one before may have arrived."""
        self._page.taken_back.append((delivery_id, may_have_arrived))
        self._write(delivery_id)

    async def written(self, delivery_id: DeliveryId) -> None:
        """Wait until what became of a delivery's attempts is written."""
        page = self._unwritten.get(delivery_id)
        if page is not None:
            await page.is_written.wait()

    async def all_written(self) -> None:
        """Wait until everything is written."""
        if self._task is not None:
            await asyncio.wait((self._task,))

    def _write(self, delivery_id: DeliveryId) -> None:
        self._unwritten[delivery_id] = self._page
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while self._unwritten:
            page, self._page = self._page, _Page()
            # An end that is not stored costs a doubt after a restart, not a delivery.
            with contextlib.suppress(LegatoError):
                await self._gatekeeper.end_attempts(page.ends, page.taken_back)
            for delivery_id, _ in (*page.ends, *page.taken_back):
                if self._unwritten.get(delivery_id) is page:
                    del self._unwritten[delivery_id]
            page.is_written.set()


class _Page:
    """What one write is to hold."""

    def __init__(self) -> None:
        self.ends: list[tuple[DeliveryId, Instant]] = []
        self.taken_back: list[tuple[DeliveryId, bool]] = []
        self.is_written = asyncio.Event()


class Reporter:
    """Puts reports into the log. None is lost: what is not taken is offered again."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._waiting: list[DeliveryReported] = []
        self._task: asyncio.Task[None] | None = None

    def report(self, report: DeliveryReported) -> None:
        self._waiting.append(report)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while self._waiting:
            reports = self._waiting[:REPORTS_AT_ONCE]
            try:
                await self._intake.accept(reports)
            except Busy as busy:
                await asyncio.sleep(busy.retry_after / SECOND)
            except LegatoError:
                await asyncio.sleep(WAIT_SECONDS_AFTER_FAULT)
            else:
                del self._waiting[: len(reports)]

    async def close(self, seconds: float) -> int:
        """Hand over what is left, within a time; return how many reports were not taken.

        Their deliveries stay in the outbox as begun: the next start treats them as in doubt.
        """
        task = self._task
        if task is not None:
            await asyncio.wait((task,), timeout=seconds)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return len(self._waiting)
