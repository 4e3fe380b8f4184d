"""What people write back by SMS: it holds in the step it came in, and as far as the policy says."""

from __future__ import annotations

import msgspec
import pytest

from legato.model.event import SMS_RECEIVED, CustomerEvent
from legato.model.ids import EventId, derive
from legato.model.instant import DAY, HOUR, MINUTE
from legato.model.note import Decided, Settled
from legato.model.plan import Plan
from legato.simulate.world import World
from tests.sim.shopkeeping import BASE, compile_plan, known_person, open_world

NUMBER, OTHER = "+447700900001", "+447700900777"
IDENTITY = """
identity:
  - {kind: user_id, from: [user_id], unique: true}
  - {kind: phone, from: [traits.phone, sms.from], phone: true}
"""
SOURCES = """
source: replies
kind: twilio_sms
auth_token: {secret: SMS_AUTH_TOKEN}
channel: sms
help: help_text
confirm: stopped
"""
TEXTS = """---
template: help_text
purpose: service
sms: {body: "Write to help@shop.example. STOP ends these messages."}
---
template: stopped
purpose: service
sms: {body: "You will get no more."}
---
template: sure
purpose: service
sms: {body: "Reply STOP to end these messages."}
"""


EVERYWHERE = """
destination: others
connector: file
settings: {path: "-"}
---
destination: ads
connector: webhook
settings: {url: "https://ads.example/lists"}
---
channel: push
destination: others
address: identifier user_id
---
channel: letter
destination: others
address: identifier user_id
---
template: everywhere
purpose: marketing
push: {body: "Your cart waits"}
letter: {body: "Your cart waits"}
---
segment: shoppers
title: Shoppers
owner: growth
purpose: marketing
when: {did: Product Viewed, within: 30d}
keep_in: [ads]
"""
"""More ways to be reached, by paper and by advertisements too."""


def journey(channel: str, message: str = "reminder") -> str:
    return f"""
journey: by_{channel}
title: By {channel}
owner: growth
purpose: marketing
enter: {{on: Product Viewed, key: sku, again: any time}}
steps:
  - send: {{message: {message}, on: {channel}, expires: 6h, about: sku}}
"""


def plan(stop: str = "", *journeys: str, sources: str = SOURCES, **more: str) -> Plan:
    policies = BASE["policies.yaml"].replace("scope: global", f"scope: topic{stop}")
    texts = f"{BASE['templates.yaml']}{TEXTS}"
    return compile_plan(
        journey("sms"),
        journey("email"),
        *journeys,
        policies=policies,
        identity=IDENTITY,
        sources=sources,
        templates=texts,
        **more,
    )


def reply(world: World, text: str, number: str = NUMBER, sid: str = "") -> None:
    """Let a text come in by the provider's hook."""
    message_id = sid or f"SM{world.position()}"
    body = {"from": number, "to": "+447700900999", "body": text, "message_id": message_id}
    world.receive(
        CustomerEvent(
            event_id=EventId(derive("event", "replies", message_id)),
            received_at=world.now,
            occurred_at=world.now,
            source="replies",
            message_id=message_id,
            kind="track",
            name=SMS_RECEIVED,
            body=msgspec.json.encode(body),
        )
    )
    world.advance(MINUTE)


def offered(world: World, who: str, sku: str) -> list[str]:
    """Return the channels by which somebody is sent an offer now."""
    before = len(world.sent)
    world.track(who, "Product Viewed", {"sku": sku})
    world.advance(MINUTE)
    return sorted(sent.delivery.channel for sent in world.sent[before:])


@pytest.mark.parametrize(
    ("stop", "left"),
    [
        (", sms_stop: channel", ["email"]),
        (", sms_stop: global", []),
        (", sms_stop: topic", []),
        ("", []),
    ],
)
def test_a_stop_closes_what_the_policy_says(stop: str, left: list[str]) -> None:
    world = open_world(plan(stop))
    known_person(world, "ana")
    assert offered(world, "ana", "a") == ["email", "sms"]

    reply(world, "STOP")

    assert offered(world, "ana", "b") == left
    reply(world, "when does the sale start?")
    reply(world, "please restart my order")
    assert offered(world, "ana", "c") == left


