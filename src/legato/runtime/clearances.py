"""Whether deliveries may leave now: asked of the engine many at a time, answered all at once.

What lanes ask during one turn of the loop is one question. The engine takes it from the queue of
the records, so everything acknowledged before it has been applied; it reads every delivery's
gates, puts those that may leave on record as begun in one transaction, and answers all together.
To begin an attempt costs neither a thread nor a commit of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from legato.core.gate import Clearance
from legato.fold.clearance import clear_to_send
from legato.fold.memory import Memory
from legato.fold.turn import tick
from legato.model.delivery import Delivery
from legato.model.ids import DeliveryId
from legato.model.instant import Instant
from legato.model.problem import LegatoError
from legato.ports.clock import Clock
from legato.ports.state_store import Outbox, StateStore
from legato.runtime.engine import Answer

REDRIVEN_MAX = 10_000
"""Redriven deliveries remembered; the oldest beyond are refused as withdrawn, and dead again."""

Cleared: TypeAlias = list[Clearance | Exception]
"""In the order of the deliveries; an Exception where there is no answer."""


class Clearances:
    """All methods are the loop's."""

    def __init__(
        self,
        ask: Callable[[Answer[Cleared]], asyncio.Future[Cleared]],
        *,
        state: StateStore,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._ask = ask
        self._state = state
        self._outbox = outbox
        self._clock = clock
        self._waiting: list[tuple[Delivery, asyncio.Future[Clearance]]] = []
        self._redriven: dict[DeliveryId, None] = {}

    def of(self, delivery: Delivery) -> asyncio.Future[Clearance]:
        """Ask for one delivery; see ports.clearance."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Clearance] = loop.create_future()
        self._waiting.append((delivery, future))
        if len(self._waiting) == 1:
            loop.call_soon(self._send)
        return future

    def redriven(self, delivery_id: DeliveryId) -> None:
        """Let a dead delivery that an operator put back into the outbox pass once more."""
        self._redriven[delivery_id] = None
        if len(self._redriven) > REDRIVEN_MAX:
            del self._redriven[next(iter(self._redriven))]

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        # Whoever was cancelled meanwhile makes no attempt, so none may be put on record.
        asked = [each for each in waiting if not each[1].done()]
        if not asked:
            return
        given = [(delivery, delivery.delivery_id in self._redriven) for delivery, _ in asked]
        answered = self._ask(lambda memory: self._answer(memory, given))
        answered.add_done_callback(lambda done: _hand_out(asked, done))

    def _answer(self, memory: Memory, given: list[tuple[Delivery, bool]]) -> Cleared:
        """On the engine's thread: read the gates, put what may leave on record."""
        now = self._clock.now()
        by = tick(memory.now, now)  # the last record may be from before the clock was set back
        found: Cleared = []
        begun: list[DeliveryId] = []
        for delivery, is_redriven in given:
            try:
                one = self._read(memory, delivery, by, is_redriven=is_redriven)
            except Exception as fault:  # noqa: BLE001 - one delivery's failure is not the others'
                found.append(fault)
            else:
                found.append(one)
                if one.is_clear:
                    begun.append(delivery.delivery_id)
        try:
            if begun:
                self._outbox.begin_attempt(begun, now)
        except LegatoError as fault:
            return [fault if isinstance(one, Clearance) and one.is_clear else one for one in found]
        return found

    def _read(
        self, memory: Memory, delivery: Delivery, now: Instant, *, is_redriven: bool
    ) -> Clearance:
        state = memory.person(delivery.person_id)
        if is_redriven and state is not None:
            # It was settled as failed. All gates but that one are to be read as for any other.
            pending = {**state.pending, delivery.delivery_id: delivery}
            state = msgspec.structs.replace(state, pending=pending)
        return clear_to_send(self._state, memory.program, state, delivery, now=now)


def _hand_out(
    asked: list[tuple[Delivery, asyncio.Future[Clearance]]], done: asyncio.Future[Cleared]
) -> None:
    if done.cancelled():
        return
    fault = done.exception()
    answers: Cleared = [fault] * len(asked) if isinstance(fault, Exception) else done.result()
    for (_, future), answer in zip(asked, answers, strict=True):
        if future.done():
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
