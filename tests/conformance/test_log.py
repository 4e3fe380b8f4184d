"""What every log promises."""

from __future__ import annotations

from legato.ports.log import Log


def test_an_empty_log_ends_at_position_zero(log: Log) -> None:
    assert log.last_position() == 0
    assert log.read(0, 10) == []
    assert log.get(1) is None


def test_records_get_positions_from_one_without_gaps(log: Log) -> None:
    assert log.append([b"a", b"b"]) == 2
    assert log.append([b"c"]) == 3

    assert log.read(0, 10) == [(1, b"a"), (2, b"b"), (3, b"c")]
    assert log.last_position() == 3


def test_reading_goes_on_after_a_position_and_stops_at_the_limit(log: Log) -> None:
    log.append([b"a", b"b", b"c", b"d"])

    assert log.read(1, 2) == [(2, b"b"), (3, b"c")]
    assert log.read(4, 2) == []


def test_one_record_is_found_by_its_position(log: Log) -> None:
    log.append([b"a", b"b"])

    assert log.get(2) == b"b"
    assert log.get(0) is None
    assert log.get(3) is None


def test_appending_nothing_changes_nothing(log: Log) -> None:
    log.append([b"a"])

    assert log.append([]) == 1
    assert log.append([b"b"]) == 2


def test_a_log_closes_twice(log: Log) -> None:
    log.close()
    log.close()
