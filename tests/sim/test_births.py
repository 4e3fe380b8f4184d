"""A segment is born: who is in it already has not entered it, unless a journey takes them in."""

from __future__ import annotations

import pytest

from legato.model.instant import HOUR
from legato.model.note import Entered, NotEntered
from legato.model.plan import Plan
from legato.plan.births.segments import with_births
from legato.simulate.world import World
from tests.sim.shopkeeping import compile_plan, open_world

KEEN = """
segment: keen
title: Keen
owner: growth
when: {did: Product Viewed, at_least: 2}
"""
KEENER = KEEN.replace("at_least: 2", "at_least: 3")
LAPSED = "{not: {did: Product Viewed, within: 3d}}"
JOURNEY = """
journey: praise
title: Praise
owner: growth
purpose: marketing
enter: {segment: keen}
steps:
  - wait: 30d
"""
TAKING_IN = JOURNEY.replace("{segment: keen}", "{segment: keen, with_present: true}")
COUNTED = """
computed: views
title: Views
owner: web
purpose: service
count: Product Viewed
"""


@pytest.fixture
def before() -> Plan:
    # What the rules read is measured already: only they are new.
    return compile_plan(computed=COUNTED)


def after(before: Plan, journey: str = JOURNEY, segments: str = KEEN) -> Plan:
    return with_births(compile_plan(journey, computed=COUNTED, segments=segments), before)


def world_with(before: Plan, views: int) -> World:
    world = open_world(before)
    for _ in range(views):
        world.track("ana", "Product Viewed")
        world.advance(HOUR)
    return world


def entered(world: World) -> list[str]:
    return [note.journey for note in world.notes_of("ana") if isinstance(note, Entered)]


def refusals(world: World) -> list[str]:
    return [note.reason.code for note in world.notes_of("ana") if isinstance(note, NotEntered)]


def test_who_is_in_a_segment_when_it_is_born_does_not_enter_and_is_told_why(before: Plan) -> None:
    world = world_with(before, views=3)

    world.activate(after(before))
    world.touch_everybody()
    world.track("ana", "Product Viewed")

    state = world.state("ana")
    assert state is not None
    assert list(state.segments) == ["keen"]
    assert entered(world) == []
    assert refusals(world) == ["entry.present"]


def test_a_journey_may_take_in_those_who_are_there(before: Plan) -> None:
    world = world_with(before, views=3)

    world.activate(after(before, TAKING_IN))
    world.touch_everybody()

    assert entered(world) == ["praise"]


@pytest.mark.parametrize("is_swept", [True, False])
def test_whoever_joins_by_what_they_do_enters_even_before_the_sweep(
    before: Plan, *, is_swept: bool
) -> None:
    world = world_with(before, views=1)

    world.activate(after(before))
    if is_swept:
        world.touch_everybody()
    world.track("ana", "Product Viewed")

    assert entered(world) == ["praise"]


def test_who_is_new_enters_by_their_first_events(before: Plan) -> None:
    world = open_world(before)

    world.activate(after(before))
    world.track("ana", "Product Viewed")
    world.track("ana", "Product Viewed")

    assert entered(world) == ["praise"]


def test_a_rule_that_changes_is_born_anew_and_one_that_does_not_is_not(before: Plan) -> None:
    first = after(before, segments=KEENER)
    second = with_births(compile_plan(JOURNEY, computed=COUNTED, segments=KEEN), first)
    third = with_births(compile_plan(JOURNEY, computed=COUNTED, segments=KEEN), second)
    world = world_with(before, views=2)

    for plan in (first, second, third):
        world.activate(plan)
        world.touch_everybody()

    assert (first.births, second.births, third.births) == (1, 2, 2)
    assert entered(world) == []
    assert refusals(world) == ["entry.present"]


def test_time_lets_people_in_after_the_birth(before: Plan) -> None:
    lapsed = KEEN.replace("{did: Product Viewed, at_least: 2}", LAPSED)
    world = world_with(before, views=1)

    world.activate(after(before, segments=lapsed))
    world.touch_everybody()
    world.track("ana", "Product Viewed")
    was_in = entered(world)
    world.advance(96 * HOUR)

    assert (was_in, entered(world)) == ([], ["praise"])
