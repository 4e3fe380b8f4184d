"""Instants and durations in integer microseconds UTC, and how they are written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TypeAlias

Instant: TypeAlias = int
"""Microseconds since 1970-01-01T00:00:00Z."""
Duration: TypeAlias = int
"""A length of time in microseconds."""

MILLISECOND: Duration = 1_000
SECOND: Duration = 1_000_000
MINUTE: Duration = 60 * SECOND
HOUR: Duration = 60 * MINUTE
DAY: Duration = 24 * HOUR
WEEK: Duration = 7 * DAY

INSTANT_MAX: Instant = 253_402_300_799_999_999
"""The end of the year 9999: later instants cannot be written as ISO 8601."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)\s*")
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*([Zz]|[+-]\d\d:?\d\d|[+-]\d\d)?)?"
)


def parse_instant(text: str) -> Instant | None:
    """Read ISO 8601 as SDKs write it (`Z` or offset, any fraction); None where it is not that."""
    if text[4:20:3] == "--T::." and text[23:] == "Z":  # as nearly all do: to the millisecond
        try:
            return from_datetime(datetime.fromisoformat(text))
        except ValueError:
            pass  # a leap second, or none at all
    match = _ISO.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            min(int(second or 0), 59),  # a leap second is the last microsecond we can name
            tzinfo=_offset(zone),
        )
        whole = from_datetime(moment)
    except (ValueError, OverflowError):
        return None
    return whole + int((fraction or "0")[:6].ljust(6, "0"))


def _offset(zone: str | None) -> timezone:
    if zone is None or zone in "Zz":
        return UTC
    sign = -1 if zone[0] == "-" else 1
    minutes = int(zone[1:3]) * 60 + int(zone[-2:] if len(zone) > len("+00") else 0)
    return timezone(sign * timedelta(minutes=minutes))


def format_instant(instant: Instant) -> str:
    """Write an instant as ISO 8601 in milliseconds, `2026-03-02T10:00:00.000Z`."""
    seconds, rest = divmod(instant, SECOND)
    return f"{_to_the_second(seconds)}.{rest // MILLISECOND:03}Z"


@lru_cache(maxsize=4_096)
def _to_the_second(seconds: int) -> str:
    """Write a second: what is decided and sent in it is written many times over."""
    return to_datetime(seconds * SECOND).isoformat().removesuffix("+00:00")


def to_datetime(instant: Instant) -> datetime:
    """Return an instant as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=instant)


def from_datetime(moment: datetime) -> Instant:
    """Return an aware datetime as an instant."""
    since = moment - _EPOCH
    return since.days * DAY + since.seconds * SECOND + since.microseconds


def parse_duration(text: str) -> Duration | None:
    """Read `30m`, `2h`, `1d 12h`, `500ms`; None where it is not that."""
    text = text.strip()
    total, end = 0, 0
    for match in _DURATION.finditer(text):
        if match.start() != end:
            return None
        total += round(float(match[1]) * _UNITS[match[2]])
        end = match.end()
    return total if text and end == len(text) else None


@lru_cache(maxsize=4_096)
def format_duration(duration: Duration) -> str:
    """Write a duration as people do: `2 days 4 hours`, `30 minutes`, `250 ms`."""
    if 0 < duration < SECOND:
        return f"{duration / MILLISECOND:g} ms"
    words: list[str] = []
    for size, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second")):
        count, duration = divmod(duration, size)
        if count:
            words.append(f"{count} {name}{'s' if count > 1 else ''}")
    return " ".join(words[:2]) or "0 seconds"
