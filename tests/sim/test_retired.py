"""What the catalog has retired: left out, hidden, there again for 30 days, then gone for good."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from legato.insight.export import Export, export_of
from legato.insight.profile import profile_bytes, profile_of
from legato.model.effect import Quarantine
from legato.model.event import CustomerEvent, Erased, Event, decode_event, decode_object
from legato.model.instant import DAY, HOUR, Instant
from legato.model.note import Alerted, Rejected, TraitExpired, TraitRefused
from legato.model.plan import Plan
from legato.plan.retirement.effect import with_effect
from legato.runtime.engine.dialogue import Question, Struck
from legato.runtime.retention import Keeping, Retention
from legato.simulate.world import START, World
from legato.stores.memory import MemoryLog, MemoryStore
from legato.stores.retention_file import RetentionFile
from tests.sim.shopkeeping import BASE, compile_plan

LINE = "{type: object, properties: {sku: {type: string}, note: {type: string}}}"
ORDER = f"""
event: Order Completed
owner: web
purpose: service
schema:
  type: object
  properties:
    order_id: {{type: string}}
    coupon: {{type: string}}
    lines: {{type: array, items: {LINE}}}
"""
OLD_ORDER = (
    "event: Order Completed\ntitle: Order Completed\nowner: web\npurpose: service\n"
    "schema: {type: object}"
)
EVENTS = BASE["events.yaml"].replace(OLD_ORDER, ORDER.strip())
WAITING = """
journey: waiting
title: Waiting
owner: growth
purpose: service
enter: {on: Order Completed, key: order_id, again: any time}
steps:
  - wait: 60d
