"""What every state store promises the engine: one turn, its timers, and where it left off."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest

from legato.model.ids import PersonId, message_digest
from legato.model.instant import HOUR
from legato.ports.state_store import Head, Turn
from legato.stores.memory import MemoryStore
from legato.stores.sqlite.state import SqliteStore

Store: TypeAlias = MemoryStore | SqliteStore
Again: TypeAlias = Callable[[Store], Store]

ANA, BEN, EVA, ZOE = (PersonId(name) for name in ("ana", "ben", "eva", "zoe"))
HELLO = message_digest("web", "hello")
START = 1_000 * HOUR


def test_a_new_store_is_at_the_beginning(store: Store) -> None:
    assert store.head() == Head()
    assert store.next_due() is None
    assert store.states([ANA]) == {}
    assert store.pointers(["user_id:1"]) == {}
    assert store.resolve(ANA) == ANA


def test_the_head_survives_a_restart(store: Store, reopened: Again) -> None:
    store.commit(
        Turn(position=4, now=7, plan=("d1", b"one"), switches={"a": True}, schedules={"s": 5})
    )
    store.commit(
        Turn(position=9, now=8, plan=("d2", b"two"), switches={"b": True}, schedules={"s": 6})
    )
    store.commit(Turn(position=9, now=9, switches={"a": False}))

    assert reopened(store).head() == Head(
        position=9,
        now=9,
        plan=("d2", b"two"),
        switches={"a": False, "b": True},
        schedules={"s": 6},
    )


def test_an_earlier_plan_can_be_taken_up_again(store: Store) -> None:
    for position, plan in enumerate([("d1", b"one"), ("d2", b"two"), ("d1", b"one")], 1):
        store.commit(Turn(position=position, now=position, plan=plan))

    assert store.head().plan == ("d1", b"one")


def test_states_are_replaced_and_survive_a_restart(store: Store, reopened: Again) -> None:
    store.commit(Turn(position=1, now=1, states={ANA: b"a1", BEN: b"b1"}))
    store.commit(Turn(position=2, now=2, states={ANA: b"a2"}))

    assert reopened(store).states([BEN, ANA, EVA]) == {ANA: b"a2", BEN: b"b1"}


def test_what_was_committed_before_is_there_for_the_thread_that_commits(store: Store) -> None:
    for number in range(3):
        store.commit(Turn(position=number, now=number, states={ANA: bytes([number])}))
        assert store.states([ANA]) == {ANA: bytes([number])}


def test_a_merge_forwards_the_person_and_all_that_led_there(store: Store, reopened: Again) -> None:
    store.commit(
        Turn(
            position=1,
            now=1,
            states={ANA: b"a", BEN: b"b"},
            pointers={"email:ana": ANA, "email:ben": BEN},
        )
    )
    store.commit(Turn(position=2, now=2, states={ANA: None, BEN: b"ab"}, forwards={ANA: BEN}))
    store = reopened(store)

    assert store.resolve(ANA) == BEN
    assert store.states([ANA, BEN]) == {BEN: b"ab"}
    assert store.pointers(["email:ana", "email:ben", "email:eva"]) == {
        "email:ana": BEN,
        "email:ben": BEN,
    }


def test_a_chain_of_merges_leads_to_its_end(store: Store) -> None:
    store.commit(Turn(position=1, now=1, pointers={"email:ana": ANA}, forwards={ANA: BEN}))
    store.commit(Turn(position=2, now=2, forwards={BEN: EVA}))

    assert store.resolve(ANA) == EVA
    assert store.resolve(BEN) == EVA
    assert store.pointers(["email:ana"]) == {"email:ana": EVA}


@pytest.mark.parametrize(
    "forwards", [{ANA: BEN, BEN: EVA, EVA: ZOE}, {EVA: ZOE, BEN: EVA, ANA: BEN}]
)
def test_merges_of_one_turn_may_come_in_any_order(
    store: Store, forwards: dict[PersonId, PersonId]
) -> None:
    store.commit(Turn(position=1, now=1, forwards=forwards))

    assert [store.resolve(each) for each in (ANA, BEN, EVA, ZOE)] == [ZOE] * 4


def test_a_pointer_can_be_led_elsewhere(store: Store) -> None:
    store.commit(Turn(position=1, now=1, pointers={"email:ana": ANA}))
    store.commit(Turn(position=2, now=2, pointers={"email:ana": BEN}))

    assert store.pointers(["email:ana"]) == {"email:ana": BEN}


def test_a_turn_that_raises_leaves_nothing(store: Store) -> None:
    store.commit(Turn(position=1, now=1, states={ANA: b"a"}, alarms={ANA: 5}, forwards={BEN: ANA}))
    before = (store.head(), store.counts(), store.due(9, 9))

    with pytest.raises(AssertionError):
        store.commit(
            Turn(
                position=2,
                now=2,
                states={ANA: None, EVA: b"e"},
                alarms={EVA: 3},
                seen={HELLO: 2},
                pointers={"email:eva": EVA},
                forwards={EVA: ZOE, ANA: BEN},
            )
        )

    assert (store.head(), store.counts(), store.due(9, 9)) == before
    assert store.states([ANA, EVA]) == {ANA: b"a"}
    assert store.pointers(["email:eva"]) == {}
    assert store.seen([HELLO], 0) == set()
    assert store.resolve(EVA) == EVA


def test_a_turn_from_before_the_head_is_refused(store: Store) -> None:
    store.commit(Turn(position=5, now=5))

    with pytest.raises(AssertionError):
        store.commit(Turn(position=4, now=9))

    assert store.head() == Head(position=5, now=5)


def test_the_clock_may_have_been_set_back(store: Store) -> None:
    store.commit(Turn(position=5, now=5))

    store.commit(Turn(position=6, now=4))

    assert store.head() == Head(position=6, now=4)


def test_a_message_is_seen_from_its_own_instant_on(store: Store, reopened: Again) -> None:
    store.commit(Turn(position=1, now=START, seen={HELLO: START}))
    other = message_digest("web", "other")
    store = reopened(store)

    assert store.seen([HELLO, other], START) == {HELLO}
    assert store.seen([HELLO, other], START + 1) == set()


def test_a_message_is_seen_for_the_whole_window(store: Store) -> None:
    store.commit(Turn(position=1, now=START, seen={HELLO: START}))
    store.commit(Turn(position=2, now=START + 72 * HOUR))

    assert store.seen([HELLO], START) == {HELLO}


def test_a_message_seen_again_counts_from_then(store: Store) -> None:
    store.commit(Turn(position=1, now=START, seen={HELLO: START}))
    store.commit(Turn(position=2, now=START + 80 * HOUR, seen={HELLO: START + 80 * HOUR}))

    assert store.seen([HELLO], START + 79 * HOUR) == {HELLO}


def test_a_turn_that_is_undone_forgets_no_message(store: Store) -> None:
    # Its second turn is where a store may set out to rearrange digests that begin with a 2.
    early, other = b"\2" * 16, b"\3" * 16
    store.commit(Turn(position=1, now=START, seen={early: START}, forwards={ANA: BEN}))
    with pytest.raises(AssertionError):
        store.commit(Turn(position=2, now=START, seen={other: START}, forwards={BEN: ANA}))
    store.commit(Turn(position=3, now=START))

    assert store.seen([early, other], 0) == {early}


def test_alarms_come_earliest_first_and_strictly_before_the_bound(
    store: Store, reopened: Again
) -> None:
    store.commit(Turn(position=1, now=1, alarms={EVA: 30, ANA: 10, BEN: 20, ZOE: 10}))
    store = reopened(store)

    assert store.due(10, 9) == []
    assert store.due(30, 9) == [(10, ANA), (10, ZOE), (20, BEN)]
    assert store.due(31, 2) == [(10, ANA), (10, ZOE)]
    assert store.next_due() == 10
    assert store.count() == 4


def test_alarms_stay_until_they_are_replaced(store: Store) -> None:
    store.commit(Turn(position=1, now=1, alarms={ANA: 10}))

    assert store.due(11, 1) == store.due(11, 1) == [(10, ANA)]


def test_an_alarm_is_replaced_and_removed(store: Store) -> None:
    store.commit(Turn(position=1, now=1, states={BEN: b"b"}, alarms={ANA: 10, BEN: 20}))
    store.commit(
        Turn(position=2, now=2, states={BEN: b"c"}, alarms={ANA: 40, BEN: None, EVA: None})
    )

    assert store.due(100, 9) == [(40, ANA)]
    assert store.next_due() == 40
    assert store.count() == 1


def test_an_alarm_set_away_and_back_rings_once(store: Store) -> None:
    for position, due_at in enumerate((10, 20, 10), 1):
        store.commit(Turn(position=position, now=1, alarms={ANA: due_at}))

    assert store.due(100, 9) == [(10, ANA)]


def test_an_alarm_does_not_make_a_person(store: Store) -> None:
    store.commit(Turn(position=1, now=1, alarms={ANA: 10}))

    assert store.states([ANA]) == {}
    assert list(store.people(PersonId(""), 9)) == []
    assert store.counts()["people"] == 0


def test_a_state_keeps_the_alarm_that_it_does_not_speak_of(store: Store) -> None:
    store.commit(Turn(position=1, now=1, states={ANA: b"1"}, alarms={ANA: 10}))
    store.commit(Turn(position=2, now=2, states={ANA: b"2"}))

    assert store.due(11, 9) == [(10, ANA)]


def test_a_merged_person_wakes_no_more(store: Store) -> None:
    store.commit(Turn(position=1, now=1, states={ANA: b"a", BEN: b"b"}, alarms={ANA: 10}))
    store.commit(Turn(position=2, now=2, states={ANA: None}, forwards={ANA: BEN}))

    assert store.next_due() is None


def test_a_thousand_alarms_replaced_ten_times_are_still_a_thousand(store: Store) -> None:
    people = [PersonId(f"p{number:04}") for number in range(1000)]
    for lap in range(10):
        alarms = {person: lap * 1000 + number for number, person in enumerate(people)}
        store.commit(Turn(position=lap, now=lap, alarms=dict(alarms)))

    assert store.count() == 1000
    assert store.due(9003, 9) == [(9000 + number, people[number]) for number in range(3)]


def test_a_store_closes_twice(store: Store) -> None:
    store.close()
    store.close()
