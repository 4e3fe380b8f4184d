"""From lanes to stores: attempts that begin, and reports of deliveries that are over.

Both are gathered for the length of one turn of the event loop and handed on together: one
commit or one fsync then serves all that happened at once.
"""

from __future__ import annotations

import asyncio

from legato.model.event import DeliveryReported
from legato.model.ids import DeliveryId
from legato.model.instant import SECOND, Instant
from legato.model.problem import LegatoError
from legato.ports.clock import Clock
from legato.ports.intake import Busy, Intake
from legato.ports.state_store import Outbox

REPORTS_AT_ONCE = 256
WAIT_SECONDS_AFTER_FAULT = 1.0
"""Before a report is offered again after the disk failed."""


class Starter:
    """Marks deliveries as begun. Several that begin together share a commit."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock
        self._waiting: list[tuple[DeliveryId, asyncio.Future[Instant]]] = []

    async def begin(self, delivery_id: DeliveryId) -> Instant:
        """Return once the attempt is on record; after a crash it is in doubt."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Instant] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._flush)
        self._waiting.append((delivery_id, future))
        return await future

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        now = self._clock.now()
        try:
            self._outbox.begin_attempt([delivery_id for delivery_id, _ in waiting], now)
        except LegatoError as error:
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
            return
        for _, future in waiting:
            if not future.done():
                future.set_result(now)


class Reporter:
    """Puts reports into the log. None is lost: what is not taken is offered again."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._waiting: list[DeliveryReported] = []
        self._task: asyncio.Task[None] | None = None

    def report(self, report: DeliveryReported) -> None:
        self._waiting.append(report)
        if self._task is None:
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
        self._task = None

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
