"""Times as scenarios write them: `2026-03-02 10:00` on a wall, `08:00`, `20m`, `10d before`."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from legato.expr.wall import next_minute, occurrences
from legato.model.instant import Duration, Instant, from_datetime, parse_duration, parse_instant
from legato.model.problem import Place
from legato.plan.findings import Findings
from legato.plan.form import wrong
from legato.plan.source import Leaf, Value

_LOCAL = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d?\d):(\d\d)(?::(\d\d))?)?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def read_instant(text: str, zone: str) -> Instant | None:
    """Read an instant: on the wall of a zone, unless it says its offset.

    A minute that a wall shows twice is the first of the two; one that it jumps over is the
    instant of the jump.
    """
    local = _LOCAL.fullmatch(text.strip())
    if local is None:
        return parse_instant(text)
    year, month, day, hour, minute, second = (int(part or 0) for part in local.groups())
    try:
        wall = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return occurrences(from_datetime(wall), zone)[0]


def read_clock(text: str) -> int | None:
    """Read a time of day as its minute."""
    found = _CLOCK.fullmatch(text.strip())
    return int(found[1]) * 60 + int(found[2]) if found else None


def read_moment(text: str, zone: str, now: Instant) -> Instant | None:
    """Read an instant, or the next time after `now` at which the wall shows a time of day."""
    minute = read_clock(text)
    return read_instant(text, zone) if minute is None else next_minute(now, zone, minute)


class Clock:
    """Reads when things happen: each `after` counts from the line above it."""

    def __init__(self, findings: Findings, start: Instant, zone: str) -> None:
        self._findings = findings
        self.start = start
        self.zone = zone
        self.now = start
        """Of the last line: time does not go back."""

    def after(self, text: str, place: Place) -> Instant:
        """Return the instant so long after the line above."""
        found = parse_duration(text)
        if found is None:
            self._unreadable(text, place, "`after 20m`, `after 1d 2h`")
            return self.now
        return self._moved(self.now + found, place)

    def before(self, text: str, place: Place) -> Instant:
        """Return the instant so long before the beginning."""
        found = parse_duration(text)
        if found is None:
            self._unreadable(text, place, "`10d before`")
            return self.start
        return self.start - found

    def at(self, text: str, place: Place) -> Instant:
        """Return an instant of the wall."""
        found = read_moment(text, self.zone, self.now)
        if found is None:
            self._unreadable(text, place, "`at 2026-03-02 10:20`, `at 08:00`")
            return self.now
        return self._moved(found, place)

    def _moved(self, instant: Instant, place: Place) -> Instant:
        if instant < self.start:
            self._findings.report(
                "G302",
                place,
                "this lies before the story begins, at `given.at`",
                "put it under `given.before`, or let the story begin earlier",
            )
        elif instant < self.now:
            self._findings.report(
                "G302",
                place,
                "this lies before the line above it: time does not go back",
                "put the lines in order",
            )
        self.now = max(self.now, instant)
        return instant

    def _unreadable(self, text: str, place: Place, examples: str) -> None:
        self._findings.report("G301", place, f"`{text}` is no time", f"write it as {examples}")


def duration_of(findings: Findings, value: Value, what: str) -> Duration | None:
    """Read a length of time; nothing at all is one too (`0s`)."""
    text = value.value if isinstance(value, Leaf) else None
    found = parse_duration(text) if isinstance(text, str) else None
    return (
        wrong(findings, value, what, "a length of time", f"`{what}: 30m`")
        if (found is None)
        else found
    )
