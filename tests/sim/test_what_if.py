"""What would have sent a message is computed, and true: with that change, it is sent."""

from __future__ import annotations

import pytest

from legato.app.rehearse.worlds import open_world
from legato.fold.eras import Eras
from legato.fold.then import Chronicle
from legato.fold.what_if import Otherwise, what_if
from legato.model.instant import HOUR
from legato.model.note import Decided
from legato.model.problem import Reason
from legato.simulate.world import World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.shopkeeping import CART, compile_plan, known_person

POLICIES = """
purposes:
  marketing: {basis: consent, promotional: true, may_use: [service], title: Marketing}
  service: {basis: contract, promotional: false, title: Service}
---
consent: {opt_out_scope: global, categories: {Ads: marketing}}
---
cap: few
at_most: LIMIT
within: 7d
---
quiet_hours: siesta
from: "10:00"
to: "QUIET"
unknown_zones: [UTC]
"""

SEGMENTS = """
segment: golden
title: Golden
owner: growth
when: {trait: {plan: {is: gold}}}
"""
NO_GOLD = """
---
suppress: golden
when: {in_segment: golden}
because: has somebody of their own
"""
BASIC_ONLY = """
---
suppress: others
when: {not: {trait: {plan: {is: basic}}}}
because: has no basic plan
"""


class Shop:
    def __init__(self, *, limit: int = 5, quiet: str = "10:05", rule: str = "") -> None:
        policies = POLICIES.replace("LIMIT", str(limit)).replace("QUIET", quiet) + rule
        self.plan = compile_plan(CART, policies=policies, segments=SEGMENTS)
        self.log, self.store = MemoryLog(), MemoryStore()
        self.world = World(self.plan, self.log, self.store)

    def leave_cart(self, cart: str) -> None:
        self.world.track("ana", "Checkout Started", {"cart_id": cart})
        self.world.advance(HOUR)

    def ask(self) -> tuple[Otherwise, ...]:
        state = self.world.state("ana")
        assert state is not None
        row, decided = [
            (row, note)
            for row in self.store.story(state.person_id, 0, 1_000)
            for note in row.notes
            if isinstance(note, Decided)
        ][-1]
        eras = Eras(self.log)
        chronicle = Chronicle(
            log=self.log, stories=self.store, leads=self.store.pointers, eras=eras
        )
        found = what_if(chronicle, state.person_id, decided, row)
        assert not isinstance(found, Reason)
        return found


def test_a_consent_would_have_sent_it_and_does() -> None:
    shop = Shop()
    known_person(shop.world, "ana", consents=False)
    shop.leave_cart("c1")

    [one] = shop.ask()

    assert one.changes == ("a consent to marketing by email",)
    assert one.channel == "email"
    again = open_world(shop.plan)
    known_person(again, "ana", consents=True)
    again.track("ana", "Checkout Started", {"cart_id": "c1"})
    again.advance(HOUR)
    assert again.messages("ana") == ["reminder"]


@pytest.mark.parametrize("limit", [1, 2])
def test_a_cap_one_higher_would_have_sent_it_and_does(limit: int) -> None:
    shop, higher = Shop(limit=limit), Shop(limit=limit + 1)
    for each in (shop, higher):
        known_person(each.world, "ana")
        for cart in range(limit + 1):
            each.leave_cart(f"c{cart}")

    [one] = shop.ask()

    assert one.changes == ("one more allowed by cap few",)
    assert len(shop.world.messages("ana")) == limit
    assert len(higher.world.messages("ana")) == limit + 1


def test_two_closed_gates_need_two_changes() -> None:
    shop = Shop(limit=1)
    known_person(shop.world, "ana")
    shop.leave_cart("c1")
    shop.world.track("ana", "Consent Changed", {"purpose": "marketing", "granted": False})
    shop.leave_cart("c2")

    [both] = shop.ask()

    assert both.changes == ("a consent to marketing by email", "one more allowed by cap few")


@pytest.mark.parametrize("until", ["12:00", "20:00"])
def test_a_held_message_would_have_gone_without_quiet_hours_and_goes(until: str) -> None:
    shop, awake = Shop(quiet=until), Shop()
    for each in (shop, awake):
        known_person(each.world, "ana")
        each.leave_cart("c1")

    [one] = shop.ask()

    assert one.changes == ("no quiet hours siesta",)
    assert shop.world.messages("ana") == []
    assert awake.world.messages("ana") == ["reminder"]


def test_a_decision_is_taken_again_under_the_plan_that_took_it() -> None:
    shop = Shop()
    known_person(shop.world, "ana", consents=False)
    shop.leave_cart("c1")
    shop.world.activate(compile_plan(CART))
    shop.world.touch_everybody()

    [one] = shop.ask()

    assert one.changes == ("a consent to marketing by email",)


def test_an_address_that_was_missing_would_have_sent_it_and_does() -> None:
    shop, again = Shop(), Shop()
    for each, traits in ((shop, {"name": "Ana"}), (again, {"email": "ana@example.com"})):
        consents = {"consent": {"categoryPreferences": {"Ads": True}}}
        each.world.identify("ana", traits, consents)
        each.leave_cart("c1")

    [one] = shop.ask()

    assert one.changes == ("an address for email (trait email)",)
    assert shop.world.messages("ana") == []
    assert again.world.messages("ana") == ["reminder"]


def test_not_being_in_a_segment_would_have_sent_it_and_does() -> None:
    shop, again = Shop(rule=NO_GOLD), Shop(rule=NO_GOLD)
    for each, plan in ((shop, "gold"), (again, "basic")):
        known_person(each.world, "ana")
        each.world.identify("ana", {"plan": plan})
        each.leave_cart("c1")

    [one] = shop.ask()

    assert one.changes == ("not being in segment golden",)
    assert again.world.messages("ana") == ["reminder"]


def test_a_trait_that_was_missing_would_have_sent_it_and_does() -> None:
    shop, again = Shop(rule=BASIC_ONLY), Shop(rule=BASIC_ONLY)
    for each in (shop, again):
        known_person(each.world, "ana")
    again.world.identify("ana", {"plan": "basic"})
    for each in (shop, again):
        each.leave_cart("c1")

    [one] = shop.ask()

    assert one.changes == ("a trait plan",)
    assert again.world.messages("ana") == ["reminder"]


def test_where_three_gates_are_closed_no_two_changes_are_claimed() -> None:
    shop = Shop(limit=1, rule=NO_GOLD)
    known_person(shop.world, "ana")
    shop.leave_cart("c1")
    shop.world.identify("ana", {"plan": "gold"})
    shop.world.track("ana", "Consent Changed", {"purpose": "marketing", "granted": False})
    shop.leave_cart("c2")

    assert shop.ask() == ()
