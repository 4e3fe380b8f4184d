"""While nothing can be read of people, what rests on consent waits; what is declared to goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from legato.core.gate import Clearance
from legato.model.delivery import Delivery
from legato.model.plan import Destination, Plan, Purpose
from legato.model.problem import LegatoError, Reason
from tests.unit.lane_world import LaneWorld, delivery, destination, run

OUTAGE = 60.0
PURPOSES: Mapping[str, Purpose] = {
    "marketing": Purpose(name="marketing", basis="consent"),
    "news": Purpose(name="news", basis="legitimate_interest"),
    "service": Purpose(name="service", basis="contract", when_unreadable="send"),
}


class Blind(LaneWorld):
    """A host whose engine cannot read its store for a minute, or does not answer at all."""

    def __init__(self, *destinations: Destination, is_silent: bool = False) -> None:
        super().__init__(*destinations)
        self._is_silent = is_silent
        named = {one.name: one for one in destinations}
        self.lanes.change_plan(Plan(name="t", destinations=named, purposes=PURPOSES))

    async def clear(self, delivery: Delivery, by: str = "") -> Clearance:
        if self.seconds() < OUTAGE:
            if not self._is_silent:
                raise LegatoError("the disk is gone", fix="Bring it back.", can_retry=True)
            await asyncio.sleep(OUTAGE - self.seconds())
        return await super().clear(delivery, by)


def meant(number: int, purpose: str, to: str = "crm") -> Delivery:
    return delivery(number, purpose=purpose, to=to)


def sent_at(world: LaneWorld) -> dict[str, float]:
    return {attempt.delivery_id: attempt.at for attempt in world.attempts}


def test_in_a_minute_of_blindness_nothing_that_rests_on_consent_is_sent() -> None:
    async def scenario() -> None:
        world = Blind(destination("crm"))
        world.lanes.start()

        world.decide(*(meant(number, "marketing") for number in range(1, 41)))
        world.decide(*(meant(number, "news") for number in range(41, 61)))
        world.decide(*(meant(number, "service") for number in range(61, 81)))
        outcomes = await world.outcomes(80)

        during = [name for name, at in sent_at(world).items() if at < OUTAGE]
        assert sorted(during) == [f"delivery_{number}" for number in range(61, 81)]
        assert list(outcomes.values()) == ["accepted"] * 80
        assert len(world.attempts) == 80

    run(scenario)


def test_an_engine_that_does_not_answer_is_waited_for_by_what_rests_on_consent() -> None:
    async def scenario() -> None:
        world = Blind(destination("crm"), is_silent=True)
        world.lanes.start()

        world.decide(meant(1, "marketing"), meant(2, "service"))
        await world.outcomes(2)

        at = sent_at(world)
        assert at["delivery_2"] < 6
        assert at["delivery_1"] >= OUTAGE

    run(scenario)


def test_what_went_unread_says_so() -> None:
    async def scenario() -> None:
        world = Blind(destination("crm"))
        world.lanes.start()

        world.decide(meant(1, "service"))
        await world.outcomes(1)

        (report,) = world.reports
        assert report.reason is not None
        assert (report.outcome, report.reason.code) == ("accepted", "store.unread")

    run(scenario)


def test_a_destination_that_would_take_it_twice_gets_nothing_unread() -> None:
    async def scenario() -> None:
        world = Blind(destination("crm", on_doubt="skip"))
        world.lanes.start()

        world.decide(meant(1, "service"))
        await world.outcomes(1)

        assert sent_at(world)["delivery_1"] >= OUTAGE

    run(scenario)


def test_what_was_taken_back_is_not_sent_unread() -> None:
    async def scenario() -> None:
        world = Blind(destination("crm", rate=0.5))
        world.lanes.start()

        world.decide(meant(1, "service"), meant(2, "service"))
        await world.outcomes(1)
        world.lanes.revoke([(meant(2, "service").delivery_id, Reason(code="x", what="x"))])
        outcomes = await world.outcomes(2)

        assert outcomes == {"delivery_1": "accepted", "delivery_2": "refused"}
        assert list(sent_at(world)) == ["delivery_1"]

    run(scenario)
