"""What journeys can say, each said once."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from legato.model.ended import enrollments_of
from legato.model.event import JourneyCalled, JourneySwitched
from legato.model.ids import EventId
from legato.model.instant import DAY, HOUR, MINUTE, SECOND
from legato.model.note import Alerted, Decided, Entered, Left, Moved, NotEntered, Settled
from legato.model.state import State
from legato.simulate.provider import Provider
from legato.simulate.world import START, Scene, World
from tests.sim.shopkeeping import BASE, CART, compile_plan, known_person, open_world

HEAD = """
journey: j
title: J
owner: growth
purpose: service
"""
SEND = "send: {message: receipt, on: email, expires: 1d}"


def journey(rest: str) -> World:
    world = open_world(compile_plan(HEAD + rest))
    known_person(world, "ana")
    return world


def state_of(world: World, who: str) -> State:
    state = world.state(who)
    assert state is not None
    return state


def outcomes(world: World, who: str) -> list[str]:
    return [note.outcome for note in world.notes_of(who) if isinstance(note, Left)]


def refused_entries(world: World, who: str) -> list[str]:
    return [note.reason.code for note in world.notes_of(who) if isinstance(note, NotEntered)]


@pytest.mark.parametrize(
    ("again", "entries"),
    [("once", 1), ("after exit", 3), ("after 2h", 2), ("any time", 4)],
)
def test_entry_policies_say_who_may_come_again(again: str, entries: int) -> None:
    world = journey(f"enter: {{on: Signed Up, again: {again}}}\nsteps:\n  - wait: 50m\n")

    for wait in (0, 30, 30, 90):  # the second comes while the first is still in
        world.advance(wait * MINUTE)
        world.track("ana", "Signed Up")

    assert sum(isinstance(note, Entered) for note in world.notes_of("ana")) == entries


def test_every_key_is_an_instance_of_its_own() -> None:
    world = open_world(compile_plan(CART))
    known_person(world, "ana")

    for cart_id in ("a", "b", "a"):
        world.track("ana", "Checkout Started", {"cart_id": cart_id})
    world.track("ana", "Order Completed", {"cart_id": "b"})
    world.advance(HOUR)

    assert world.messages("ana") == ["reminder"]
    assert refused_entries(world, "ana") == ["entry.already_in"]


WAIT_FOR = f"""
enter: {{on: Signed Up}}
steps:
  - wait_for:
      - {{on: Order Completed, when: {{value: {{over: 50}}}}, then: [{{{SEND}}}]}}
      - {{on: Ticket Opened, leave: trouble}}
      - {{after: 1h, leave: nothing}}
"""


def test_the_first_case_that_is_met_decides() -> None:
    world = journey(WAIT_FOR)

    world.track("ana", "Signed Up")
    world.track("ana", "Order Completed", {"value": 10})
    world.track("ana", "Order Completed", {"value": 60})
    world.track("ana", "Ticket Opened")
    world.advance(HOUR)

    assert world.messages("ana") == ["receipt"]
    assert outcomes(world, "ana") == ["completed"]


def test_a_time_limit_is_a_case_like_any_other() -> None:
    world = journey(WAIT_FOR)

    world.track("ana", "Signed Up")
    world.advance(2 * HOUR)

    assert outcomes(world, "ana") == ["nothing"]


def test_of_an_event_and_a_limit_at_one_instant_the_event_wins() -> None:
    world = journey(WAIT_FOR)

    world.track("ana", "Signed Up")
    world.at(
        world.now + HOUR, lambda: world.feed(world.event("ana", "track", {}, name="Ticket Opened"))
    )
    world.advance(2 * HOUR)

    assert outcomes(world, "ana") == ["trouble"]


def test_an_event_of_the_limits_instant_wins_even_when_it_arrives_after_the_timer() -> None:
    world = journey(WAIT_FOR)

    world.track("ana", "Signed Up")
    world.advance(HOUR)
    event = world.event("ana", "track", {}, name="Ticket Opened")
    world.advance(SECOND)
    assert outcomes(world, "ana") == ["nothing"]
    world.feed(msgspec.structs.replace(event, received_at=world.now))

    assert outcomes(world, "ana") == ["nothing", "trouble"]
    assert [one.outcome for one in enrollments_of(state_of(world, "ana"))] == ["trouble"]


MORNING = f"""
enter: {{on: Signed Up}}
steps:
  - wait_until: {{time: "09:00", weekdays: [tue]}}
  - {SEND}
