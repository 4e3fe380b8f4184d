"""A journey is rolled out: a share of those who enter get it, and the rest what ran before."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from msgspec.structs import replace

from legato.fold.entering import NotMet, entering
from legato.fold.eras import Eras
from legato.fold.then import Chronicle
from legato.insight.why.thread import last_refusal
from legato.insight.why.why import Question, why
from legato.model.definitions.rollout import drawn
from legato.model.event import JourneyCalled
from legato.model.ids import EventId, PersonId, derive
from legato.model.instant import DAY, HOUR, MINUTE
from legato.model.note import Entered, NotEntered
from legato.model.plan import Plan, plan_digest
from legato.plan.diff import retire
from legato.simulate.replay import refold
from legato.simulate.world import World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.shopkeeping import CART, compile_plan, known_person, open_world

PEOPLE = [f"p{number}" for number in range(60)]
SOON = CART.replace("wait: 30m", "wait: 5m")
SMS = CART.replace("on: email", "on: sms")
ELSEWHERE = CART.replace("on: Checkout Started, key: cart_id", "on: Signed Up")


def at(share: str, text: str = CART) -> Plan:
    return compile_plan(f"{text}rollout: {share}\n")


def world_of(*plans: Plan) -> World:
    world = open_world(plans[0])
    for plan in plans[1:]:
        world.activate(retire(world.plan, plan, ()))
    for who in PEOPLE:
        known_person(world, who)
    return world


def person_id(world: World, who: str) -> PersonId:
    state = world.state(who)
    assert state is not None
    return state.person_id


def entered(world: World, who: str) -> list[str]:
    return [note.version for note in world.notes_of(who) if isinstance(note, Entered)]


def refused(world: World, who: str) -> list[str]:
    return [note.reason.code for note in world.notes_of(who) if isinstance(note, NotEntered)]


def check_out(world: World, cart: str = "a") -> None:
    for who in PEOPLE:
        world.track(who, "Checkout Started", {"cart_id": cart})


def test_the_share_gets_what_is_new_and_the_rest_what_ran_before() -> None:
    before, after = compile_plan(CART), at("30%", SOON)
    world = world_of(before, after)

    check_out(world)

    new, old = after.journeys["cart"].version, before.journeys["cart"].version
    for who in PEOPLE:
        is_in = drawn("cart", person_id(world, who)) < 0.3
        assert (entered(world, who), refused(world, who)) == ([new if is_in else old], [])
    got = Counter(version for who in PEOPLE for version in entered(world, who))
    assert set(got) == {new, old}
    world.advance(10 * MINUTE)
    early = [who for who in PEOPLE if world.messages(who)]
    assert len(early) == got[new]
    world.advance(HOUR)
    assert all(world.messages(who) == ["reminder"] for who in PEOPLE)


def test_of_a_new_journey_the_rest_are_not_let_in_and_it_is_noted_why() -> None:
    world = world_of(compile_plan(), at("30%"))

    check_out(world)

    for who in PEOPLE:
        is_in = drawn("cart", person_id(world, who)) < 0.3
        assert (len(entered(world, who)), refused(world, who)) == (
            (1, []) if is_in else (0, ["entry.rollout"])
        )


def test_raising_the_share_moves_nobody_out_and_everybody_comes_in_at_the_whole() -> None:
    world = world_of(compile_plan(CART), at("0%", SOON))
    new = world.plan.journeys["cart"].version
    taken: list[set[str]] = []

    for share in ("0%", "10%", "35%", "100%"):
        world.activate(retire(world.plan, at(share, SOON), ()))
        check_out(world, cart=share)
        taken.append({who for who in PEOPLE if entered(world, who)[-1] == new})

    assert taken[0] == set()
    assert taken[-1] == set(PEOPLE)
    assert all(fewer <= more for fewer, more in pairwise(taken))
    assert len(taken[1]) < len(taken[2]) < len(PEOPLE)


def test_back_from_the_whole_gives_the_rest_what_ran_before_again() -> None:
    before = compile_plan(CART)
    world = world_of(before, at("10%", SOON), at("100%", SOON), at("0%", SOON))

    check_out(world)

    old = before.journeys["cart"].version
    assert all(entered(world, who) == [old] for who in PEOPLE)


def test_a_text_that_is_mended_takes_the_place_of_the_one_rolled_out() -> None:
    before = compile_plan(CART)
    mended = CART.replace("wait: 30m", "wait: 6m")
    world = world_of(before, at("30%", SOON), at("30%", mended))

    assert world.plan.rollouts["cart"].before == before.journeys["cart"].version
    check_out(world)

    versions = {version for who in PEOPLE for version in entered(world, who)}
    assert versions == {one.version for one in world.plan.entered}


def test_what_is_rolled_out_after_the_whole_follows_what_everybody_got() -> None:
    soon = at("100%", SOON)
    world = world_of(compile_plan(CART), soon, at("10%", CART.replace("30m", "7m")))

    assert world.plan.rollouts["cart"].before == soon.journeys["cart"].version


def test_the_same_definitions_again_change_nothing() -> None:
    first = retire(compile_plan(CART), at("30%", SOON), ())

    assert plan_digest(retire(first, at("30%", SOON), ())) == plan_digest(first)


def test_a_version_that_the_rest_enter_is_kept_though_nobody_is_in_it() -> None:
    before = compile_plan(CART)
    old = before.journeys["cart"].version

    kept = retire(before, at("30%", SOON), [old])

    assert [one.version for one in kept.retired] == [old]
    done = retire(kept, compile_plan(SOON), [old])
    assert (done.retired, done.rollouts) == ((), {})


def test_who_gets_another_way_in_comes_in_by_theirs_alone() -> None:
    before, after = compile_plan(CART), at("30%", ELSEWHERE)
    world = world_of(before, after)

    check_out(world)
    for who in PEOPLE:
        world.track(who, "Signed Up")

    for who in PEOPLE:
        is_in = drawn("cart", person_id(world, who)) < 0.3
        version = (after if is_in else before).journeys["cart"].version
        assert entered(world, who) == [version]
        assert refused(world, who) == ([] if is_in else ["entry.rollout"])


CALLED = """
journey: hello
owner: growth
purpose: service
enter: {api: true}
steps:
  - send: {message: receipt, on: email, expires: 1d}
