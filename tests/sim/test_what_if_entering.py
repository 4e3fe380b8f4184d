"""What would have brought somebody into a journey is computed, and true: so it does."""

from __future__ import annotations

import pytest
from msgspec import structs

from legato.fold.entering import NotMet, entering, outside
from legato.fold.eras import Eras
from legato.fold.then import Chronicle
from legato.insight.why.thread import last_refusal
from legato.model.event import JourneySwitched
from legato.model.instant import HOUR
from legato.model.problem import Reason
from legato.simulate.world import World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.shopkeeping import compile_plan, known_person

CART = """
journey: cart
owner: growth
purpose: marketing
enter: {on: Checkout Started, when: CONDITION, again: AGAIN KEY}
LEAVE
steps:
  - wait: 30m
  - send: {message: reminder, on: email, expires: 6h}
"""
RICH = "{all: [{value: {over: 40}}, {trait: {plan: gold}}]}"
GOLDEN = """
segment: golden
title: Golden
owner: growth
when: {all: [{trait: {plan: gold}}, {did: Order Completed, at_least: 2}]}
"""


class Shop:
    def __init__(
        self, condition: str = RICH, *, again: str = "any time", leave: str = "", key: str = ""
    ) -> None:
        cart = CART.replace("CONDITION", condition).replace("AGAIN", again)
        cart = cart.replace(" KEY", f", key: {key}" if key else "")
        plan = compile_plan(cart.replace("LEAVE", leave), segments=GOLDEN)
        self.log, self.store = MemoryLog(), MemoryStore()
        self.world = World(plan, self.log, self.store)
        known_person(self.world, "ana")

    def chronicle(self) -> Chronicle:
        eras = Eras(self.log)
        return Chronicle(log=self.log, stories=self.store, leads=self.store.pointers, eras=eras)

    def ask(self) -> NotMet:
        state = self.world.state("ana")
        assert state is not None
        refusal = last_refusal(self.store.story(state.person_id, 0, 1_000), "cart")
        assert refusal is not None
        row, note = refusal
        found = entering(self.chronicle(), state.person_id, note, row)
        assert not isinstance(found, Reason)
        return found


def test_the_part_of_a_condition_that_was_not_so_is_named_and_would_have_let_them_in() -> None:
    shop, rich = Shop(), Shop()
    for each, value in ((shop, 30), (rich, 50)):
        each.world.identify("ana", {"plan": "gold"})
        each.world.track("ana", "Checkout Started", {"value": value})

    found = shop.ask()

    assert found.unmet == ("value is over 40",)
    assert [one.changes for one in found.otherwise] == [found.unmet]
    rich.world.advance(HOUR)
    assert rich.world.messages("ana") == ["reminder"]


def test_of_two_parts_that_were_not_so_both_are_needed() -> None:
    shop = Shop()
    shop.world.track("ana", "Checkout Started", {"value": 30})

    found = shop.ask()

    assert len(found.unmet) == 2
    assert [one.changes for one in found.otherwise] == [found.unmet]


@pytest.mark.parametrize(
    ("again", "leave", "words"),
    [
        ("once", "", ("not having been in it before", "`again: after exit` in its `enter`")),
        ("after 24h", "", ("1 day since the last entry", "not having been in it before")),
        ("any time", "leave: {when: {trait: {plan: gold}}}", ("not: their plan is gold",)),
    ],
)
def test_whoever_came_before_or_would_leave_at_once_is_told_so(
    again: str, leave: str, words: tuple[str, ...]
) -> None:
    shop = Shop("{value: {over: 40}}", again=again, leave=leave)
    shop.world.track("ana", "Checkout Started", {"value": 50})
    shop.world.advance(HOUR)
    shop.world.identify("ana", {"plan": "gold"})
    shop.world.track("ana", "Checkout Started", {"value": 50})

    found = shop.ask()

    assert found.unmet == ()
    assert [one.changes for one in found.otherwise] == [(one,) for one in words]


def test_of_a_segment_the_parts_that_are_not_so_are_named() -> None:
    shop = Shop()
    shop.world.identify("ana", {"plan": "gold"})
    state = shop.world.state("ana")
    assert state is not None

    found = outside(shop.chronicle(), state.person_id, "golden", shop.world.now)

    assert found == ("did Order Completed at least 2 times",)


ANY = "{value: {over: 0}}"


