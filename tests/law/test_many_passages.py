"""Whoever is in many passages at once is treated in each as somebody who is in it alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias

from legato.model.ended import enrollments_of
from legato.model.instant import HOUR, MINUTE, SECOND
from legato.model.note import Decided, Entered, Left, Moved, Note, Revoked, Settled
from legato.simulate.dice import Dice
from legato.simulate.provider import Provider
from legato.simulate.world import START, Scene, World
from tests.sim.shopkeeping import BASE, compile_plan, known_person, open_world

SEEDS = 60
CARTS = 4
EVENTS = 30
BUSY = "busy"
Line: TypeAlias = tuple[int, str, str, str]
"""The second, what happened, and two words on it."""
PLAIN = """
journey: plain
title: Cart
owner: growth
purpose: marketing
enter: {on: Checkout Started, key: cart_id, again: after exit}
leave:
  - {on: Order Completed, same: cart_id, as: goal}
steps:
  - wait_for:
      - on: Cart Updated
        same: cart_id
        then: [{send: {message: reminder, on: sms, expires: 12h}}]
      - after: 20m
        then: [{send: {message: reminder, on: email, expires: 12h}}]
"""
WARY = (
    PLAIN.replace("plain", "wary")
    .replace(
        "steps:", "  - {when: {did: Ticket Opened, at_least: 2, within: 1h}, as: trouble}\nsteps:"
    )
    .replace("      - after", "      - {when: {trait: {plan: gold}}, leave: gold}\n      - after")
)
QUIET = (
    BASE["policies.yaml"]
    + """
---
quiet_hours: night
channels: [email]
from: "21:00"
to: "08:00"
"""
)
# Email is held until morning and the SMS gateway is down: every passage is over long before its
# message has gone, and may be called back.
SCENE = Scene(
    start=START + 11 * HOUR,
    providers={"gateway": Provider(fault_share=1.0, latency_least=7, latency_most=7)},
)


HAPPENS = (
    ("plain", "moved", "1.case1.1", "event"),
    ("plain", "left", "goal", "journey.goal"),
    ("plain", "revoked", "journey.goal", ""),
    ("plain", "settled", "refused", "journey.goal"),
    ("wary", "moved", "1.case1.1", "event"),
    ("wary", "moved", "1.case2.leave", "condition"),
    ("wary", "left", "goal", "journey.goal"),
    ("wary", "left", "trouble", "journey.exit"),
    ("wary", "revoked", "journey.exit", ""),
    ("wary", "settled", "refused", "journey.exit"),
)
EVERYBODY = (BUSY, *(f"alone {cart}" for cart in range(CARTS)))
DOINGS = ("Checkout Started", "Checkout Started", "Cart Updated", "Order Completed", "")
OTHERWISE = ("Ticket Opened", "Ticket Opened", "Ticket Solved", "gold", "tin", "tin")


def live(world: World, dice: Dice) -> None:
    """Let the busy one do everything; of the others, each starts one cart alone."""
    for number in range(EVENTS):
        world.advance(dice.between(1, 9, "wait", number) * MINUTE + 13 * SECOND)
        cart = dice.between(0, CARTS - 1, "cart", number)
        name = dice.pick(DOINGS, "doing", number)
        otherwise = dice.pick(OTHERWISE, "otherwise", number)
        starts = name == "Checkout Started"
        for who in (BUSY, f"alone {cart}") if starts else EVERYBODY:
            if name:
                world.track(who, name, {"cart_id": f"cart {cart}"})
            elif otherwise in ("gold", "tin"):
                world.identify(who, {"plan": otherwise})
            else:
                world.track(who, otherwise)
        if name == "Order Completed":
            assert f"cart {cart}" not in on_way(world).values()
    world.advance(HOUR)


def on_way(world: World) -> dict[str, str]:
    """Return the messages of the busy one that have not gone yet, each with its passage's key."""
    state = world.state(BUSY)
    assert state is not None
    keys = {one.enrollment_id: one.key for one in enrollments_of(state)}
    waiting = [*state.pending.values(), *(held.delivery for held in state.held)]
    return {one.delivery_id: keys[one.enrollment_id] for one in waiting if one.enrollment_id}


def told(world: World, who: str, key: str) -> dict[str, list[Line]]:
    """Return what came of somebody's passages with a key: of each journey, in order."""
    state = world.state(who)
    assert state is not None
    journeys: dict[str, str] = {}
    story: dict[str, list[Line]] = {"plain": [], "wary": []}
    for person_id, at, note in world.notes:
        if person_id != state.person_id:
            continue
        if isinstance(note, Entered) and note.key == key:
            journeys[note.enrollment_id] = note.journey
        if isinstance(note, Decided) and note.enrollment_id in journeys:
            journeys[note.delivery_id] = note.journey
        line = read(note, journeys)
        if line is not None:
            # A lane sends one after the other, some microseconds apart.
            story[line[0]].append((at // SECOND, *line[1:]))
    return story


def read(note: Note, journeys: Mapping[str, str]) -> tuple[str, str, str, str] | None:
    """Return the journey of a note and what it says; None where it is not about these passages."""
    match note:
        case Entered() if note.enrollment_id in journeys:
            return note.journey, "entered", "", ""
        case Moved() if note.enrollment_id in journeys:
            return note.journey, "moved", note.to_step, note.why
        case Left() if note.enrollment_id in journeys:
            return note.journey, "left", note.outcome, note.reason.code if note.reason else ""
        case Decided() if note.enrollment_id in journeys:
            return note.journey, "decided", note.channel, note.verdict
        case Revoked() if note.delivery_id in journeys:
            return journeys[note.delivery_id], "revoked", note.reason.code, ""
        case Settled() if note.delivery_id in journeys:
            code = note.reason.code if note.reason else ""
            return journeys[note.delivery_id], "settled", note.outcome, code
        case _:
            return None


def test_passages_of_one_person_are_as_if_each_were_alone() -> None:
    plan = compile_plan(PLAIN, WARY, policies=QUIET)
    seen: Counter[tuple[str, str, str, str]] = Counter()

    for seed in range(SEEDS):
        world = open_world(plan, SCENE)
        for who in EVERYBODY:
            known_person(world, who)
        live(world, Dice(seed))
        for cart in range(CARTS):
            story = told(world, BUSY, f"cart {cart}")
            assert story == told(world, f"alone {cart}", f"cart {cart}"), (seed, cart)
            seen.update((name, *line[1:]) for name, lines in story.items() for line in lines)

    for one in HAPPENS:
        assert seen[one] > 0, one
