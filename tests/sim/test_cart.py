"""The plainest journey: a cart, a wait, a reminder."""

from __future__ import annotations

from legato.model.instant import DAY, HOUR, MINUTE
from legato.model.note import Decided, Left
from tests.sim.shopkeeping import CART, compile_plan, known_person, open_world


def test_an_abandoned_cart_is_reminded_of_once() -> None:
    world = open_world(compile_plan(CART))
    known_person(world, "ana")

    world.track("ana", "Checkout Started", {"cart_id": "c1"})
    world.advance(3 * DAY)

    assert world.messages("ana") == ["reminder"]


def test_an_order_in_time_means_no_reminder() -> None:
    world = open_world(compile_plan(CART))
    known_person(world, "ana")

    world.track("ana", "Checkout Started", {"cart_id": "c1"})
    world.advance(20 * MINUTE)
    world.track("ana", "Order Completed", {"cart_id": "c1"})
    world.advance(3 * DAY)

    assert world.messages("ana") == []
    assert [note.outcome for note in world.notes_of("ana") if isinstance(note, Left)] == ["goal"]


def test_an_order_of_another_cart_changes_nothing() -> None:
    world = open_world(compile_plan(CART))
    known_person(world, "ana")

    world.track("ana", "Checkout Started", {"cart_id": "c1"})
    world.track("ana", "Order Completed", {"cart_id": "c2"})
    world.advance(HOUR)

    assert world.messages("ana") == ["reminder"]


def test_without_consent_there_is_a_reason_instead_of_a_message() -> None:
    world = open_world(compile_plan(CART))
    known_person(world, "ana", consents=False)

    world.track("ana", "Checkout Started", {"cart_id": "c1"})
    world.advance(HOUR)

    assert world.messages("ana") == []
    [decided] = [note for note in world.notes_of("ana") if isinstance(note, Decided)]
    assert decided.reason is not None
    assert decided.reason.code == "consent.withdrawn"


def test_consent_withdrawn_during_the_wait_stops_the_message() -> None:
    world = open_world(compile_plan(CART))
    known_person(world, "ana")

    world.track("ana", "Checkout Started", {"cart_id": "c1"})
    world.advance(10 * MINUTE)
    world.track("ana", "Consent Changed", {"purpose": "marketing", "granted": False})
    world.advance(HOUR)

    assert world.messages("ana") == []


def test_the_same_event_twice_enters_and_sends_once() -> None:
    world = open_world(compile_plan(CART))
    known_person(world, "ana")
    event = world.event("ana", "track", {"cart_id": "c1"}, name="Checkout Started")

    world.feed(*[event] * 100)
    world.advance(HOUR)

    assert world.messages("ana") == ["reminder"]


def test_an_order_that_arrives_before_its_checkout_still_stops_the_reminder() -> None:
    world = open_world(compile_plan(CART))
    known_person(world, "ana")
    checkout = world.event("ana", "track", {"cart_id": "c1"}, name="Checkout Started")
    world.advance(MINUTE)

    world.track("ana", "Order Completed", {"cart_id": "c1"})
    world.feed(checkout)
    world.advance(DAY)

    assert world.messages("ana") == []
    assert [note.outcome for note in world.notes_of("ana") if isinstance(note, Left)] == ["goal"]
