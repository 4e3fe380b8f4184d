"""Words for instants, counts and values of a story."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from legato.expr.wall import offset_at
from legato.model.instant import Instant, to_datetime

VALUE_LENGTH_MAX = 40


def wall(instant: Instant, zone: str) -> str:
    """Write what a wall of the zone shows: `Mon 2 Mar 10:30`, with seconds where there are any."""
    moment = to_datetime(instant) + timedelta(microseconds=offset_at(instant, zone))
    clock = moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
    return f"{moment:%a} {moment.day} {moment:%b} {clock}"


def times(number: int) -> str:
    """Write how often."""
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


def shown_value(value: Any) -> str:  # noqa: ANN401 - a trait can be anything
    """Write a value, cut where it is long."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= VALUE_LENGTH_MAX else f"{text[: VALUE_LENGTH_MAX - 1]}…"
