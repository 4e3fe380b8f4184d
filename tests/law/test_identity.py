"""Who is who does not depend on the order of arrival, and protections hold in every order."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from legato.insight.profile import profile_bytes, profile_of
from legato.model.event import NAME_OF_KIND, CustomerEvent, JourneyCalled
from legato.model.ids import EventId, PersonId, derive
from legato.model.instant import DAY, HOUR, MINUTE, SECOND, Instant
from legato.model.note import Entered, NotLinked, Rejected
from legato.model.plan import Plan
from legato.model.state import State, decode_state
from legato.simulate.dice import Dice
from legato.simulate.world import START, World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.shopkeeping import compile_plan

HISTORIES = 250
SHUFFLES = 40
ARRIVAL = START + 10 * DAY
FUNCTIONS = ["count", "sum", "min", "max", "average", "first", "last", "unique", "most_frequent"]
COMPUTED = "\n---\n".join(
    f"computed: {function}_{'ever' if window == '' else 'lately'}\n"
    f"title: t\nowner: o\npurpose: service\n"
    + (
        "count: Product Viewed\n"
        if function == "count"
        else f"{function}: value\nof: Product Viewed\n"
    )
    + window
    for function in FUNCTIONS
    for window in ("", "within: 9d\n")
)
SEGMENTS = """
segment: keen
title: Keen
owner: growth
when: {did: Product Viewed, at_least: 2}
"""
OPEN = """
identity:
  - {kind: user_id, from: [user_id], limit: 50}
  - {kind: email, from: [traits.email], lowercase: true, limit: 50}
  - {kind: anonymous_id, from: [anonymous_id], limit: 50}
join_limit: 50
"""
PROTECTED = """
identity:
  - {kind: user_id, from: [user_id], unique: true, blocked: ["null", "0"]}
  - {kind: email, from: [traits.email], lowercase: true, limit: 2}
  - {kind: anonymous_id, from: [anonymous_id], limit: 3, blocked: ["anonymousid"]}