@pytest.mark.parametrize(
    ("stop", "left", "lists"),
    [("channel", ["email", "letter", "push"], ["shoppers@ads"]), ("global", [], [])],
)
def test_a_stop_reaches_paper_push_and_advertisements_where_the_policy_says_so(
    stop: str, left: list[str], lists: list[str]
) -> None:
    others = [journey(channel, "everywhere") for channel in ("push", "letter")]
    world = open_world(plan(f", sms_stop: {stop}", *others, everywhere=EVERYWHERE))
    known_person(world, "ana")
    assert offered(world, "ana", "a") == ["", "email", "letter", "push", "sms"]  # "": the list

    reply(world, "STOP")
    before = world.state("ana")
    world.advance(MINUTE)

    assert [one for one in offered(world, "ana", "b") if one] == left
    assert before is not None
    assert list(before.audiences) == lists


def test_a_start_opens_sms_again_and_nothing_else() -> None:
    world = open_world(plan(", sms_stop: global"))
    known_person(world, "ana")
    reply(world, "stop.")

    reply(world, "Start")

    assert offered(world, "ana", "a") == ["sms"]


def test_help_is_answered_to_the_number_that_asked_also_after_a_stop() -> None:
    world = open_world(plan())
    known_person(world, "ana")

    reply(world, "HELP")
    reply(world, "STOP")
    reply(world, "help?")

    answers = [(one.delivery.message, one.delivery.address) for one in world.sent]
    assert answers == [("help_text", NUMBER), ("stopped", NUMBER), ("help_text", NUMBER)]


def test_what_is_not_clear_is_an_opt_out_unless_the_source_asks_back() -> None:
    world = open_world(plan())
    known_person(world, "ana")
    asking = open_world(plan(sources=SOURCES.replace("help: help_text", "ask: sure")))
    known_person(asking, "ana")

    reply(world, "just stop")
    reply(asking, "just stop")

    assert offered(world, "ana", "a") == []
    assert [one.delivery.message for one in asking.sent] == ["sure"]
    assert offered(asking, "ana", "a") == ["email", "sms"]


def test_two_machines_that_answer_one_another_come_to_an_end() -> None:
    world = open_world(plan())

    for _ in range(20):
        reply(world, "help")

    assert len(world.sent) == 3
    world.advance(2 * HOUR)
    reply(world, "help")
    assert len(world.sent) == 4


def test_a_reply_that_is_delivered_twice_counts_once() -> None:
    world = open_world(plan())
    known_person(world, "ana")

    reply(world, "STOP", sid="SM1")
    reply(world, "START", sid="SM2")
    reply(world, "STOP", sid="SM1")

    assert offered(world, "ana", "a") == ["sms"]


def test_a_stop_of_a_number_nobody_is_known_by_holds_for_whoever_turns_out_to_have_it() -> None:
    world = open_world(plan())

    reply(world, "UNSUBSCRIBE")
    world.advance(DAY)
    # Consent to everything of before the stop, learned of only now.
    event = world.event("ana", "identify", {"phone": "+44 7700 900-001", "email": "a@example.com"})
    context = msgspec.json.encode({"consent": {"categoryPreferences": {"Ads": True}}})
    early = msgspec.structs.replace(event, context=context, occurred_at=world.now - 2 * DAY)
    world.receive(early)

    assert offered(world, "ana", "a") == []


def test_a_stop_closes_the_number_for_everybody_who_has_it() -> None:
    world = open_world(plan())
    known_person(world, "ana")
    known_person(world, "ben")  # of another name, with the same number

    reply(world, "no more texts please")

    assert offered(world, "ana", "a") == []
    assert offered(world, "ben", "b") == ["email"]
    codes = [n.reason.code for n in world.notes_of("ben") if isinstance(n, Settled) and n.reason]
    assert codes == ["suppression.opted_out"]


def test_a_yes_to_sms_of_whoever_has_the_number_now_opens_it() -> None:
    world = open_world(plan())
    known_person(world, "ana")
    reply(world, "STOP")
    known_person(world, "ben")

    body = {"purpose": "marketing", "granted": True, "channel": "sms"}
    world.track("ben", "Consent Changed", body)

    assert offered(world, "ben", "b") == ["email", "sms"]
    assert offered(world, "ana", "a") == []


def test_a_number_is_never_opted_in_by_accident() -> None:
    world = open_world(plan())

    reply(world, "yes I'd like to start", number=OTHER)
    world.identify("eve", {"phone": OTHER, "email": "eve@example.com"})

    assert offered(world, "eve", "a") == []
    decided = [note for note in world.notes_of("eve") if isinstance(note, Decided)]
    assert {n.reason.code for n in decided if n.reason} == {"consent.missing"}
