"""What was recorded of a rehearsed story comes out as the story did."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from legato.app.rehearse.scenarios import (
    Book,
    open_book,
    outcome_of,
    read_texts,
    rehearse_scenario,
)
from legato.insight.recording.mask import Masks, exact
from legato.insight.recording.recording import record
from legato.insight.story import whole_story
from legato.model.event import decode_event
from legato.model.plan import Plan
from legato.plan.scenarios.scenario import Scenario
from legato.simulate.lane import Scene
from legato.simulate.provider import Desk
from legato.simulate.scenario.run import Lived, live
from legato.simulate.world import World
from legato.stores.memory import MemoryLog, MemoryStore
from legato.workspace import check_files, read_workspace

SHOP = Path(__file__).parents[2] / "examples" / "shop"
TOLD = (
    "a basket forgotten twice over",
    "consent withdrawn between the decision and the sending",
    "a provider that is down for ten minutes loses nothing",
    "STOP by text ends all offers",
    "somebody held out is never written to",
    "a CRM that is behind makes nobody wait without a word",
    "the CRM is not reached",
    "what the text gateway refuses goes by letter",
    "a complaint is answered, asked about, and solved",
    "three weeks without an order",
)


@cache
def files() -> dict[str, str]:
    return read_workspace(SHOP)


@cache
def shop() -> Plan:
    loaded = check_files(files())
    assert loaded.plan is not None, loaded.problems
    return loaded.plan


@cache
def book() -> Book:
    return open_book(read_texts(SHOP), files(), shop())


class Kept:
    """A world whose log and notes are there to be read afterwards."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.store = MemoryStore()

    def __call__(self, plan: Plan, scene: Scene, desk: Desk) -> World:
        world = World(plan, self.log, self.store, scene)
        world.let_answer(desk)
        return world


def recording_of(scenario: Scenario) -> tuple[Lived, str]:
    kept = Kept()
    lived = live(scenario, shop(), kept)
    (state,) = lived.states.values()
    assert state is not None
    stories = whole_story(kept.store, state.person_id)
    records = {position: decode_event(data) for position, data in kept.log.read(0, 10_000)}
    events = {row.position: records[row.position] for row in stories}
    return lived, record(state, stories, events, plan=shop(), now=scenario.end).text


@pytest.mark.parametrize("name", TOLD)
def test_a_recorded_story_comes_out_as_it_did(name: str) -> None:
    scenario = next(one for one in book().scenarios if one.name == name)
    lived, text = recording_of(scenario)

    read = open_book({"scenarios/recorded.yaml": text}, files(), shop())
    again = rehearse_scenario(read.scenarios[0], shop(), {})

    assert read.problems == ()
    assert [str(one.miss) for one in outcome_of(again).misses] == []
    sent = [(s.delivery.message, s.delivery.channel) for s in lived.sent_to("ana")]
    assert [(s.delivery.message, s.delivery.channel) for s in again.sent_to("ana")] == sent
    assert "ana@example.com" not in text


def test_one_value_has_one_mask_of_its_kind_and_two_have_two() -> None:
    masks = Masks(shop())

    def mask(name: str, value: object) -> object:
        return masks.value(name, value, 1_772_445_600_000_000)

    assert mask("cart_id", "C-17/x") == mask("other_id", "C-17/x")
    assert mask("cart_id", "C-17/x") != mask("cart_id", "C-18/x")
    made = str(mask("cart_id", "C-17/x"))
    assert (made[0].isupper(), made[1], made[2:4].isdigit(), made[4], made[5].islower()) == (
        True, "-", True, "/", True,
    )  # fmt: skip
    assert str(mask("email", "jo@firm.de")).endswith("@example.com")
    assert str(mask("phone", "+49 151 2345678")).startswith("+4477009")
    assert mask("note", "please ring twice") == "note 5"
    assert mask("category", "complaint") == "complaint"
    assert mask("total", 12.5) == 12.5
    assert mask("customer_id", 17850) != 17850
    assert mask("customer_since", "2026-03-01T10:00:00Z") == {"ago": "1d"}
    assert exact(90_061_001_000) == "1d 1h 1m 1s 1ms"
