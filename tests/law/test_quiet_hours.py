"""Quiet hours of many places at once, against the wall of each, looked at minute by minute."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from legato.expr.wall import QUIET_SEARCH, quiet_until
from legato.model.instant import DAY, HOUR, MINUTE, SECOND, Instant, parse_instant, to_datetime
from tests.sim.zones import zone

ZONES = (
    "America/New_York",
    "Europe/Lisbon",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Chatham",  # at a quarter to
    "America/Santiago",  # at midnight
    "Asia/Kolkata",  # never
)
NIGHTS = ("2026-03-08T00:00:00Z", "2026-10-25T00:00:00Z", "2026-04-04T12:00:00Z")
"""Around which clocks are changed in these."""
NIGHT = (21 * 60, 8 * 60)


def is_quiet(at: Instant, name: str, hours: tuple[int, int]) -> bool:
    local = to_datetime(at).astimezone(zone(name))
    minute, (start, end) = local.hour * 60 + local.minute, hours
    return start <= minute < end if start <= end else minute >= start or minute < end


def looked_for(now: Instant, names: list[str], hours: tuple[int, int]) -> Instant | None:
    """Return what `quiet_until` promises, by trying every minute."""
    minute = now
    while minute < now + QUIET_SEARCH:
        if not any(is_quiet(minute, name, hours) for name in names):
            return None if minute == now else minute
        minute = (minute // MINUTE + 1) * MINUTE
    return now + QUIET_SEARCH


@settings(max_examples=40, deadline=None)
@given(
    night=st.sampled_from(NIGHTS),
    offset=st.integers(-DAY // SECOND, 2 * DAY // SECOND),
    names=st.lists(st.sampled_from(ZONES), max_size=3, unique=True),
    hours=st.one_of(
        st.just(NIGHT), st.tuples(st.integers(0, 1_440), st.integers(0, 1_440)), st.just((60, 120))
    ),
)
@example(night=NIGHTS[0], offset=6 * HOUR // SECOND, names=["America/New_York"], hours=(60, 120))
@example(night=NIGHTS[1], offset=HOUR // SECOND - 1, names=["Europe/Lisbon"], hours=(90, 180))
def test_it_is_over_at_the_first_minute_that_is_quiet_nowhere(
    night: str, offset: int, names: list[str], hours: tuple[int, int]
) -> None:
    start = parse_instant(night)
    assert start is not None
    now = start + offset * SECOND

    assert quiet_until(now, names, *hours) == looked_for(now, names, hours)
