"""What is said of offers: to scenarios, to who looks at a profile, to the watch, to old states."""

from __future__ import annotations

from typing import cast

import msgspec

from legato.app.config import Status
from legato.app.rehearse.scenarios import open_book, outcome_of, rehearse_scenario
from legato.core.offers.holding import CONTRADICTION
from legato.core.privacy.mask import MASK
from legato.insight.profile import profile_of
from legato.insight.status import Watch
from legato.model.instant import HOUR
from legato.model.note import Alerted, Story
from legato.model.problem import Reason
from legato.model.state import State, decode_state, encode_state
from legato.simulate.world import World
from legato.studio.health import exposition
from legato.studio.masking import mask_profile
from tests.sim.shopkeeping import BASE, known_person, open_world
from tests.sim.test_offers import MESSAGES, OFFERS, journey, plan_of

STATUS = Status(
    started_at=0,
    is_ready=True,
    is_failing=False,
    faults=(),
    plan="p1",
    position=1,
    applied=1,
    backlog=0,
    event_count=1,
    events_per_second=0.0,
    latency_p50_us=None,
    latency_p99_us=None,
    counts={},
)
STORY = """
scenario: two prices for one coat
given: {person: ana, consents: {email: granted}, at: 2026-03-02 10:00}
when: [Product Viewed: {sku: coat}, after 1h]
then: {messages: [ten by email], refused: {message: full, by: GATE}}
"""


def offered() -> World:
    """Let somebody hold an offer for what an event has told of."""
    world = open_world(plan_of(journey("first", "ten")))
    known_person(world, "ana")
    world.track("ana", "Product Viewed", {"sku": "coat"})
    world.advance(HOUR)
    return world


def state_of(world: World) -> State:
    state = world.state("ana")
    assert state is not None
    assert state.offers
    return state


def told(gate: str) -> list[str]:
    """Return what was expected of two contradictory journeys and did not come out."""
    journeys = journey("first", "ten"), journey("second", "full", wait="2m")
    files = {**BASE, "offers.yaml": OFFERS, "messages.yaml": MESSAGES}
    files |= {f"journeys/{index}.yaml": text for index, text in enumerate(journeys)}
    plan = plan_of(*journeys)
    book = open_book({"scenarios/a.yaml": STORY.replace("GATE", gate)}, files, plan)
    assert not book.problems, "\n".join(str(problem) for problem in book.problems)
    outcome = outcome_of(rehearse_scenario(book.scenarios[0], plan, book.changes))
    return [one.miss.expected for one in outcome.misses]


def test_a_scenario_tells_that_an_offer_kept_a_message_back() -> None:
    assert told("offer") == []
    assert told("cap") != []


def test_a_state_stored_before_there_were_offers_is_read() -> None:
    state = state_of(offered())
    fields = cast("list[object]", msgspec.msgpack.decode(encode_state(state)))

    before = fields[: State.__struct_fields__.index("offers")]

    read = decode_state(msgspec.msgpack.encode(before))
    assert (read.person_id, read.offers) == (state.person_id, [])


def test_an_item_that_an_event_told_of_is_masked_and_one_of_the_definition_is_not() -> None:
    world = offered()
    profile = profile_of(state_of(world), plan=world.plan, now=world.now)
    named = {"ten": msgspec.structs.replace(world.plan.offers["ten"], item="coat", item_path="")}
    plan = msgspec.structs.replace(world.plan, offers=named)

    (hidden,) = mask_profile(profile, world.plan, "masked").offers
    (shown,) = mask_profile(profile, plan, "masked").offers

    assert [one.item for one in profile.offers] == ["coat"]
    assert (hidden.offer, hidden.item) == ("ten", MASK)
    assert shown.item == "coat"


def test_a_contradiction_that_the_watch_finds_is_counted() -> None:
    note = Alerted(reason=Reason(code=CONTRADICTION, what="two prices"))
    watch = Watch()
    person_id = state_of(offered()).person_id

    watch.see([Story(position=1, person_id=person_id, at=HOUR, notes=(note,))])

    activity = watch.activity()
    assert (activity.contradictions, activity.contradicted_at) == (1, HOUR)
    assert "legato_offer_contradictions_total 1\n" in exposition(STATUS, {}, activity)
