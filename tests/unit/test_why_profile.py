"""A profile is canonical, measured now, and hides nothing that it should show."""

from __future__ import annotations

import msgspec

from legato.insight.profile import Profile, profile_bytes, profile_of
from legato.model.consent import Consent
from legato.model.ids import EventId, PersonId
from legato.model.instant import DAY, HOUR, Instant
from legato.model.plan import ComputedTrait, Plan
from legato.model.rule import EventMatch, Slot, Window
from legato.model.state import State, Tally, Trait

NOON: Instant = 1_772_452_800_000_000
ORDERS = Slot(
    match=EventMatch(event="Order Completed"),
    function="count",
    window=Window(kind="sliding", size=30 * DAY),
)
PLAN = Plan(name="shop", computed={"orders_30d": ComputedTrait(name="orders_30d", slot=ORDERS)})


def ana(*, is_reversed: bool = False) -> State:
    traits = {"name": Trait("Ana", NOON), "city": Trait("Porto", NOON)}
    segments = {"vip": NOON, "buyers": NOON - HOUR}
    consent = Consent(is_granted=True, at=NOON, source="web", event_id=EventId("e1"))
    state = State(person_id=PersonId("ana"), first_seen=NOON, last_seen=NOON)
    state.identifiers = {"email": {"b@x": NOON, "a@x": NOON}, "user_id": {"u1": NOON}}
    state.traits = dict(reversed(traits.items())) if is_reversed else traits
    state.segments = dict(reversed(segments.items())) if is_reversed else segments
    state.consents = {"marketing/*": consent}
    state.history = {ORDERS.slot_id: Tally(entries=((NOON - DAY, None), (NOON - HOUR, None)))}
    return state


def computed(profile: Profile) -> dict[str, object]:
    return {trait.name: trait.value for trait in profile.traits if trait.is_computed}


def test_equal_states_give_equal_bytes_in_whatever_order_they_were_made() -> None:
    one = profile_of(ana(), plan=PLAN, now=NOON)
    other = profile_of(ana(is_reversed=True), plan=PLAN, now=NOON)

    assert profile_bytes(one) == profile_bytes(other)


def test_computed_traits_are_measured_at_the_time_of_asking() -> None:
    now = profile_of(ana(), plan=PLAN, now=NOON)
    later = profile_of(ana(), plan=PLAN, now=NOON + 29 * DAY)

    assert computed(now) == {"orders_30d": 2}
    assert computed(later) == {"orders_30d": 1}


def test_every_identifier_and_consent_is_shown_with_its_time() -> None:
    profile = profile_of(ana(), plan=PLAN, now=NOON)

    assert [(each.kind, each.value) for each in profile.identifiers] == [
        ("email", "a@x"),
        ("email", "b@x"),
        ("user_id", "u1"),
    ]
    assert [(each.purpose, each.channel) for each in profile.consents] == [("marketing", "*")]


def test_a_profile_goes_through_json_unchanged() -> None:
    profile = profile_of(ana(), plan=PLAN, now=NOON)

    assert msgspec.json.decode(profile_bytes(profile), type=Profile) == profile
