"""The waiting room: who is answered when, and what a caller's fault costs the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from legato.model.event import CustomerEvent
from legato.model.ids import EventId
from legato.model.problem import LegatoError
from legato.ports.intake import Busy
from legato.runtime.waiting_room import Backlog, WaitingRoom
from legato.stores.memory import MemoryLog


class FullLog(MemoryLog):
    """A log without room."""

    def append(self, records: Sequence[bytes]) -> int:
        what = f"The disk is too full for {len(records)} records."
        raise LegatoError(what, fix="Make room.", can_retry=True)


class Applied:
    """An engine that has always applied everything."""

    def __init__(self, log: MemoryLog | None = None) -> None:
        self.log = log or MemoryLog()
        self.announced: list[int] = []
        backlog = Backlog(events_max=10, position=lambda: self.room.position)
        self.room = WaitingRoom(self.log, backlog=backlog, announce=self.announced.append)


def event(number: int) -> CustomerEvent:
    return CustomerEvent(
        event_id=EventId(f"event_{number}"),
        received_at=number,
        occurred_at=number,
        source="web",
        message_id=str(number),
        kind="track",
        name="Bought",
    )


def test_what_one_round_of_the_loop_brings_is_one_group_answered_in_order() -> None:
    async def run(host: Applied) -> list[int | Busy]:
        host.room.start()
        outcomes: list[int | Busy] = []
        for number in range(3):
            host.room.submit([event(number)], outcomes.append)
        assert outcomes == []  # never from within
        await host.room.accept([event(3)])
        await host.room.close()
        return outcomes

    host = Applied()

    assert asyncio.run(run(host)) == [1, 2, 3]
    assert host.announced == [4]


def test_a_caller_that_fails_does_not_cost_the_others_their_answer() -> None:
    async def run(host: Applied) -> tuple[int, list[dict[str, Any]]]:
        def fail(_outcome: int | Busy) -> None:
            raise ValueError

        reports: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, what: reports.append(what))
        host.room.start()
        host.room.submit([event(1)], fail)
        position = await host.room.accept([event(2)])
        await host.room.close()
        return position, reports

    position, reports = asyncio.run(run(Applied()))

    assert position == 2
    assert [type(report["exception"]) for report in reports] == [ValueError]


def test_a_log_without_room_refuses_everybody_of_the_group() -> None:
    async def run(host: Applied) -> list[int | Busy]:
        host.room.start()
        outcomes: list[int | Busy] = []
        host.room.submit([event(1)], outcomes.append)
        with pytest.raises(Busy):
            await host.room.accept([event(2)])
        await host.room.close()
        return outcomes

    (outcome,) = asyncio.run(run(Applied(FullLog())))

    assert isinstance(outcome, Busy)


def test_who_comes_just_before_the_end_is_stored_and_who_comes_after_is_not() -> None:
    async def run(host: Applied) -> list[int | Busy]:
        host.room.start()
        outcomes: list[int | Busy] = []
        host.room.submit([event(1)], outcomes.append)
        await host.room.close()
        with pytest.raises(Busy):
            host.room.submit([event(2)], outcomes.append)
        await asyncio.sleep(0)  # the answers are the loop's
        return outcomes

    host = Applied()

    assert asyncio.run(run(host)) == [1]
    assert host.log.last_position() == 1
