"""What a lane makes of a delivery that another channel is waiting for."""

from __future__ import annotations

import asyncio

import pytest

from legato.core.gate import Clearance
from legato.model.ids import DeliveryId
from legato.model.problem import Reason
from legato.model.wire import Response
from legato.ports.sender import SendFault
from legato.stores.memory import MemoryStore
from tests.unit.lane_world import OK, LaneWorld, delivery, destination, run
from tests.unit.test_lane_outcomes import BROKEN, NOT_REACHED, UNAVAILABLE, Script

SLOW = Reason(code="fallback.too_slow", what="push did not take it within 10 minutes")
TOO_SLOW = Clearance(is_clear=False, is_too_slow=True, reason=SLOW)
FIRST = DeliveryId("delivery_1")
GATEWAY = Response(status=504)


def call_back(world: LaneWorld) -> None:
    world.closed[FIRST] = TOO_SLOW
    world.lanes.revoke([(FIRST, SLOW)])


@pytest.mark.parametrize("fault", [UNAVAILABLE, Response(status=429), NOT_REACHED])
def test_between_attempts_that_are_known_to_have_failed_it_lets_go(
    fault: Response | SendFault,
) -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"), reply=Script(fault))
        world.lanes.start()
        world.decide(delivery(1))
        await asyncio.sleep(0.1)

        call_back(world)

        assert await world.outcomes(1) == {"delivery_1": "refused"}
        assert world.reports[0].reason == SLOW
        assert not world.reports[0].may_have_arrived

    run(scenario)


def test_an_attempt_under_way_has_the_last_word() -> None:
    async def scenario(answer: Response | SendFault) -> str:
        world = LaneWorld(destination("crm"), reply=Script(answer, latency=2))
        world.lanes.start()
        world.decide(delivery(1))
        await asyncio.sleep(1)

        call_back(world)

        return (await world.outcomes(1))["delivery_1"]

    assert run(lambda: scenario(OK)) == "accepted"
    assert run(lambda: scenario(UNAVAILABLE)) == "refused"
    assert run(lambda: scenario(Response(status=400))) == "failed"


@pytest.mark.parametrize("doubt", [BROKEN, GATEWAY])
def test_what_may_have_arrived_is_sent_again_under_its_own_id(
    doubt: Response | SendFault,
) -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"), reply=Script(doubt, UNAVAILABLE, OK))
        world.lanes.start()
        world.decide(delivery(1))
        await asyncio.sleep(0.1)

        call_back(world)

        assert await world.outcomes(1) == {"delivery_1": "accepted"}
        assert [attempt.delivery_id for attempt in world.attempts] == ["delivery_1"] * 3

    run(scenario)


def test_what_may_have_arrived_and_fails_is_reported_as_such() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"), reply=Script(BROKEN, Response(status=400)))
        world.lanes.start()
        world.decide(delivery(1))

        assert await world.outcomes(1) == {"delivery_1": "failed"}
        assert world.reports[0].may_have_arrived

    run(scenario)


def test_a_start_knows_of_what_may_have_arrived_before_it() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        before = LaneWorld(destination("crm"), store=store, reply=Script(BROKEN, UNAVAILABLE))
        before.lanes.start()
        before.decide(delivery(1))
        await asyncio.sleep(10)
        await before.lanes.close(0)

        after = LaneWorld(destination("crm"), store=store)
        after.closed[FIRST] = TOO_SLOW
        after.lanes.start()

        assert len(before.attempts) > 1
        assert await after.outcomes(1) == {"delivery_1": "accepted"}

    run(scenario)


def test_consent_withdrawn_stops_what_may_have_arrived_too() -> None:
    async def scenario() -> None:
        world = LaneWorld(destination("crm"), reply=Script(BROKEN, OK))
        world.lanes.start()
        world.decide(delivery(1))
        await asyncio.sleep(0.1)

        reason = Reason(code="consent.withdrawn", what="consent was withdrawn")
        world.closed[FIRST] = Clearance(is_clear=False, reason=reason)
        world.lanes.revoke([(FIRST, reason)])

        assert await world.outcomes(1) == {"delivery_1": "refused"}
        assert world.reports[0].may_have_arrived
        assert len(world.attempts) == 1

    run(scenario)
