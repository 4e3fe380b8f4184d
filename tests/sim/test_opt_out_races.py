"""Every way to say no races every way a message waits, and wins.

`LEGATO_SIM_RACES` says how many races are run. The judge knows nothing of gates: it compares the
place of the no in the log with the place at which the provider took a message.
"""

from __future__ import annotations

import os
from collections import Counter

import msgspec
from msgspec.structs import replace

from legato.insight.messages import messages_of
from legato.model.event import SMS_RECEIVED, CustomerEvent, Event
from legato.model.ids import DeliveryId, EventId, PersonId, derive, share
from legato.model.instant import HOUR, MILLISECOND, MINUTE, SECOND, Duration, parse_instant
from legato.model.note import Decided, Revoked, Settled, Story
from legato.model.plan import Plan
from legato.simulate.provider import Provider
from legato.simulate.world import Scene, World
from tests.sim.shopkeeping import BASE, compile_plan, open_world, statement

RACES = int(os.environ.get("LEGATO_SIM_RACES", "400"))
WAVE = 200
WAYS = ("keyword", "page", "api", "tag", "vendor", "import")
"""How the no comes."""
WAITS: dict[str, tuple[str, Duration]] = {
    "deciding": ("email", 2 * MILLISECOND),
    "under_way": ("email", 1_200 * MILLISECOND),
    "retrying": ("push", 20 * SECOND),
    "held": ("sms", 4 * HOUR),
    "on_timer": ("email", HOUR),
}
"""Where the message is -> its channel, and for how long the no may take. A rehearsed lane has no
rate; behind one messages wait in the races of tests/door."""
EVENTS = dict(
    zip(
        WAITS,
        ("Product Viewed", "Cart Updated", "Signed Up", "Checkout Started", "Order Completed"),
        strict=True,
    )
)
"""What sets a message out."""
WITHDRAWN = ("consent.withdrawn", "suppression.opted_out")
IDENTITY = """
identity:
  - {kind: user_id, from: [user_id], unique: true}
  - {kind: email, from: [traits.email, properties.email], lowercase: true}
  - {kind: phone, from: [traits.phone, sms.from], phone: true}
"""
SOURCES = """
source: web
write_keys: [web-key]
---
source: replies
kind: twilio_sms
auth_token: {secret: SMS_AUTH_TOKEN}
channel: sms
---
source: mail_events
kind: webhook
signing_key: {secret: MAIL_HOOK_KEY}
event: Ticket Opened
opt_outs: {at: event, values: [unsubscribe], address: email, channel: email}
"""
POLICIES = """
quiet_hours: night
from: "21:00"
to: "08:00"
channels: [sms]
"""
PUSH = """
destination: pusher
connector: file
settings: {path: "-"}
---
channel: push
destination: pusher
address: identifier user_id
"""
SLOW = Provider(latency_least=20 * MILLISECOND, latency_most=SECOND, fault_share=0.5)
FAILING = Provider(fault_share=0.7)


def plan() -> Plan:
    templates = BASE["templates.yaml"].replace(
        'sms: {body: "Your cart waits"}',
        'sms: {body: "Your cart waits"}\npush: {body: "Your cart waits"}',
    )
    journeys = [
        f"journey: {name}\ntitle: {name}\nowner: growth\npurpose: marketing\n"
        f"enter: {{on: {EVENTS[name]}, again: any time}}\nsteps:\n"
        + ("  - wait: 30m\n" if name == "on_timer" else "")
        + f"  - send: {{message: reminder, on: {channel}, expires: 12h}}\n"
        for name, (channel, _) in WAITS.items()
    ]
    return compile_plan(
        *journeys,
        identity=IDENTITY,
        sources=SOURCES,
        templates=templates,
        policies=f"{BASE['policies.yaml']}---{POLICIES}",
        pushing=PUSH,
    )


class Race(msgspec.Struct):
    """One person, one message on its way, one no."""

    who: str
    number: str
    way: str
    wait: str
    person_id: PersonId = PersonId("")
    over_at: int = 0
    """The place of the no in the log."""


def said_no(world: World, race: Race) -> Event:
    match race.way:
        case "keyword":
            return heard(
                world, race, "replies", SMS_RECEIVED, {"from": race.number, "body": "STOP"}
            )
        case "vendor":
            body = {"event": "unsubscribe", "email": f"{race.who}@example.com"}
            return heard(world, race, "mail_events", "Ticket Opened", body)
        case "tag" | "import":
            body = {"purpose": "marketing", "granted": False, "channel": "email"}
            event = world.event(race.who, "track", body, name="Consent Changed")
            # An import says what happened a little ago, and is no weaker for that.
            return replace(event, occurred_at=world.now - 1) if race.way == "import" else event
        case _:
            said = statement(world, race.who, "marketing", is_granted=False, channel="sms")
            return replace(said, source=f"{race.way}:test")


