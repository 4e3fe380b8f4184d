"""A guard never answers from what is too old to say: it goes the `stale` way, and says why."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.model.ended import enrollments_of
from legato.model.instant import HOUR, MINUTE, Duration
from legato.model.note import Moved
from legato.simulate.world import World
from tests.sim.shopkeeping import BASE, compile_plan, known_person, open_world

POINTS = """
trait: points
owner: crm
purpose: service
schema: {type: number}
fresh_for: {vip: 15m, otherwise: 60m}
"""
VIP = "segment: vip\nowner: crm\nwhen: {trait: {plan: vip}}"
RICH = "segment: rich\nowner: crm\nwhen: {trait: {points: {at_least: 500}}}"
GUARD = """
journey: gold
owner: growth
purpose: service
enter: {on: Product Viewed, again: any time}
steps:
  - label: ask
    when: GUARD
    then: [{leave: rich}]
    else: [{leave: poor}]
    stale: [{leave: unknown}]
"""
BY_TRAIT = "{trait: {points: {at_least: 500}}}"


def world_of(guard: str = BY_TRAIT) -> World:
    catalog = f"{BASE['catalog.yaml']}\n---\n{POINTS}"
    segments = f"{VIP}\n---\n{RICH}"
    world = open_world(
        compile_plan(GUARD.replace("GUARD", guard), catalog=catalog, segments=segments)
    )
    known_person(world, "ana")
    return world


def outcome(world: World) -> str:
    """Ask the guard now; return how the passage ended."""
    world.track("ana", "Product Viewed", {"sku": "a"})
    state = world.state("ana")
    assert state is not None
    return enrollments_of(state)[-1].outcome


def test_points_of_three_hours_ago_are_too_old_and_the_journey_says_so() -> None:
    world = world_of()
    world.identify("ana", {"points": 900})

    world.advance(3 * HOUR)
    ended = outcome(world)

    assert ended == "unknown"
    moves = [note.why for note in world.notes_of("ana") if isinstance(note, Moved)]
    assert "stale: points was 3 hours old, allowed 1 hour" in moves


def test_the_same_value_said_again_keeps_a_trait_fresh() -> None:
    world = world_of()
    world.identify("ana", {"points": 900})

    world.advance(50 * MINUTE)
    world.identify("ana", {"points": 900})
    world.advance(50 * MINUTE)

    assert outcome(world) == "rich"


def test_members_of_a_segment_have_its_shorter_limit() -> None:
    world = world_of()
    world.identify("ana", {"points": 900, "plan": "vip"})

    world.advance(20 * MINUTE)

    assert outcome(world) == "unknown"


def test_a_trait_that_is_not_there_is_not_stale() -> None:
    world = world_of()

    world.advance(3 * HOUR)

    assert outcome(world) == "poor"


def test_a_segment_that_rests_on_something_too_old_is_no_answer_either() -> None:
    world = world_of("{in_segment: rich}")
    world.identify("ana", {"points": 900})

    fresh = outcome(world)
    world.advance(2 * HOUR)

    assert (fresh, outcome(world)) == ("rich", "unknown")


@settings(max_examples=60, deadline=None)
@given(
    waits=st.lists(st.integers(min_value=1, max_value=90 * MINUTE), min_size=1, max_size=5),
    points=st.integers(min_value=0, max_value=1_000),
    is_vip=st.booleans(),
)
def test_a_guard_says_yes_or_no_only_within_the_limit(
    waits: list[Duration],
    points: int,
    is_vip: bool,  # noqa: FBT001 - given by name
) -> None:
    world = world_of()
    limit = 15 * MINUTE if is_vip else 60 * MINUTE

    for wait in waits:
        world.identify("ana", {"points": points, "plan": "vip" if is_vip else "free"})
        world.advance(wait)
        expected = "unknown" if wait > limit else "rich" if points >= 500 else "poor"
        assert outcome(world) == expected
