"""Events go on to destinations: those that ask, what they may have, once, in order, as agreed."""

from __future__ import annotations

import msgspec

from legato.model.delivery import Delivery
from legato.model.event import EventRecalled
from legato.model.instant import DAY, HOUR, MINUTE, SECOND
from legato.model.note import HandedOn, Settled
from legato.simulate.provider import Provider
from legato.simulate.world import Scene, World
from tests.sim.shopkeeping import BASE, compile_plan, open_world

PURPOSES = (
    BASE["policies.yaml"]
    .replace(
        "  service:",
        "  analytics: {basis: consent, promotional: false, may_use: [service]}\n  service:",
    )
    .replace("Ads: marketing", "Ads: marketing, Measuring: analytics")
)
TOOL = "destination: tool\nconnector: webhook\nsettings: {url: 'https://tool.example/in'}\n"


def streamed(events: str, *more: str, scene: Scene | None = None, **files: str) -> World:
    """Open a world in which `tool` gets events, and other destinations may too."""
    texts = [BASE["destinations.yaml"], TOOL + f"events: {events}\n", *more]
    plan = compile_plan(destinations="---\n".join(texts), policies=PURPOSES, **files)
    return open_world(plan) if scene is None else open_world(plan, scene)


def agrees(world: World, who: str, *, to_measuring: bool = True) -> None:
    context = {"consent": {"categoryPreferences": {"Measuring": to_measuring}}}
    world.identify(who, {"email": f"{who}@example.com"}, context)


def handed_on(world: World, destination: str = "tool") -> list[Delivery]:
    return [
        one.delivery
        for one in world.sent
        if one.delivery.destination == destination and one.delivery.operation == "event"
    ]


def names(world: World, destination: str = "tool") -> list[str]:
    return [one.message for one in handed_on(world, destination)]


def codes(world: World, who: str) -> list[str]:
    notes = [note for note in world.notes_of(who) if isinstance(note, HandedOn)]
    return [one.code for note in notes for one in note.to]


def test_an_event_goes_on_whole_to_who_asks_for_it() -> None:
    world = streamed("{purpose: service, only: [Order Completed]}")
    agrees(world, "ana")

    world.track("ana", "Product Viewed")
    event = world.track("ana", "Order Completed", {"total": 12})
    world.advance(MINUTE)

    (delivery,) = handed_on(world)
    assert delivery.content == {
        "type": "track",
        "event": "Order Completed",
        "messageId": event.message_id,
        "userId": "ana",
        "timestamp": "2026-03-02T10:00:00.000Z",
        "receivedAt": "2026-03-02T10:00:00.000Z",
        "properties": {"total": 12},
    }
    assert (delivery.purpose, delivery.channel, delivery.address) == ("service", "", "")


def test_who_has_not_agreed_is_not_handed_on_and_the_note_says_why() -> None:
    world = streamed("{purpose: analytics, only: [Order Completed]}")
    agrees(world, "ana", to_measuring=False)
    agrees(world, "bea")

    for who in ("ana", "bea", "eve"):
        world.track(who, "Order Completed")
    world.advance(MINUTE)

    assert [one.content["userId"] for one in handed_on(world)] == ["bea"]
    assert codes(world, "ana") == ["consent.withdrawn"]
    assert codes(world, "eve") == ["consent.missing"]


def test_consent_withdrawn_takes_back_what_waits_for_a_dead_destination() -> None:
    scene = Scene(providers={"tool": Provider(fault_share=1.0)})
    world = streamed("{purpose: analytics, only: [Order Completed]}", scene=scene)
    agrees(world, "ana")
    world.track("ana", "Order Completed")
    world.track("ana", "Order Completed")
    world.advance(MINUTE)

    agrees(world, "ana", to_measuring=False)
    world.advance(HOUR)

    settled = [note for note in world.notes_of("ana") if isinstance(note, Settled)]
    assert [note.outcome for note in settled] == ["refused", "refused"]
    state = world.state("ana")
    assert state is not None
    assert not [one for one in state.pending.values() if one.operation == "event"]