"""


def test_a_wait_until_ends_on_the_persons_own_clock() -> None:
    world = open_world(compile_plan(HEAD + MORNING))
    known_person(world, "ana", zone="America/New_York")

    world.track("ana", "Signed Up")
    world.advance(2 * DAY)

    assert [sent.at - START for sent in world.sent] == [pytest.approx(DAY + 4 * HOUR, abs=SECOND)]


def test_a_branch_reads_history_in_its_window() -> None:
    world = journey(
        f"""
enter: {{on: Signed Up}}
steps:
  - wait: 3h
  - when: {{did: Product Viewed, at_least: 2, within: 2h}}
    then: [{{{SEND}}}]
    else: [{{leave: cold}}]
"""
    )
    known_person(world, "bob")

    for who, gap in (("ana", 2 * HOUR), ("bob", 30 * MINUTE)):
        world.track(who, "Signed Up")
        world.at(
            START + gap,
            lambda who=who: world.feed(world.event(who, "track", {}, name="Product Viewed")),
        )
        world.at(
            START + gap + MINUTE,
            lambda who=who: world.feed(world.event(who, "track", {}, name="Product Viewed")),
        )
    world.advance(4 * HOUR)

    assert (world.messages("ana"), world.messages("bob")) == (["receipt"], [])


def test_a_split_is_sticky_and_as_even_as_it_says() -> None:
    text = """
enter: {on: Signed Up, again: any time}
steps:
  - split: colour
    arms:
      - {name: red, share: 30%, steps: [{leave: red}]}
      - {name: blue, share: 70%, steps: [{leave: blue}]}
"""
    world = open_world(compile_plan(HEAD + text))

    for _ in range(2):
        for number in range(1_000):
            world.track(f"p{number}", "Signed Up")

    drawn: dict[str, list[str]] = {}
    for person_id, _, note in world.notes:
        if isinstance(note, Left):
            drawn.setdefault(person_id, []).append(note.outcome)
    assert all(len(arms) == 2 and len(dict.fromkeys(arms)) == 1 for arms in drawn.values())
    assert 250 <= Counter(arms[0] for arms in drawn.values())["red"] <= 350


def test_a_loop_goes_round_as_often_as_it_says() -> None:
    world = journey(
        f"""
enter: {{on: Signed Up}}
steps:
  - {{wait: 1h, label: again}}
  - {SEND}
  - {{go_to: again, at_most: 2}}
  - leave: tired
"""
    )

    world.track("ana", "Signed Up")
    world.advance(DAY)

    assert world.messages("ana") == ["receipt"] * 3
    assert outcomes(world, "ana") == ["tired"]


def test_a_confirmation_is_awaited_from_the_source_that_gives_it() -> None:
    text = f"""
enter: {{on: Order Completed, key: order_id}}
steps:
  - await_confirmation:
      {{on: Order Synced, from: crm, same: order_id, within: 30m, late: [{{leave: unconfirmed}}]}}
  - {SEND}
"""
    source = "source: crm\nkind: segment\ntitle: CRM\nwrite_keys: [k-crm-0001]\n"
    world = open_world(compile_plan(HEAD + text, sources=source))
    known_person(world, "ana")

    world.track("ana", "Order Completed", {"order_id": "o1"})
    world.track("ana", "Order Completed", {"order_id": "o2"})
    world.advance(10 * MINUTE)
    world.track("ana", "Order Synced", {"order_id": "o2"})  # the web says so: not a confirmation
    synced = world.event("ana", "track", {"order_id": "o1"}, name="Order Synced")
    world.feed(msgspec.structs.replace(synced, source="crm"))
    world.advance(HOUR)

    assert world.messages("ana") == ["receipt"]
    assert Counter(outcomes(world, "ana")) == Counter(["completed", "unconfirmed"])
    assert sum(isinstance(note, Alerted) for note in world.notes_of("ana")) == 1


EARLY = f"""
enter: {{on: Order Completed, key: order_id}}
steps:
  - call:
      destination: mail
      content: {{id: "{{{{ person.id }}}}"}}
      timeout: 1m
      failed: [{{leave: unanswered}}]
  - await_confirmation:
      {{on: Order Synced, from: crm, same: order_id, within: 30m, late: [{{leave: unconfirmed}}]}}
  - {SEND}
