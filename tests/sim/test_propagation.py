"""Connected systems are told of an opt-out, each with a receipt; who cannot be told is noticed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from legato.core.sending.propagate import ALARM_AFTER
from legato.insight.receipts import receipts_of
from legato.insight.untold import untold
from legato.model.delivery import Delivery
from legato.model.instant import DAY, HOUR, MINUTE, SECOND
from legato.model.note import Alerted, Story
from legato.model.plan import Plan
from legato.simulate.provider import Provider
from legato.simulate.world import STEADY_SCENE, Scene, World
from tests.sim.shopkeeping import BASE, compile_plan, known_person, open_world, statement

DESTINATIONS = (
    BASE["destinations.yaml"]
    + """---
destination: crm
connector: webhook
settings: {url: "https://crm.example/consents"}
---
destination: ads
connector: webhook
settings: {url: "https://ads.example/lists"}
"""
).replace(
    'destination: mail\nconnector: file\nsettings: {path: "-"}',
    'destination: mail\nconnector: webhook\nsettings: {url: "https://mail.example"}',
)
SOURCES = """
source: web
write_keys: [web-key]
---
source: mail_events
kind: segment
write_keys: [mail-key]
pairs_with: mail
"""
SHOPPERS = """
segment: shoppers
title: Shoppers
owner: growth
purpose: marketing
when: {did: Product Viewed, within: 30d}
keep_in: [ads]
"""


def plan(scope: str = "topic") -> Plan:
    policies = BASE["policies.yaml"].replace("scope: global", f"scope: {scope}")
    return compile_plan(
        policies=policies, destinations=DESTINATIONS, sources=SOURCES, segments=SHOPPERS
    )


def known(scope: str = "topic", scene: Scene = STEADY_SCENE) -> World:
    world = open_world(plan(scope), scene)
    known_person(world, "ana")
    world.track("ana", "Product Viewed")
    world.advance(MINUTE)
    return world


def say(world: World, *, is_granted: bool, channel: str = "*", source: str = "web") -> None:
    said = statement(world, "ana", "marketing", is_granted=is_granted, channel=channel)
    world.feed(replace(said, source=source))


def told(world: World) -> list[tuple[str, str, str, list[str]]]:
    return [
        _told(sent.delivery) for sent in world.sent if sent.delivery.operation.startswith("opt")
    ]


def _told(one: Delivery) -> tuple[str, str, str, list[str]]:
    return one.operation, one.destination, one.channel, one.content["purposes"]


def alarms(world: World) -> list[str]:
    return [n.reason.code for n in world.notes_of("ana") if isinstance(n, Alerted)]


def test_every_system_that_can_be_told_is_told_within_seconds_and_lists_are_left() -> None:
    world = known()

    say(world, is_granted=False)
    world.advance(5 * SECOND)

    assert sorted(told(world)) == [
        ("opt_out", "ads", "", ["marketing"]),
        ("opt_out", "crm", "", ["marketing"]),
        ("opt_out", "mail", "email", ["marketing"]),
    ]
    removed = [one.delivery for one in world.sent if one.delivery.operation == "audience_remove"]
    assert [one.message for one in removed] == ["shoppers@ads"]
    assert {one.address for one in removed} == {"ana@example.com"}
    state = world.state("ana")
    assert state is not None
    assert state.untold == {}


def test_what_was_told_is_not_told_again() -> None:
    world = known()

    for _ in range(3):
        say(world, is_granted=False)
        world.advance(MINUTE)

    assert len(told(world)) == 3


def test_a_no_to_one_channel_is_told_to_whom_it_concerns() -> None:
    world = known("channel")

    say(world, is_granted=False, channel="sms")
    world.advance(MINUTE)

    assert sorted(told(world)) == [
        ("opt_out", "ads", "", ["marketing/sms"]),
        ("opt_out", "crm", "", ["marketing/sms"]),
    ]


def test_who_has_told_us_is_not_told() -> None:
    world = known()

    say(world, is_granted=False, source="mail_events")
    world.advance(MINUTE)

    assert {destination for _, destination, _, _ in told(world)} == {"ads", "crm"}


def test_a_yes_after_a_no_is_told_too_and_a_first_yes_is_not() -> None:
    world = known()
    assert told(world) == []

    say(world, is_granted=False)
    world.advance(MINUTE)
    say(world, is_granted=True)
    world.advance(MINUTE)

    assert ("opt_in", "mail", "email", ["marketing"]) in told(world)


@pytest.mark.parametrize("days", [0, 3])
def test_a_system_that_is_down_is_tried_for_days_and_raises_one_alarm(days: int) -> None:
    down = {"crm": Provider(fault_share=1.0), "ads": Provider(fault_share=1.0)}
    world = known(scene=Scene(providers=down))

    say(world, is_granted=False)
    world.advance(14 * MINUTE)
    assert alarms(world) == []
    world.advance(2 * MINUTE + days * DAY)

    # crm and ads of the opt-out, ads of the list as well
    assert alarms(world) == ["opt_out.untold"] * 3
    state = world.state("ana")
    assert state is not None
    assert {one.operation for one in state.pending.values()} >= {"opt_out", "audience_remove"}


def test_a_system_that_is_never_reached_is_given_up_after_a_week_with_an_alarm() -> None:
    world = known(scene=Scene(providers={"crm": Provider(fault_share=1.0)}))

    say(world, is_granted=False)
    world.advance(8 * DAY)

    assert alarms(world) == ["opt_out.untold", "opt_out.failed"]


def late(world: World) -> list[str]:
    """Return the destinations of which `status` says that they go on."""
    state = world.state("ana")
    assert state is not None
    since = world.now - ALARM_AFTER
    trying = [one for one in state.pending.values() if one.decided_at < since]
    return [one.destination for one in untold(trying, ())]


def receipts(world: World) -> dict[str, str | None]:
    stories = [Story(position=0, person_id=who, at=at, notes=(n,)) for who, at, n in world.notes]
    found = receipts_of(stories, plan())
    return {one.destination: one.outcome for one in found if one.what == "opt_out"}


def test_a_system_that_is_down_for_71_hours_is_told_when_it_is_back_and_the_alarm_ends() -> None:
    providers = {"crm": Provider(fault_share=1.0)}
    world = known(scene=Scene(providers=providers))

    say(world, is_granted=False)
    world.advance(16 * MINUTE)
    assert late(world) == ["crm"]
    world.advance(71 * HOUR)
    assert (late(world), receipts(world)["crm"]) == (["crm"], None)
    providers["crm"] = Provider()
    world.advance(HOUR)

    assert (late(world), receipts(world)["crm"]) == ([], "accepted")
    assert alarms(world) == ["opt_out.untold"]


def test_receipts_say_what_became_of_each() -> None:
    world = known(scene=Scene(providers={"crm": Provider(fault_share=1.0)}))

    say(world, is_granted=False)
    world.advance(HOUR)

    assert receipts(world) == {"ads": "accepted", "crm": None, "mail": "accepted"}
