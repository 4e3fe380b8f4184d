"""What every log promises."""

from __future__ import annotations

from legato.model.event import (
    Erased,
    JourneySwitched,
    Noticed,
    PersonTouched,
    PlanActivated,
    encode_event,
)
from legato.model.ids import PersonId
from legato.model.problem import Reason
from legato.ports.log import Log

A, B, C, D, E = (encode_event(Erased(received_at=at, cause=f"c{at}")) for at in range(1, 6))
NOTICED = encode_event(Noticed(received_at=9, topic="t", reason=Reason(code="c", what="w")))


def test_an_empty_log_ends_at_position_zero(log: Log) -> None:
    assert log.last_position() == 0
    assert log.read(0, 10) == []
    assert log.get(1) is None


def test_records_get_positions_from_one_without_gaps(log: Log) -> None:
    assert log.append([A, B]) == 2
    assert log.append([C]) == 3

    assert log.read(0, 10) == [(1, A), (2, B), (3, C)]
    assert log.last_position() == 3


def test_reading_goes_on_after_a_position_and_stops_at_the_limit(log: Log) -> None:
    log.append([A, B, C, D])

    assert log.read(1, 2) == [(2, B), (3, C)]
    assert log.read(2, 9) == [(3, C), (4, D)]
    assert log.read(4, 2) == []


def test_one_record_is_found_by_its_position(log: Log) -> None:
    log.append([A, B])

    assert log.get(2) == B
    assert log.get(1) == A
    assert log.get(0) is None
    assert log.get(3) is None


def test_records_of_some_kinds_are_found_in_order(log: Log) -> None:
    switched = encode_event(JourneySwitched(received_at=1, journey="j", is_paused=True))
    touched = encode_event(PersonTouched(received_at=1, person_id=PersonId("plan")))
    planned = encode_event(PlanActivated(received_at=1, digest="d", plan=b""))
    log.append([switched, touched, planned, touched, switched])

    assert log.tagged(("plan", "switched"), 0, 5) == [1, 3, 5]
    assert log.tagged(("plan",), 0, 5) == [3]
    assert log.tagged(("plan", "switched"), 1, 4) == [3]


def test_records_of_one_kind_are_found_in_a_stretch(log: Log) -> None:
    log.append([NOTICED, A, NOTICED, B, NOTICED, C, NOTICED])

    assert log.tagged(("noticed",), 1, 6) == [3, 5]
    assert log.tagged(("noticed",), 0, 7) == [1, 3, 5, 7]
    assert log.tagged(("plan",), 0, 7) == []


def test_a_record_that_is_overwritten_is_what_everybody_reads(log: Log) -> None:
    log.append([A, NOTICED, C, D, E])

    log.rewrite([(1, B), (2, A), (5, NOTICED)])

    assert [log.get(each) for each in (1, 2, 3, 5)] == [B, A, C, NOTICED]
    assert log.read(0, 9) == [(1, B), (2, A), (3, C), (4, D), (5, NOTICED)]
    assert log.read(1, 2) == [(2, A), (3, C)]
    assert log.tagged(("noticed",), 0, 5) == [5]


def test_appending_nothing_changes_nothing(log: Log) -> None:
    log.append([A])

    assert log.append([]) == 1
    assert log.append([B]) == 2


def test_a_log_closes_twice(log: Log) -> None:
    log.close()
    log.close()
