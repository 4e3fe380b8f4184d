"""What a rate makes of a rush of messages that a rehearsal sends at once."""

from __future__ import annotations

from msgspec.structs import replace

from legato.model.instant import MINUTE, SECOND
from legato.model.plan import Plan
from legato.simulate.crowd.rates import rushes
from legato.simulate.lane import START
from tests.sim.shopkeeping import CART, compile_plan


def plan_at(rate: float, *, shared: str = "", is_batched: bool = False) -> Plan:
    plan = compile_plan(CART)
    routes = [{"on": "send", "batch": {"items": 10}}] if is_batched else [{"on": "send"}]
    return replace(
        plan,
        destinations={
            name: replace(one, rate=rate, rate_shared=shared, manifest={"routes": routes})
            for name, one in plan.destinations.items()
        },
    )


def test_the_last_of_a_rush_waits_for_all_before_it() -> None:
    decided = [(START, "email")] * 61 + [(START + 10 * MINUTE, "email")]

    [rush] = rushes(plan_at(2), decided)

    assert (rush.destinations, rush.rate, rush.count) == (("mail",), 2, 62)
    assert (rush.longest, rush.at) == (30 * SECOND, START)


def test_what_comes_no_quicker_than_the_rate_waits_for_nothing() -> None:
    decided = [(START + number * SECOND, "email") for number in range(100)]

    [rush] = rushes(plan_at(1), decided)

    assert rush.longest == 0


def test_destinations_that_share_a_rate_wait_for_one_another() -> None:
    decided = [(START, "email"), (START, "sms")] * 5

    [shared] = rushes(plan_at(1, shared="account"), decided)
    apart = rushes(plan_at(1), decided)

    assert shared.longest == 9 * SECOND
    assert [one.longest for one in apart] == [4 * SECOND, 4 * SECOND]


def test_of_batches_and_where_there_is_no_rate_nothing_is_told() -> None:
    assert rushes(plan_at(1, is_batched=True), [(START, "email")] * 5) == ()
    assert rushes(plan_at(0), [(START, "email")] * 5) == ()
