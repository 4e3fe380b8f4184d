"""Laws of the step: traits, measurements, splits, caps and pauses, whatever the order and time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import msgspec
import pytest

from legato.expr.tally import measure
from legato.model.event import CustomerEvent, JourneySwitched
from legato.model.ids import share
from legato.model.instant import DAY, HOUR, MINUTE, SECOND, Instant
from legato.model.note import Decided, Left
from legato.model.plan import Plan
from legato.simulate.dice import Dice
from legato.simulate.replay import refold
from legato.simulate.world import START, World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.shopkeeping import BASE, compile_plan, known_person, open_world


def arriving(world: World, event: CustomerEvent, at: Instant) -> None:
    world.feed(msgspec.structs.replace(event, received_at=at))


def test_the_last_word_on_a_trait_is_the_one_said_last_in_any_order() -> None:
    plan = compile_plan()
    values = ("gold", "tin", "tin", "zinc")

    for seed in range(2_000):
        dice = Dice(seed)
        world = open_world(plan)
        world.now = START + DAY
        said = [
            (START + dice.between(0, 3, "at", index) * HOUR, dice.pick(values, "value", index))
            for index in range(6)
        ]
        for at, value in sorted(said, key=lambda one: dice.throw("order", str(one))):
            event = world.event("ana", "identify", {"plan": value})
            world.feed(msgspec.structs.replace(event, occurred_at=at))
        state = world.state("ana")
        assert state is not None
        last = max(said, key=lambda one: (one[0], msgspec.msgpack.encode(one[1])))
        assert (state.traits["plan"].at, state.traits["plan"].value) == last, seed


def test_an_older_word_that_comes_late_does_not_overwrite() -> None:
    world = open_world(compile_plan())
    before = world.event("ana", "identify", {"plan": "tin", "name": "Ana"})
    world.advance(DAY)

    world.identify("ana", {"plan": "gold"})
    arriving(world, before, world.now)

    state = world.state("ana")
    assert state is not None
    assert {name: one.value for name, one in state.traits.items()} == {
        "plan": "gold",
        "name": "Ana",
    }


Seen: TypeAlias = tuple[Instant, int]
Measured: TypeAlias = int | float | list[int] | None
NOTHING: Mapping[str, Measured] = {"count": 0, "sum": 0, "unique": []}
FUNCTIONS = ("count", "sum", "min", "max", "average", "first", "last", "unique", "most_frequent")
WINDOWS = {"ever": "", "lately": "within: 6h\n", "today": "since: today\n"}
COMPUTED = "\n---\n".join(
    f"computed: {function}_{name}\ntitle: t\nowner: o\npurpose: service\n"
    + (
        "count: Product Viewed\n"
        if function == "count"
        else f"{function}: value\nof: Product Viewed\n"
    )
    + window
    for function in FUNCTIONS
    for name, window in WINDOWS.items()
)
SEGMENTS = """
segment: often
title: t
owner: o
when: {did: Product Viewed, at_least: 2, within: 6h}
---
segment: much
title: t
owner: o
when: {trait: {sum_lately: {over: 12}}}
---
segment: seldom
title: t
owner: o
when: {all: [{did: Product Viewed}, {did: Product Viewed, under: 2, within: 6h}]}
---
segment: pricey
title: t
owner: o
when: {trait: {average_lately: {over: 5}}}
---
segment: daily
title: t
owner: o
when: {did: Product Viewed, at_least: 2, since: today}
"""


def brute(function: str, seen: Sequence[Seen]) -> Measured:
    """Measure (when, value) pairs the plain way."""
    values = [value for _, value in sorted(seen)]
    if not values:
        return NOTHING.get(function)
    match function:
        case "count":
            return len(values)
        case "sum":
            return sum(values)
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "average":
            return round(sum(values) / len(values), 6)
        case "first":
            return values[0]
        case "last":
            return values[-1]
        case "unique":
            return sorted(dict.fromkeys(values))
        case _:
            counts = Counter(values)
            return [value for value in counts if counts[value] == max(counts.values())]


def within(window: str, seen: Sequence[Seen], now: Instant) -> list[Seen]:
    least = {"ever": 0, "lately": now - 6 * HOUR + 1, "today": now - now % DAY}[window]
    return [one for one in seen if least <= one[0] <= now]


def test_measurements_and_memberships_equal_a_recount_at_any_instant() -> None:
    world = open_world(compile_once())
    dice = Dice(1)
    seen: dict[str, list[tuple[Instant, int]]] = {f"p{number}": [] for number in range(60)}
    for who, views in seen.items():
        for number in range(dice.between(1, 20, who)):
            value = dice.between(1, 9, who, "value", number)
            event = world.event(who, "track", {"value": value}, name="Product Viewed")
            at = START + round(dice.throw(who, "at", number) * 2 * DAY)
            late = at + round(dice.throw(who, "delay", number) * 9 * MINUTE)
            arrived = msgspec.structs.replace(event, occurred_at=at, received_at=late)

            def arrive(
                arrived: CustomerEvent = arrived,
                views: list[tuple[Instant, int]] = views,
                one: tuple[Instant, int] = (at, value),
            ) -> None:
                views.append(one)
                world.feed(arrived)

            world.at(late, arrive)

    for check in range(60):
        world.run_until(START + round((check + dice.throw("check", check)) * HOUR))
        for who, views in seen.items():
            if views:
                assert_measured(world, who, views)


def assert_measured(world: World, who: str, views: Sequence[tuple[Instant, int]]) -> None:
    state, plan = world.state(who), compile_once()
    assert state is not None
    for function in FUNCTIONS:
        for window in WINDOWS:
            slot = plan.computed[f"{function}_{window}"].slot
            got = measure(slot, state.history.get(slot.slot_id), world.now, "UTC")
            want = brute(function, within(window, views, world.now))
            if function == "most_frequent" and isinstance(want, list):
                assert got in want
            else:
                assert got == want, (who, function, window)
    lately = within("lately", views, world.now)
    members = {
        "often": len(lately) >= 2,
        "much": sum(value for _, value in lately) > 12,
        "seldom": len(lately) < 2,
        "pricey": sum(value - 5 for _, value in lately) > 0,
        "daily": len(within("today", views, world.now)) >= 2,
    }
    assert sorted(state.segments) == sorted(name for name, is_in in members.items() if is_in), who


@cache
def compile_once() -> Plan:
    """Return the measured plan, compiled once."""
    return compile_plan(computed=COMPUTED, segments=SEGMENTS)


def test_a_split_is_even_to_half_a_point() -> None:
    arms = {"a": 0.5, "b": 0.3, "c": 0.2}
    drawn = Counter(
        arm_of(share("experiment-1", f"person_{number}"), arms) for number in range(100_000)
    )

    assert all(abs(drawn[name] / 100_000 - part) < 0.005 for name, part in arms.items())


def arm_of(at: float, arms: Mapping[str, float]) -> str:
    for name, part in arms.items():
        if at < part:
            return name
        at -= part
    return ""


@pytest.mark.parametrize(
    ("salt", "subject", "expected"),
    [
        ("colour", "ana", 0.15680896828301505),
        ("", "", 0.5818916442384907),
        ("é", "ü", 0.7974233403292715),
    ],
)
def test_a_share_is_the_number_that_any_language_computes(
    salt: str, subject: str, expected: float
) -> None:
    assert share(salt, subject) == expected


CAPPED = """
journey: {name}
title: t
owner: o
purpose: marketing
enter: {{on: Product Viewed, key: sku, again: any time}}
steps:
  - send: {{message: reminder, on: {channel}, expires: 1d}}
