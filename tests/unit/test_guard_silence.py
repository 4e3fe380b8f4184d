"""When a source counts as silent, who depends on it, and that it is told once each way."""

from __future__ import annotations

import msgspec
import pytest

from legato.app.guard.sources import SourceWatch
from legato.govern.silence import silent_at
from legato.insight.dependence import degraded
from legato.model.definitions.source import Hours, Source
from legato.model.event import CustomerEvent, Noticed, encode_event
from legato.model.ids import EventId
from legato.model.instant import HOUR, MINUTE, Instant, parse_instant
from legato.model.plan import Plan
from legato.stores.memory import MemoryLog
from tests.sim.shopkeeping import BASE, compile_plan

SOURCES = """
source: crm
write_keys: [k1]
silent_after: 10m
---
source: web
write_keys: [k2]
"""
JOURNEYS = """
journey: synced
owner: growth
purpose: service
enter: {on: Order Completed}
leave:
  - {on: Ticket Opened}
steps:
  - label: confirmed
    await_confirmation: {on: Order Synced, from: crm, within: 1h, late: []}
  - label: ask
    when: {in_segment: buyers}
    then: [{wait: 1h}]
---
journey: other
owner: growth
purpose: service
enter: {on: Product Viewed}
steps: [{wait: 1h}]
"""
SEGMENT = "segment: buyers\nowner: crm\nwhen: {trait: {orders: {at_least: 1}}}"
COMPUTED = "computed: orders\nowner: crm\npurpose: service\ncount: Order Synced"


def at(text: str) -> Instant:
    found = parse_instant(text)
    assert found is not None
    return found


def plan_of() -> Plan:
    events = BASE["events.yaml"].replace(
        "event: Order Synced\n", "event: Order Synced\nsources: [crm]\n"
    )
    return compile_plan(
        sources=SOURCES, events=events, more=JOURNEYS, segments=SEGMENT, computed=COMPUTED
    )


class Bench:
    """A watch on a clock that stands until it is set."""

    def __init__(self) -> None:
        self.plan = plan_of()
        self.time = at("2026-03-02T10:00:00Z")
        self.told: list[Noticed] = []
        self.silent: dict[str, Instant] = {}
        self.watch = SourceWatch(
            self, lambda: self.plan, silent=self.silent, changed=self.told.append
        )

    def now(self) -> Instant:
        return self.time

    def hear(self, source: str) -> None:
        self.watch.see([self.event(source)])

    def event(self, source: str) -> CustomerEvent:
        return CustomerEvent(
            event_id=EventId("e"),
            received_at=self.time,
            occurred_at=self.time,
            source=source,
            message_id="m",
            kind="track",
            name="Order Synced",
        )


def test_a_source_is_silent_after_its_time_and_heard_again_each_told_once() -> None:
    bench = Bench()
    bench.hear("crm")

    due = bench.watch.look(bench.time)
    assert due == bench.time + 10 * MINUTE
    bench.time += 10 * MINUTE
    bench.watch.look(bench.time)
    bench.watch.look(bench.time + MINUTE)
    bench.time += 2 * MINUTE
    bench.hear("crm")
    bench.watch.look(bench.time)
    bench.watch.look(bench.time)

    assert [(one.reason.code, one.is_over) for one in bench.told] == [
        ("source.silent", False),
        ("source.heard", True),
    ]
    assert bench.silent == {}


def test_an_alert_names_the_journeys_and_steps_that_rest_on_the_source() -> None:
    bench = Bench()
    bench.hear("crm")

    bench.watch.look(bench.time + 10 * MINUTE)

    (seen,) = [one for one in bench.watch.seen() if one.silent_since is not None]
    assert [(one.journey, one.steps) for one in seen.journeys] == [("synced", ("ask", "confirmed"))]
    assert "synced (ask, confirmed)" in bench.told[0].reason.what


def test_what_was_silent_before_a_restart_is_not_told_again() -> None:
    bench = Bench()
    bench.silent["crm"] = bench.time - HOUR

    bench.watch.look(bench.time)
    bench.hear("crm")
    bench.watch.look(bench.time)

    assert [one.reason.code for one in bench.told] == ["source.heard"]


def test_after_a_restart_the_log_says_when_a_source_was_heard() -> None:
    log = MemoryLog()
    before = Bench()
    log.append([encode_event(before.event("crm"))])
    bench = Bench()
    bench.time += 8 * MINUTE

    bench.watch.look_back(log)
    due = bench.watch.look(bench.time)

    assert due == before.time + 10 * MINUTE
    assert bench.watch.seen()[0].heard_at == before.time


def test_a_source_that_nobody_expects_is_never_silent() -> None:
    bench = Bench()
    bench.hear("web")

    bench.watch.look(bench.time + 9 * MINUTE)

    assert bench.told == []


def test_a_source_taken_from_the_plan_is_no_longer_silent() -> None:
    bench = Bench()
    bench.silent["crm"] = bench.time

    bench.plan = msgspec.structs.replace(bench.plan, sources={})
    bench.watch.look(bench.time)

    assert bench.watch.seen() == []
    assert bench.silent == {}


def test_the_way_in_and_the_way_out_of_a_journey_are_named() -> None:
    plan = plan_of()

    found = degraded(plan, ["Order Completed", "Ticket Opened"])

    assert [(one.journey, one.steps) for one in found] == [("synced", ("enter", "leave"))]


OFFICE = Source(
    name="crm",
    key_digests=(),
    silent_after=2 * HOUR,
    expected=Hours(start=8 * 60, end=20 * 60, zone="Europe/Lisbon"),
)


@pytest.mark.parametrize(
    ("heard", "silent"),
    [
        ("2026-03-02T10:00:00Z", "2026-03-02T12:00:00Z"),
        ("2026-03-02T19:00:00Z", "2026-03-03T10:00:00Z"),  # the evening does not count
        ("2026-03-02T23:00:00Z", "2026-03-03T10:00:00Z"),
        ("2026-03-03T06:30:00Z", "2026-03-03T10:00:00Z"),  # from eight on, not from half past six
    ],
)
def test_only_hours_in_which_it_is_expected_count(heard: str, silent: str) -> None:
    assert silent_at(OFFICE, at(heard)) == at(silent)


def test_hours_shorter_than_the_limit_never_make_a_source_silent() -> None:
    short = msgspec.structs.replace(OFFICE, expected=Hours(start=480, end=540, zone="UTC"))

    assert silent_at(short, at("2026-03-02T10:00:00Z")) is None
