"""A list at a destination holds whom it should, under the address that is theirs now."""

from __future__ import annotations

import msgspec
import pytest

from legato.model.ids import share
from legato.model.instant import DAY, HOUR, MINUTE
from legato.simulate.provider import Provider
from legato.simulate.world import Scene, World
from tests.sim.shopkeeping import BASE, compile_plan, known_person, open_world

KEEN = """segment: keen
title: Keen
owner: growth
purpose: marketing
when: {did: Product Viewed, within: 6h}
keep_in: [lists]
"""
LISTS = """
---
destination: lists
connector: webhook
settings: {url: "http://127.0.0.1:1/", signing_key: {secret: K}}
allow_private: true
"""
PEOPLE = ("ana", "bob", "cy", "dee", "eve")


def kept(scene: Scene | None = None) -> World:
    lists = BASE["destinations.yaml"].rstrip() + LISTS
    plan = compile_plan(segments=KEEN, destinations=lists)
    return open_world(plan, scene) if scene is not None else open_world(plan)


def said(world: World) -> list[tuple[str, str]]:
    told = [(one.delivery.operation, one.delivery.address) for one in world.sent]
    return [one for one in told if one[0].startswith("audience")]


def remote(world: World) -> list[str]:
    """Return what the destination holds, by what it was told."""
    held: dict[str, None] = {}
    for operation, address in said(world):
        if operation == "audience_add":
            held[address] = None
        else:
            held.pop(address, None)
    return sorted(held)


def wanted(world: World) -> list[str]:
    """Return who should be on the list, by what the people are now."""
    states = {state.person_id: state for who in PEOPLE if (state := world.state(who)) is not None}
    emails = [state.traits["email"].value for state in states.values() if "keen" in state.segments]
    consenting = [state for state in states.values() if "keen" in state.segments]
    assert len(emails) == len(consenting)
    return sorted(str(email) for email in emails)


def test_a_new_address_takes_the_place_of_the_old() -> None:
    world = kept()
    known_person(world, "ana")
    world.track("ana", "Product Viewed")
    world.advance(MINUTE)

    world.identify("ana", {"email": "ana@new.example"})
    world.advance(MINUTE)
    world.identify("ana", {"email": "ana@new.example"})
    world.advance(DAY)

    assert said(world) == [
        ("audience_add", "ana@example.com"),
        ("audience_remove", "ana@example.com"),
        ("audience_add", "ana@new.example"),
        ("audience_remove", "ana@new.example"),
    ]


def test_who_has_no_address_any_more_is_taken_off_under_the_old_one() -> None:
    world = kept()
    known_person(world, "ana")
    world.track("ana", "Product Viewed")
    world.advance(MINUTE)
    world.identify("ana", {"email": ""})
    world.advance(MINUTE)

    assert remote(world) == []
    state = world.state("ana")
    assert state is not None
    assert (state.audiences, state.listed) == ({}, {})


def test_two_who_become_one_are_on_a_list_once() -> None:
    world = kept()
    known_person(world, "ana")
    device = {"user_id": None, "anonymous_id": "d1"}
    traits = {"email": "ana@home.example"}
    consent = msgspec.json.encode({"consent": {"categoryPreferences": {"Ads": True}}})
    home = world.event("", "identify", traits)
    world.feed(msgspec.structs.replace(home, context=consent, **device))
    viewed = world.event("", "track", {}, name="Product Viewed")
    world.feed(msgspec.structs.replace(viewed, **device))
    world.track("ana", "Product Viewed")
    world.advance(MINUTE)
    assert len(remote(world)) == 2

    both = world.event("ana", "identify", {})
    world.feed(msgspec.structs.replace(both, anonymous_id="d1"))
    world.advance(MINUTE)

    assert remote(world) == wanted(world) == ["ana@home.example"]


def test_a_list_that_is_asked_for_later_gets_who_is_a_member_already() -> None:
    lists = BASE["destinations.yaml"].rstrip() + LISTS
    unkept = KEEN.replace("keep_in: [lists]\n", "")
    world = open_world(compile_plan(segments=unkept, destinations=lists))
    known_person(world, "ana")
    known_person(world, "eve", consents=False)
    world.track("ana", "Product Viewed")
    world.track("eve", "Product Viewed")

    world.activate(compile_plan(segments=KEEN, destinations=lists))
    world.touch_everybody()
    world.advance(MINUTE)

    assert remote(world) == ["ana@example.com"]


@pytest.mark.parametrize("seed", range(30))
def test_a_list_is_exact_whatever_happens_to_people_and_to_the_destination(seed: int) -> None:
    world = kept(Scene(seed=seed, providers={"lists": Provider(fault_share=0.3)}))
    for who in PEOPLE:
        known_person(world, who)
    for turn in range(60):
        who = PEOPLE[int(share("who", f"{seed}:{turn}") * len(PEOPLE))]
        drawn = share("what", f"{seed}:{turn}")
        if drawn < 0.5:
            world.track(who, "Product Viewed")
        elif drawn < 0.7:
            world.identify(who, {"email": f"{who}@{turn}.example"})
        else:
            world.advance(int(drawn * 4 * HOUR))
    world.advance(HOUR)

    assert remote(world) == wanted(world)
