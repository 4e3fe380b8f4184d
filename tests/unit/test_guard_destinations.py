"""When a destination's troubles are told, and that each is told once each way."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from legato.app.guard.destinations import GRACE_MAX, DestinationWatch
from legato.app.guard.kept import Trouble
from legato.insight.dependence import sending_by
from legato.model.event import Noticed
from legato.model.instant import HOUR, MINUTE, SECOND, Instant, parse_instant
from legato.model.plan import AlertAfter, Plan
from legato.model.problem import Reason
from legato.runtime.lanes.status import LaneStatus
from tests.sim.shopkeeping import compile_plan

JOURNEY = """
journey: thanks
owner: growth
purpose: service
enter: {on: Order Completed}
steps:
  - label: note
    send: {message: reminder, on: email, expires: 1d}
  - {wait: 1h}
---
journey: other
owner: growth
purpose: service
enter: {on: Product Viewed}
steps: [{wait: 1h}]
"""
WELL = LaneStatus(
    destination="mailer",
    waiting=0,
    retrying=0,
    in_flight=0,
    is_behind=False,
    breaker="closed",
    rate=0.0,
    accepted_count=0,
    failed_count=0,
    retry_count=0,
    has_answered=True,
)
SHUT = Reason(code="account.dead", what="its account was disconnected")


def at(text: str) -> Instant:
    found = parse_instant(text)
    assert found is not None
    return found


class Bench:
    """A watch on a clock that stands until it is set; it has run for longer than its grace."""

    def __init__(self, alert: AlertAfter | None = None, *, began: Instant = 0) -> None:
        plan = compile_plan(more=JOURNEY)
        (self.name, *_) = [one.destination for one in plan.channels.values() if one.name == "email"]
        found = plan.destinations[self.name]
        found = msgspec.structs.replace(found, alert=alert or AlertAfter())
        self.plan: Plan = msgspec.structs.replace(plan, destinations={self.name: found})
        self.time = at("2026-03-02T10:00:00Z")
        self.told: list[Noticed] = []
        self.troubles: dict[str, Trouble] = {}
        self.lane: LaneStatus = WELL
        self.watch = DestinationWatch(
            self,
            lambda: self.plan,
            lanes=self.lanes,
            troubles=self.troubles,
            changed=self.told.append,
        )
        self.time += began or GRACE_MAX

    def now(self) -> Instant:
        return self.time

    def lanes(self) -> Mapping[str, LaneStatus]:
        return {self.name: self.lane}

    def set(self, **facts: object) -> None:
        self.lane = msgspec.structs.replace(WELL, **facts)

    def look(self, after: int = 0) -> Instant | None:
        self.time += after
        return self.watch.look(self.time)

    def codes(self) -> list[tuple[str, bool]]:
        return [(one.reason.code, one.is_over) for one in self.told]


def test_one_that_answers_nothing_is_told_once_each_way_at_the_very_instant() -> None:
    bench = Bench()
    fault = Reason(code="destination.unavailable", what="it answered 503")
    bench.set(failing_since=bench.time, last_fault=fault)

    assert bench.look() == bench.time + 5 * MINUTE
    bench.look(5 * MINUTE - 1)
    assert bench.told == []
    bench.look(1)
    bench.look(HOUR)
    bench.set()
    bench.look(SECOND)
    bench.look(SECOND)

    assert bench.codes() == [("destination.down", False), ("destination.well", True)]
    first, last = bench.told
    assert first.topic == last.topic == f"destination:{bench.name}"
    assert "does not answer: it answered 503, for 5 minutes now" in first.reason.what
    assert "degraded: thanks (note)" in first.reason.what
    assert "answers again, 1 hour 1 second after the alert" in last.reason.what
    assert bench.troubles == {}


def test_what_begins_to_fail_while_it_sleeps_is_told_no_later_for_that() -> None:
    bench = Bench()
    began = bench.time
    due = bench.look()

    bench.set(failing_since=began + 2 * MINUTE)
    again = bench.look(5 * MINUTE)

    assert bench.told == []
    assert (due, again) == (began + 5 * MINUTE, began + 7 * MINUTE)


def test_deliveries_that_wait_are_told_and_are_over_only_once_it_is_calm() -> None:
    bench = Bench()
    began = bench.time
    bench.set(waits_since=began, waiting=40)

    bench.look(15 * MINUTE)
    bench.set(waits_since=bench.time - 8 * MINUTE, waiting=40)
    bench.look(SECOND)
    hovering = bench.codes()
    bench.set(waits_since=bench.time - 7 * MINUTE, waiting=3)
    bench.look(SECOND)

    assert hovering == [("destination.waiting", False)]
    assert bench.codes()[1:] == [("destination.well", True)]


def test_one_alert_stands_while_it_is_down_and_deliveries_wait_too() -> None:
    bench = Bench()
    bench.set(failing_since=bench.time, waits_since=bench.time)

    bench.look(5 * MINUTE)
    bench.look(15 * MINUTE)
    bench.set(waits_since=bench.time - 20 * MINUTE)
    bench.look(SECOND)
    still = bench.troubles[bench.name].reason.code
    bench.set()
    bench.look(SECOND)

    assert still == "destination.waiting"
    assert bench.codes() == [("destination.down", False), ("destination.well", True)]


def test_an_account_that_was_disconnected_is_told_after_its_time() -> None:
    bench = Bench()
    bench.set(held=SHUT, since=bench.time)

    bench.look(5 * MINUTE)

    assert bench.codes() == [("account.dead", False)]
    assert "holds its deliveries: its account was disconnected" in bench.told[0].reason.what


def test_nothing_is_told_of_what_its_alert_says_never_of() -> None:
    bench = Bench(AlertAfter(down=0, waiting=0))
    bench.set(failing_since=bench.time, waits_since=bench.time)

    assert bench.look(HOUR) is None

    assert bench.told == []


def test_what_was_told_before_a_restart_is_not_told_again_and_not_over_unheard() -> None:
    bench = Bench()
    bench.troubles[bench.name] = Trouble(
        since=bench.time - HOUR, reason=Reason(code="destination.down", what="it does not answer")
    )

    bench.set(has_answered=False, waits_since=bench.time - MINUTE)
    bench.look(SECOND)
    unheard = list(bench.told)
    bench.set()
    bench.look(SECOND)

    assert unheard == []
    assert bench.codes() == [("destination.well", True)]


def test_after_a_start_what_waited_while_nothing_ran_has_a_moment_to_leave() -> None:
    bench = Bench(began=1)
    bench.set(has_answered=False, waits_since=bench.time - HOUR)

    due = bench.look()
    assert due is not None
    told = list(bench.told)
    bench.look(due - bench.time)

    assert told == []
    assert due == at("2026-03-02T10:00:00Z") + GRACE_MAX
    assert bench.codes() == [("destination.waiting", False)]


def test_one_that_is_taken_out_of_the_plan_has_no_alert_any_more() -> None:
    bench = Bench()
    bench.set(failing_since=bench.time)
    bench.look(5 * MINUTE)

    bench.plan = msgspec.structs.replace(bench.plan, destinations={})
    bench.look(SECOND)

    assert bench.codes()[-1] == ("destination.well", True)
    assert "is not in the plan any more" in bench.told[-1].reason.what


def test_journeys_that_send_by_it_rest_on_it() -> None:
    bench = Bench()

    assert [(one.journey, one.steps) for one in sending_by(bench.plan, bench.name)] == [
        ("thanks", ("note",))
    ]
    assert sending_by(bench.plan, "nobody") == ()


@pytest.mark.parametrize("limit", [SECOND, MINUTE])
def test_the_moment_after_a_start_is_no_longer_than_the_limit(limit: int) -> None:
    bench = Bench(AlertAfter(down=limit, waiting=0), began=1)
    bench.set(failing_since=bench.time)

    assert bench.look() == bench.time + limit
