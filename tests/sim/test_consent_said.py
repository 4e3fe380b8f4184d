"""What a person says by another way than a customer event holds in the step that hears it."""

from __future__ import annotations

from msgspec.structs import replace

from legato.model.ids import PersonId
from legato.model.instant import DAY, HOUR, MINUTE
from legato.model.note import Decided, Rejected, Revoked
from legato.model.plan import Plan
from legato.simulate.provider import Provider
from legato.simulate.world import Scene, World
from tests.sim.shopkeeping import BASE, compile_plan, known_person, open_world, statement

AT_ONCE = """
journey: at_once
title: At once
owner: growth
purpose: marketing
enter: {on: Product Viewed, key: sku, again: any time}
steps:
  - send: {message: reminder, on: email, expires: 6h, about: sku}
"""


def scoped(scope: str) -> Plan:
    policies = BASE["policies.yaml"].replace("scope: global", f"scope: {scope}")
    return compile_plan(AT_ONCE, policies=policies)


def refusals(world: World, who: str) -> list[str]:
    notes = [note for note in world.notes_of(who) if isinstance(note, Decided)]
    return [note.reason.code for note in notes if note.reason is not None]


def test_a_yes_by_person_id_opens_what_it_names() -> None:
    world = open_world(scoped("topic"))
    known_person(world, "ana", consents=False)
    world.advance(MINUTE)

    world.feed(statement(world, "ana", "marketing", is_granted=True))
    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(MINUTE)

    assert world.messages("ana") == ["reminder"]


def test_a_no_calls_back_what_is_on_its_way_in_that_very_step() -> None:
    slow = {"mail": Provider(fault_share=1.0)}
    world = open_world(scoped("topic"), Scene(providers=slow))
    known_person(world, "ana")
    world.track("ana", "Product Viewed", {"sku": "a"})
    world.advance(1)

    world.feed(statement(world, "ana", "marketing", is_granted=False))

    [revoked] = [note for note in world.notes_of("ana") if isinstance(note, Revoked)]
    assert revoked.reason.code == "consent.withdrawn"
    world.advance(DAY)
    assert world.messages("ana") == []


def test_a_no_in_one_channel_closes_as_much_as_the_policy_says() -> None:
    sent: dict[str, list[str]] = {}
    for scope in ("channel", "topic", "global"):
        world = open_world(scoped(scope))
        known_person(world, "ana")
        world.advance(1)

        world.feed(statement(world, "ana", "marketing", is_granted=False, channel="sms"))
        world.track("ana", "Product Viewed", {"sku": "a"})
        world.advance(HOUR)
        sent[scope] = world.messages("ana")

    assert sent == {"channel": ["reminder"], "topic": [], "global": []}


def test_a_statement_taken_twice_changes_nothing_the_second_time() -> None:
    world = open_world(scoped("topic"))
    known_person(world, "ana", consents=False)
    world.advance(MINUTE)
    yes = statement(world, "ana", "marketing", is_granted=True)

    world.feed(yes)
    before = world.state("ana")
    assert before is not None
    lines, count = dict(before.consents), len(world.notes_of("ana"))
    world.feed(yes)

    after = world.state("ana")
    assert after is not None
    assert after.consents == lines
    assert len(world.notes_of("ana")) == count


def test_a_statement_of_nobody_is_refused_and_changes_nothing() -> None:
    world = open_world(scoped("topic"))
    known_person(world, "ana")
    said = statement(world, "ana", "marketing", is_granted=False)

    world.feed(replace(said, person_id=PersonId("person_none")))

    [note] = [each for _, _, each in world.notes if isinstance(each, Rejected)]
    assert note.reason.code == "person.unknown"
