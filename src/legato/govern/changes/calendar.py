"""Working days: Monday to Friday on the wall of the workspace's zone."""

from __future__ import annotations

from legato.expr.wall import minute_of_day, next_minute, next_start, weekday
from legato.model.instant import MINUTE, Instant

SATURDAY = 5


def after_working_days(since: Instant, days: int, zone: str) -> Instant:
    """Return when so many working days have gone by: at the same time of day, on the last one.

    What begins on a weekend begins as Monday does.
    """
    at = since
    while weekday(at, zone) >= SATURDAY:
        at = next_start("day", at, zone)
    minute = minute_of_day(at, zone)
    rest = at % MINUTE
    for _ in range(days):
        at = next_start("day", at, zone)
        while weekday(at, zone) >= SATURDAY:
            at = next_start("day", at, zone)
    return next_minute(at, zone, minute) + rest if days else at
