"""Passages that are over, put away as bytes."""

from __future__ import annotations

from itertools import permutations

from legato.model.ended import (
    bring_back,
    count_ended,
    ended_in,
    enrollment_of,
    enrollments_of,
    put_away,
)
from legato.model.ids import EnrollmentId, EventId, PersonId
from legato.model.state import Enrollment, State, Trail, decode_state, encode_state


def passage(number: int, journey: str = "rescue", ended_at: int | None = 9) -> Enrollment:
    return Enrollment(
        enrollment_id=EnrollmentId(f"enrollment_{number}"),
        journey=journey,
        version="v1",
        key=f"order-{number}",
        entered_at=number,
        entry_event=EventId(f"event_{number}"),
        entry=b"",
        step_id="",
        since=number,
        counts={"send:1": 1},
        trail=[Trail(number, "1", number, None, {}, is_by_time=False)],
        ended_at=ended_at,
        outcome="goal" if number % 2 else "exit",
        entry_position=number,
    )


def state_of(*passages: Enrollment) -> State:
    return State(person_id=PersonId("person_1"), first_seen=0, last_seen=9, enrollments=[*passages])


def put_all_away(*passages: Enrollment) -> State:
    state = state_of(*passages)
    for one in passages:
        put_away(state, one)
    return state


def test_what_is_put_away_comes_back_as_it_was_among_those_that_go_on() -> None:
    goes_on = passage(2, ended_at=None)
    state = state_of(passage(1), goes_on, passage(3))
    for one in (state.enrollments[0], state.enrollments[2]):
        put_away(state, one)
    assert state.enrollments == [goes_on]
    assert count_ended(state) == 2

    read = decode_state(encode_state(state))
    bring_back(read, ["rescue", "another"])

    assert read.enrollments == [passage(1), goes_on, passage(3)]
    assert not read.ended


def test_in_whatever_order_they_ended_the_bytes_are_the_same() -> None:
    passages = [passage(number) for number in (1, 2, 3)]

    states = {encode_state(put_all_away(*order)) for order in permutations(passages)}

    assert len(states) == 1


def test_one_journey_is_brought_back_alone() -> None:
    state = put_all_away(passage(1), passage(2, "welcome"))

    bring_back(state, ["welcome"])

    assert state.enrollments == [passage(2, "welcome")]
    assert ended_in(state, "rescue") == [passage(1)]


def test_what_has_a_key_in_it_is_found() -> None:
    state = put_all_away(passage(1), passage(2))

    assert ended_in(state, "rescue", "order-2") == [passage(2)]
    assert ended_in(state, "rescue", "order-2", "event_1") == []
    assert ended_in(state, "welcome") == []


def test_one_is_found_by_its_id_wherever_it_is() -> None:
    goes_on = passage(2, ended_at=None)
    state = put_all_away(passage(1))
    state.enrollments.append(goes_on)

    assert enrollment_of(state, EnrollmentId("enrollment_1")) == passage(1)
    assert enrollment_of(state, EnrollmentId("enrollment_2")) is goes_on
    assert enrollment_of(state, EnrollmentId("enrollment_3")) is None
    assert enrollments_of(state) == [passage(1), goes_on]