"""
DAY_LONG_AGO = "retired: 2026-01-01"
"""Before the world begins: it holds from when the plan says so."""
BODY: Mapping[str, Any] = {
    "order_id": "o1",
    "coupon": "SPRING",
    "lines": [{"sku": "a", "note": "a gift"}],
}


class Shop:
    """A world whose plans are activated as an app does, and the stores that it is in."""

    def __init__(self, plan: Plan) -> None:
        self.plan = with_effect(plan, Plan(name=""), START)
        self.log, self.store = MemoryLog(), MemoryStore()
        self.world = World(self.plan, self.log, self.store)

    def activate(self, plan: Plan) -> None:
        self.plan = with_effect(plan, self.plan, self.world.now)
        self.world.activate(self.plan)
        self.world.touch_everybody()

    def profile(self, who: str) -> bytes:
        state = self.world.state(who)
        assert state is not None
        return profile_bytes(profile_of(state, plan=self.plan, now=self.world.now))

    def export(self, who: str) -> Export:
        state = self.world.state(who)
        assert state is not None
        return export_of(state, [], {}, plan=self.plan, now=self.world.now)

    def records(self) -> list[Event]:
        return [decode_event(data) for _, data in self.log.read(0, 1_000)]

    def bodies(self) -> list[Mapping[str, Any]]:
        events = [event for event in self.records() if isinstance(event, CustomerEvent)]
        return [decode_object(event.body) for event in events]

    def remove(self, folder: Path) -> tuple[list[Question], list[tuple[str, int]]]:
        """Let retention look once, as the host does every hour."""
        told: list[Question] = []
        removed: list[tuple[str, int]] = []

        async def tell(question: Question) -> None:
            told.append(question)

        async def hear(thing: str, count: int) -> None:
            removed.append((thing, count))

        tools = Keeping(
            log=self.log,
            book=RetentionFile(folder),
            clock=Standing(self.world.now),
            plan=lambda: self.plan,
            applied=self.log.last_position,
            tell=tell,
            removed=hear,
        )
        asyncio.run(Retention(tools).look())
        return told, removed


class Standing:
    """A clock that stands."""

    def __init__(self, now: Instant) -> None:
        self._now = now

    def now(self) -> Instant:
        return self._now


def usual() -> Plan:
    return compile_plan(WAITING, events=EVENTS)


def retiring_trait() -> Plan:
    catalog = BASE["catalog.yaml"].replace("trait: plan\n", f"trait: plan\n{DAY_LONG_AGO}\n")
    return compile_plan(WAITING, events=EVENTS, catalog=catalog)


def retiring_event() -> Plan:
    named = "event: Product Viewed\n"
    return compile_plan(WAITING, events=EVENTS.replace(named, f"{named}{DAY_LONG_AGO}\n"))


def retiring_properties() -> Plan:
    events = EVENTS.replace(
        "coupon: {type: string}", f"coupon: {{type: string, {DAY_LONG_AGO}}}"
    ).replace("note: {type: string}", f"note: {{type: string, {DAY_LONG_AGO}}}")
    return compile_plan(WAITING, events=events)


def test_a_retired_trait_is_left_out_and_hidden_and_still_in_an_export() -> None:
    shop = Shop(usual())
    shop.world.identify("ana", {"plan": "gold", "name": "Ana"})
    shop.world.advance(HOUR)

    shop.activate(retiring_trait())
    shop.world.identify("ana", {"plan": "silver", "name": "Anna"})

    assert b"gold" not in shop.profile("ana")
    assert b"silver" not in shop.profile("ana")
    assert b"Anna" in shop.profile("ana")
    assert [(one.name, one.value) for one in shop.export("ana").retired_traits] == [
        ("plan", "gold")
    ]
    refused = [note for note in shop.world.notes_of("ana") if isinstance(note, TraitRefused)]
    assert [note.reason.code for note in refused] == ["trait.retired"]


def test_a_retired_trait_comes_back_when_that_is_taken_back_in_time() -> None:
    shop = Shop(usual())
    shop.world.identify("ana", {"plan": "gold"})
    shop.world.advance(HOUR)
    shop.activate(retiring_trait())
    shop.world.advance(29 * DAY)

    shop.activate(usual())

    assert b"gold" in shop.profile("ana")


def test_a_retired_trait_is_gone_for_good_after_thirty_days(tmp_path: Path) -> None:
    shop = Shop(usual())
    shop.world.identify("ana", {"plan": "gold", "name": "Ana"})
    shop.world.identify("bob", {"plan": "gold"}, {"traits": {"plan": "gold"}})
    shop.activate(retiring_trait())
    shop.world.advance(30 * DAY + HOUR)

    _, removed = shop.remove(tmp_path)
    _, again = shop.remove(tmp_path)
    shop.activate(usual())

    assert TraitExpired(name="plan") in shop.world.notes_of("ana")
    assert b"gold" not in shop.profile("ana")
    assert b"Ana" in shop.profile("ana")
    assert not any(b"gold" in data for _, data in shop.log.read(0, 1_000))
    assert (removed, again) == ([("trait plan", 2)], [])


def test_nothing_is_removed_before_thirty_days_are_over(tmp_path: Path) -> None:
    shop = Shop(usual())
    shop.world.identify("ana", {"plan": "gold"})
    shop.activate(retiring_trait())
    shop.world.advance(30 * DAY - HOUR)

    told, removed = shop.remove(tmp_path)

    assert (told, removed) == ([], [])
    assert any(b"gold" in data for _, data in shop.log.read(0, 1_000))
    assert shop.export("ana").retired_traits


def test_retired_properties_are_left_out_of_what_comes_in_wherever_they_stand() -> None:
    shop = Shop(usual())
    shop.activate(retiring_properties())
    shop.world.track("ana", "Order Completed", BODY)

    state = shop.world.state("ana")
    assert state is not None
    assert decode_object(state.enrollments[0].entry) == {"order_id": "o1", "lines": [{"sku": "a"}]}
    (alerted,) = [note for note in shop.world.notes_of("ana") if isinstance(note, Alerted)]
    assert alerted.reason.code == "event.retired_property"
    assert "`coupon`, `lines.note`" in alerted.reason.what
    assert "SPRING" not in alerted.reason.what


def test_retired_properties_leave_records_and_waiting_journeys_after_thirty_days(
    tmp_path: Path,
) -> None:
    shop = Shop(usual())
    shop.world.track("ana", "Order Completed", BODY)
    shop.activate(retiring_properties())
    shop.world.advance(29 * DAY)
    state = shop.world.state("ana")
    assert state is not None
    assert decode_object(state.enrollments[0].entry) == BODY

    shop.world.advance(DAY + HOUR)
    told, removed = shop.remove(tmp_path)

    state = shop.world.state("ana")
    assert state is not None
    kept = {"order_id": "o1", "lines": [{"sku": "a"}]}
    assert decode_object(state.enrollments[0].entry) == kept
    assert shop.bodies() == [kept]
    assert told == []
    assert removed == [
        ("property Order Completed/coupon", 1),
        ("property Order Completed/lines.note", 1),
    ]


def test_a_retired_event_waits_in_quarantine_and_is_taken_when_it_is_reinstated() -> None:
    shop = Shop(usual())
    shop.activate(retiring_event())
    event = shop.world.track("ana", "Product Viewed", {"sku": "a"})

    (row,) = shop.store.quarantine(0, 10)
    assert isinstance(row.quarantine, Quarantine)
    assert row.quarantine.reason.code == "event.retired"
    refused = [note for _, _, note in shop.world.notes if isinstance(note, Rejected)]
    assert [note.reason.code for note in refused] == ["event.retired"]
    assert shop.world.state("ana") is None

    shop.activate(usual())
    shop.world.receive(event)

    assert shop.world.state("ana") is not None


def test_records_of_a_retired_event_are_overwritten_after_thirty_days(tmp_path: Path) -> None:
    shop = Shop(usual())
    shop.world.track("ana", "Product Viewed", {"sku": "a"})
    shop.world.track("ana", "Order Completed", BODY)
    shop.activate(retiring_event())
    shop.world.track("ana", "Product Viewed", {"sku": "b"})
    shop.world.advance(30 * DAY + HOUR)

    told, removed = shop.remove(tmp_path)

    erased = [at for at, event in enumerate(shop.records(), 1) if isinstance(event, Erased)]
    assert len(erased) == 2
    assert [question.positions for question in told if isinstance(question, Struck)] == [erased]
    assert removed == [("event Product Viewed", 2)]
    assert shop.bodies() == [BODY]


def test_a_day_in_the_past_holds_from_when_the_plan_says_so() -> None:
    retired = with_effect(retiring_trait(), usual(), START)
    kept = with_effect(retiring_trait(), retired, START + 5 * DAY)
    reinstated = with_effect(usual(), kept, START + 6 * DAY)
    anew = with_effect(retiring_trait(), reinstated, START + 7 * DAY)

    days = [plan.traits["plan"].retired for plan in (retired, kept, reinstated, anew)]
    assert days == [START, START, 0, START + 7 * DAY]


def test_a_day_to_come_holds_from_that_day_on() -> None:
    catalog = BASE["catalog.yaml"].replace("trait: plan\n", "trait: plan\nretired: 2026-04-01\n")
    later = compile_plan(catalog=catalog)
    shop = Shop(later)
    shop.world.identify("ana", {"plan": "gold"})
    before = shop.profile("ana")

    shop.world.run_until(later.traits["plan"].retired)
    shop.world.identify("ana", {"plan": "silver"})

    assert b"gold" in before
    assert b"silver" not in shop.profile("ana")
    assert [one.value for one in shop.export("ana").retired_traits] == ["gold"]