"""


@pytest.mark.parametrize(
    ("source", "order_id", "outcome"),
    [("crm", "o1", "completed"), ("crm", "o2", "unconfirmed"), ("web", "o1", "unconfirmed")],
)
def test_a_confirmation_counts_that_comes_before_the_answer_to_the_call(
    source: str, order_id: str, outcome: str
) -> None:
    sources = "source: crm\nkind: segment\ntitle: CRM\nwrite_keys: [k-crm-0001]\n"
    slow = Provider(latency_least=20 * SECOND, latency_most=20 * SECOND)
    plan = compile_plan(HEAD + EARLY, sources=sources)
    world = open_world(plan, Scene(providers={"mail": slow}))
    known_person(world, "ana")

    world.track("ana", "Order Completed", {"order_id": "o1"})
    world.advance(5 * SECOND)
    synced = world.event("ana", "track", {"order_id": order_id}, name="Order Synced")
    world.feed(msgspec.structs.replace(synced, source=source))
    world.advance(HOUR)

    assert outcomes(world, "ana") == [outcome]
    assert world.messages("ana").count("receipt") == (outcome == "completed")


def test_looking_at_somebody_during_the_call_does_not_use_up_the_time_for_a_confirmation() -> None:
    sources = "source: crm\nkind: segment\ntitle: CRM\nwrite_keys: [k-crm-0001]\n"
    slow = Provider(latency_least=20 * SECOND, latency_most=20 * SECOND)
    plan = compile_plan(HEAD + EARLY, sources=sources)
    world = open_world(plan, Scene(providers={"mail": slow}))
    known_person(world, "ana")

    world.track("ana", "Order Completed", {"order_id": "o1"})
    world.advance(5 * SECOND)
    world.touch_everybody()
    world.advance(20 * MINUTE)
    synced = world.event("ana", "track", {"order_id": "o1"}, name="Order Synced")
    world.feed(msgspec.structs.replace(synced, source="crm"))
    world.advance(HOUR)

    assert outcomes(world, "ana") == ["completed"]


CALL = f"""
enter: {{on: Signed Up}}
steps:
  - call:
      destination: mail
      content: {{id: "{{{{ person.id }}}}"}}
      timeout: 1m
      answers: [{{when: {{answer: {{status: gold}}}}, then: [{{{SEND}}}]}}]
      else: [{{leave: plain}}]
      failed: [{{leave: unanswered}}]
"""


@pytest.mark.parametrize(
    ("provider", "outcome"),
    [
        (Provider(answer=b'{"status": "gold"}'), "completed"),
        (Provider(answer=b'{"status": "tin"}'), "plain"),
        (Provider(fault_share=1.0), "unanswered"),
        (Provider(latency_least=HOUR, latency_most=HOUR), "unanswered"),
    ],
)
def test_a_call_goes_on_by_its_answer(provider: Provider, outcome: str) -> None:
    world = open_world(compile_plan(HEAD + CALL), Scene(providers={"mail": provider}))
    known_person(world, "ana")

    world.track("ana", "Signed Up")
    world.advance(DAY)

    assert outcomes(world, "ana")[0] == outcome


def test_a_pause_holds_people_and_a_resume_lets_them_go_on() -> None:
    world = open_world(compile_plan(CART))
    known_person(world, "ana")
    known_person(world, "bob")

    world.track("ana", "Checkout Started", {"cart_id": "c"})
    world.feed(JourneySwitched(received_at=world.now, journey="cart", is_paused=True))
    world.track("bob", "Checkout Started", {"cart_id": "d"})
    world.advance(2 * HOUR)
    held = world.messages("ana")
    world.feed(JourneySwitched(received_at=world.now, journey="cart", is_paused=False))
    world.touch_everybody()
    world.advance(MINUTE)

    assert held == []
    assert world.messages("ana") == ["reminder"]
    assert refused_entries(world, "bob") == ["entry.paused"]


@pytest.mark.parametrize(("overdue", "messages"), [("skip", []), ("send", ["reminder"])])
def test_what_a_long_pause_made_overdue_follows_the_journeys_policy(
    overdue: str, messages: list[str]
) -> None:
    world = open_world(compile_plan(CART + f"overdue: {overdue}\n"))
    known_person(world, "ana")

    world.track("ana", "Checkout Started", {"cart_id": "c"})
    world.feed(JourneySwitched(received_at=world.now, journey="cart", is_paused=True))
    world.advance(DAY)
    world.feed(JourneySwitched(received_at=world.now, journey="cart", is_paused=False))
    world.touch_everybody()
    world.advance(MINUTE)

    assert world.messages("ana") == messages


def test_people_stay_on_the_version_they_entered() -> None:
    from legato.plan.diff import retire  # noqa: PLC0415 - beside the one test that needs it

    old = compile_plan(CART)
    new = compile_plan(CART.replace("wait: 30m", "wait: 2h"))
    world = open_world(old)
    known_person(world, "ana")
    known_person(world, "bob")

    world.track("ana", "Checkout Started", {"cart_id": "c"})
    world.activate(retire(old, new, ()))
    world.track("bob", "Checkout Started", {"cart_id": "d"})
    world.advance(HOUR)

    assert (world.messages("ana"), world.messages("bob")) == (["reminder"], [])


def test_leaving_is_possible_anywhere_as_soon_as_a_condition_holds() -> None:
    world = journey(
        f"""
