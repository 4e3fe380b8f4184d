"""Functions of instants. A provider's notion of time is a text, seconds, or a part of a second."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from dateutil import parser as dateutil_parser

from legato.connectors.language.function import Function
from legato.connectors.language.value import Value, as_text, fields_of, rows_of
from legato.expr.wall import is_zone, offset_at
from legato.model.instant import (
    INSTANT_MAX,
    MILLISECOND,
    SECOND,
    Instant,
    format_instant,
    from_datetime,
    parse_instant,
    to_datetime,
)

_MS_FROM = 100_000_000_000
"""Numbers are seconds up to here (the year 5138), and milliseconds up to a thousand times this."""
_US_FROM = _MS_FROM * 1_000
_DAY = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
"""A day in the short form of ISO 8601, as birthdays often come: no number of seconds."""
_DEFAULT = datetime(2000, 1, 1)  # noqa: DTZ001 - only its parts are used


def instant_of(value: object) -> Instant | None:
    """Read a text or a number as people and providers write instants; null where it is none."""
    match value:
        case bool():
            return None
        case int() | float():
            return _from_number(value)
        case str():
            return _from_text(value.strip())
        case _:
            return None


def _from_number(number: float) -> Instant | None:
    size = abs(number)
    factor = SECOND if size < _MS_FROM else MILLISECOND if size < _US_FROM else 1
    instant = round(number * factor)
    return instant if abs(instant) <= INSTANT_MAX else None


def _from_text(text: str) -> Instant | None:
    found = parse_instant(text)
    if found is not None:
        return found
    if text.lstrip("-").isdigit() and not _DAY.fullmatch(text):
        return _from_number(int(text))
    if not text or len(text) > len("Wednesday, 30 September 2026 10:00:00.000000 GMT+00:00") + 10:
        return None
    try:
        moment: Any = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        try:
            moment = dateutil_parser.parse(text, default=_DEFAULT)
        except (ValueError, OverflowError, TypeError):
            return None
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=to_datetime(0).tzinfo))


def _seconds(value: object) -> int | None:
    instant = instant_of(value)
    return None if instant is None else instant // SECOND


def _epoch_ms(value: object) -> int | None:
    instant = instant_of(value)
    return None if instant is None else instant // MILLISECOND


def _iso(value: object) -> str | None:
    instant = instant_of(value)
    return None if instant is None else format_instant(instant)


def _date(value: object, form: str) -> str | None:
    """Write an instant by a form as of strftime; `%L` is milliseconds."""
    instant = instant_of(value)
    if instant is None:
        return None
    thousandths = f"{instant % SECOND // MILLISECOND:03}"
    return to_datetime(instant).strftime(form.replace("%L", thousandths))


def _plus(value: object, seconds: float) -> str | None:
    instant = instant_of(value)
    return None if instant is None else format_instant(instant + round(seconds * SECOND))


def _age(value: object, now: object) -> int | None:
    """Return how many seconds before `now` something was."""
    instant, end = instant_of(value), instant_of(now)
    return None if instant is None or end is None else (end - instant) // SECOND


def _utc_offset(value: object, zone: object) -> int | None:
    """Return how many seconds a zone's clocks are ahead of UTC at an instant."""
    instant, name = instant_of(value), as_text(zone)
    return offset_at(instant, name) // SECOND if instant is not None and is_zone(name) else None


def _epochs(value: Value) -> Value:
    """Return data in which every ISO 8601 instant is Unix seconds, however deep it stands."""
    match value:
        case str():
            instant = parse_instant(value)
            return value if instant is None else instant // SECOND
        case dict():
            return {key: _epochs(one) for key, one in fields_of(value).items()}
        case list():
            return [_epochs(one) for one in rows_of(value)]
        case _:
            return value


INSTANTS: Mapping[str, Function] = {
    "epoch": Function(_seconds),
    "epoch_ms": Function(_epoch_ms),
    "epoch_us": Function(instant_of),
    "epochs": Function(_epochs),
    "iso": Function(_iso),
    "date": Function(_date, 2, 2),
    "plus_seconds": Function(_plus, 2, 2),
    "age": Function(_age, 2, 2),
    "utc_offset": Function(_utc_offset, 2, 2),
}
