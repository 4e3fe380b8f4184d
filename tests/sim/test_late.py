"""Events out of order within the allowed lateness end as if they had come in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from legato.expr import places
from legato.model.ended import enrollments_of
from legato.model.event import CustomerEvent, Erased, encode_event
from legato.model.ids import share
from legato.model.instant import DAY, HOUR, MINUTE, SECOND
from legato.model.note import Admitted, Entered, Faulted, NotEntered
from legato.model.state import encode_state
from legato.simulate.crowd.flow import flow_of
from legato.simulate.world import START, World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.shopkeeping import BASE, CART, compile_plan, known_person, open_world

HISTORIES = 10_000
PATIENT = BASE["legato.yaml"].replace("lateness: 10m", "lateness: 40m")

RACE = """
journey: race
title: Race
owner: growth
purpose: service
enter: {on: Checkout Started, key: cart_id, again: after exit}
leave:
  - {on: Order Completed, same: cart_id, as: goal}
  - {when: {did: Ticket Opened, at_least: 2, within: 6m}, as: trouble}
steps:
  - wait_for:
      - {on: Cart Updated, same: cart_id, go_to: last}
      - {after: 2m}
  - when: {did: Product Viewed, at_least: 2, within: 4m}
    then: [{leave: keen}]
  - wait: 90s
  - label: last
    wait_for:
      - on: Product Viewed
        then: [{send: {message: receipt, on: email, expires: 1d}}, {leave: seen}]
      - {after: 3m, leave: cold}
"""
NAMES = (
    "Checkout Started",
    "Order Completed",
    "Cart Updated",
    "Product Viewed",
    "Ticket Opened",
)


def history(world: World, who: str) -> list[CustomerEvent]:
    """Draw what a person does within nine minutes."""
    events: list[CustomerEvent] = []
    count = 2 + int(share("count", who) * 8)
    for number in range(count):
        subject = f"{who}/{number}"
        name = NAMES[int(share("name", subject) * len(NAMES))]
        cart_id = f"c{int(share('cart', subject) * 2)}"
        event = world.event(who, "track", {"cart_id": cart_id}, name=name)
        occurred_at = START + round(share("at", subject) * 9 * MINUTE)
        events.append(msgspec.structs.replace(event, occurred_at=occurred_at))
    return events


def live(*, is_shuffled: bool) -> dict[str, object]:
    """Return how everybody's journeys ended."""
    people = [f"p{number}" for number in range(HISTORIES)]
    world = lived(people, is_shuffled=is_shuffled)
    return {who: ending(world, who) for who in people}


def lived(people: Sequence[str], *, is_shuffled: bool) -> World:
    """Let everybody do what they do within nine minutes, and hear of it at once or later."""
    world = open_world(compile_plan(RACE, legato=PATIENT))
    for who in people:
        for event in history(world, who):
            delay = share("delay", event.message_id) * 10 * MINUTE if is_shuffled else 0
            received_at = event.occurred_at + round(delay)
            arriving = msgspec.structs.replace(event, received_at=received_at)
            world.at(received_at, lambda arriving=arriving: world.feed(arriving))
    world.run_until(START + 30 * MINUTE)
    return world


def ending(world: World, who: str) -> object:
    """Return the course of every passage: nothing has ended before the lateness horizon yet."""
    state = world.state(who)
    assert state is not None
    assert not state.passages
    return sorted(
        (one.key, one.entered_at, one.ended_at, one.outcome, one.step_id)
        for one in enrollments_of(state)
    )


def test_ten_thousand_shuffled_histories_end_as_those_in_order() -> None:
    in_order = live(is_shuffled=False)

    shuffled = live(is_shuffled=True)

    different = [who for who, end in in_order.items() if shuffled[who] != end]
    assert [(who, in_order[who], shuffled[who]) for who in different[:3]] == []


def test_what_comes_later_than_allowed_is_on_record_and_begins_nothing() -> None:
    world = open_world(compile_plan(CART))
    known_person(world, "ana")
    event = world.event("ana", "track", {"cart_id": "c"}, name="Checkout Started")
    world.advance(HOUR)

    world.feed(msgspec.structs.replace(event, received_at=world.now))
    world.advance(DAY)

    notes = world.notes_of("ana")
    assert [note.is_late for note in notes if isinstance(note, Admitted)] == [False, True]
    assert [note.reason.code for note in notes if isinstance(note, NotEntered)] == ["entry.late"]
    assert world.messages("ana") == []