"""


def test_fifty_journeys_at_one_instant_never_exceed_a_cap() -> None:
    policies = BASE["policies.yaml"] + "---\ncap: week\nat_most: 3\nwithin: 7d\n"
    journeys = [
        CAPPED.format(name=f"j{number}", channel="email" if number % 2 else "sms")
        for number in range(50)
    ]
    world = open_world(compile_plan(*journeys, policies=policies))
    dice = Dice(7)
    people = [f"p{number}" for number in range(60)]
    for who in people:
        known_person(world, who)
        for number in range(20):
            at = START + HOUR + round(dice.throw(who, number) * 30 * DAY)
            body = {"sku": f"s{number}"}
            world.at(at, lambda who=who, body=body: world.feed(viewed(world, who, body)))

    world.advance(31 * DAY)

    decided = sum(isinstance(note, Decided) for _, _, note in world.notes)
    assert decided == 60 * 20 * 50
    sent: dict[str, list[Instant]] = {}
    for one in world.sent:
        sent.setdefault(one.delivery.person_id, []).append(one.at)
    assert len(sent) == len(people)
    for times in sent.values():
        assert len(times) >= 9
        assert all(later - one >= 7 * DAY for one, later in zip(times, times[3:], strict=False))


def viewed(world: World, who: str, body: dict[str, Any]) -> CustomerEvent:
    return world.event(who, "track", body, name="Product Viewed")


RACE = """
journey: race
title: t
owner: o
purpose: service
enter: {on: Signed Up}
steps:
  - wait_for:
      - {on: Ticket Opened, then: [{leave: event}]}
      - {after: 1h, leave: limit}
