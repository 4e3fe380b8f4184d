"""What would have sent a message is computed, and true: with that change, it is sent."""

from __future__ import annotations

import pytest

from legato.app.rehearse.worlds import open_world
from legato.core.program import Program
from legato.fold.past import Past
from legato.fold.what_if import Otherwise, what_if
from legato.model.instant import HOUR, MINUTE, SECOND
from legato.model.note import Decided
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


class Shop:
    def __init__(self, *, limit: int = 5, quiet: str = "10:05") -> None:
        policies = POLICIES.replace("LIMIT", str(limit)).replace("QUIET", quiet)
        self.plan = compile_plan(CART, policies=policies)
        self.log, self.store = MemoryLog(), MemoryStore()
        self.world = World(self.plan, self.log, self.store)

    def leave_cart(self, cart: str) -> None:
        self.world.track("ana", "Checkout Started", {"cart_id": cart})
        self.world.advance(HOUR)

    def ask(self) -> tuple[Otherwise, ...] | None:
        state = self.world.state("ana")
        assert state is not None
        decided = [note for note in self.world.notes_of("ana") if isinstance(note, Decided)][-1]
        past = Past(self.log, self.store, self.store.pointers)
        return what_if(Program(self.plan), past, state.person_id, decided, self.world.now + SECOND)


def test_a_consent_would_have_sent_it_and_does() -> None:
    shop = Shop()
    known_person(shop.world, "ana", consents=False)
    shop.leave_cart("c1")

    [one] = list(shop.ask() or ())

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

    [one] = list(shop.ask() or ())

    assert one.changes == ("one more allowed by cap few",)
    assert len(shop.world.messages("ana")) == limit
    assert len(higher.world.messages("ana")) == limit + 1


def test_two_closed_gates_need_two_changes() -> None:
    shop = Shop(limit=1)
    known_person(shop.world, "ana")
    shop.leave_cart("c1")
    shop.world.track("ana", "Consent Changed", {"purpose": "marketing", "granted": False})
    shop.leave_cart("c2")

    [both] = list(shop.ask() or ())

    assert both.changes == ("a consent to marketing by email", "one more allowed by cap few")


@pytest.mark.parametrize("until", ["12:00", "20:00"])
def test_a_held_message_would_have_gone_without_quiet_hours_and_goes(until: str) -> None:
    shop, awake = Shop(quiet=until), Shop()
    for each in (shop, awake):
        known_person(each.world, "ana")
        each.leave_cart("c1")

    [one] = list(shop.ask() or ())

    assert one.changes == ("no quiet hours siesta",)
    assert shop.world.messages("ana") == []
    assert awake.world.messages("ana") == ["reminder"]


def test_of_a_decision_by_another_plan_nothing_is_said() -> None:
    shop = Shop()
    known_person(shop.world, "ana", consents=False)
    shop.leave_cart("c1")
    shop.plan = compile_plan(CART)

    assert shop.ask() is None
    assert shop.world.now > MINUTE
