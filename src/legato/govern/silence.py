"""When a source counts as silent: as a function of when it was last heard."""

from __future__ import annotations

from legato.expr.wall import is_between, minute_of_day, next_turn
from legato.model.definitions.source import Hours, Source
from legato.model.instant import MINUTE, Instant

DAY_MINUTES = 1_440
TURNS_MAX = 8
"""Hours in which it is expected that are looked at; where all are too short, it never is silent."""


def silent_at(source: Source, heard_at: Instant) -> Instant | None:
    """Return when a source counts as silent if nothing comes; None: never.

    Only time in which it is expected counts: one that sends from eight to eight is not missed at
    night, and has its whole time again in the morning.
    """
    if not source.silent_after or not source.is_enabled:
        return None
    at = heard_at + source.silent_after
    hours = source.expected
    if hours is None:
        return at
    for _ in range(TURNS_MAX):
        if not is_between(minute_of_day(at, hours.zone), hours.start, hours.end):
            at = next_turn(at, hours.zone, (hours.start % DAY_MINUTES,)) + source.silent_after
            continue
        full = max(heard_at, _began(at, hours)) + source.silent_after
        if full <= at:
            return at
        at = full
    return None


def _began(at: Instant, hours: Hours) -> Instant:
    """Return when the present hours began; on the day the clocks change, an hour off at most."""
    minutes = (minute_of_day(at, hours.zone) - hours.start) % DAY_MINUTES
    return at - at % MINUTE - minutes * MINUTE
