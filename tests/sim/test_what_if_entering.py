"""What would have brought somebody into a journey is computed, and true: so it does."""

from __future__ import annotations

import pytest

from legato.fold.entering import NotMet, entering, outside
from legato.fold.eras import Eras
from legato.fold.then import Chronicle
from legato.insight.why.thread import last_refusal
from legato.model.instant import HOUR
from legato.model.problem import Reason
from legato.simulate.world import World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.shopkeeping import compile_plan, known_person

CART = """
journey: cart
owner: growth
purpose: marketing
enter: {on: Checkout Started, when: CONDITION, again: AGAIN}
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
    def __init__(self, condition: str = RICH, *, again: str = "any time", leave: str = "") -> None:
        cart = CART.replace("CONDITION", condition).replace("AGAIN", again)
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
        ("once", "", "not having been in it before"),
        ("after 24h", "", "not having been in it before"),
        ("any time", "leave: {when: {trait: {plan: gold}}}", "not: their plan is gold"),
    ],
)
def test_whoever_came_before_or_would_leave_at_once_is_told_so(
    again: str, leave: str, words: str
) -> None:
    shop = Shop("{value: {over: 40}}", again=again, leave=leave)
    shop.world.track("ana", "Checkout Started", {"value": 50})
    shop.world.advance(HOUR)
    shop.world.identify("ana", {"plan": "gold"})
    shop.world.track("ana", "Checkout Started", {"value": 50})

    found = shop.ask()

    assert found.unmet == ()
    assert [one.changes for one in found.otherwise] == [(words,)]


def test_of_a_segment_the_parts_that_are_not_so_are_named() -> None:
    shop = Shop()
    shop.world.identify("ana", {"plan": "gold"})
    state = shop.world.state("ana")
    assert state is not None

    found = outside(shop.chronicle(), state.person_id, "golden", shop.world.now)

    assert found == ("did Order Completed at least 2 times",)
