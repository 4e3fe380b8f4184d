"""While a destination is down another takes over its messages, and gives them back."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from legato.core.gate import Clearance
from legato.model.delivery import Delivery
from legato.model.instant import SECOND
from legato.model.plan import Destination, WhenDown
from legato.model.problem import Reason
from legato.model.wire import Response
from legato.ports.sender import SendFault
from legato.simulate.dice import Dice
from legato.stores.memory import MemoryStore
from tests.sim.unruly import Fates, Taken, Unruly
from tests.unit.lane_world import (
    OK,
    SENDS,
    Attempt,
    LaneWorld,
    Reply,
    delivery,
    destination,
    run,
)

NOT_REACHED = SendFault("no connection", is_in_doubt=False)
REFUSED = Clearance(
    is_clear=False, reason=Reason(code="residency.outside", what="her data stays in the EU")
)
HISTORIES = 150


def pair(**changes: object) -> tuple[Destination, Destination]:
    """Return a destination and the one that takes over from it."""
    given: dict[str, object] = {
        "manifest": SENDS,
        "when_down": WhenDown(use="spare", after=20 * SECOND),
    }
    return destination("main", **{**given, **changes}), destination("spare", manifest=SENDS)


def message(number: int, person: str = "", **changes: object) -> Delivery:
    return delivery(number, person, to="main", **changes)


def down(since: float = 0.0, until: float = 1e9, *, spare: Reply | None = None) -> Reply:
    """Return a pair of which the first is down for some time."""

    async def reply(attempt: Attempt) -> Response:
        await asyncio.sleep(0.01)
        if attempt.destination == "spare":
            return await spare(attempt) if spare is not None else OK
        if since <= attempt.at < until:
            raise NOT_REACHED
        return OK

    return reply


def at(world: LaneWorld, name: str) -> list[Attempt]:
    return [one for one in world.attempts if one.destination == name]


def test_another_takes_over_within_half_a_minute_under_the_same_key_and_in_order() -> None:
    async def scenario() -> None:
        world = LaneWorld(*pair(), reply=down())
        world.lanes.start()
        world.decide(*(message(number, person=f"p{number % 3}") for number in range(30)))

        outcomes = await world.outcomes(30)

        assert set(outcomes.values()) == {"accepted"}
        assert 20 <= at(world, "spare")[0].at < 22
        assert world.seconds() < 30
        assert {report.by for report in world.reports} == {"spare"}
        for person in range(3):
            taken = [one.delivery_id for one in at(world, "spare") if one.person_id == f"p{person}"]
            assert taken == [f"delivery_{number}" for number in range(person, 30, 3)]

    run(scenario)


def test_one_message_alone_is_enough_to_find_out() -> None:
    async def scenario() -> None:
        world = LaneWorld(*pair(), reply=down())
        world.lanes.start()
        world.decide(message(1))

        await world.outcomes(1)

        assert at(world, "spare")[0].at == pytest.approx(20, abs=0.1)

    run(scenario)


def test_what_is_new_goes_the_other_way_at_once_and_back_when_it_is_up() -> None:
    async def scenario() -> None:
        world = LaneWorld(*pair(), reply=down(until=120))
        world.lanes.start()
        for number in range(200):
            world.decide(message(number))
            await asyncio.sleep(1)
        await world.outcomes(200)

        assert world.lanes.status()["main"].by == ""
        spare = [one.at for one in at(world, "spare")]
        assert 20 <= spare[0] < 22
        assert spare[-1] < 120 + 31
        assert len(spare) == len({one.delivery_id for one in at(world, "spare")})
        ways: dict[str, str] = {report.delivery_id: report.by for report in world.reports}
        assert (ways["delivery_60"], ways["delivery_199"]) == ("spare", "")
        probes = [one.at for one in at(world, "main") if 20 < one.at < 120]
        assert 1 <= len(probes) < 10

    run(scenario)


def test_while_it_is_down_its_status_says_who_takes_over() -> None:
    async def scenario() -> None:
        world = LaneWorld(*pair(), reply=down())
        world.lanes.start()
        world.decide(message(1))
        await world.outcomes(1)

        assert world.lanes.status()["main"].by == "spare"

    run(scenario)


def test_without_anybody_who_takes_over_messages_wait() -> None:
    async def scenario() -> None:
        world = LaneWorld(*pair(when_down=None), reply=down(until=300))
        world.lanes.start()
        world.decide(message(1))

        assert await world.outcomes(1) == {"delivery_1": "accepted"}
        assert world.seconds() > 300
        assert at(world, "spare") == []

    run(scenario)


def test_what_may_have_arrived_waits_for_the_one_it_was_sent_to() -> None:
    async def reply(attempt: Attempt) -> Response:
        await asyncio.sleep(0.01)
        if attempt.destination == "main" and attempt.at < 200:
            raise SendFault("no answer", is_in_doubt=attempt.delivery_id == "delivery_1")
        return OK

    async def scenario() -> None:
        world = LaneWorld(*pair(), reply=reply)
        world.lanes.start()
        world.decide(message(1), message(2))

        await world.outcomes(2)

        assert [one.delivery_id for one in at(world, "spare")] == ["delivery_2"]
        ways: dict[str, str] = {report.delivery_id: report.by for report in world.reports}
        assert ways == {"delivery_1": "", "delivery_2": "spare"}

    run(scenario)


def test_what_may_have_arrived_at_the_other_stays_with_the_other() -> None:
    lost = 2

    async def spare(_: Attempt) -> Response:
        nonlocal lost
        if lost:
            lost -= 1
            raise SendFault("the connection broke", is_in_doubt=True)
        return OK

    async def scenario() -> None:
        world = LaneWorld(*pair(), reply=down(until=21, spare=spare))
        world.lanes.start()
        world.decide(message(1))

        await world.outcomes(1)

        assert [one.destination for one in world.attempts if one.at > 20] == ["spare"] * 3
        assert world.reports[0].by == "spare"

    run(scenario)


def test_after_a_restart_it_is_still_known_by_whom_it_may_have_arrived() -> None:
    async def lost(_: Attempt) -> Response:
        raise SendFault("the connection broke", is_in_doubt=True)

    async def scenario() -> None:
        store = MemoryStore()
        before = LaneWorld(*pair(), reply=down(spare=lost), store=store)
        before.lanes.start()
        before.decide(message(1))
        await asyncio.sleep(20.5)
        assert len(at(before, "spare")) == 1
        await before.lanes.close(0)

        after = LaneWorld(*pair(), reply=down(since=1e9), store=store)
        after.lanes.start()
        await after.outcomes(1)

        assert [one.destination for one in after.attempts] == ["spare"]
        assert after.reports[0].by == "spare"

    run(scenario)


def test_where_nobody_takes_over_any_more_it_is_in_doubt_and_not_sent_a_second_time() -> None:
    async def lost(_: Attempt) -> Response:
        raise SendFault("the connection broke", is_in_doubt=True)

    async def scenario() -> None:
        store = MemoryStore()
        before = LaneWorld(*pair(), reply=down(spare=lost), store=store)
        before.lanes.start()
        before.decide(message(1))
        await asyncio.sleep(20.5)
        await before.lanes.close(0)

        after = LaneWorld(*pair(when_down=None), store=store)
        after.lanes.start()

        assert await after.outcomes(1) == {"delivery_1": "in_doubt"}
        assert after.attempts == []

    run(scenario)


def test_a_gate_that_is_closed_for_the_other_holds_the_message_for_its_own() -> None:
    async def scenario() -> None:
        world = LaneWorld(*pair(), reply=down(until=100))
        world.closed_at["spare"] = REFUSED
        world.lanes.start()
        world.decide(message(1), message(2))

        outcomes = await world.outcomes(2)

        assert set(outcomes.values()) == {"accepted"}
        assert at(world, "spare") == []
        assert 100 <= world.seconds() < 170

    run(scenario)


def test_what_only_its_own_destination_can_do_waits_for_it() -> None:
    async def scenario() -> None:
        world = LaneWorld(*pair(), reply=down(until=100))
        world.lanes.start()
        world.decide(message(1, operation="erase"), message(2))

        await world.outcomes(2)

        assert [one.delivery_id for one in at(world, "spare")] == ["delivery_2"]

    run(scenario)


def test_the_other_is_not_asked_for_more_than_it_allows() -> None:
    async def scenario() -> None:
        main, spare = pair()
        spare = msgspec.structs.replace(spare, rate=5.0, concurrency=2)
        world = LaneWorld(main, spare, reply=down())
        world.lanes.start()
        world.decide(*(message(number) for number in range(100)))
        world.decide(*(delivery(number, to="spare") for number in range(100, 150)))

        await world.outcomes(150)

        times = [one.at for one in at(world, "spare")]
        assert len(times) == 150
        for number in range(50, 150):
            assert times[number] - times[number - 50] >= 50 / 5.0 * 0.99

    run(scenario)


def test_where_both_are_down_messages_wait_for_either() -> None:
    async def reply(attempt: Attempt) -> Response:
        await asyncio.sleep(0.01)
        if attempt.at < (500 if attempt.destination == "main" else 300):
            raise NOT_REACHED
        return OK

    async def scenario() -> None:
        world = LaneWorld(*pair(), reply=reply)
        world.lanes.start()
        world.decide(*(message(number) for number in range(20)))

        outcomes = await world.outcomes(20)

        assert set(outcomes.values()) == {"accepted"}
        assert {report.by for report in world.reports} == {"spare"}
        assert world.seconds() < 500

    run(scenario)


FATES: Fates = {
    "unavailable": 0.1,
    "throttled": 0.03,
    "unreachable": 0.05,
    "cut off before": 0.04,
    "cut off after": 0.04,
    "timed out after": 0.02,
    "gateway after": 0.02,
}


def violations(seed: int) -> list[str]:
    """Let one of two be down for a while, and both fail; say what came of it that should not."""
    dice = Dice(seed)
    sinks = Unruly(dice, {"main": FATES, "spare": FATES})
    begins = dice.throw("begins") * 60
    lasts = 30 + dice.throw("lasts") * 200
    decided = [
        message(number, person=f"p{dice.between(0, 3, 'who', number)}") for number in range(25)
    ]

    async def reply(attempt: Attempt) -> Response:
        if attempt.destination == "main" and begins <= attempt.at < begins + lasts:
            raise SendFault("hangs up", is_in_doubt=dice.is_hit(0.3, "hangs", attempt.at))
        return await sinks(attempt)

    async def scenario() -> list[str]:
        world = LaneWorld(*pair(), reply=reply)
        world.lanes.start()
        for one in decided:
            world.decide(one)
            await asyncio.sleep(dice.pick((0.0, 1.0, 8.0), "pause", one.delivery_id))
        outcomes = await world.outcomes(len(decided))
        return [f"seed {seed}: {name} {what}" for name, what in outcomes.items() if what != OVER]

    found = run(scenario)
    found += [f"seed {seed}: {name} came by both" for name in by_both(sinks.taken)]
    for person in range(4):
        wanted = [one.delivery_id for one in decided if one.person_id == f"p{person}"]
        first_times = dict.fromkeys(one.delivery_id for one in sinks.taken)
        if [name for name in first_times if name in wanted] != wanted:
            found.append(f"seed {seed}: out of order for p{person}")
    return found


OVER = "accepted"


def by_both(taken: list[Taken]) -> list[str]:
    ways: dict[str, dict[str, None]] = {}
    for one in taken:
        ways.setdefault(one.delivery_id, {})[one.destination] = None
    return [name for name, where in ways.items() if len(where) > 1]


def test_nothing_comes_by_both_nor_out_of_order_whatever_fails() -> None:
    assert [each for seed in range(HISTORIES) for each in violations(seed)] == []