def heard(world: World, race: Race, source: str, name: str, body: object) -> CustomerEvent:
    event = world.event(race.who, "track", {}, name=name)
    return replace(
        event,
        event_id=EventId(derive("event", source, race.who)),
        source=source,
        user_id=None,
        body=msgspec.json.encode(body),
    )


def run_wave(start: int, races: list[Race]) -> World:
    """Let everybody be sent something, and say no at an instant drawn by digest."""
    morning = parse_instant("2026-03-02T06:00:00Z")
    assert morning is not None
    scene = Scene(seed=start, start=morning, providers={"mail": SLOW, "pusher": FAILING})
    world = open_world(plan(), scene)
    for race in races:
        traits = {"email": f"{race.who}@example.com", "phone": race.number, "timezone": "UTC"}
        world.identify(race.who, traits)
        world.feed(statement(world, race.who, "marketing", is_granted=True))
        world.at(world.now + MINUTE, lambda race=race: set_out(world, race))
        spread = WAITS[race.wait][1]
        after = round(share("no", race.who) * spread)
        world.at(world.now + MINUTE + after, lambda race=race: say_no(world, race))
    world.advance(24 * HOUR)
    return world


def set_out(world: World, race: Race) -> None:
    world.track(race.who, EVENTS[race.wait])


def say_no(world: World, race: Race) -> None:
    state = world.state(race.who)
    assert state is not None
    race.person_id = state.person_id
    race.over_at = world.position() + 1
    world.feed(said_no(world, race))
    # And once more something that would be sent, by every channel.
    for name in EVENTS.values():
        world.track(race.who, name)


def test_no_message_leaves_after_a_no_by_whatever_way_it_comes() -> None:
    late: list[tuple[Race, str]] = []
    fates: dict[str, Counter[str]] = {wait: Counter() for wait in WAITS}
    for start in range(0, RACES, WAVE):
        races = [
            Race(f"p{number}", f"+4477{number:08}", WAYS[number % 6], list(WAITS)[number // 6 % 5])
            for number in range(start, min(start + WAVE, RACES))
        ]
        world = run_wave(start, races)
        by_person = {race.person_id: race for race in races}
        assert len(by_person) == len(races)
        arrived: dict[DeliveryId, None] = {}
        for sent in world.sent:
            race = by_person[sent.delivery.person_id]
            arrived[sent.delivery.delivery_id] = None
            if sent.delivery.operation == "send" and sent.position >= race.over_at:
                late.append((race, sent.delivery.channel))
        judge_notes(world, by_person, arrived, fates)

    for wait, counter in fates.items():
        print(f"{wait}: {dict(counter)}")  # noqa: T201 - the figures of the run, shown with -s
        assert counter["revoked"] + counter["refused"] > 0
    assert sum(counter["sent"] for counter in fates.values()) > 0
    assert late == []


def judge_notes(
    world: World,
    by_person: dict[PersonId, Race],
    arrived: dict[DeliveryId, None],
    fates: dict[str, Counter[str]],
) -> None:
    """Every message that was decided was sent, or is on record as refused because of the no."""
    decided: dict[DeliveryId, PersonId] = {}
    revoked: dict[DeliveryId, str] = {}
    ended: dict[DeliveryId, str] = {}
    stopped: Counter[PersonId] = Counter()
    for person_id, _, note in world.notes:
        match note:
            case Decided() if note.verdict != "refuse":
                decided[note.delivery_id] = person_id
            case Decided() if note.journey == by_person[person_id].wait:
                stopped[person_id] += 1
            case Revoked():
                revoked[note.delivery_id] = note.reason.code
            case Settled(reason=reason) if reason is not None:
                ended[note.delivery_id] = reason.code
            case _:
                pass
    for person_id, count in stopped.items():
        # One of these is what is tried after the no; another one was on its way before.
        fates[by_person[person_id].wait]["refused"] += count - 1
    stories = [Story(position=0, person_id=who, at=at, notes=(n,)) for who, at, n in world.notes]
    states = {one.delivery_id: one.state for one in messages_of(stories)}
    for delivery_id, person_id in decided.items():
        wait = by_person[person_id].wait
        if delivery_id in arrived:
            fates[wait]["sent"] += 1
        else:
            code = revoked.get(delivery_id) or ended[delivery_id]
            assert code in WITHDRAWN, (by_person[person_id], code)
            assert states[delivery_id] == "suppressed:consent"
            fates[wait]["revoked" if delivery_id in revoked else "refused"] += 1
