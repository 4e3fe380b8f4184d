"""When a recurrence rule comes round (RFC 5545), on the wall of a time zone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime

from dateutil.rrule import rrule, rruleset, rrulestr

from legato.expr.wall import table_of
from legato.model.instant import Instant, from_datetime, to_datetime

_UNDATED = datetime(2000, 1, 3)  # noqa: DTZ001 - a wall-clock Monday, for rules without DTSTART


class Calendar:
    """One recurrence rule in one time zone."""

    def __init__(self, text: str, zone: str) -> None:
        rule: rrule | rruleset = rrulestr(
            text, dtstart=None if "DTSTART" in text.upper() else _UNDATED, tzids=table_of
        )
        self._coming: Iterator[datetime] = iter(rule)
        first = next(self._coming, None)
        self._known: list[datetime] = [] if first is None else [first]
        """As far as anybody has asked: rules are counted through from their beginning."""
        self._zone = table_of(zone) if first is None or first.tzinfo is None else None

    def latest(self, now: Instant) -> Instant | None:
        """Return the last occurrence at or before `now`."""
        count = self._count(now)
        return self._instant(self._known[count - 1]) if count else None

    def next(self, now: Instant) -> Instant | None:
        """Return the first occurrence after `now`."""
        count = self._count(now)
        return self._instant(self._known[count]) if count < len(self._known) else None

    def _count(self, now: Instant) -> int:
        """Return how many there are up to `now`; one more is known then, if there is one."""
        wall = self._wall(now)
        while not self._known or self._known[-1] <= wall:
            following = next(self._coming, None)
            if following is None:
                break
            self._known.append(following)
        return bisect_right(self._known, wall)

    def _wall(self, instant: Instant) -> datetime:
        moment = to_datetime(instant)
        return moment if self._zone is None else moment.astimezone(self._zone).replace(tzinfo=None)

    def _instant(self, moment: datetime) -> Instant:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        return from_datetime(moment.astimezone(UTC))
