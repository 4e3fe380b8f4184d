"""Whether deliveries may leave now: asked of the engine many at a time, answered all at once.

What lanes ask during one turn of the loop is one question. The engine answers once everything
acknowledged before it has been applied; it reads every delivery's gates, puts those that may
leave on record as begun in one transaction, and answers all together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from legato.core.gate import Clearance
from legato.model.delivery import Delivery
from legato.model.ids import DeliveryId
from legato.model.problem import LegatoError
from legato.runtime.engine.dialogue import Answer, Clear, Cleared, Question, ToClear

REDRIVEN_MAX = 10_000
"""Redriven deliveries remembered; the oldest beyond are refused as withdrawn, and dead again."""


_Asked: TypeAlias = tuple[Delivery, str, asyncio.Future[Clearance]]


class Clearances:
    """All methods are the loop's."""

    def __init__(self, ask: Callable[[Question], Awaitable[Answer]]) -> None:
        self._ask = ask
        self._waiting: list[_Asked] = []
        self._redriven: dict[DeliveryId, Delivery] = {}
        self._tasks: dict[asyncio.Task[None], None] = {}

    def of(self, delivery: Delivery, by: str = "") -> asyncio.Future[Clearance]:
        """Ask for one delivery; see ports.clearance."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Clearance] = loop.create_future()
        self._waiting.append((delivery, by, future))
        if len(self._waiting) == 1:
            loop.call_soon(self._begin)
        return future

    def redriven(self, delivery: Delivery) -> None:
        """Let a dead delivery that an operator put back into the outbox pass once more."""
        self._redriven[delivery.delivery_id] = delivery
        if len(self._redriven) > REDRIVEN_MAX:
            del self._redriven[next(iter(self._redriven))]

    def _begin(self) -> None:
        waiting, self._waiting = self._waiting, []
        # Whoever was cancelled meanwhile makes no attempt, so none may be put on record.
        asked = [each for each in waiting if not each[2].done()]
        if asked:
            task = asyncio.get_running_loop().create_task(self._clear(asked))
            self._tasks[task] = None
            task.add_done_callback(self._tasks.pop)

    async def _clear(self, asked: list[_Asked]) -> None:
        question = Clear(
            [
                ToClear(one.delivery_id, one.person_id, self._redriven.get(one.delivery_id), by)
                for one, by, _ in asked
            ]
        )
        try:
            answer = await self._ask(question)
        except LegatoError as error:
            for _, _, future in asked:
                if not future.done():
                    future.set_exception(error)
            return
        assert isinstance(answer, Cleared)
        for (_, _, future), clearance in zip(asked, answer.clearances, strict=True):
            if future.done():
                continue
            if isinstance(clearance, str):
                future.set_exception(LegatoError(clearance, fix="Try again.", can_retry=True))
            else:
                future.set_result(clearance)
