"""Recorded history lived again: the same plan decides the same, another shows what differs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from legato.app.rehearse.backtest import (
    History,
    Span,
    compare_plans,
    decide_again,
    plan_named,
    read_index,
)
from legato.app.rehearse.hosts import Host, Processes
from legato.app.rehearse.parallel import Work
from legato.model.definitions.rollout import Rollout, drawn
from legato.model.event import DeliveryReported, TimerFired, decode_event
from legato.model.instant import DAY, HOUR, MINUTE
from legato.model.plan import Plan
from legato.model.problem import LegatoError
from legato.plan.diff import retire
from legato.ports.log import Log
from legato.simulate.backtest.compare import Comparison
from legato.simulate.replay import refold
from legato.simulate.trial import live_seed
from legato.simulate.workload import Crowd
from legato.simulate.world import START, World
from legato.stores.memory import MemoryLog, MemoryStore
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore
from tests.sim.seeds import plans
from tests.sim.shopkeeping import compile_plan, known_person

JOURNEY = """
journey: cart
title: Cart
owner: growth
purpose: marketing
enter: {{on: Checkout Started, key: cart_id, again: once{when}}}
leave:
  - {{on: Order Completed, as: goal}}
steps:
  - wait: {wait}
  - send: {{message: reminder, on: {channels}, expires: 6h}}