def test_what_was_sent_before_a_late_event_stays_sent_and_is_not_sent_again() -> None:
    world = open_world(compile_plan(CART.replace("30m", "1m")))
    known_person(world, "ana")
    world.track("ana", "Checkout Started", {"cart_id": "c"})
    order = world.event("ana", "track", {"cart_id": "c"}, name="Order Completed")
    update = world.event("ana", "track", {"cart_id": "d"}, name="Checkout Started")
    world.advance(2 * MINUTE)

    world.feed(*[msgspec.structs.replace(one, received_at=world.now) for one in (update, order)])
    world.advance(DAY + SECOND)

    assert [sent.delivery.content["subject"] for sent in world.sent] == ["Your cart", "Your cart"]
    entered = [note.key for note in world.notes_of("ana") if isinstance(note, Entered)]
    assert entered.count("c") == 1


def test_ways_that_a_late_event_undid_are_not_counted() -> None:
    people = [f"p{number}" for number in range(1_000)]

    worlds = [lived(people, is_shuffled=each) for each in (False, True)]

    in_order, shuffled = (flow_of(note for _, _, note in world.notes) for world in worlds)
    told = [Counter(isinstance(note, Entered) for _, _, note in w.notes)[True] for w in worlds]
    assert told[1] > told[0]
    assert sum(in_order.values()) > len(people)
    assert shuffled == in_order


BUYS = """
journey: buys
title: Buys
owner: growth
purpose: service
enter: {on: Checkout Started, key: cart_id, again: after exit}
leave:
  - {on: Order Completed, same: cart_id, as: goal}
steps:
  - wait: 5m
  - send: {message: receipt, on: email, expires: 1d}
"""


def left_alone() -> tuple[World, MemoryLog, CustomerEvent]:
    """Let somebody's checkout end with a message, and an order lie about that was made before."""
    log = MemoryLog()
    world = World(compile_plan(BUYS, legato=PATIENT), log, MemoryStore())
    known_person(world, "ana")
    world.advance(MINUTE)
    world.track("ana", "Checkout Started", {"cart_id": "c", "order_id": "o1"})
    world.advance(MINUTE)
    order = world.event("ana", "track", {"cart_id": "c"}, name="Order Completed")
    world.advance(10 * MINUTE)
    world.track("ana", "Product Viewed", {"cart_id": "c"})
    assert [sent.delivery.content["body"] for sent in world.sent] == ["Order o1"]
    return world, log, order


def kept_of(world: World) -> tuple[bytes, str]:
    state = world.state("ana")
    assert state is not None
    (passage,) = enrollments_of(state)
    return passage.entry, passage.outcome


def test_what_is_over_is_kept_by_its_place_in_the_log_until_a_late_event_asks_for_it() -> None:
    world, log, order = left_alone()
    state = world.state("ana")
    assert state is not None
    assert kept_of(world) == (b"", "completed")
    assert state.recent == []
    (started,) = (log.get(position) for _, position in places.after(state.seen, START))
    assert started is not None
    assert b"o1" in started
    assert b"o1" not in encode_state(state)

    world.feed(msgspec.structs.replace(order, received_at=world.now))

    assert kept_of(world) == (b"", "goal"), "it went by what it began with"
    assert len(world.sent) == 1


def test_what_was_overwritten_in_the_log_is_not_looked_at_again() -> None:
    world, log, order = left_alone()
    state = world.state("ana")
    assert state is not None
    gone = encode_event(Erased(received_at=world.now, cause="erasure"))
    log.rewrite([(position, gone) for _, position in places.after(state.seen, START)])

    world.feed(msgspec.structs.replace(order, received_at=world.now))

    assert kept_of(world) == (b"{}", ""), "nobody knows which cart it was"
    world.advance(HOUR)
    assert not any(isinstance(note, Faulted) for note in world.notes_of("ana"))
    assert len(world.sent) == 1


def test_places_stand_in_the_order_of_what_happened_and_the_oldest_go() -> None:
    seen = b""
    for at, position in ((30, 1), (10, 2), (20, 3), (20, 4), (40, 5)):
        seen = places.put(seen, at, position, 4)

    assert places.after(seen, 0) == [(20, 3), (20, 4), (30, 1), (40, 5)]
    assert places.after(seen, 20) == [(30, 1), (40, 5)]
    assert places.after(places.since(seen, 30), 0) == [(30, 1), (40, 5)]
    assert places.since(seen, 41) == b""
    other = places.put(seen, 25, 9, 9)
    assert places.join(seen, other) == places.join(other, seen) == other
    assert places.join(b"", b"") == b""
