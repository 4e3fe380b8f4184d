"""While answers of the engine are slow: many ask at one time, and no more leave than may."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise

from legato.core.gate import WITHDRAWN, Clearance
from legato.model.delivery import Delivery
from legato.model.instant import SECOND
from legato.model.plan import Destination, WhenDown
from legato.model.problem import Reason
from legato.model.wire import Response
from legato.ports.sender import SendFault
from legato.runtime.lanes.pace import ASKING_MAX
from legato.stores.memory import MemoryStore
from tests.unit.lane_world import (
    OK,
    SENDS,
    START,
    Attempt,
    LaneWorld,
    Reply,
    accept,
    delivery,
    destination,
    run,
)

SLOW = 4.0
"""Seconds that an engine is behind."""
SERVICE = 0.1
"""Seconds that a destination takes."""


class Behind(LaneWorld):
    """A host whose engine answers late, and reads the gates when it does."""

    def __init__(
        self,
        *destinations: Destination,
        reply: Reply = accept,
        store: MemoryStore | None = None,
        takes: Callable[[float], float] = lambda _: SLOW,
    ) -> None:
        super().__init__(*destinations, reply=reply, store=store)
        self._takes = takes
        self.asked: list[tuple[float, str]] = []
        self.asking = self.asking_most = 0

    async def clear(self, delivery: Delivery, by: str = "") -> Clearance:
        self.asked.append((self.seconds(), delivery.delivery_id))
        self.asking += 1
        self.asking_most = max(self.asking_most, self.asking)
        try:
            await asyncio.sleep(self._takes(self.seconds()))
        finally:
            self.asking -= 1
        return await super().clear(delivery, by)


class Counter:
    """A destination that takes its time, and knows how many were there at one time."""

    def __init__(self, seconds: float = SERVICE) -> None:
        self._seconds = seconds
        self.there = self.most = 0

    async def reply(self, _: Attempt) -> Response:
        self.there += 1
        self.most = max(self.most, self.there)
        await asyncio.sleep(self._seconds)
        self.there -= 1
        return OK


def in_turns(now: float) -> float:
    """Return how long it takes to be answered four seconds late, four times a second."""
    return SLOW + 0.25 - now % 0.25


def test_a_slow_engine_costs_the_destination_nothing_of_its_throughput() -> None:
    async def scenario() -> None:
        counter = Counter()
        world = Behind(destination("crm", concurrency=4), reply=counter.reply)
        world.lanes.start()

        world.decide(*(delivery(number) for number in range(1_000)))
        await world.outcomes(1_000)

        # 40 a second are the destination's; four slots that wait for four seconds let one through.
        assert world.seconds() < 3 * SLOW + 1.25 * 1_000 / 40
        assert counter.most == 4
        assert len(world.attempts) == 1_000

    run(scenario)


def test_answers_that_come_many_at_a_time_fill_no_more_than_the_slots() -> None:
    async def scenario() -> None:
        counter = Counter()
        world = Behind(destination("crm", concurrency=8), reply=counter.reply, takes=in_turns)
        world.lanes.start()

        world.decide(*(delivery(number) for number in range(500)))
        await world.outcomes(500)

        assert counter.most == 8
        assert world.seconds() < 3 * SLOW + 500 / (8 * 4) * 1.5
        assert [report.attempt_count for report in world.reports] == [1] * 500

    run(scenario)


def test_no_more_than_so_many_ask_at_one_time() -> None:
    async def scenario() -> None:
        counter = Counter(0.001)
        world = Behind(destination("crm", concurrency=64), reply=counter.reply)
        world.lanes.start()

        world.decide(*(delivery(number) for number in range(6_000)))
        await asyncio.sleep(2)
        status = world.lanes.status()["crm"]
        await world.outcomes(6_000)

        assert (status.in_flight, status.waiting) == (0, 6_000)
        assert SLOW * 100 < world.asking_most <= ASKING_MAX
        assert world.seconds() < 6 * SLOW + 6_000 / (ASKING_MAX / SLOW)

    run(scenario)


def test_while_the_engine_keeps_up_nobody_asks_in_vain() -> None:
    async def scenario() -> None:
        counter = Counter()
        world = Behind(destination("crm", concurrency=4), reply=counter.reply, takes=lambda _: 0.01)
        world.lanes.start()

        world.decide(*(delivery(number) for number in range(200)))
        await world.outcomes(200)

        assert len(world.asked) == 200
        assert counter.most == 4

    run(scenario)


def late_room(seconds: float) -> tuple[Behind, Counter]:
    """Return a world of one slot in which two ask together, and one finds the slot taken."""
    counter = Counter(seconds)
    return Behind(destination("crm", concurrency=1), reply=counter.reply, takes=in_turns), counter


def test_what_finds_every_slot_taken_is_cleared_again_before_it_leaves() -> None:
    async def scenario() -> None:
        world, counter = late_room(30)
        world.lanes.start()

        world.decide(delivery(1), delivery(2))
        await world.outcomes(2)

        asked = [at for at, name in world.asked if name == "delivery_2"]
        sent = {attempt.delivery_id: attempt.at for attempt in world.attempts}
        assert len(asked) > 1
        assert asked[-1] + SLOW <= sent["delivery_2"] <= asked[-1] + SLOW + 0.25
        assert counter.most == 1
        assert len(world.attempts) == 2

    run(scenario)


def test_what_finds_every_slot_taken_stays_when_its_gates_close_meanwhile() -> None:
    async def scenario() -> None:
        world, _ = late_room(30)
        world.lanes.start()

        world.decide(delivery(1), delivery(2))
        await asyncio.sleep(SLOW + 1)
        row = next(
            one
            for one in world.store.waiting("crm", 0, 9)
            if one.delivery.delivery_id == "delivery_2"
        )
        world.closed[delivery(2).delivery_id] = WITHDRAWN
        outcomes = await world.outcomes(2)

        assert next(at for at, name in world.asked if name == "delivery_2") < 1  # and was cleared
        assert (row.attempt_count, row.first_attempt_at, row.is_in_doubt) == (0, None, False)
        assert outcomes == {"delivery_1": "accepted", "delivery_2": "refused"}
        assert [attempt.delivery_id for attempt in world.attempts] == ["delivery_1"]

    run(scenario)


def test_what_may_have_arrived_stays_in_doubt_though_it_finds_every_slot_taken() -> None:
    async def scenario() -> None:
        async def reply(_: Attempt) -> Response:
            if len(world.attempts) == 1:
                raise SendFault("cut off", is_in_doubt=True)
            await asyncio.sleep(60)
            return OK

        world = Behind(destination("crm", concurrency=1), reply=reply, takes=in_turns)
        world.lanes.start()

        world.decide(delivery(1))
        await asyncio.sleep(SLOW + 1)
        world.decide(*(delivery(number) for number in range(2, 9)))
        await asyncio.sleep(3 * SLOW)
        row = next(
            one
            for one in world.store.waiting("crm", 0, 99)
            if one.delivery.delivery_id == "delivery_1"
        )

        assert len(world.attempts) == 2
        assert world.attempts[1].delivery_id != "delivery_1"
        assert len([1 for _, name in world.asked if name == "delivery_1"]) > 1
        assert row.is_in_doubt
        assert row.attempt_count <= 2
        await world.outcomes(8)

    run(scenario)


def test_a_persons_deliveries_keep_their_order_however_slow_answers_are() -> None:
    async def scenario() -> None:
        counter = Counter(0.5)
        world = Behind(destination("crm", concurrency=2), reply=counter.reply, takes=in_turns)
        world.lanes.start()

        world.decide(*(delivery(number, person=f"p{number % 20}") for number in range(60)))
        await world.outcomes(60)

        numbers: dict[str, list[int]] = {}
        for attempt in world.attempts:
            number = int(attempt.delivery_id.split("_")[1])
            numbers.setdefault(attempt.person_id, []).append(number)
        assert all(mine == sorted(mine) for mine in numbers.values())
        assert len(world.asked) > 60  # some have found no slot

    run(scenario)


def test_the_rate_is_held_in_any_second_though_answers_come_in_heaps() -> None:
    async def scenario() -> None:
        counter = Counter(0.01)
        world = Behind(
            destination("crm", concurrency=64, rate=20.0),
            reply=counter.reply,
            takes=lambda now: 10.0 - now % 3,
        )
        world.lanes.start()

        world.decide(*(delivery(number) for number in range(300)))
        await world.outcomes(300)

        at = [attempt.at for attempt in world.attempts]
        assert all(later - sooner > 1 - 1e-6 for sooner, later in zip(at, at[20:], strict=False))
        assert any(later == sooner for sooner, later in pairwise(at))

    run(scenario)


def test_answers_that_come_evenly_use_the_whole_rate() -> None:
    async def scenario() -> None:
        world = Behind(destination("crm", concurrency=4, rate=20.0), reply=Counter(0.05).reply)
        world.lanes.start()

        world.decide(*(delivery(number) for number in range(400)))
        await world.outcomes(400)

        assert world.seconds() < SLOW + 400 / 20 * 1.05
        assert len(world.asked) < 440

    run(scenario)


def test_one_at_a_time_finds_out_whether_a_destination_is_back_though_many_ask() -> None:
    async def scenario() -> None:
        async def reply(_: Attempt) -> Response:
            if world.seconds() < 60:
                raise SendFault("no connection", is_in_doubt=False)
            return OK

        world = Behind(destination("crm", concurrency=4), reply=reply)
        world.lanes.start()

        world.decide(*(delivery(number) for number in range(100)))
        await asyncio.sleep(60)
        before = len(world.attempts)
        outcomes = await world.outcomes(100)

        # Eight open the breaker, of four slots; then each finds out alone, and asks for itself.
        assert 8 <= before <= 8 + 4 + 60 / SLOW
        assert set(outcomes.values()) == {"accepted"}

    run(scenario)


def test_another_that_takes_over_is_asked_for_ahead_as_well() -> None:
    async def scenario() -> None:
        async def reply(attempt: Attempt) -> Response:
            if attempt.destination == "main":
                raise SendFault("no connection", is_in_doubt=False)
            return await counter.reply(attempt)

        counter = Counter()
        down = WhenDown(use="spare", after=10 * SECOND)
        world = Behind(
            destination("main", manifest=SENDS, when_down=down),
            destination("spare", manifest=SENDS, concurrency=4),
            reply=reply,
        )
        world.lanes.start()

        world.decide(*(delivery(number, to="main") for number in range(400)))
        outcomes = await world.outcomes(400)

        assert set(outcomes.values()) == {"accepted"}
        assert counter.most == 4
        assert world.seconds() < 10 + 6 * SLOW + 1.25 * 400 / 40

    run(scenario)


def test_what_is_taken_back_while_it_asks_does_not_leave() -> None:
    async def scenario() -> None:
        world = Behind(destination("crm"))
        world.lanes.start()

        world.decide(delivery(1))
        await asyncio.sleep(1)
        world.lanes.revoke([(delivery(1).delivery_id, Reason(code="x", what="x"))])
        outcomes = await world.outcomes(1)

        assert outcomes == {"delivery_1": "refused"}
        assert world.attempts == []

    run(scenario)


def test_what_expires_while_it_asks_does_not_leave() -> None:
    async def scenario() -> None:
        world = Behind(destination("crm"))
        world.lanes.start()

        world.decide(delivery(1, expires_at=START + 2 * SECOND))
        outcomes = await world.outcomes(1)

        assert outcomes == {"delivery_1": "expired"}
        assert world.attempts == []

    run(scenario)


def test_what_is_cleared_after_the_end_began_goes_after_the_next_start_and_in_no_doubt() -> None:
    store = MemoryStore()

    async def ends() -> None:
        world = Behind(destination("crm", on_doubt="skip"), store=store)
        world.lanes.start()
        world.decide(*(delivery(number) for number in range(20)))
        await asyncio.sleep(1)

        await world.lanes.close()

        assert world.seconds() < SLOW + 1
        assert world.attempts == []

    async def goes_on() -> None:
        world = Behind(destination("crm", on_doubt="skip"), store=store)
        world.lanes.start()

        outcomes = await world.outcomes(20)

        assert list(outcomes.values()) == ["accepted"] * 20
        assert [report.attempt_count for report in world.reports] == [1] * 20

    run(ends)
    run(goes_on)


def test_what_asks_again_takes_no_token_from_those_who_share_its_rate() -> None:
    async def scenario() -> None:
        async def reply(attempt: Attempt) -> Response:
            await asyncio.sleep(100 if attempt.destination == "full" else 0.01)
            return OK

        world = Behind(
            destination("full", concurrency=1, rate=2.0, rate_shared="both"),
            destination("free", concurrency=8, rate=2.0, rate_shared="both"),
            reply=reply,
        )
        world.lanes.start()

        world.decide(*(delivery(number, to="full") for number in range(10)))
        world.decide(*(delivery(number, to="free") for number in range(10, 400)))
        await asyncio.sleep(100)

        # Ten tokens are those of the full one, which asks many times with each.
        left = [one for one in world.attempts if one.destination == "free"]
        assert len([1 for _, name in world.asked if int(name.split("_")[1]) < 10]) > 20
        assert len(left) > 2 * (100 - SLOW) - 10 - 8

    run(scenario)
