"""From lanes to stores: attempts that begin, and reports of deliveries that are over.

Both are gathered while the write before is under way and handed on together: one commit or one
fsync then serves all that happened meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from legato.model.event import DeliveryReported
from legato.model.ids import DeliveryId
from legato.model.instant import SECOND, Instant
from legato.model.problem import LegatoError
from legato.ports.clock import Clock
from legato.ports.intake import Busy, Intake
from legato.ports.state_store import Outbox

Write: TypeAlias = Callable[[Callable[[], None]], Awaitable[None]]
"""Runs a write where it may wait."""

REPORTS_AT_ONCE = 256
WAIT_SECONDS_AFTER_FAULT = 1.0
"""Before a report is offered again after the disk failed."""


class AttemptBook:
    """Keeps on record which attempts have begun and when the next ones are due.

    Writing may have to wait for the engine's commit, so it is done beside the loop; what comes up
    meanwhile shares the next write. Of one delivery a batch can hold an end and the begin after it,
    never the reverse: a begin is waited for.
    """

    def __init__(self, outbox: Outbox, *, clock: Clock, write: Write) -> None:
        self._outbox = outbox
        self._clock = clock
        self._write = write
        self._begins: list[tuple[DeliveryId, asyncio.Future[Instant]]] = []
        self._ends: list[tuple[DeliveryId, Instant]] = []
        self._task: asyncio.Task[None] | None = None

    async def begin(self, delivery_id: DeliveryId) -> Instant:
        """Return once the attempt is on record: after a crash it is in doubt."""
        future: asyncio.Future[Instant] = asyncio.get_running_loop().create_future()
        self._begins.append((delivery_id, future))
        self._run_soon()
        return await future

    def end(self, delivery_id: DeliveryId, next_attempt_at: Instant) -> None:
        """Put on record that an attempt failed for now. Memory knows it already."""
        self._ends.append((delivery_id, next_attempt_at))
        self._run_soon()

    async def close(self) -> None:
        """Wait until everything is written."""
        if self._task is not None:
            await self._task

    def _run_soon(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while self._begins or self._ends:
            begins, self._begins = self._begins, []
            ends, self._ends = self._ends, []
            now = self._clock.now()
            ids = [delivery_id for delivery_id, _ in begins]
            fault: LegatoError | None = None
            try:
                await self._write(partial(self._store, ids, ends, now))
            except LegatoError as error:
                # An end that is not stored costs a doubt after a restart, not a delivery.
                fault = error
            for _, future in begins:
                if future.done():
                    continue
                if fault is None:
                    future.set_result(now)
                else:
                    future.set_exception(fault)
        self._task = None

    def _store(
        self, begins: list[DeliveryId], ends: list[tuple[DeliveryId, Instant]], now: Instant
    ) -> None:
        for delivery_id, next_attempt_at in ends:
            self._outbox.end_attempt(delivery_id, next_attempt_at)
        if begins:
            self._outbox.begin_attempt(begins, now)


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