def test_what_may_not_be_shown_is_left_out() -> None:
    catalog = """
trait: diagnosis
owner: care
purpose: service
privacy: health
schema: {type: string}
---
event: Ticket Filed
owner: desk
purpose: service
schema:
  type: object
  properties:
    topic: {type: string}
    note: {type: string}
    illness: {type: string, privacy: health}
    lines: {type: array, items: {type: object, properties: {text: {type: string}}}}
"""
    events = "{purpose: service, without: [note, lines.text]}"
    world = streamed(events, catalog2=catalog)
    world.identify("ana", {"diagnosis": "canary", "plan": "gold", "made_up": "canary"})
    event = world.event(
        "ana",
        "track",
        {
            "topic": "a",
            "note": "canary",
            "illness": "canary",
            "lines": [{"text": "canary", "n": 1}],
        },
        name="Ticket Filed",
    )
    context = msgspec.json.encode({"ip": "1.2.3.4", "traits": {"diagnosis": "canary", "plan": "x"}})
    world.receive(msgspec.structs.replace(event, context=context))
    world.advance(MINUTE)

    told, filed = (one.content for one in handed_on(world))
    assert told["traits"] == {"plan": "gold"}
    assert filed["properties"] == {"topic": "a", "lines": [{}]}
    assert filed["context"] == {"ip": "1.2.3.4", "traits": {"plan": "x"}}


def test_only_what_is_asked_for_goes_on() -> None:
    world = streamed(
        "{purpose: service, except: [Product Viewed], types: [track], from: [web],"
        " when: {trait: {plan: gold}}, late: drop}",
        sources="source: web\nwrite_keys: [key]\n",
    )
    world.identify("ana", {"plan": "gold"})
    world.identify("bea", {"plan": "free"})
    before = world.event("ana", "track", {}, name="Signed Up")
    world.advance(HOUR)

    for who in ("ana", "bea"):
        world.track(who, "Product Viewed")
        world.track(who, "Order Completed")
    elsewhere = world.event("ana", "track", {}, name="Order Completed")
    world.receive(msgspec.structs.replace(elsewhere, source="app"))
    world.receive(msgspec.structs.replace(before, received_at=world.now))
    world.advance(MINUTE)

    assert names(world) == ["Order Completed"]
    assert codes(world, "ana") == ["", "stream.late"]


def test_a_call_that_declines_a_destination_is_not_handed_on() -> None:
    world = streamed("{purpose: service}")
    for said in ({"All": False}, {"Webhook": False}, {"All": False, "tool": True}, {"tool": 1}):
        event = world.event("ana", "track", {"said": str(said)}, name="Signed Up")
        world.receive(msgspec.structs.replace(event, integrations=msgspec.json.encode(said)))
    world.advance(MINUTE)

    assert [one.content["properties"]["said"] for one in handed_on(world)] == [
        "{'All': False, 'tool': True}",
        "{'tool': 1}",
    ]


def test_a_repeated_event_goes_on_once() -> None:
    world = streamed("{purpose: service}")

    event = world.track("ana", "Order Completed")
    world.receive(event)
    world.advance(DAY)
    world.receive(msgspec.structs.replace(event, received_at=world.now))
    world.advance(MINUTE)

    assert names(world) == ["Order Completed"]


def test_a_destination_that_is_dead_costs_another_nothing() -> None:
    other = TOOL.replace("tool", "other") + "events: {purpose: service}\n"
    scene = Scene(providers={"tool": Provider(fault_share=1.0)})
    world = streamed("{purpose: service}", other, scene=scene)

    world.track("ana", "Order Completed")
    world.advance(20 * SECOND)

    assert names(world) == []
    assert names(world, "other") == ["Order Completed"]


