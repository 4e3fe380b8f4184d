"""Nobody holds two offers that contradict each other, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import msgspec
import pytest
from msgspec.structs import replace

from legato.core.offers.holding import contradictions
from legato.model.instant import DAY, HOUR, MINUTE, Instant
from legato.model.note import Alerted, Decided, OfferEnded
from legato.model.plan import Plan
from legato.simulate.dice import Dice
from legato.simulate.lane import Sent
from legato.simulate.provider import Provider
from legato.simulate.world import START, Scene, World
from tests.sim.shopkeeping import BASE, compile_plan, known_person, open_world

OFFERS = """
offer: full
kind: full_price
item: {from: sku}
for: 2d
ends: {on: Order Completed, same: sku}
---
offer: ten
kind: discount
price: 10 % off
item: {from: sku}
for: 2d
ends: {on: Order Completed, same: sku}
---
offer: twenty
kind: discount
price: 20 % off
item: {from: sku}
for: 2d
ends: {on: Order Completed, same: sku}
"""
NAMES = ("full", "ten", "twenty")
MESSAGES = "\n---\n".join(
    f"template: {name}\npurpose: marketing\nemail: {{subject: Look, body: At this}}\n"
    "sms: {body: Look}"
    for name in NAMES
)
HOLDS = 2 * DAY
Bought = Sequence[tuple[str, str, Instant]]


def journey(
    name: str, offer: str, *, wait: str = "1m", on: str = "email", is_gated: bool = True
) -> str:
    made = f", offer: {offer}" if is_gated else ""
    return f"""
journey: {name}
owner: growth
purpose: marketing
enter: {{on: Product Viewed, key: sku, again: any time}}
steps:
  - wait: {wait}
  - send: {{message: {offer}, on: {on}, expires: 1d, about: sku{made}}}