def switch(shop: Shop, *, is_paused: bool) -> None:
    """Pause the journey as an operator does, or let it go on."""
    shop.world.feed(
        JourneySwitched(received_at=shop.world.now, journey="cart", is_paused=is_paused)
    )


def test_had_the_journey_not_been_paused_they_would_have_come_in_and_do() -> None:
    shop, running = Shop(ANY), Shop(ANY)
    for each, is_paused in ((shop, True), (running, False)):
        switch(each, is_paused=is_paused)
        each.world.track("ana", "Checkout Started", {"value": 50})

    found = shop.ask()

    assert [one.changes for one in found.otherwise] == [("cart not being paused",)]
    running.world.advance(HOUR)
    assert running.world.messages("ana") == ["reminder"]


def test_an_event_without_the_key_would_have_brought_them_in_with_it_and_does() -> None:
    shop, keyed = Shop(ANY, key="cart_id"), Shop(ANY, key="cart_id")
    shop.world.track("ana", "Checkout Started", {"value": 50})
    keyed.world.track("ana", "Checkout Started", {"value": 50, "cart_id": "c1"})

    found = shop.ask()

    assert [one.changes for one in found.otherwise] == [("a cart_id in 'Checkout Started'",)]
    keyed.world.advance(HOUR)
    assert keyed.world.messages("ana") == ["reminder"]


def test_an_event_that_came_too_late_would_have_brought_them_in_in_time_and_does() -> None:
    shop, prompt = Shop(RICH), Shop(RICH)
    for each in (shop, prompt):
        each.world.identify("ana", {"plan": "gold"})
        each.world.advance(HOUR)
    happened_at = shop.world.now
    prompt.world.track("ana", "Checkout Started", {"value": 50})
    shop.world.advance(2 * HOUR)
    late = shop.world.event("ana", "track", {"value": 50}, name="Checkout Started")
    shop.world.receive(structs.replace(late, occurred_at=happened_at))

    found = shop.ask()

    [one] = found.otherwise
    assert (one.changes, one.at) == (("its arrival when it happened",), happened_at)
    prompt.world.advance(HOUR)
    assert prompt.world.messages("ana") == ["reminder"]


def test_one_who_came_too_late_and_was_not_rich_enough_would_have_needed_both() -> None:
    shop = Shop(RICH)
    shop.world.identify("ana", {"plan": "gold"})
    happened_at = shop.world.now
    shop.world.advance(2 * HOUR)
    late = shop.world.event("ana", "track", {"value": 30}, name="Checkout Started")
    shop.world.receive(structs.replace(late, occurred_at=happened_at))

    found = shop.ask()

    [one] = found.otherwise
    assert one.changes == ("its arrival when it happened", "value is over 40")


def test_whoever_is_inside_would_have_come_in_after_leaving_or_at_any_time_and_does() -> None:
    shop, any_time = Shop(ANY, again="after exit"), Shop(ANY, again="any time")
    for each in (shop, any_time):
        for _ in range(2):
            each.world.track("ana", "Checkout Started", {"value": 50})

    found = shop.ask()

    assert [one.changes for one in found.otherwise] == [
        ("having left it by then",),
        ("`again: any time` in its `enter`",),
    ]
    for each in (shop, any_time):
        each.world.advance(HOUR)
    assert shop.world.messages("ana") == ["reminder"]
    assert any_time.world.messages("ana") == ["reminder", "reminder"]


def test_longer_after_the_last_entry_they_would_have_come_in_and_do() -> None:
    shop = Shop(ANY, again="after 24h")
    for hours in (0, 2, 23):
        shop.world.advance(hours * HOUR)
        shop.world.track("ana", "Checkout Started", {"value": 50})
        if hours == 2:
            found = shop.ask()
            assert ("1 day since the last entry",) in [one.changes for one in found.otherwise]
    shop.world.advance(HOUR)

    assert shop.world.messages("ana") == ["reminder", "reminder"]


def test_a_paused_journey_that_is_entered_once_needs_two_things() -> None:
    shop = Shop(ANY, again="once")
    shop.world.track("ana", "Checkout Started", {"value": 50})
    shop.world.advance(HOUR)
    switch(shop, is_paused=True)
    shop.world.track("ana", "Checkout Started", {"value": 50})

    found = shop.ask()

    assert [one.changes for one in found.otherwise] == [
        ("cart not being paused", "not having been in it before"),
        ("cart not being paused", "`again: after exit` in its `enter`"),
    ]