def test_what_was_handed_on_before_a_merge_stays_before_what_comes_after() -> None:
    scene = Scene(providers={"tool": Provider(fault_share=0.9)})
    world = streamed("{purpose: service, types: [track]}", scene=scene)
    anonymous = world.event("", "track", {"n": 1}, name="Product Viewed")
    world.receive(msgspec.structs.replace(anonymous, user_id=None, anonymous_id="a1"))
    world.track("ana", "Signed Up", {"n": 0})
    world.advance(DAY)
    second = world.event("", "track", {"n": 2}, name="Product Viewed")
    world.receive(msgspec.structs.replace(second, user_id=None, anonymous_id="a1"))
    joined = world.event("ana", "identify", {})
    world.receive(msgspec.structs.replace(joined, anonymous_id="a1"))
    for number in range(3, 9):
        world.track("ana", "Order Completed", {"n": number})
    world.advance(DAY)

    numbers = [one.content["properties"]["n"] for one in handed_on(world)]
    assert sorted(numbers[:2]) == [0, 1]
    assert numbers[2:] == list(range(2, 9))


def test_a_stream_taken_away_lets_nothing_more_leave() -> None:
    scene = Scene(providers={"tool": Provider(fault_share=1.0)})
    world = streamed("{purpose: service}", scene=scene)
    world.track("ana", "Order Completed")
    world.advance(SECOND)

    texts = "---\n".join([BASE["destinations.yaml"], TOOL])
    world.activate(compile_plan(destinations=texts, policies=PURPOSES))
    world.advance(HOUR)

    settled = [note for note in world.notes_of("ana") if isinstance(note, Settled)]
    assert [note.reason.code for note in settled if note.reason] == ["stream.closed"]


def test_a_recalled_event_goes_on_once_and_as_consent_is_now() -> None:
    world = streamed("{purpose: analytics, only: [Order Completed], late: drop}")
    world.track("ana", "Order Completed")
    position = world.position()
    recalled = EventRecalled(received_at=world.now, destination="tool", position=position)
    world.feed(recalled)
    world.advance(DAY)
    before = names(world)

    agrees(world, "ana")
    for _ in range(2):
        world.feed(msgspec.structs.replace(recalled, received_at=world.now))
    world.advance(MINUTE)

    assert (before, names(world)) == ([], ["Order Completed"])
    assert codes(world, "ana") == ["consent.missing", "consent.missing", ""]


UNCHANGED = "{purpose: service, types: [identify, group, track], unchanged: drop}"


def test_a_call_that_says_what_the_last_one_said_is_not_handed_on() -> None:
    world = streamed(UNCHANGED)
    for plan in ("gold", "gold", "free", "gold", "gold"):
        world.identify("ana", {"plan": plan})
        world.track("ana", "Order Completed")
        world.advance(MINUTE)

    said = [one.content["traits"]["plan"] for one in handed_on(world) if "traits" in one.content]
    assert said == ["gold", "free", "gold"]
    assert names(world).count("Order Completed") == 5
    assert codes(world, "ana").count("stream.unchanged") == 2


def test_what_has_not_arrived_is_said_again() -> None:
    world = streamed(UNCHANGED, scene=Scene(providers={"tool": Provider(fault_share=1.0)}))
    world.identify("ana", {"plan": "gold"})
    world.advance(8 * DAY)

    world.identify("ana", {"plan": "gold"})

    assert codes(world, "ana") == ["", ""]


def test_a_manifest_may_ask_for_changes_alone() -> None:
    routes = "[{on: event, changed_only: true, request: {url: 'https://own.example/'}}]"
    head = "manifest: 1\nid: own\nname: Own\ncategory: crm\ndocs: https://own.example\n"
    own = f"{head}routes: {routes}\n"
    tool = "destination: other\nconnector: own\nevents: {purpose: service, types: [identify]}\n"
    world = streamed("{purpose: service, types: [page]}", tool, own=own)

    for _ in range(3):
        world.identify("ana", {"plan": "gold"})
        world.advance(MINUTE)

    assert len(handed_on(world, "other")) == 1