join_limit: 2
"""


def plan_of(identity: str) -> Plan:
    return compile_plan(identity=identity, computed=COMPUTED, segments=SEGMENTS)


def happening(dice: Dice, number: int) -> CustomerEvent:
    """Draw one event over a small pool of identifiers; several share one instant."""
    kind = dice.pick(("identify", "track", "track", "group"), "kind", number)
    message_id = f"m{number}"
    user = dice.pick((None, None, "u0", "u1", "u2"), "user", number)
    device = dice.pick((None, "a0", "a1", "a2", "a3", "a4"), "device", number)
    body: dict[str, object] = {}
    name = NAME_OF_KIND.get(kind, "")
    if kind == "identify":
        for field, values in (
            ("email", (None, "e0@x.org", "E0@x.org", "e1@x.org", "e2@x.org")),
            ("name", ("Ana", "Bob", None)),
            ("plan", ("gold", "tin", None)),
        ):
            value = dice.pick(values, field, number)
            if value is not None:
                body[field] = value
    elif kind == "track":
        name = dice.pick(("Product Viewed", "Consent Changed"), "name", number)
        body = {"value": dice.pick((1, 2.5, 7, "red", "blue", True), "value", number)}
        if name == "Consent Changed":
            granted = dice.is_hit(0.5, "granted", number)
            body = {"purpose": "marketing", "granted": granted}
    occurred_at = START + dice.between(0, 40, "at", number) * 2 * HOUR
    return CustomerEvent(
        event_id=EventId(derive("event", message_id)),
        received_at=ARRIVAL,
        occurred_at=occurred_at,
        source="web",
        message_id=message_id,
        kind=kind,
        name=name,
        user_id=user,
        anonymous_id=device if user or device else "a0",
        group_id="g" if kind == "group" else None,
        body=msgspec.json.encode(body),
    )


def history(seed: int, most: int = 12) -> list[CustomerEvent]:
    dice = Dice(seed)
    return [happening(dice, number) for number in range(dice.between(3, most, "count"))]


def shuffled(events: Sequence[CustomerEvent], seed: int) -> list[CustomerEvent]:
    dice = Dice(seed)
    order = sorted(range(len(events)), key=lambda index: dice.throw("shuffle", index))
    return [
        msgspec.structs.replace(events[index], received_at=ARRIVAL + place * SECOND)
        for place, index in enumerate(order)
    ]


def lived(plan: Plan, events: Sequence[CustomerEvent]) -> tuple[World, MemoryStore]:
    store = MemoryStore()
    world = World(plan, MemoryLog(), store)
    world.feed(*events)
    return world, store


def people(store: MemoryStore) -> list[State]:
    return [decode_state(data) for _, data in store.people(PersonId(""), 1_000)]


def canonical(plan: Plan, state: State, now: Instant) -> bytes:
    """Return what a profile says of a person, without the names and times of our own making."""
    profile = profile_of(state, plan=plan, now=now)
    segments = [msgspec.structs.replace(one, since=0) for one in profile.segments]
    return profile_bytes(
        msgspec.structs.replace(profile, person_id="", merged=(), segments=tuple(segments))
    )


def everybody(plan: Plan, events: Sequence[CustomerEvent]) -> list[bytes]:
    _, store = lived(plan, events)
    return sorted(canonical(plan, state, ARRIVAL + HOUR) for state in people(store))


def test_ten_thousand_orders_of_arrival_give_the_same_people_and_profiles() -> None:
    plan = plan_of(OPEN)

    for seed in range(HISTORIES):
        events = history(seed)
        expected = everybody(plan, shuffled(events, -1))
        for shuffle in range(SHUFFLES):
            assert everybody(plan, shuffled(events, shuffle)) == expected, (seed, shuffle)


def test_clusters_are_what_shared_identifiers_connect() -> None:
    plan = plan_of(OPEN)

    for seed in range(300):
        events = history(seed)
        _, store = lived(plan, shuffled(events, seed))
        clusters = sorted(
            sorted(
                f"{kind}:{value}" for kind, values in one.identifiers.items() for value in values
            )
            for one in people(store)
        )
        assert clusters == connected(events), seed


def connected(events: Sequence[CustomerEvent]) -> list[list[str]]:
    """Join what stands in one event, until nothing more joins."""
    groups: list[set[str]] = []
    for event in events:
        body = msgspec.json.decode(event.body)
        mine = {
            f"{kind}:{value}"
            for kind, value in (
                ("user_id", event.user_id),
                ("anonymous_id", event.anonymous_id),
                ("email", body.get("email", "").lower() if event.kind == "identify" else ""),
            )
            if value
        }
        touching = [group for group in groups if group & mine]
        groups = [group for group in groups if not group & mine]
        groups.append(mine.union(*touching))
    return sorted(sorted(group) for group in groups)


def test_protections_hold_in_every_order() -> None:
    plan = plan_of(PROTECTED)
    limits = {"user_id": 1, "email": 2, "anonymous_id": 3}
    refused = 0

    for seed in range(1_500):
        world, store = lived(plan, shuffled(history(seed, most=16), seed))
        owners: dict[str, PersonId] = {}
        for state in people(store):
            for kind, values in state.identifiers.items():
                assert 0 < len(values) <= limits[kind], (seed, kind)
                for value in values:
                    assert owners.setdefault(f"{kind}:{value}", state.person_id) == state.person_id
        refused += sum(isinstance(note, NotLinked) for _, _, note in world.notes)
    assert refused > 1_000


def test_what_a_unique_identifiers_own_events_say_is_that_persons_in_every_order() -> None:
    plan = plan_of(PROTECTED)

    for seed in range(500):
        events = history(seed, most=16)
        names: dict[str, tuple[Instant, bytes]] = {}
        mine = [one for one in events if one.user_id is not None or one.kind != "identify"]
        world, _ = lived(plan, shuffled(mine, seed))
        quarantined = [note.event_id for _, _, note in world.notes if isinstance(note, Rejected)]
        for one in mine:
            name = msgspec.json.decode(one.body).get("name") if one.kind == "identify" else None
            if name is not None and one.user_id is not None and one.event_id not in quarantined:
                said = (one.occurred_at, msgspec.msgpack.encode(name))
                names[one.user_id] = max(said, names.get(one.user_id, said))
        for user, (at, name) in names.items():
            state = world.state(user)
            assert state is not None
            trait = state.traits["name"]
            assert (trait.at, msgspec.msgpack.encode(trait.value)) == (at, name), (seed, user)


def world_of(identity: str = PROTECTED) -> World:
    return World(plan_of(identity), MemoryLog(), MemoryStore())


def say(world: World, user: str | None, device: str | None, **traits: object) -> None:
    event = msgspec.structs.replace(
        world.event("", "identify", traits), user_id=user, anonymous_id=device
    )
    world.receive(event)


def test_somebody_new_on_anothers_device_is_not_that_person() -> None:
    world = world_of()

    say(world, "ana", "device", name="Ana")
    say(world, "bob", "device", name="Bob")

    ana, bob = world.state("ana"), world.state("bob")
    assert ana is not None
    assert bob is not None
    assert (ana.traits["name"].value, bob.traits["name"].value) == ("Ana", "Bob")
    assert (list(ana.identifiers), list(bob.identifiers)) == (
        ["user_id", "anonymous_id"],
        ["user_id"],
    )


def test_a_device_that_was_reset_does_not_join_the_person_before() -> None:
    world = world_of()

    say(world, "ana", "before")
    say(world, None, "after", plan="tin")
    say(world, "bob", "after")

    ana, bob = world.state("ana"), world.state("bob")
    assert ana is not None
    assert bob is not None
    assert (list(ana.traits), bob.traits["plan"].value) == ([], "tin")


def test_blocked_values_identify_nobody() -> None:
    world = world_of()

    say(world, "NULL", "anonymousId", name="Nobody")
    say(world, "ana", "anonymousId", name="Ana")
    say(world, "bob", "anonymousId", name="Bob")

    ana = world.state("ana")
    assert ana is not None
    assert (ana.traits["name"].value, list(ana.identifiers)) == ("Ana", ["user_id"])
    codes = [note.reason.code for _, _, note in world.notes if isinstance(note, Rejected)]
    assert codes == ["identity.nobody"]


def test_an_event_that_would_join_too_many_waits_in_quarantine() -> None:
    world = world_of()
    say(world, "ana", None)
    say(world, None, None, email="a@x.org")
    say(world, None, "device")

    say(world, "ana", "device", email="a@x.org", name="Ana")

    ana = world.state("ana")
    assert ana is not None
    assert (list(ana.traits), list(ana.identifiers)) == ([], ["user_id"])
    codes = [note.reason.code for _, _, note in world.notes if isinstance(note, Rejected)]
    assert codes == ["identity.joins_too_many"]


def test_an_alias_to_oneself_changes_nothing() -> None:
    world = world_of()
    say(world, "ana", "device")
    before = world.state("ana")
    assert before is not None
    identifiers = {kind: dict(values) for kind, values in before.identifiers.items()}

    event = msgspec.structs.replace(world.event("ana", "alias", {}), previous_id="ana")
    world.receive(event)

    after = world.state("ana")
    assert after is not None
    assert after.identifiers == identifiers


def test_an_alias_joins_what_the_person_was_known_by() -> None:
    world = world_of()
    say(world, None, "device", plan="gold")

    event = msgspec.structs.replace(world.event("ana", "alias", {}), previous_id="device")
    world.receive(event)

    ana = world.state("ana")
    assert ana is not None
    assert ana.traits["plan"].value == "gold"


CALLED = """
journey: j
title: J
owner: growth
purpose: service
enter: {api: true}
steps:
  - wait: 1h
"""


def test_ids_of_merged_people_lead_to_who_they_became() -> None:
    store = MemoryStore()
    world = World(compile_plan(CALLED, identity=PROTECTED), MemoryLog(), store)
    say(world, "ana", None)
    world.advance(MINUTE)
    say(world, None, "device")
    gone = store.pointers(["anonymous_id:device"])["anonymous_id:device"]
    say(world, "ana", "device")

    called = JourneyCalled(
        event_id=EventId("e1"), received_at=world.now, person_id=gone, journey="j"
    )
    world.feed(called)

    ana = world.state("ana")
    assert ana is not None
    assert ana.person_id != gone
    assert [one.journey for one in ana.enrollments] == ["j"]
    assert any(isinstance(note, Entered) for note in world.notes_of("ana"))
