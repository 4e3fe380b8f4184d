"""The clock on a person's wall: local days, minutes and quiet hours in pinned time zones.

Theory of operation. A wall shows `instant + offset`. Offsets change at transitions, a few a year,
so the offset of a whole UTC hour is cached, unless a transition lies inside it. The way back, from
what a wall shows to an instant, has two answers where clocks went back and none where they went
forward: `occurrences` gives both, or the first instant after the gap.

The zone tables are those of the `tzdata` package, never the machine's, so that two machines with
one plan decide the same; their version is part of the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta, tzinfo
from functools import lru_cache
from importlib import resources
from typing import TypeAlias
from zoneinfo import ZoneInfo

import tzdata

from legato.model.instant import DAY, HOUR, MINUTE, SECOND, Duration, Instant, to_datetime

MINUTES_A_DAY = 1_440
MONDAY_OFFSET = 3
"""1970-01-01 was a Thursday: days since then plus three, modulo seven, count from Monday."""
QUIET_SEARCH: Duration = 3 * DAY
"""Zones around the globe can make it quiet somewhere at any hour: then look again this much on."""
FORWARD_DAYS = 15
"""A minute on a weekday comes within a week; twice that stands any transition."""
EARLIEST: Instant = -62_000_000_000 * SECOND
LATEST: Instant = 253_000_000_000 * SECOND
"""Years 5 and 9987: beyond them datetime has no room for an offset, and the nearest holds."""
ZONES_MAX = 1_024
"""Twice the zones there are, aliases included."""
HOURS_MAX = 8_192
"""Cached hours, and cached local times: a fortnight in 24 zones."""

DAYS_MAX = 8_192
"""Cached days of a zone, and of zones that go together: some hundreds of these, for two weeks."""

Span: TypeAlias = tuple[Instant, Instant]
"""From the first, until before the second."""

TZDATA_VERSION: str = tzdata.IANA_VERSION


def is_zone(name: str) -> bool:
    """Return whether the tables have a zone of this name."""
    return _zone(name) is not None


def offset_at(instant: Instant, zone: str) -> Duration:
    """Return what the zone's wall shows minus UTC. An unknown zone is taken as UTC."""
    offset = _hour_offset(instant // HOUR, zone)
    return _offset(instant, zone) if offset is None else offset


def minute_of_day(instant: Instant, zone: str) -> int:
    """Return the minute that the wall shows, 0 to 1,439."""
    return (instant + offset_at(instant, zone)) // MINUTE % MINUTES_A_DAY


def weekday(instant: Instant, zone: str) -> int:
    """Return the weekday on the wall; 0 is Monday."""
    return ((instant + offset_at(instant, zone)) // DAY + MONDAY_OFFSET) % 7


def start_of(unit: str, instant: Instant, zone: str) -> Instant:
    """Return when the wall's day, week (from Monday), month or year began."""
    local_day = (instant + offset_at(instant, zone)) // DAY
    return occurrences(_first_day(unit, local_day) * DAY, zone)[0]


def next_start(unit: str, instant: Instant, zone: str) -> Instant:
    """Return when the wall's next day, week, month or year begins: after `instant`, strictly."""
    day = _first_day(unit, (instant + offset_at(instant, zone)) // DAY)
    following = _first_day(unit, day + _LONGEST[unit])
    while True:
        later = [at for at in occurrences(following * DAY, zone) if at > instant]
        if later:
            return later[0]
        following = _first_day(unit, following + _LONGEST[unit])


def next_minute(now: Instant, zone: str, minute: int, weekdays: Sequence[int] = ()) -> Instant:
    """Return the first instant, `now` or later, at which the wall comes to show that minute.

    A minute that clocks jumped over is taken at the first instant after the gap; one that they
    show twice at its first occurrence. Empty `weekdays`: any day.
    """
    first_day = (now + offset_at(now, zone)) // DAY
    for day in range(first_day, first_day + FORWARD_DAYS):
        if weekdays and (day + MONDAY_OFFSET) % 7 not in weekdays:
            continue
        at = occurrences(day * DAY + minute * MINUTE, zone)[0]
        if at >= now:
            return at
    raise AssertionError("a weekday is a number from 0 to 6")


def is_between(minute: int, start: int, end: int) -> bool:
    """Return whether a minute of the day lies in [start, end), which may span midnight."""
    return start <= minute < end if start <= end else minute >= start or minute < end


def quiet_until(now: Instant, zones: Sequence[str], start: int, end: int) -> Instant | None:
    """Return None when it is quiet in none of the zones, else when it first will be so.

    Where it never will be, the end of the search (QUIET_SEARCH) is returned: ask again then.
    """
    day, places = now // DAY, tuple(zones)
    for number in range(day, day + QUIET_SEARCH // DAY + 1):
        for begin, over in _waking(number, places, start, end):
            if begin <= now < over:
                return None
            if now < begin < now + QUIET_SEARCH:
                return begin
    return now + QUIET_SEARCH


@lru_cache(maxsize=DAYS_MAX)
def _waking(day: int, zones: tuple[str, ...], start: int, end: int) -> tuple[Span, ...]:
    """Return when, within a day of UTC, it is quiet in none of the zones.

    A mobile number may stand for dozens of them. They are looked at once a day, not for each
    message.
    """
    spans: tuple[Span, ...] = ((day * DAY, (day + 1) * DAY),)
    for zone in zones:
        awake = _awake(day, zone, start, end)
        spans = tuple(
            (max(begin, rises), min(over, retires))
            for begin, over in spans
            for rises, retires in awake
            if max(begin, rises) < min(over, retires)
        )
    return spans


@lru_cache(maxsize=DAYS_MAX)
def _awake(day: int, zone: str, start: int, end: int) -> tuple[Span, ...]:
    """Return when, within a day of UTC, it is not quiet in a zone."""
    spans: list[Span] = []
    at, over = day * DAY, (day + 1) * DAY
    while at < over:
        turn = min(next_turn(at, zone, (start, end)), over)
        if not is_between(minute_of_day(at, zone), start, end):
            spans.append((at, turn))
        at = turn
    return tuple(spans)


def next_turn(now: Instant, zone: str, minutes: Sequence[int]) -> Instant:
    """Return the first instant after `now` at which the wall may cross one of these minutes.

    That is when it comes to show one, first or again, or when its clocks are changed.
    """
    local_day = (now + offset_at(now, zone)) // DAY
    turns = [
        at
        for day in (local_day, local_day + 1, local_day + 2)
        for minute in minutes
        for at in occurrences(day * DAY + minute * MINUTE, zone)
        if at > now
    ]
    turn = min(turns)
    if offset_at(turn, zone) == offset_at(now, zone):
        return turn
    return min(turn, _transition(now, turn, zone))


@lru_cache(maxsize=HOURS_MAX)
def occurrences(local: Instant, zone: str) -> tuple[Instant, ...]:
    """Return the instants, earliest first, at which the wall shows a local time.

    `local` counts as an instant would if the wall's clock were UTC. Where clocks jumped over it,
    the one first instant after the gap.
    """
    before, after = offset_at(local - DAY, zone), offset_at(local + DAY, zone)
    if before == after:
        return (local - before,)
    found = tuple(
        local - offset
        for offset in (max(before, after), min(before, after))
        if offset_at(local - offset, zone) == offset
    )
    return found or (_transition(local - max(before, after), local - min(before, after), zone),)


_LONGEST = {"day": 1, "week": 7, "month": 31, "year": 366}


def _first_day(unit: str, day: int) -> int:
    """Return the first day of the week, month or year that a day (since 1970) is in."""
    if unit == "day":
        return day
    if unit == "week":
        return day - (day + MONDAY_OFFSET) % 7
    date = to_datetime(min(max(day * DAY, EARLIEST), LATEST))
    return day - (date.day - 1 if unit == "month" else date.timetuple().tm_yday - 1)


def _transition(low: Instant, high: Instant, zone: str) -> Instant:
    """Return the first instant in (low, high] with the offset that holds at `high`."""
    offset = offset_at(high, zone)
    # Transitions are at whole seconds.
    first, last = low // SECOND, -(-high // SECOND)
    while last - first > 1:
        middle = (first + last) // 2
        if offset_at(middle * SECOND, zone) == offset:
            last = middle
        else:
            first = middle
    return last * SECOND


@lru_cache(maxsize=HOURS_MAX)
def _hour_offset(hour: int, zone: str) -> Duration | None:
    """Return the offset all through an hour since 1970; None when it changes inside."""
    offset = _offset(hour * HOUR, zone)
    return offset if _offset(hour * HOUR + HOUR - 1, zone) == offset else None


def _offset(instant: Instant, zone: str) -> Duration:
    table = _zone(zone)
    if table is None:
        return 0
    moment = to_datetime(min(max(instant, EARLIEST), LATEST)).astimezone(table)
    offset = moment.utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)


def table_of(zone: str) -> tzinfo:
    """Return a zone's pinned table, for libraries that want one; UTC for an unknown name."""
    return _zone(zone) or UTC


@lru_cache(maxsize=ZONES_MAX)
def _zone(name: str) -> tzinfo | None:
    parts = name.split("/")
    if not all(part.isascii() and part and not part.startswith(".") for part in parts):
        return None
    table = resources.files("tzdata.zoneinfo").joinpath(*parts)
    try:
        with table.open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError):
        return None
