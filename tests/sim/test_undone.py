"""What a late event undoes, and what a retried delivery counts for."""

from __future__ import annotations

from itertools import pairwise

import msgspec

from legato.model.instant import DAY, HOUR, MINUTE, SECOND
from legato.model.note import Decided
from legato.simulate.lane import Scene
from legato.simulate.provider import Provider
from legato.simulate.world import World
from tests.sim.shopkeeping import BASE, compile_plan, known_person, open_world

ROUND = """
journey: round
title: t
owner: o
purpose: service
enter: {on: Checkout Started, key: cart_id}
steps:
  - {wait: 30m, label: again}
  - wait_for:
      - {on: Cart Updated, go_to: again, at_most: 2}
      - {after: 1h}
  - send: {message: receipt, on: email, expires: 1d}
  - wait: 5d
"""


def late_update(world: World) -> None:
    """Start a cart; the update of a minute before the send arrives a minute after it."""
    world.track("ana", "Checkout Started", {"cart_id": "c"})
    world.advance(HOUR + 29 * MINUTE)
    update = world.event("ana", "track", {"cart_id": "c"}, name="Cart Updated")
    world.advance(2 * MINUTE)
    world.feed(msgspec.structs.replace(update, received_at=world.now))


def test_what_had_left_before_it_was_undone_is_not_sent_again() -> None:
    world = open_world(compile_plan(ROUND))
    known_person(world, "ana")

    late_update(world)
    world.advance(DAY)

    assert world.messages("ana") == ["receipt"]
    decided = [note.delivery_id for note in world.notes_of("ana") if isinstance(note, Decided)]
    assert len(decided) == 1


def test_what_had_not_left_is_taken_back_and_sent_when_it_is_due() -> None:
    slow = Provider(fault_share=1.0)
    world = open_world(compile_plan(ROUND), Scene(providers={"mail": slow}))
    known_person(world, "ana")

    late_update(world)
    world.advance(DAY)

    decided = [note.delivery_id for note in world.notes_of("ana") if isinstance(note, Decided)]
    assert len(dict.fromkeys(decided)) == 2
    assert world.outcomes[decided[0]] == "refused"


def test_a_cap_counts_from_when_a_message_left_not_from_its_decision() -> None:
    offer = """
journey: offer
title: t
owner: o
purpose: marketing
enter: {on: Product Viewed, key: sku, again: any time}
steps:
  - send: {message: reminder, on: email, expires: 2d}
"""
    policies = BASE["policies.yaml"] + "---\ncap: one\nat_most: 1\nwithin: 1h\n"
    for seed in range(20):
        shaky = Scene(seed=seed, providers={"mail": Provider(fault_share=0.95)})
        world = open_world(compile_plan(offer, policies=policies), shaky)
        known_person(world, "ana")

        for number in range(30):
            world.track("ana", "Product Viewed", {"sku": f"s{number}"})
            world.advance(20 * MINUTE + SECOND)
        world.advance(2 * DAY)

        times = [sent.at for sent in world.sent]
        assert all(after - before >= HOUR for before, after in pairwise(times))
        assert len(times) > 1


ASKING = """
journey: asking
title: t
owner: o
purpose: service
enter: {on: Checkout Started, key: cart_id}
steps:
  - wait_for:
      - {on: Cart Updated}
      - {after: 2m}
  - call:
      destination: gateway
      content: {id: "{{ person.id }}"}
      timeout: 1m
      answers:
        - when: {answer: {status: gold}}
          then: [{wait: 1h}, {send: {message: receipt, on: email, expires: 1d}}]
      else: [{leave: plain}]
      failed: [{leave: unanswered}]
"""


def test_an_answer_that_came_is_not_waited_for_again_when_a_late_event_goes_back() -> None:
    gold = Scene(providers={"gateway": Provider(answer=b'{"status": "gold"}')})
    world = open_world(compile_plan(ASKING), gold)
    known_person(world, "ana")

    world.track("ana", "Checkout Started", {"cart_id": "c"})
    world.advance(MINUTE)
    update = world.event("ana", "track", {"cart_id": "c"}, name="Cart Updated")
    world.advance(4 * MINUTE)
    world.feed(msgspec.structs.replace(update, received_at=world.now))
    world.advance(DAY)

    assert [sent.delivery.operation for sent in world.sent] == ["call", "send"]