"""


@pytest.mark.parametrize("turn_records", [1, 256])
def test_of_an_event_and_a_limit_in_one_millisecond_the_event_wins_on_replay_too(
    turn_records: int,
) -> None:
    log, store = MemoryLog(), MemoryStore()
    world = World(compile_plan(RACE), log, store)
    people = [f"p{number}" for number in range(200)]
    for who in people:
        world.track(who, "Signed Up")
        at = world.now + HOUR
        world.at(
            at, lambda who=who: world.feed(world.event(who, "track", {}, name="Ticket Opened"))
        )
    world.advance(2 * HOUR)

    again = refold(log, MemoryStore, turn_records=turn_records)

    left = Counter(note.outcome for _, _, note in world.notes if isinstance(note, Left))
    assert left == {"event": 200}
    assert again.decision_digest == world.decision_digest()


def test_a_pause_ejects_nobody() -> None:
    world = open_world(compile_plan(RACE))
    for number in range(100):
        world.track(f"p{number}", "Signed Up")
    world.advance(30 * MINUTE)

    world.feed(JourneySwitched(received_at=world.now, journey="race", is_paused=True))
    world.advance(2 * DAY)
    left_before = [note for _, _, note in world.notes if isinstance(note, Left)]
    world.feed(JourneySwitched(received_at=world.now, journey="race", is_paused=False))
    world.touch_everybody()
    world.advance(SECOND)

    left = Counter(note.outcome for _, _, note in world.notes if isinstance(note, Left))
    assert (left_before, left) == ([], {"limit": 100})


QUIET = """
journey: quiet
title: t
owner: o
purpose: service
enter: {on: Signed Up}
steps:
  - wait_for:
      - when: {all: [{did: Product Viewed}, {did_not: Product Viewed, within: 5m}]}
        leave: quiet
      - {after: 1d, leave: limit}
"""


def test_what_time_made_true_between_an_event_and_its_arrival_is_seen_on_arrival() -> None:
    world = open_world(compile_plan(QUIET))
    world.track("ana", "Signed Up")
    world.advance(SECOND)
    view = world.event("ana", "track", {}, name="Product Viewed")
    world.advance(8 * MINUTE)

    arriving(world, view, world.now)
    world.advance(SECOND)

    left = [note.outcome for _, _, note in world.notes if isinstance(note, Left)]
    assert left == ["quiet"]


INSIDE = """
segment: in_porto
title: t
owner: o
when: {trait: {address.city: Porto}}
"""
ADDRESS = """
trait: address.city
title: city
owner: crm
purpose: service
schema: {type: string}
"""


def test_a_segment_that_reads_inside_a_trait_follows_it() -> None:
    world = open_world(
        compile_plan(segments=INSIDE, catalog=f"{BASE['catalog.yaml']}\n---{ADDRESS}")
    )

    world.identify("ana", {"address": {"city": "Porto"}})
    assert is_in_porto(world)
    world.advance(HOUR)
    world.identify("ana", {"address": {"city": "Faro"}})
    assert not is_in_porto(world)
    world.advance(HOUR)
    world.identify("ana", {"address": {"city": "Porto"}})
    assert is_in_porto(world)


def is_in_porto(world: World) -> bool:
    state = world.state("ana")
    return state is not None and "in_porto" in state.segments
