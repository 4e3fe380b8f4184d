"""Laws of erasure: the person is gone for good, and for everybody else nothing has happened."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.erasure.overwrite import ERASURE, instead_of
from legato.model.erasure import Findings
from legato.model.event import (
    CustomerEvent,
    DeliveryReported,
    Erased,
    ErasureCompleted,
    ErasureRequested,
    decode_event,
    encode_event,
)
from legato.model.ids import EventId, PersonId
from legato.model.instant import HOUR, MINUTE
from legato.model.note import Left, PersonErased, Rejected
from legato.simulate.replay import refold
from legato.simulate.world import World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.shopkeeping import CART, compile_plan, known_person

PLAN = compile_plan(CART)
PEOPLE = ("ana", "ben", "eva")
NAMES = ("Product Viewed", "Checkout Started", "Order Completed")
EVERYBODY = 1_000


class Shop:
    """A world whose log and store a law may look into."""

    def __init__(self) -> None:
        self.log, self.store = MemoryLog(), MemoryStore()
        self.world = World(PLAN, self.log, self.store)

    def erase(self, who: str) -> None:
        """Erase a person as the host does, and let destinations be told."""
        self.begin_to_erase(who)
        self.world.advance(MINUTE)
        self.overwrite()

    def begin_to_erase(self, who: str) -> None:
        """Take a person out of the state and overwrite the log."""
        state = self.world.state(who)
        assert state is not None
        erasure_id = EventId(f"erasure of {state.person_id}")
        self.world.feed(
            ErasureRequested(
                event_id=erasure_id, received_at=self.world.now, person_id=state.person_id
            )
        )
        self.overwrite()
        done = ErasureCompleted(
            received_at=self.world.now, erasure_id=erasure_id, findings=Findings()
        )
        self.world.feed(done)

    def overwrite(self) -> None:
        """Do what the log's writer does."""
        erasures = self.store.erasures
        for position in erasures.strikes(EVERYBODY):
            data = self.log.get(position)
            assert data is not None
            event = instead_of(
                decode_event(data),
                cause=ERASURE,
                erasure=erasures.get,
                telling=erasures.telling,
            )
            if event is not None:
                self.log.rewrite([(position, encode_event(event))])
            erasures.struck([position], EventId(""))

    def refolded(self) -> MemoryStore:
        """Return what the log alone makes."""
        store = MemoryStore()
        refold(self.log, lambda: store, turn_records=5)
        return store


def everybody(store: MemoryStore) -> dict[PersonId, bytes]:
    return dict(store.people(PersonId(""), EVERYBODY))


STEPS = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(NAMES), st.integers(0, 90)),
    min_size=3,
    max_size=25,
)


def live(shop: Shop, steps: list[tuple[str, str, int]]) -> None:
    for who, name, minutes in steps:
        shop.world.advance(minutes * MINUTE)
        shop.world.identify(who, {"email": f"{who}@example.com"})
        shop.world.track(who, name, {"cart_id": "c1"})


@settings(max_examples=25, deadline=None)
@given(before=STEPS, after=STEPS)
def test_the_log_replayed_knows_all_others_as_they_are_and_the_erased_not_at_all(
    before: list[tuple[str, str, int]], after: list[tuple[str, str, int]]
) -> None:
    shop = Shop()
    live(shop, [("ana", NAMES[0], 1), *before])

    shop.begin_to_erase("ana")
    assert everybody(shop.refolded()) == everybody(shop.store)
    live(shop, [step for step in after if step[0] != "ana"])

    assert shop.world.state("ana") is None
    assert everybody(shop.refolded()) == everybody(shop.store)
    shop.world.advance(HOUR)  # destinations have been told
    shop.overwrite()
    assert everybody(shop.refolded()) == everybody(shop.store)
    for position in range(1, shop.log.last_position() + 1):
        assert b"ana@example.com" not in (shop.log.get(position) or b"")


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_erasing_one_changes_no_byte_of_another(steps: list[tuple[str, str, int]]) -> None:
    shop = Shop()
    live(shop, [("ana", NAMES[0], 1), *steps])
    before = everybody(shop.store)
    ana = shop.world.state("ana")
    assert ana is not None

    shop.begin_to_erase("ana")
    shop.world.run_until(shop.world.now)

    after = everybody(shop.store)
    assert ana.person_id not in after
    del before[ana.person_id]
    assert {person_id: state for person_id, state in after.items() if person_id in before} == before