"""


@pytest.mark.parametrize("is_new", [True, False])
def test_a_call_reaches_the_version_that_is_the_persons(*, is_new: bool) -> None:
    before = compile_plan(*([] if is_new else [CALLED]))
    world = world_of(before, at("30%", CALLED.replace("1d", "2d")))

    for who in PEOPLE:
        world.feed(
            JourneyCalled(
                event_id=EventId(derive("ev", who)),
                received_at=world.now,
                person_id=person_id(world, who),
                journey="hello",
            )
        )

    present = world.plan.journeys["hello"].version
    for who in PEOPLE:
        is_in = drawn("hello", person_id(world, who)) < 0.3
        assert refused(world, who) == (["entry.rollout"] if is_new and not is_in else [])
        assert [version == present for version in entered(world, who)] == (
            [True] if is_in else [] if is_new else [False]
        )


NEWS = """
journey: news
owner: growth
purpose: service
enter: {schedule: "DTSTART:20260302T090000 RRULE:FREQ=DAILY"SEGMENT}
steps:
  - send: {message: receipt, on: email, expires: 1d}
"""
BUYERS = """
segment: buyers
title: Buyers
owner: growth
when: {did: Order Completed}
"""


def test_a_schedule_calls_each_in_by_the_segment_of_their_version() -> None:
    before = compile_plan(NEWS.replace("SEGMENT", ""), segments=BUYERS)
    after = compile_plan(
        NEWS.replace("SEGMENT", ", segment: buyers") + "rollout: 30%\n", segments=BUYERS
    )
    world = world_of(before, after)
    buyers = PEOPLE[::2]
    for who in buyers:
        world.track(who, "Order Completed", {"order_id": who})

    world.advance(2 * DAY)

    for who in PEOPLE:
        is_in = drawn("news", person_id(world, who)) < 0.3
        version = (after if is_in else before).journeys["news"].version
        comes = not is_in or who in buyers
        assert set(entered(world, who)) == ({version} if comes else set())


def test_a_schedule_that_is_no_more_goes_on_for_those_who_had_it() -> None:
    before = compile_plan(NEWS.replace("SEGMENT", ""))
    on_event = NEWS.replace(
        '{schedule: "DTSTART:20260302T090000 RRULE:FREQ=DAILY"SEGMENT}', "{on: Signed Up}"
    )
    world = world_of(before, at("30%", on_event))

    world.advance(2 * DAY)

    old = before.journeys["news"].version
    for who in PEOPLE:
        is_in = drawn("news", person_id(world, who)) < 0.3
        assert set(entered(world, who)) == (set() if is_in else {old})


def test_somebody_who_is_in_it_does_not_come_in_again_when_the_share_is_raised() -> None:
    world = world_of(compile_plan(CART), at("0%", SOON))
    check_out(world)

    world.activate(retire(world.plan, at("100%", SOON), ()))
    check_out(world)

    assert all(refused(world, who) == ["entry.already_in"] for who in PEOPLE)


def test_people_who_turn_out_to_be_one_get_the_version_of_who_remains() -> None:
    world = world_of(compile_plan(CART), at("50%", SOON))
    new = world.plan.journeys["cart"].version
    remaining = {who: person_id(world, who) for who in PEOPLE}
    world.advance(MINUTE)
    for who in PEOPLE:  # a device is seen later, and found to be theirs
        seen = world.event(who, "track", {}, name="Product Viewed")
        world.feed(replace(seen, user_id=None, anonymous_id=f"device {who}"))
        world.feed(replace(world.event(who, "identify", {}), anonymous_id=f"device {who}"))

    check_out(world)

    assert {who: person_id(world, who) for who in PEOPLE} == remaining
    merged = [state for who in PEOPLE if (state := world.state(who)) and state.merged]
    assert len(merged) == len(PEOPLE)
    for who in PEOPLE:
        assert (entered(world, who) == [new]) == (drawn("cart", remaining[who]) < 0.5)


def test_a_late_event_begins_the_version_that_is_the_persons() -> None:
    world = world_of(compile_plan(CART), at("30%", SOON))
    versions: dict[str, str] = {}
    for who in PEOPLE:
        world.track(who, "Product Viewed", {})

    for who in PEOPLE:
        late = world.event(who, "track", {"cart_id": "late"}, name="Checkout Started")
        world.feed(replace(late, occurred_at=world.now - MINUTE))
        [versions[who]] = entered(world, who)

    for who in PEOPLE:
        is_in = drawn("cart", person_id(world, who)) < 0.3
        assert (versions[who] == world.plan.journeys["cart"].version) == is_in


class Shop:
    """A world whose log and notes can be asked about its past."""

    def __init__(self, *plans: Plan) -> None:
        self.log, self.store = MemoryLog(), MemoryStore()
        self.world = World(plans[0], self.log, self.store)
        for plan in plans[1:]:
            self.world.activate(retire(self.world.plan, plan, ()))
        known_person(self.world, "ana")

    def not_met(self) -> NotMet:
        state = self.world.state("ana")
        assert state is not None
        refusal = last_refusal(self.store.story(state.person_id, 0, 1_000), "cart")
        assert refusal is not None
        row, note = refusal
        chronicle = Chronicle(
            log=self.log, stories=self.store, leads=self.store.pointers, eras=Eras(self.log)
        )
        found = entering(chronicle, state.person_id, note, row)
        assert isinstance(found, NotMet)
        return found

    def ask(self, message: str) -> str:
        state = self.world.state("ana")
        assert state is not None
        story = self.store.story(state.person_id, 0, 1_000)
        asked = Question(person_id=state.person_id, journey="cart", message=message)
        return why(story, asked, plan=self.world.plan).sentence


def test_why_says_that_they_are_not_of_the_share_and_what_share_would_take_them_in() -> None:
    shop = Shop(compile_plan(), at("0%"))
    shop.world.track("ana", "Checkout Started", {"cart_id": "a"})

    [way] = shop.not_met().otherwise

    least = int(way.changes[0].removeprefix("a rollout to ").split()[0])
    mine = drawn("cart", person_id(shop.world, "ana")) * 100
    assert least - 1 <= mine < least
    assert "0 % of those who enter get this version so far" in shop.ask("reminder")


def test_the_condition_that_was_not_met_is_that_of_the_version_they_would_have_entered() -> None:
    asking = CART.replace("key: cart_id", "when: {value: {over: 40}}, key: cart_id")
    shop = Shop(compile_plan(asking), at("0%", CART))
    shop.world.track("ana", "Checkout Started", {"cart_id": "a", "value": 5})

    found = shop.not_met()

    assert found.unmet == ("value is over 40",)
    assert [one.changes for one in found.otherwise] == [found.unmet]


def test_why_names_the_version_that_does_not_send_what_was_asked_for() -> None:
    shop = Shop(compile_plan(CART), at("0%", CART.replace("message: reminder", "message: receipt")))
    shop.world.track("ana", "Checkout Started", {"cart_id": "a"})
    shop.world.advance(10 * MINUTE)

    said = shop.ask("receipt")

    assert "by the version that ran before, and that does not send 'receipt'" in said


def test_a_replay_of_the_log_gives_the_same_bytes() -> None:
    log, store = MemoryLog(), MemoryStore()
    world = World(compile_plan(CART), log, store)
    for who in PEOPLE:
        known_person(world, who)
    for share in ("10%", "60%", "0%"):
        world.activate(retire(world.plan, at(share, SOON), ()))
        check_out(world, cart=share)
        world.advance(HOUR)
    again = MemoryStore()

    refold(log, lambda: again, turn_records=7)

    everybody = list(store.people(PersonId(""), 1_000))
    assert len(everybody) == len(PEOPLE)
    assert list(again.people(PersonId(""), 1_000)) == everybody
    assert again.tail(0, 10_000) == store.tail(0, 10_000)
