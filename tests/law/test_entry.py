"""Coming again: each entry policy agrees with an oracle on ten thousand random histories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest

from legato.model.instant import HOUR, MINUTE, SECOND, Instant
from legato.model.note import Entered, Left, NotEntered
from legato.simulate.dice import Dice
from legato.simulate.world import START, World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.shopkeeping import compile_plan

HISTORIES = 10_000
WAIT = HOUR
COOLDOWN = 3 * HOUR
JOURNEY = """
journey: cart
title: Cart
owner: growth
purpose: service
enter: {{on: Checkout Started, {key}again: {again}}}
leave:
  - {{on: Order Completed, {same}as: goal}}
steps:
  - wait: 1h
"""
POLICIES = ("once", "after exit", "after 3h", "any time")


class Visit(msgspec.Struct, frozen=True):
    """Something one person does: begins a checkout, or completes an order."""

    at: Instant
    name: str
    key: str


def history(policy: str, number: int) -> list[Visit]:
    """Draw what a person does in ten hours, on whole minutes so that borders are met."""
    dice = Dice(number)
    visits = [
        Visit(
            at=START + dice.between(0, 60, policy, "at", index) * 10 * MINUTE,
            name=dice.pick(("Checkout Started",) * 3 + ("Order Completed",), "name", index),
            key=dice.pick(("c0", "c1"), "key", index),
        )
        for index in range(dice.between(1, 8, "count"))
    ]
    return sorted(visits, key=lambda visit: visit.at)


def oracle(policy: str, visits: Sequence[Visit], *, is_keyed: bool) -> list[tuple[str, Instant]]:
    """Return (key, when) of every entry, by the words of the policy alone."""
    entries: list[tuple[str, Instant]] = []
    open_until: dict[str, list[Instant]] = {}
    for visit in visits:
        key = visit.key if is_keyed else ""
        # A wait that ends at this very instant has not ended: of two, the event comes first.
        inside = [end for end in open_until.get(key, []) if end >= visit.at]
        if visit.name == "Order Completed":
            open_until[key] = []
            continue
        before = [at for one, at in entries if one == key]
        may_enter = {
            "once": not before,
            "after exit": not inside,
            "after 3h": not inside and (not before or before[-1] + COOLDOWN <= visit.at),
            "any time": True,
        }[policy]
        open_until[key] = inside
        if may_enter:
            entries.append((key, visit.at))
            open_until[key] = [*inside, visit.at + WAIT]
    return entries


@pytest.mark.parametrize("is_keyed", [True, False], ids=["keyed", "unkeyed"])
@pytest.mark.parametrize("policy", POLICIES)
def test_ten_thousand_histories_enter_as_the_oracle_says(policy: str, *, is_keyed: bool) -> None:
    text = JOURNEY.format(
        again=policy,
        key="key: cart_id, " if is_keyed else "",
        same="same: cart_id, " if is_keyed else "",
    )
    world = World(compile_plan(text), MemoryLog(), MemoryStore())
    histories = {f"p{number}": history(policy, number) for number in range(HISTORIES)}

    let_happen(world, histories)

    entered = times_of_entry(world, histories)
    differing = [
        (who, visits, oracle(policy, visits, is_keyed=is_keyed), entered[who])
        for who, visits in histories.items()
        if oracle(policy, visits, is_keyed=is_keyed) != entered[who]
    ]
    assert differing[:2] == []


def let_happen(world: World, histories: dict[str, list[Visit]]) -> None:
    everything = sorted(
        ((visit.at, who, visit) for who, visits in histories.items() for visit in visits),
        key=lambda one: one[0],
    )
    for at, who, visit in everything:
        if at > world.now:
            world.run_until(at)
        world.track(who, visit.name, {"cart_id": visit.key})
    world.advance(5 * HOUR)


def times_of_entry(
    world: World, histories: dict[str, list[Visit]]
) -> dict[str, list[tuple[str, Instant]]]:
    names: dict[str, str] = {}
    for who in histories:
        state = world.state(who)
        assert state is not None
        names[state.person_id] = who
    entered: dict[str, list[tuple[str, Instant]]] = {who: [] for who in histories}
    for person_id, at, note in world.notes:
        if isinstance(note, Entered):
            entered[names[person_id]].append((note.key, at))
    return entered


def test_everybody_who_entered_leaves_or_is_still_there() -> None:
    world = World(
        compile_plan(JOURNEY.format(again="any time", key="key: cart_id, ", same="")),
        MemoryLog(),
        MemoryStore(),
    )
    histories = {f"p{number}": history("any time", number) for number in range(2_000)}

    let_happen(world, histories)

    entered = Counter(n.enrollment_id for _, _, n in world.notes if isinstance(n, Entered))
    left = Counter(n.enrollment_id for _, _, n in world.notes if isinstance(n, Left))
    assert entered == left
    assert max(entered.values()) == 1


@pytest.mark.parametrize("copies", [2, 100])
@pytest.mark.parametrize("again", POLICIES)
def test_one_event_received_many_times_enters_once(again: str, copies: int) -> None:
    world = World(
        compile_plan(JOURNEY.format(again=again, key="key: cart_id, ", same="")),
        MemoryLog(),
        MemoryStore(),
    )

    event = world.track("ana", "Checkout Started", {"cart_id": "c"})
    for _ in range(copies):
        world.advance(SECOND)
        world.feed(msgspec.structs.replace(event, received_at=world.now))

    notes = world.notes_of("ana")
    assert sum(isinstance(note, Entered) for note in notes) == 1
    assert not any(isinstance(note, NotEntered) for note in notes)
