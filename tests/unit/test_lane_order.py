"""Many deliveries in many lanes: pace, and that nobody waits for a stranger."""

from __future__ import annotations

import asyncio

import pytest

from legato.model.plan import Retry
from legato.model.wire import Response
from legato.ports.sender import SendFault
from legato.runtime.lanes.lane import MEMORY_MAX
from legato.stores.memory import MemoryStore
from tests.unit.lane_world import OK, Attempt, LaneWorld, delivery, destination, run


def test_other_people_pass_while_one_persons_delivery_waits_to_be_tried_again() -> None:
    async def refuse_ana(attempt: Attempt) -> Response:
        await asyncio.sleep(0.01)
        return Response(status=503) if attempt.person_id == "ana" else OK

    async def scenario() -> None:
        world = LaneWorld(destination("crm", concurrency=2), reply=refuse_ana)
        world.lanes.start()

        world.decide(delivery(0, person="ana"), delivery(1, person="ana"))
        world.decide(*(delivery(number) for number in range(2, 102)))
        outcomes = await world.outcomes(100)

        assert world.seconds() < 1
        assert "delivery_0" not in outcomes
        assert not [one for one in world.attempts if one.delivery_id == "delivery_1"]

    run(scenario)


def test_one_dead_destination_of_seven_delays_the_others_by_nothing() -> None:
    async def reply(attempt: Attempt) -> Response:
        if attempt.destination == "d0" and is_dead:
            await asyncio.sleep(10)
            raise SendFault("no answer within 10 s", is_in_doubt=True)
        await asyncio.sleep(0.02)
        return OK

    async def latencies() -> list[float]:
        world = LaneWorld(*(destination(f"d{n}") for n in range(7)), reply=reply)
        world.lanes.start()
        decided: dict[str, float] = {}
        for number in range(1_400):
            one = delivery(number, to=f"d{number % 7}")
            decided[one.delivery_id] = world.seconds()
            world.decide(one)
            await asyncio.sleep(0.002)
        await world.outcomes(1_200)
        return sorted(
            one.at - decided[one.delivery_id] for one in world.attempts if one.destination != "d0"
        )

    is_dead = False
    healthy = run(latencies)
    is_dead = True
    beside_a_dead_one = run(latencies)

    assert beside_a_dead_one == pytest.approx(healthy, abs=1e-6)


def test_a_dead_destination_is_probed_and_comes_back_within_half_a_minute() -> None:
    async def scenario() -> None:
        async def reply(_: Attempt) -> Response:
            if world.seconds() < 3_600:
                raise SendFault("no connection", is_in_doubt=False)
            return OK

        world = LaneWorld(
            destination("crm", retry=Retry(give_up=24 * 3_600 * 1_000_000)), reply=reply
        )
        world.lanes.start()
        world.decide(*(delivery(number) for number in range(500)))
        await asyncio.sleep(1_800)
        assert world.lanes.status()["crm"].breaker != "closed"
        probed = len(world.attempts)

        await world.outcomes(400)

        assert probed < 150, "one probe each half minute, not five hundred retries"
        assert 3_600 < world.seconds() < 3_635

    run(scenario)


@pytest.mark.parametrize("rate", [2.0, 50.0, 333.0])
def test_the_rate_is_held_within_one_percent(rate: float) -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm", rate=rate, concurrency=100))
        world.lanes.start()
        count = int(rate * 20)

        world.decide(*(delivery(number) for number in range(count)))
        await world.outcomes(count)

        times = [attempt.at for attempt in world.attempts]
        measured = (count - 1) / (times[-1] - times[0])
        assert measured == pytest.approx(rate, rel=0.01)
        window = int(rate * 10)
        for start in range(0, count - window, max(1, window // 10)):
            assert times[start + window] - times[start] >= 10 * 0.99

    run(scenario)


def test_concurrency_is_the_most_that_is_ever_in_flight() -> None:
    async def scenario() -> None:
        now, most = 0, 0

        async def reply(_: Attempt) -> Response:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.1)
            now -= 1
            return OK

        world = LaneWorld(destination("crm", concurrency=3), reply=reply)
        world.lanes.start()
        world.decide(*(delivery(number) for number in range(30)))
        await world.outcomes(30)

        assert most == 3
        assert world.seconds() == pytest.approx(1.0, abs=0.01)

    run(scenario)


def test_a_lane_holds_a_bounded_number_in_memory_and_loses_none() -> None:
    async def scenario() -> None:
        count = MEMORY_MAX + 3_000
        world = LaneWorld(destination("crm", concurrency=200), reply=hold)
        world.lanes.start()
        world.decide(*(delivery(number, person=f"p{number % 997}") for number in range(count)))
        await asyncio.sleep(1)
        status = world.lanes.status()["crm"]
        assert status.waiting + status.in_flight <= MEMORY_MAX
        assert status.is_behind

        gate.set()
        outcomes = await world.outcomes(count)

        assert len(outcomes) == count
        assert len(world.attempts) == count
        for person in range(997):
            seen = [one.delivery_id for one in world.attempts if one.person_id == f"p{person}"]
            assert seen == [f"delivery_{n}" for n in range(person, count, 997)]

    async def hold(_: Attempt) -> Response:
        await gate.wait()
        return OK

    gate = asyncio.Event()
    run(scenario)


def test_a_start_takes_up_what_the_outbox_holds_in_order() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        before = LaneWorld(destination("crm"), store=store)
        before.decide(*(delivery(number, person="ana") for number in range(600)))  # never started

        after = LaneWorld(destination("crm"), store=store)
        after.lanes.start()
        await after.outcomes(600)

        assert [one.delivery_id for one in after.attempts] == [
            f"delivery_{number}" for number in range(600)
        ]

    run(scenario)


def test_an_idle_lane_does_nothing() -> None:
    async def scenario() -> int:
        world = LaneWorld(destination("crm"))
        world.lanes.start()
        world.decide(delivery(1))
        await world.outcomes(1)
        await asyncio.sleep(0)

        woken = 0
        original = world.loop.call_at

        def counted(*args: object, **kwargs: object) -> asyncio.TimerHandle:
            nonlocal woken
            woken += 1
            return original(*args, **kwargs)  # type: ignore[arg-type]

        world.loop.call_at = counted  # type: ignore[method-assign]
        await asyncio.sleep(86_400)
        return woken

    assert run(scenario) == 1, "the test's own sleep, and nothing else"