"""


def plan_of(*journeys: str, offers: str = OFFERS, policy: str = "") -> Plan:
    policies = BASE["policies.yaml"] + policy
    return compile_plan(*journeys, offers=offers, messages=MESSAGES, policies=policies)


def thirty(*, is_gated: bool) -> Plan:
    """Return 30 journeys that want to offer the same things at three prices."""
    return plan_of(
        *(
            journey(f"j{k:02}", NAMES[k % 3], wait=f"{1 + k * 37 % 90}m", is_gated=is_gated)
            for k in range(30)
        )
    )


def live(plan: Plan, seed: int) -> tuple[World, Bought]:
    """Let people look at things and buy some of them, while their messages go by a bad provider."""
    bad = {"mail": Provider(fault_share=0.3, lost_share=0.1)}
    world = open_world(plan, Scene(seed=seed, providers=bad))
    dice = Dice(seed)
    for who in ("ana", "ben"):
        known_person(world, who)
    bought: list[tuple[str, str, Instant]] = []
    for index in range(16):
        world.advance(dice.between(0, 8 * 60, "pause", index) * MINUTE)
        who, sku = dice.pick(("ana", "ben"), "who", index), dice.pick(("a", "b"), "sku", index)
        if dice.is_hit(0.2, "buys", index):
            world.track(who, "Order Completed", {"sku": sku})
            bought.append((who, sku, world.now))
        else:
            world.track(who, "Product Viewed", {"sku": sku})
    world.advance(DAY)
    return world, bought


def whose(sent: Sent) -> tuple[str, str]:
    return sent.delivery.address.partition("@")[0], sent.delivery.about


def lies(world: World, bought: Bought) -> list[tuple[str, str]]:
    """Return every two messages of which one was promised while the other held, at another price.

    Told by what the provider took and by what was bought: the engine's own book is not asked.
    """
    found: list[tuple[str, str]] = []
    for one, other in combinations(sorted(world.sent, key=lambda sent: sent.at), 2):
        is_same = one.delivery.message == other.delivery.message
        if whose(one) != whose(other) or is_same or other.at >= one.at + HOLDS:
            continue
        since = one.delivery.decided_at
        if not any((who, sku) == whose(one) and since <= at <= other.at for who, sku, at in bought):
            found.append((one.delivery.message, other.delivery.message))
    return found


def alerts(world: World) -> list[str]:
    return [note.reason.code for _, _, note in world.notes if isinstance(note, Alerted)]


def refusals(world: World, who: str) -> list[str]:
    notes = [note for note in world.notes_of(who) if isinstance(note, Decided)]
    return [note.reason.code for note in notes if note.verdict == "refuse" and note.reason]


def ended(world: World, who: str) -> list[tuple[str, str]]:
    notes = [note for note in world.notes_of(who) if isinstance(note, OfferEnded)]
    return [(note.offer, note.reason.code) for note in notes]


def held(world: World, who: str) -> list[str]:
    state = world.state(who)
    assert state is not None
    return [one.offered.offer for one in state.offers]


@pytest.mark.parametrize("seed", range(8))
def test_thirty_journeys_never_promise_one_person_contradictory_prices(seed: int) -> None:
    world, bought = live(thirty(is_gated=True), seed)

    assert lies(world, bought) == []
    assert len(world.sent) > 20
    assert [one for who in ("ana", "ben") for one in refusals(world, who)].count(
        "offer.contradicts"
    ) > 20
    assert "offer.contradiction" not in alerts(world)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_journeys_without_the_gate_promise_them(seed: int) -> None:
    world, bought = live(thirty(is_gated=False), seed)

    assert len(lies(world, bought)) > 20


def test_of_two_journeys_at_one_instant_the_first_to_ask_makes_its_offer() -> None:
    world = open_world(plan_of(journey("first", "ten"), journey("second", "full")))
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "coat"})
    world.advance(HOUR)

    assert world.messages("ana") == ["ten"]
    (refused,) = [
        note.reason
        for note in world.notes_of("ana")
        if isinstance(note, Decided) and note.verdict == "refuse"
    ]
    assert refused is not None
    assert refused.code == "offer.contradicts"
    assert refused.definition == "offers/full"
    assert refused.what == (
        "it contradicts ten for the same item, which first offered on 2026-03-02T10:01:00.000Z "
        "for 2 days"
    )


def test_offers_for_other_items_and_the_same_offer_again_are_made() -> None:
    world = open_world(plan_of(journey("first", "ten"), journey("other", "ten", wait="2m")))
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "coat"})
    world.track("ana", "Product Viewed", {"sku": "hat"})
    world.advance(HOUR)

    assert world.messages("ana") == ["ten"] * 4


def test_an_offer_holds_for_its_time_and_then_another_may_be_made() -> None:
    world = open_world(plan_of(journey("first", "ten"), journey("second", "full", wait="49h")))
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "coat"})
    world.advance(DAY)
    during = held(world, "ana")
    world.advance(DAY + 30 * MINUTE)
    after = held(world, "ana")
    world.advance(HOUR)

    assert (during, after) == (["ten"], [])
    assert ended(world, "ana") == [("ten", "offer.expired")]
    assert world.messages("ana") == ["ten", "full"]


def test_a_purchase_of_the_item_ends_its_offer_and_of_another_does_not() -> None:
    world = open_world(plan_of(journey("first", "ten")))
    known_person(world, "ana")
    world.track("ana", "Product Viewed", {"sku": "coat"})
    world.advance(HOUR)

    world.track("ana", "Order Completed", {"sku": "hat"})
    before = held(world, "ana")
    world.track("ana", "Order Completed", {"sku": "coat"})

    assert (before, held(world, "ana")) == (["ten"], [])
    assert ended(world, "ana") == [("ten", "offer.taken")]


def test_a_purchase_calls_back_the_offer_that_is_still_on_its_way() -> None:
    slow = {"mail": Provider(fault_share=1.0)}
    world = open_world(plan_of(journey("first", "ten")), Scene(providers=slow))
    known_person(world, "ana")
    world.track("ana", "Product Viewed", {"sku": "coat"})
    world.advance(2 * MINUTE)

    world.track("ana", "Order Completed", {"sku": "coat"})
    world.advance(HOUR)

    state = world.state("ana")
    assert state is not None
    assert (state.pending, state.offers, world.messages("ana")) == ({}, [], [])


def test_a_message_that_comes_to_nothing_takes_its_offer_with_it() -> None:
    broken = {"mail": Provider(fault_share=1.0)}
    plan = plan_of(journey("first", "ten"), journey("second", "full", wait="25h", on="sms"))
    world = open_world(plan, Scene(providers=broken))
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "coat"})
    world.advance(HOUR)
    on_its_way = held(world, "ana")
    world.advance(DAY + HOUR)

    assert on_its_way == ["ten"]
    assert ended(world, "ana") == [("ten", "offer.undone")]
    assert world.messages("ana") == ["full"]


NIGHT = """
---
quiet_hours: night
from: "21:00"
to: "08:00"
channels: [email]
"""


def test_an_offer_held_over_night_gives_way_to_one_that_was_made_meanwhile() -> None:
    plan = plan_of(
        journey("first", "ten"), journey("second", "full", wait="5m", on="sms"), policy=NIGHT
    )
    world = open_world(plan, Scene(start=START + 12 * HOUR))  # 22:00
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "coat"})
    world.advance(DAY)

    assert world.messages("ana") == ["full"]
    assert held(world, "ana") == ["full"]


def owner_of_device(providers: Mapping[str, Provider]) -> World:
    """Let a device be offered one thing, and then somebody who is its owner another."""
    first, second = journey("first", "ten"), journey("second", "full")
    plan = plan_of(first, second.replace("Product Viewed", "Cart Updated"))
    world = open_world(plan, Scene(providers=providers))
    known_person(world, "ana")
    device = {"user_id": None, "anonymous_id": "device"}
    consents = msgspec.json.encode({"consent": {"categoryPreferences": {"Ads": True}}})
    known = world.event("", "identify", {"email": "eva@example.com"})
    world.feed(replace(known, **device, context=consents))
    viewed = world.event("", "track", {"sku": "coat"}, name="Product Viewed")
    world.feed(replace(viewed, **device))
    world.advance(5 * MINUTE)
    world.track("ana", "Cart Updated", {"sku": "coat"})
    world.advance(5 * MINUTE)
    joined = world.event("ana", "track", {}, name="Signed Up")
    world.feed(replace(joined, anonymous_id="device"))
    return world


def test_two_people_who_turn_out_to_be_one_keep_the_earlier_offer() -> None:
    world = owner_of_device({})

    assert world.messages("ana") == ["ten", "full"]
    assert held(world, "ana") == ["ten"]
    assert ended(world, "ana") == [("full", "offer.contradicted")]
    assert alerts(world) == []


def test_the_later_offer_of_two_people_who_are_one_is_called_back() -> None:
    world = owner_of_device({"mail": Provider(fault_share=1.0)})

    state = world.state("ana")
    assert state is not None
    assert [one.message for one in state.pending.values()] == ["ten"]
    assert held(world, "ana") == ["ten"]


def test_an_offer_about_nothing_known_is_not_made() -> None:
    world = open_world(plan_of(journey("first", "ten").replace("key: sku, ", "")))
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {})
    world.advance(HOUR)

    assert refusals(world, "ana") == ["offer.about_nothing"]


def test_kinds_that_go_with_each_other_are_offered_side_by_side() -> None:
    offers = OFFERS.replace("kind: full_price", "kind: full_price\ngoes_with: [discount]")
    world = open_world(plan_of(journey("first", "ten"), journey("second", "full"), offers=offers))
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "coat"})
    world.advance(HOUR)

    assert sorted(world.messages("ana")) == ["full", "ten"]
    state = world.state("ana")
    assert state is not None
    assert list(contradictions(state.offers)) == []


def test_an_offer_for_a_category_contradicts_one_for_an_item_of_it() -> None:
    offers = """
offer: full
kind: full_price
item: {from: sku}
category: {from: category}
for: 2d
---
offer: ten
kind: discount
category: coats
for: 2d
"""
    world = open_world(plan_of(journey("first", "ten"), journey("second", "full"), offers=offers))
    known_person(world, "ana")

    world.track("ana", "Product Viewed", {"sku": "parka", "category": "coats"})
    world.track("ana", "Product Viewed", {"sku": "cap", "category": "hats"})
    world.advance(HOUR)

    assert refusals(world, "ana") == ["offer.contradicts"]
    assert sorted(world.messages("ana")) == ["full", "ten", "ten"]
