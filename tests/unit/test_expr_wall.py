"""The clock on the wall: zones, days, minutes and quiet hours across changes of the clocks."""

from __future__ import annotations

import pytest

from legato.expr import wall
from legato.model.instant import DAY, HOUR, MINUTE, Instant, format_instant, parse_instant

LISBON = "Europe/Lisbon"


def at(text: str) -> Instant:
    instant = parse_instant(text)
    assert instant is not None
    return instant


def said(instant: Instant | None) -> str | None:
    return None if instant is None else format_instant(instant)[:16]


@pytest.mark.parametrize("name", ["Europe/Lisbon", "UTC", "America/Argentina/Ushuaia", "EST"])
def test_a_zone_of_the_tables_is_known(name: str) -> None:
    assert wall.is_zone(name)


@pytest.mark.parametrize("name", ["", "Europe", "Mars/Base", "../etc/passwd", "/", "zone.tab", "é"])
def test_anything_else_is_no_zone(name: str) -> None:
    assert not wall.is_zone(name)


def test_the_wall_shows_local_minutes_and_weekdays() -> None:
    instant = at("2026-07-05T23:30:00Z")  # a Sunday; Lisbon is an hour ahead in summer

    assert wall.minute_of_day(instant, LISBON) == 30
    assert wall.weekday(instant, LISBON) == 0
    assert wall.weekday(instant, "UTC") == 6


def test_offsets_of_half_an_hour_and_hours_split_by_a_change_are_right() -> None:
    assert wall.minute_of_day(at("2026-03-02T00:00:00Z"), "Asia/Kolkata") == 330
    # Lord Howe's clocks go back half an hour at 15:00 UTC.
    assert wall.minute_of_day(at("2026-04-04T14:59:59Z"), "Australia/Lord_Howe") == 119
    assert wall.minute_of_day(at("2026-04-04T15:00:00Z"), "Australia/Lord_Howe") == 90


@pytest.mark.parametrize(
    ("unit", "start", "following"),
    [
        ("day", "2026-07-14T23:00", "2026-07-15T23:00"),
        ("week", "2026-07-12T23:00", "2026-07-19T23:00"),
        ("month", "2026-06-30T23:00", "2026-07-31T23:00"),
        ("year", "2026-01-01T00:00", "2027-01-01T00:00"),
    ],
)
def test_calendar_units_begin_at_local_midnight(unit: str, start: str, following: str) -> None:
    now = at("2026-07-15T10:00:00Z")

    assert said(wall.start_of(unit, now, LISBON)) == start
    assert said(wall.next_start(unit, now, LISBON)) == following


def test_the_next_unit_begins_strictly_later() -> None:
    midnight = at("2026-01-31T00:00:00Z")

    assert said(wall.next_start("day", midnight, "UTC")) == "2026-02-01T00:00"
    assert said(wall.next_start("month", midnight, "UTC")) == "2026-02-01T00:00"


def test_a_day_whose_midnight_was_jumped_over_begins_after_the_gap() -> None:
    # Cairo's clocks went from 00:00 to 01:00 on Friday 24 April 2026.
    noon = at("2026-04-24T10:00:00Z")

    start = wall.start_of("day", noon, "Africa/Cairo")

    assert said(start) == "2026-04-23T22:00"
    assert wall.minute_of_day(start, "Africa/Cairo") == 60


def test_a_day_whose_midnight_is_shown_twice_begins_at_the_first() -> None:
    # Havana's clocks go back from 01:00 to 00:00 on Sunday 2 November 2025.
    second_half_past = at("2025-11-02T05:30:00Z")

    assert wall.minute_of_day(second_half_past, "America/Havana") == 30
    assert said(wall.start_of("day", second_half_past, "America/Havana")) == "2025-11-02T04:00"


def test_the_next_minute_is_now_when_the_wall_comes_to_show_it() -> None:
    nine = at("2026-03-02T09:00:00Z")

    assert wall.next_minute(nine, "UTC", 540) == nine
    assert wall.next_minute(nine + 1, "UTC", 540) == nine + DAY
    assert wall.next_minute(nine - 1, "UTC", 540) == nine


def test_the_next_minute_waits_for_its_weekday() -> None:
    monday = at("2026-03-02T10:00:00Z")

    assert said(wall.next_minute(monday, "UTC", 540, (0,))) == "2026-03-09T09:00"
    assert said(wall.next_minute(monday, "UTC", 540, (2, 4))) == "2026-03-04T09:00"


def test_a_minute_in_the_gap_is_taken_after_it() -> None:
    assert said(wall.next_minute(at("2026-03-29T00:00:00Z"), LISBON, 90)) == "2026-03-29T01:00"


def test_a_minute_shown_twice_is_taken_at_its_first() -> None:
    assert said(wall.next_minute(at("2026-10-25T00:00:00Z"), LISBON, 90)) == "2026-10-25T00:30"
    assert said(wall.next_minute(at("2026-10-25T00:40:00Z"), LISBON, 90)) == "2026-10-26T01:30"


def test_quiet_hours_span_midnight_and_end_in_the_morning() -> None:
    start, end = 21 * 60, 8 * 60

    assert wall.quiet_until(at("2026-03-02T20:59:59Z"), [LISBON], start, end) is None
    assert said(wall.quiet_until(at("2026-03-02T21:00:00Z"), [LISBON], start, end)) == (
        "2026-03-03T08:00"
    )
    assert wall.quiet_until(at("2026-03-03T08:00:00Z"), [LISBON], start, end) is None


def test_several_zones_are_waited_for_together() -> None:
    # Athens is two hours ahead: it is quiet there from 19:00 UTC, in Lisbon until 08:00 UTC.
    until = wall.quiet_until(at("2026-03-02T19:30:00Z"), [LISBON, "Europe/Athens"], 1_260, 480)

    assert said(until) == "2026-03-03T08:00"


def test_hours_that_are_quiet_somewhere_always_end_the_search() -> None:
    now = at("2026-03-02T19:30:00Z")
    zones = ["UTC", "Asia/Tokyo", "America/Los_Angeles"]

    assert wall.quiet_until(now, zones, 8 * 60, 22 * 60) == now + wall.QUIET_SEARCH


def test_an_empty_stretch_is_never_quiet() -> None:
    assert wall.quiet_until(at("2026-03-02T08:00:00Z"), [LISBON], 480, 480) is None


def test_quiet_hours_end_when_the_clocks_jump_out_of_them() -> None:
    # 01:59:59 is not quiet, then the wall shows 01:00 again, which is.
    now = at("2026-10-25T01:05:00Z")

    assert wall.minute_of_day(now, LISBON) == 65
    assert said(wall.quiet_until(now, [LISBON], 60, 90)) == "2026-10-25T01:30"


def test_quiet_hours_end_at_the_change_itself_when_that_leads_out() -> None:
    # At 02:00 clocks go back to 01:00, before the quiet stretch begins again.
    until = wall.quiet_until(at("2026-10-25T00:50:00Z"), [LISBON], 105, 180)

    assert said(until) == "2026-10-25T01:00"


def test_the_extremes_of_time_have_an_offset() -> None:
    for instant in (-62_135_596_800_000_000, 253_402_300_799_999_999, 0, 30 * HOUR + MINUTE):
        assert 0 <= wall.minute_of_day(instant, LISBON) < 1_440
