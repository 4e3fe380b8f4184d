"""Each person's deliveries keep their order at each destination while 30 % of attempts fail.

A history is two real lanes in virtual time: one whose destination knows a key again and is asked
again, one that is not. Attempts fail in every way there is, and some processes die on the way.
What arrived is written down by the destinations alone. `LEGATO_ORDER_HISTORIES` says how many
histories are tried; ten thousand are

    LEGATO_ORDER_HISTORIES=10000 pytest -s tests/sim/test_order.py
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
import pytest

from legato.model.delivery import Delivery
from legato.model.event import DeliveryReported
from legato.model.ids import PersonId
from legato.model.wire import Response
from legato.simulate.dice import Dice
from legato.stores.memory import MemoryStore
from tests.sim.unruly import Fate, Fates, Taken, Unruly, errors
from tests.unit.lane_world import SENDS, Attempt, LaneWorld, delivery, destination, run

HISTORIES = int(os.environ.get("LEGATO_ORDER_HISTORIES", "2000"))
CHUNKS = 4
ASKED_AGAIN, ASKED_ONCE = "again", "once"
"""The two destinations: `on_doubt: resend` and `skip`."""
REFUSED_SHARE = 0.02
"""Of deliveries that are refused for good; the errors of attempts come on top of them."""
FATES: Fates = {
    "unavailable": 0.08,
    "throttled": 0.05,
    "unreachable": 0.06,
    "cut off before": 0.03,
    "cut off after": 0.03,
    "timed out before": 0.02,
    "timed out after": 0.03,
    "slow": 0.05,
}
FATES_OF: dict[str, Fates] = {
    ASKED_ONCE: FATES,
    # Where nobody asks again, nothing can be known of what arrives later than that.
    ASKED_AGAIN: {**FATES, "timed out after": 0.02, "arrives after its time": 0.01},
}


class History(msgspec.Struct):
    """What was decided in a history, and what came of it."""

    decided: Sequence[Delivery]
    reports: Sequence[DeliveryReported]
    taken: Sequence[Taken]
    met: Counter[Fate]


def is_refused(dice: Dice, delivery_id: str) -> bool:
    """Return whether a destination refuses a delivery for good."""
    return dice.is_hit(REFUSED_SHARE, "refused", delivery_id)


def draw(dice: Dice) -> list[Delivery]:
    """Return the deliveries of a history; one person may turn out to be another on the way."""
    people = dice.between(1, 3, "people")
    count = dice.between(6, 14, "deliveries")
    merged_from = dice.between(1, count, "merged") if dice.is_hit(0.3, "merges") else count
    deliveries: list[Delivery] = []
    for number in range(count):
        person = dice.between(0, people - 1, "person", number)
        to = dice.pick((ASKED_AGAIN, ASKED_ONCE), "to", number)
        line = PersonId("p1") if number >= merged_from and person == 0 else None
        deliveries.append(delivery(number, person=f"p{person}", to=to, line=line))
    return deliveries


def play(seed: int) -> History:
    """Live through a history to its end."""
    dice = Dice(seed)
    decided, sinks = draw(dice), Unruly(dice, FATES_OF)
    concurrency = dice.pick((1, 2, 8), "concurrency")
    destinations = [
        destination(name, manifest=SENDS, concurrency=concurrency, on_doubt=on_doubt)
        for name, on_doubt in ((ASKED_AGAIN, "resend"), (ASKED_ONCE, "skip"))
    ]
    deaths = [
        dice.between(1, len(decided), "dies", number)
        for number in range(dice.between(1, 2, "deaths") if dice.is_hit(0.2, "dying") else 0)
    ]

    async def reply(attempt: Attempt) -> Response:
        if is_refused(dice, attempt.delivery_id):
            return Response(status=400)
        return await sinks(attempt)

    async def scenario() -> list[DeliveryReported]:
        world = LaneWorld(*destinations, reply=reply, store=MemoryStore())
        world.lanes.start()
        for number, one in enumerate(decided, 1):
            world.decide(one)
            await asyncio.sleep(dice.pick((0.0, 0.0, 0.02, 1.0, 12.0), "pause", number))
            if number in deaths:
                world = await restarted(world)
        await world.outcomes(len(decided))
        return world.reports

    async def restarted(dying: LaneWorld) -> LaneWorld:
        await dying.lanes.close(0)
        world = LaneWorld(*destinations, reply=reply, store=dying.store)
        world.reports = dying.reports
        world.lanes.start()
        return world

    return History(decided, run(scenario), sinks.taken, sinks.met)


def violations(seed: int, history: History) -> Iterator[str]:
    """Say what is wrong, from what was decided and what arrived alone."""
    outcomes = {report.delivery_id: report.outcome for report in history.reports}
    times = Counter(one.delivery_id for one in history.taken)
    lines: dict[tuple[str, PersonId], list[str]] = {}
    for one in history.decided:
        name, outcome = one.delivery_id, outcomes[one.delivery_id]
        wanted = "failed" if is_refused(Dice(seed), name) else "accepted"
        if outcome != wanted and not (outcome == "in_doubt" and one.destination == ASKED_ONCE):
            yield f"seed {seed}: {name} is {outcome}"
        if outcome == "accepted" and times[name] == 0:
            yield f"seed {seed}: {name} never arrived"
        if one.destination == ASKED_ONCE and times[name] > 1:
            yield f"seed {seed}: {name} arrived {times[name]} times"
        lines.setdefault((one.destination, one.line or one.person_id), []).append(name)
    for (where, who), decided in lines.items():
        first_times = dict.fromkeys(t.delivery_id for t in history.taken if t.destination == where)
        arrived = [name for name in first_times if name in decided]
        if arrived != [name for name in decided if name in arrived]:
            yield f"seed {seed}: {who} was decided {decided} at {where}, which got {arrived}"


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_each_persons_deliveries_arrive_in_order_whatever_fails(chunk: int) -> None:
    met: Counter[Fate] = Counter()
    found: list[str] = []
    for seed in range(chunk, HISTORIES, CHUNKS):
        history = play(seed)
        met += history.met
        found += violations(seed, history)

    print(f"{met.total()} attempts, {errors(met):.1%} errors, {len(found)} violations")  # noqa: T201 - the figures of the run, shown with -s
    assert found == []
    assert errors(met) == pytest.approx(0.3, abs=0.02)
    assert set(met) == {"taken", *FATES_OF[ASKED_AGAIN]}, "every fate is met"


def test_the_checker_sees_what_arrives_out_of_order_twice_or_never() -> None:
    seed = next(seed for seed in range(100) if len(play(seed).taken) >= 6)
    history = play(seed)
    once_more = [Taken(ASKED_ONCE, one.delivery_id) for one in history.taken]

    turned = msgspec.structs.replace(history, taken=history.taken[::-1])
    lost = msgspec.structs.replace(history, taken=history.taken[1:])
    doubled = msgspec.structs.replace(history, taken=[*history.taken, *once_more])

    assert list(violations(seed, history)) == []
    assert any("which got" in each for each in violations(seed, turned))
    assert any("never arrived" in each for each in violations(seed, lost))
    assert any("2 times" in each for each in violations(seed, doubled))