"""
CAP = """
cap: little
at_most: 1
within: 7d
"""


def plan_of(
    wait: str = "30m", channels: str = "[email, sms]", when: str = "", policy: str = ""
) -> Plan:
    journey = JOURNEY.format(wait=wait, channels=channels, when=when)
    return compile_plan(journey + "---" + policy if policy else journey)


def keep(folder: Path, log: Log) -> Path:
    """Write a log to a data folder, with the state that production would have folded from it."""
    kept = SqliteLog(folder / "log.db")
    kept.append([record for _, record in log.read(0, 1_000_000)])
    store = SqliteStore(folder / "state.db", is_writer=True)
    refold(kept, lambda: store, turn_records=64)
    store.close()
    kept.close()
    return folder


def live_weeks(plan: Plan, people: int = 6) -> MemoryLog:
    """Let people start two checkouts each, three days apart; every third one buys in between."""
    log = MemoryLog()
    world = World(plan, log, MemoryStore())
    for number in range(people):
        known_person(world, f"p{number}")
    for round_number in range(2):
        for number in range(people):
            cart = {"cart_id": f"c{number}.{round_number}", "value": 20 + 10 * number}
            world.track(f"p{number}", "Checkout Started", cart)
            world.advance(10 * MINUTE)
            if number % 3 == 0:
                world.track(f"p{number}", "Order Completed", cart)
            world.advance(HOUR)
        world.advance(3 * DAY)
    return log


def work(part_records: int = 100_000) -> Work:
    """Let this process do everything, and nobody look."""
    return Work(told=lambda _what, _done, _of: None, part_records=part_records, processes=1)


def host(part_records: int = 100_000) -> Host:
    return Processes(work(part_records))


def backtest(folder: Path, now: Plan, *, was: Plan | None = None, since: int = 0) -> Comparison:
    with History(folder) as history:
        index = read_index(history, work())
        span = Span(start=max(index.first_at, since), end=index.last_at)
        found, _ = compare_plans(history, index, span, (was, now), host())
    return found


@pytest.mark.parametrize("seed", range(8))
def test_a_replay_decides_what_was_decided(seed: int, tmp_path: Path) -> None:
    log = MemoryLog()
    live_seed(seed, plans(), Crowd(people=8, doings=12), log, MemoryStore())
    counts: set[int] = set()
    for part_records in (30, 100_000):
        folder = tmp_path / str(part_records)
        folder.mkdir()
        with History(keep(folder, log)) as history:
            index = read_index(history, work())
            for start in (index.first_at, (index.first_at + index.last_at) // 2):
                span = Span(start=start, end=index.last_at)
                count, differing = decide_again(history, index, span, host(part_records))
                assert differing == []
            counts.add(count)
    assert len(counts) == 1


def test_the_same_plan_changes_nothing(tmp_path: Path) -> None:
    plan = plan_of()
    found = backtest(keep(tmp_path, live_weeks(plan)), plan, since=START + DAY)

    assert found.counts == {}
    assert found.same == 4
    assert found.was == found.now


def test_alarms_that_a_busy_machine_had_not_come_to_ring_no_earlier_again(tmp_path: Path) -> None:
    busy = MemoryLog()
    for _, record in live_weeks(plan_of()).read(0, 1_000_000):
        if not isinstance(decode_event(record), TimerFired | DeliveryReported):
            busy.append([record])
    folder = keep(tmp_path, busy)

    with History(folder) as history:
        index = read_index(history, work())
        span = Span(start=index.first_at, end=index.last_at)
        count, differing = decide_again(history, index, span, host())
    found = backtest(folder, plan_of())

    assert (count, differing) == (4, [])
    assert found.counts == {}
    assert found.was == found.now


def test_a_history_with_a_gap_is_refused_with_its_place(tmp_path: Path) -> None:
    folder = keep(tmp_path, live_weeks(plan_of()))
    with closing(sqlite3.connect(folder / "log.db")) as log, log:
        log.execute("DELETE FROM log WHERE position BETWEEN 7 AND 9")

    with pytest.raises(LegatoError, match="the records 7 to 9 are missing"):
        backtest(folder, plan_of())


@pytest.mark.parametrize(
    ("changed", "kind", "count"),
    [
        pytest.param(plan_of(wait="5m"), "new", 4, id="a shorter wait reaches buyers"),
        pytest.param(plan_of(when=", when: {value: {over: 45}}"), "lost", 4, id="a narrower door"),
        pytest.param(plan_of(policy=CAP), "suppressed", 4, id="a cap"),
        pytest.param(plan_of(channels="[sms, email]"), "rechannelled", 8, id="another channel"),
        pytest.param(plan_of(wait="40m"), "moved", 7, id="a longer wait"),
    ],
)
def test_each_kind_of_difference_is_counted(
    changed: Plan, kind: str, count: int, tmp_path: Path
) -> None:
    found = backtest(keep(tmp_path, live_weeks(plan_of())), changed)

    assert found.counts.get(kind) == count
    assert len(found.examples[kind]) == count


def test_only_what_comes_first_for_a_person_is_certain(tmp_path: Path) -> None:
    found = backtest(keep(tmp_path, live_weeks(plan_of())), plan_of(channels="[sms, email]"))

    assert found.counts["rechannelled"] == 8
    assert found.first_counts["rechannelled"] == 4


def test_what_is_newly_suppressed_names_its_gate(tmp_path: Path) -> None:
    found = backtest(keep(tmp_path, live_weeks(plan_of())), plan_of(policy=CAP))

    assert found.gates == {"cap.reached": 4}
    assert found.now.cost_micros["cart"] * 2 == found.was.cost_micros["cart"]


def test_what_is_undecided_when_the_history_ends_is_no_difference(tmp_path: Path) -> None:
    found = backtest(keep(tmp_path, live_weeks(plan_of())), plan_of(wait="40m"))

    assert found.open == 1
    assert set(found.counts) == {"moved"}


def test_of_a_rollout_only_those_who_would_have_got_it_differ(tmp_path: Path) -> None:
    """The rest get what runs at the end of the history, not what ran at its beginning."""
    first, running = plan_of("30m"), plan_of("40m")
    log = MemoryLog()
    world = World(first, log, MemoryStore())
    people = [f"p{number}" for number in range(20)]
    for who in people:
        known_person(world, who)
    world.activate(retire(first, running, ()))
    start = world.now
    for who in people:
        world.track(who, "Checkout Started", {"cart_id": who, "value": 50})
    world.advance(DAY)
    world.track("p0", "Product Viewed")  # the history goes on until here
    draft = replace(plan_of("2h"), rollouts={"cart": Rollout(share=0.4)})

    folder = keep(tmp_path, log)
    with History(folder) as history:
        index = read_index(history, work())
        now, was = (plan_named(name, index, draft) for name in ("draft", "running"))
        assert now is not None
        span = Span(start=start - MINUTE, end=index.last_at)
        found, _ = compare_plans(history, index, span, (was, now), host())

    states = [world.state(who) for who in people]
    taken = sum(drawn("cart", state.person_id) < 0.4 for state in states if state is not None)
    assert 0 < taken < len(people)
    assert (found.counts, found.same) == ({"moved": taken}, len(people) - taken)