enter: {{on: Signed Up}}
leave:
  - {{when: {{trait: {{plan: gold}}}}, as: upgraded}}
steps:
  - wait: 1h
  - {SEND}
"""
    )

    world.track("ana", "Signed Up")
    world.identify("ana", {"plan": "gold"})
    world.advance(DAY)

    assert world.messages("ana") == []
    assert len(outcomes(world, "ana")) == 1


NIGHT = (
    BASE["policies.yaml"]
    + """
---
quiet_hours: night
from: "21:00"
to: "08:00"
"""
)
LAST_WORD = CART.replace("expires: 6h", "expires: 12h")


@pytest.mark.parametrize("last_steps", ["  - wait: 1d\n", ""])
@pytest.mark.parametrize("where", ["in quiet hours", "between attempts"])
def test_what_makes_people_leave_calls_a_message_back_that_has_not_gone(
    where: str, last_steps: str
) -> None:
    plan = compile_plan(LAST_WORD.replace("  - wait: 1d\n", last_steps), policies=NIGHT)
    scene = Scene(start=START + 12 * HOUR)  # 22:00
    if where == "between attempts":
        scene = Scene(providers={"mail": Provider(fault_share=1.0)})
    world = open_world(plan, scene)
    known_person(world, "ana")

    world.track("ana", "Checkout Started", {"cart_id": "c"})
    world.advance(HOUR)
    state = state_of(world, "ana")
    on_its_way = [one.delivery for one in state.held] + list(state.pending.values())
    world.track("ana", "Order Completed", {"cart_id": "d"})
    still = state_of(world, "ana")
    assert len(still.held) + len(still.pending) == 1
    world.track("ana", "Order Completed", {"cart_id": "c"})
    world.advance(DAY)

    assert [one.message for one in on_its_way] == ["reminder"]
    assert world.messages("ana") == []
    [settled] = [note for note in world.notes_of("ana") if isinstance(note, Settled)]
    assert settled.outcome == "refused"
    assert settled.reason is not None
    assert settled.reason.code == "journey.goal"


SEGMENT = """
segment: keen
title: Keen
owner: growth
when: {did: Product Viewed, at_least: 2, within: 1h}
"""


def test_a_segment_is_entered_by_an_event_and_left_by_time_alone() -> None:
    world = open_world(compile_plan(segments=SEGMENT))

    world.track("ana", "Product Viewed")
    world.advance(10 * MINUTE)
    world.track("ana", "Product Viewed")
    inside = list(state_of(world, "ana").segments)
    world.advance(50 * MINUTE - SECOND)
    before = list(state_of(world, "ana").segments)
    world.advance(2 * SECOND)

    assert (inside, before, list(state_of(world, "ana").segments)) == (["keen"], ["keen"], [])


def test_entering_a_segment_can_begin_a_journey() -> None:
    world = open_world(
        compile_plan(HEAD + f"enter: {{segment: keen}}\nsteps:\n  - {SEND}\n", segments=SEGMENT)
    )
    known_person(world, "ana")

    for _ in range(3):
        world.track("ana", "Product Viewed")
    world.advance(MINUTE)

    assert world.messages("ana") == ["receipt"]


def test_a_call_of_the_api_begins_a_journey_once() -> None:
    world = journey(f"enter: {{api: true}}\nsteps:\n  - {SEND}\n")
    person_id = state_of(world, "ana").person_id
    called = JourneyCalled(
        event_id=EventId("e1"), received_at=world.now, person_id=person_id, journey="j"
    )

    world.feed(called, called)
    world.advance(MINUTE)

    assert world.messages("ana") == ["receipt"]


def test_every_decision_names_plan_version_and_salt() -> None:
    world = open_world(compile_plan(CART))
    known_person(world, "ana")

    world.track("ana", "Checkout Started", {"cart_id": "c"})
    world.advance(HOUR)

    [decided] = [note for note in world.notes_of("ana") if isinstance(note, Decided)]
    assert decided.plan
    assert decided.version
    assert [gate.gate for gate in decided.candidates[0].gates] == [
        "consent",
        "reachable",
        "suppression",
        "state",
        "holdout",
        "cap",
        "quiet_hours",
        "expiry",
    ]
    assert [note.why for note in world.notes_of("ana") if isinstance(note, Moved)]
