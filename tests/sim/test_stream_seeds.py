"""A thousand worlds in which destinations fail, people change their minds and processes die.

Of each it is worked out from the raw events alone what each destination must have got.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from legato.model.event import CustomerEvent
from legato.model.instant import DAY, HOUR, MINUTE
from legato.simulate.dice import Dice
from legato.simulate.provider import Provider
from legato.simulate.replay import refold
from legato.simulate.world import Scene, World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.shopkeeping import BASE, compile_plan
from tests.sim.test_stream import PURPOSES, TOOL

SEEDS = 1_000
EVENTS = 24
PEOPLE = ("ana", "bea", "cai")
PATIENT = "retry: {give_up: 2d}\n"
"""Attempts take up to an hour here: nothing is given up before its destination has answered."""
PLAN = compile_plan(
    destinations="---\n".join(
        [
            BASE["destinations.yaml"],
            TOOL + PATIENT + "events: {purpose: service, types: [track]}\n",
            TOOL.replace("tool", "asking")
            + PATIENT
            + "events: {purpose: analytics, types: [track]}\n",
        ]
    ),
    policies=PURPOSES,
)


class Past(msgspec.Struct):
    """What happened in a world, in the order in which it was received."""

    tracked: dict[str, list[tuple[int, CustomerEvent]]] = {}
    """Who -> what they did, each with the position of its record."""
    said: dict[str, list[tuple[int, bool]]] = {}


def live(seed: int, log: MemoryLog | None = None) -> tuple[World, Past]:
    """Let people do things in a world whose destinations fail, and see it to its end."""
    dice, past = Dice(seed), Past(tracked={}, said={})
    providers = {
        name: Provider(
            latency_most=dice.pick((MINUTE, HOUR), "latency", name),
            fault_share=dice.pick((0.0, 0.3, 0.6), "faults", name),
            lost_share=dice.pick((0.0, 0.1), "lost", name),
        )
        for name in ("tool", "asking")
    }
    scene = Scene(seed=seed, providers=providers)
    world = World(PLAN, log or MemoryLog(), MemoryStore(), scene)
    for number in range(EVENTS):
        who = dice.pick(PEOPLE, "who", str(number))
        match dice.pick(("track", "track", "track", "say", "again", "crash"), "what", str(number)):
            case "track":
                event = world.track(who, "Order Completed", {"n": number})
                past.tracked.setdefault(who, []).append((world.position(), event))
            case "say":
                agrees = dice.pick((True, False), "agrees", str(number))
                context = {"consent": {"categoryPreferences": {"Measuring": agrees}}}
                world.identify(who, {}, context)
                past.said.setdefault(who, []).append((world.position(), agrees))
            case "again" if past.tracked.get(who):
                _, before = dice.pick(past.tracked[who], "which", str(number))
                world.receive(msgspec.structs.replace(before, received_at=world.now))
            case _:
                world.crash()
        world.advance(dice.pick((1, 5 * MINUTE, 2 * HOUR), "pause", str(number)))
    world.advance(3 * DAY)
    return world, past


def got(world: World, destination: str, who: str) -> list[tuple[int, str]]:
    """Return what of somebody a destination got: the log's last position then, and the message."""
    return [
        (one.position, one.delivery.content["messageId"])
        for one in world.sent
        if one.delivery.destination == destination and one.delivery.content.get("userId") == who
    ]


def violations(seed: int) -> Iterator[str]:
    world, past = live(seed)
    for who in PEOPLE:
        did = past.tracked.get(who, [])
        wanted = [event.message_id for _, event in did]
        tool = [message for _, message in got(world, "tool", who)]
        if tool != wanted:
            yield f"seed {seed}: {who} did {wanted}, and the destination got {tool}"
        asking = got(world, "asking", who)
        ids = [message for _, message in asking]
        if ids != [each for each in wanted if each in ids]:
            yield f"seed {seed}: {who}: {ids} is twice or out of the order of {wanted}"
        for position, message in asking:
            if not agreed(past, who, position):
                yield f"seed {seed}: {message} of {who} left against consent"
        for position, event in did:
            if agrees_from(past, who, position) and event.message_id not in ids:
                yield f"seed {seed}: {event.message_id} of {who} never came, though agreed to"
        state = world.state(who)
        if state is not None and any(one.operation == "event" for one in state.pending.values()):
            yield f"seed {seed}: events of {who} wait for nothing"


def agreed(past: Past, who: str, position: int) -> bool:
    """Return whether somebody agreed to being measured as of a position of the log."""
    said = past.said.get(who, [])
    return [yes for at, yes in said if at <= position][-1:] == [True]


def agrees_from(past: Past, who: str, position: int) -> bool:
    later = [yes for at, yes in past.said.get(who, []) if at > position]
    return agreed(past, who, position) and all(later)


def test_each_event_arrives_once_in_order_and_never_against_consent() -> None:
    assert [each for seed in range(SEEDS) for each in violations(seed)] == []


def test_the_same_seed_hands_on_the_same_deliveries() -> None:
    one, other = live(7)[0], live(7)[0]

    assert one.decision_digest() == other.decision_digest()
    assert [each.delivery for each in one.sent] == [each.delivery for each in other.sent]


def test_the_same_log_hands_on_the_same_deliveries_however_it_is_folded() -> None:
    for seed in range(20):
        log = MemoryLog()
        world, _ = live(seed, log)
        handed_on = {
            one.delivery.delivery_id for one in world.sent if one.delivery.operation == "event"
        }

        once = refold(log, MemoryStore, turn_records=1)
        again = refold(log, MemoryStore, turn_records=64)

        assert once == again, seed
        assert handed_on <= set(once.delivery_ids), seed
        assert once.decision_digest == world.decision_digest(), seed
