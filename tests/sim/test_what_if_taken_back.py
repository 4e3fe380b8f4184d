"""What would have let a message go that was taken back is computed, and true: so it goes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from legato.fold.eras import Eras
from legato.fold.taken_back import taken_back
from legato.fold.then import Chronicle
from legato.fold.what_if import Otherwise
from legato.insight.why.thread import threads
from legato.model.delivery import Delivery
from legato.model.instant import HOUR, MINUTE, Instant
from legato.model.plan import Destination
from legato.model.problem import Reason
from legato.simulate.provider import Answer, Drawn
from legato.simulate.world import START, World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.shopkeeping import CART, compile_plan, known_person, statement

POLICIES = """
purposes:
  marketing: {basis: consent, promotional: true, may_use: [service], title: Marketing}
  service: {basis: contract, promotional: false, title: Service}
---
consent: {opt_out_scope: global, categories: {Ads: marketing}}
"""
BOUGHT = """
---
suppress: bought
when: {did: Order Completed, within: 1d}
because: has bought
"""
GOLD = """
---
suppress: golden
when: {trait: {plan: {is: gold}}}
because: has somebody of their own
"""
QUIET = """
---
quiet_hours: siesta
from: "10:00"
to: "12:00"
unknown_zones: [UTC]
"""
WITHDRAWN = "no withdrawal of consent to marketing"
OPEN_AT = START + 3 * HOUR


class Closed:
    """A provider that answers nothing of use until it opens."""

    def answer(
        self, delivery: Delivery, destination: Destination, *, attempt_count: int, now: Instant
    ) -> Answer:
        del delivery, destination, attempt_count
        return Answer(latency=MINUTE, outcome="accepted" if now >= OPEN_AT else None)


class Shop:
    """A cart is left: its reminder waits at a closed provider, or through quiet hours."""

    def __init__(self, more: str = BOUGHT, *, journey: str = CART) -> None:
        self.plan = compile_plan(journey, policies=POLICIES + more)
        self.log, self.store = MemoryLog(), MemoryStore()
        self.world = World(self.plan, self.log, self.store)
        self.world.let_answer(Closed())
        known_person(self.world, "ana")
        self.world.track("ana", "Checkout Started", {"cart_id": "c1"})
        self.world.advance(HOUR)

    def ask(self) -> tuple[Otherwise, ...]:
        found = self.tell()
        assert not isinstance(found, Reason)
        return found

    def tell(self) -> tuple[Otherwise, ...] | Reason:
        state = self.world.state("ana")
        assert state is not None
        thread = threads(self.store.story(state.person_id, 0, 1_000))[-1]
        assert thread.kind() in ("revoked", "expired")
        row, ended = (thread.revoked or thread.settled)[-1]
        eras = Eras(self.log)
        chronicle = Chronicle(
            log=self.log, stories=self.store, leads=self.store.pointers, eras=eras
        )
        return taken_back(chronicle, state.person_id, ended, row)


def withdraw(world: World) -> None:
    world.feed(statement(world, "ana", "marketing", is_granted=False))


def buy_another_cart(world: World) -> None:
    world.track("ana", "Order Completed", {"cart_id": "c2"})


def buy_this_cart(world: World) -> None:
    world.track("ana", "Order Completed", {"cart_id": "c1"})


NO_ORDER = "no 'Order Completed' then"
ENDINGS = [
    (withdraw, BOUGHT, [WITHDRAWN]),
    (buy_another_cart, BOUGHT, [NO_ORDER, "not being so: has bought"]),
    (buy_this_cart, "", [NO_ORDER, "staying in cart all the same"]),
]


@pytest.mark.parametrize(("happens", "rules", "words"), ENDINGS)
@pytest.mark.parametrize("quiet", ["", QUIET])
def test_had_it_not_come_the_message_would_have_gone_and_goes(
    happens: Callable[[World], None], rules: str, words: list[str], quiet: str
) -> None:
    shop, spared = Shop(rules + quiet), Shop(rules + quiet)
    happens(shop.world)
    for each in (shop, spared):
        each.world.advance(4 * HOUR)

    found = shop.ask()

    assert [one.changes for one in found] == [(one,) for one in words]
    assert {one.channel for one in found} == {"email"}
    assert shop.world.messages("ana") == []
    assert spared.world.messages("ana") == ["reminder"]


def test_of_a_held_message_it_is_said_when_it_would_have_gone_and_so_it_does() -> None:
    shop, spared = Shop(QUIET), Shop(QUIET)
    withdraw(shop.world)
    for each in (shop, spared):
        each.world.let_answer(Drawn({}, 0))
        each.world.advance(4 * HOUR)

    [one] = shop.ask()

    assert one.at == START + 2 * HOUR
    [sent] = spared.world.sent
    assert sent.at - one.at < MINUTE


def test_what_a_purchase_ends_twice_goes_only_without_it() -> None:
    shop = Shop()
    buy_this_cart(shop.world)
    shop.world.advance(HOUR)

    [one] = shop.ask()

    assert one.changes == (NO_ORDER,)


def test_a_trait_that_closed_a_gate_could_have_stayed_unsaid_and_then_it_goes() -> None:
    shop, spared = Shop(GOLD), Shop(GOLD)
    shop.world.identify("ana", {"plan": "gold"})
    for each in (shop, spared):
        each.world.advance(4 * HOUR)

    found = shop.ask()

    assert found[0].changes == ("no 'Identified' then",)
    assert spared.world.messages("ana") == ["reminder"]


def test_with_a_longer_time_to_live_it_would_have_gone_and_goes() -> None:
    brief, longer = (CART.replace("expires: 6h", f"expires: {time}") for time in ("1h", "3d"))
    shop, patient = Shop(journey=brief), Shop(journey=longer)
    for each in (shop, patient):
        each.world.advance(5 * HOUR)

    [one] = shop.ask()

    assert one.changes == ("a longer time to live",)
    assert shop.world.messages("ana") == []
    assert patient.world.messages("ana") == ["reminder"]