def test_what_happened_before_comes_too_late_and_its_record_goes() -> None:
    shop = Shop()
    offline = shop.world.event("ana", "track", {}, name="Product Viewed")
    live(shop, [("ana", NAMES[0], 1)])
    shop.world.advance(HOUR)
    shop.erase("ana")

    shop.world.advance(HOUR)
    shop.world.feed(msgspec.structs.replace(offline, received_at=shop.world.now))

    assert shop.world.state("ana") is None
    last = shop.world.notes[-1][2]
    assert isinstance(last, Rejected)
    assert last.reason.code == "person.erased"
    assert shop.store.erasures.strikes(EVERYBODY) == [shop.log.last_position()]


def test_who_comes_back_is_somebody_new_and_the_past_stays_away() -> None:
    shop = Shop()
    offline = shop.world.event("ana", "track", {}, name="Order Completed")
    live(shop, [("ana", NAMES[0], 1)])
    shop.erase("ana")
    shop.world.advance(HOUR)

    shop.world.track("ana", "Product Viewed")
    shop.world.feed(msgspec.structs.replace(offline, received_at=shop.world.now))

    ana = shop.world.state("ana")
    assert ana is not None
    assert ana.first_seen == shop.world.now
    assert not ana.traits
    assert ana.version == 1


def test_a_repeated_message_is_found_with_its_person() -> None:
    shop = Shop()
    event = shop.world.track("ana", "Product Viewed")
    shop.world.feed(event)

    shop.erase("ana")

    for position in (2, 3):
        assert isinstance(decode_event(shop.log.get(position) or b""), Erased)


def test_those_joined_into_a_person_go_with_them() -> None:
    shop = Shop()
    world = shop.world
    device = world.event("", "track", {}, name="Product Viewed")
    device = msgspec.structs.replace(device, user_id=None, anonymous_id="device-1")
    world.feed(device)
    world.feed(msgspec.structs.replace(_login(world), anonymous_id="device-1"))

    shop.erase("ana")

    assert everybody(shop.store) == {}
    assert shop.store.pointers(["anonymous_id:device-1", "user_id:ana"]) == {}
    assert everybody(shop.refolded()) == {}


def test_journeys_end_as_erased_and_nothing_is_left_on_its_way() -> None:
    shop = Shop()
    world = shop.world
    known_person(world, "ana")
    world.track("ana", "Checkout Started", {"cart_id": "c1"})
    ana = world.state("ana")
    assert ana is not None
    assert ana.enrollments

    shop.erase("ana")
    world.advance(24 * HOUR)

    ended = [note for _, _, note in world.notes if isinstance(note, Left)]
    assert [note.outcome for note in ended] == ["erased"]
    assert PersonErased in [type(note) for _, _, note in world.notes]
    assert {one.delivery.operation for one in world.sent} == {"erase"}


def test_an_address_stays_closed_in_what_the_log_makes_anew() -> None:
    shop = Shop()
    world = shop.world
    known_person(world, "ana")
    world.track("ana", "Checkout Started", {"cart_id": "c1"})
    world.advance(2 * HOUR)
    (sent,) = world.sent
    world.feed(
        DeliveryReported(
            received_at=world.now,
            person_id=sent.delivery.person_id,
            delivery_id=sent.delivery.delivery_id,
            outcome="complained",
        )
    )
    channel, address = sent.delivery.channel, sent.delivery.address

    shop.erase("ana")

    assert shop.store.is_suppressed(channel, address)
    assert shop.refolded().is_suppressed(channel, address)
    assert not shop.refolded().is_suppressed(channel, "another@example.com")


def _login(world: World) -> CustomerEvent:
    return world.event("ana", "identify", {"email": "ana@example.com"})
