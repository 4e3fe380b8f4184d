"""An hour in which one attempt of five fails, and one of five destinations is down for ten minutes.

Real lanes, virtual time. What arrived is written down by the destinations alone.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import cache

import msgspec
import pytest

from legato.model.delivery import Delivery
from legato.model.event import DeliveryReported
from legato.model.instant import SECOND
from legato.model.wire import Response
from legato.ports.sender import SendFault
from legato.simulate.dice import Dice
from tests.sim.unruly import Fate, Fates, Taken, Unruly, errors
from tests.unit.lane_world import START, Attempt, LaneWorld, delivery, destination, run

SECONDS = 3_600
PEOPLE = 300
PER_SECOND = 2
ASKED_AGAIN = ("crm", "ads", "stream")
ASKED_ONCE = ("mail", "texts")
"""`on_doubt: skip`: what may have arrived is not sent to them again."""
DOWN, DOWN_FROM, DOWN_TO = "crm", 1_500.0, 2_100.0
FATES: Fates = {
    "unavailable": 0.04,
    "broken": 0.02,
    "throttled": 0.02,
    "denied": 0.02,
    "unreachable": 0.04,
    "cut off before": 0.01,
    "cut off after": 0.01,
    "timed out before": 0.01,
    "timed out after": 0.01,
    "gateway before": 0.01,
    "gateway after": 0.01,
}


class Hour(msgspec.Struct):
    """What was decided, and what came of it."""

    decided: list[Delivery]
    attempts: list[Attempt]
    reports: list[DeliveryReported]
    taken: list[Taken]
    met: Counter[Fate]
    left_count: int
    """Of deliveries: in the outbox, or dead."""


def draw() -> list[Delivery]:
    dice, to = Dice(88), (*ASKED_AGAIN, *ASKED_ONCE)
    return [
        delivery(
            number,
            person=f"person_{dice.between(1, PEOPLE, 'person', number)}",
            to=dice.pick(to, "to", number),
        )
        for number in range(SECONDS * PER_SECOND)
    ]


@cache
def live() -> Hour:
    """Live through the hour, and see all of it to its end."""
    decided = draw()
    sinks = Unruly(Dice(88), dict.fromkeys((*ASKED_AGAIN, *ASKED_ONCE), FATES))

    async def reply(attempt: Attempt) -> Response:
        if attempt.destination == DOWN and DOWN_FROM <= attempt.at < DOWN_TO:
            raise SendFault("no connection", is_in_doubt=False)
        return await sinks(attempt)

    async def scenario() -> LaneWorld:
        again = (destination(name) for name in ASKED_AGAIN)
        once = (destination(name, on_doubt="skip") for name in ASKED_ONCE)
        world = LaneWorld(*again, *once, reply=reply)
        world.lanes.start()
        for one in decided:
            world.decide(one)
            await asyncio.sleep(1 / PER_SECOND)
        await world.outcomes(len(decided))
        return world

    world = run(scenario)
    counts = world.store.counts()
    left = counts["deliveries_waiting"] + counts["deliveries_dead"]
    return Hour(decided, world.attempts, world.reports, sinks.taken, sinks.met, left)


def test_of_what_was_decided_in_the_hour_95_percent_arrive_and_nothing_is_lost() -> None:
    hour = live()

    arrived = {one.delivery_id for one in hour.taken}
    to = {one.delivery_id: one.destination for one in hour.decided}
    outcomes = {report.delivery_id: report.outcome for report in hour.reports}
    doubted = {name for name, outcome in outcomes.items() if outcome == "in_doubt"}
    accepted = {name for name, outcome in outcomes.items() if outcome == "accepted"}
    print(  # noqa: T201 - the figures of the run, shown with -s
        f"{len(hour.decided)} deliveries, {len(hour.attempts)} attempts, {errors(hour.met):.1%} "
        f"errors, {len(arrived) / len(hour.decided):.2%} arrived, {len(doubted)} left in doubt"
    )
    assert errors(hour.met) == pytest.approx(0.2, abs=0.015)
    assert len(arrived) / len(hour.decided) >= 0.95
    assert set(outcomes) == set(to)
    assert accepted | doubted == set(to)
    assert accepted <= arrived
    assert {to[name] for name in doubted} == set(ASKED_ONCE)
    assert hour.left_count == 0


def test_nothing_is_reported_or_taken_twice() -> None:
    hour = live()

    reports = Counter(report.delivery_id for report in hour.reports)
    once = Counter(one.delivery_id for one in hour.taken if one.destination in ASKED_ONCE)
    again = Counter(one.delivery_id for one in hour.taken if one.destination in ASKED_AGAIN)

    assert set(reports.values()) == {1}
    assert set(once.values()) == {1}
    assert max(again.values()) > 1, "some came again, under the key by which they are recognised"


def test_that_a_destination_is_back_is_noticed_in_half_a_minute_and_its_backlog_drained() -> None:
    hour = live()

    seen = next(one.at for one in hour.attempts if one.destination == DOWN and one.at >= DOWN_TO)
    waited = {
        one.delivery_id
        for number, one in enumerate(hour.decided)
        if one.destination == DOWN and DOWN_FROM <= number / PER_SECOND < DOWN_TO
    }
    over = sorted(
        (report.received_at - START) / SECOND - DOWN_TO
        for report in hour.reports
        if report.delivery_id in waited
    )
    print(  # noqa: T201 - the figures of the run, shown with -s
        f"probed {seen - DOWN_TO:.1f} s after it was back; of {len(over)} that waited half were "
        f"through after {over[len(over) // 2]:.1f} s, all after {over[-1]:.1f} s"
    )
    assert seen - DOWN_TO <= 30
    assert over[len(over) // 2] <= 60
    assert over[-1] <= 600
