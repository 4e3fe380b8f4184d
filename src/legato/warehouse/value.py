"""What databases give, as JSON has it; and the value that rows are in order of, as a text."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from legato.model.problem import LegatoError

_BACK: Mapping[str, Callable[[str], Any]] = {
    "int": int,
    "str": str,
    "Decimal": Decimal,
    "UUID": UUID,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}
"""Types that an order can go by."""


def plain(value: object) -> Any:  # noqa: ANN401 - JSON can be anything
    """Return a value as JSON has it. What has no form of its own there becomes a text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return _number(value)
        case datetime():
            # A database that keeps no zone keeps UTC, or we could not tell.
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes() | bytearray():
            return base64.b64encode(value).decode()
        case Mapping():
            given = cast("Mapping[object, object]", value)
            return {str(name): plain(one) for name, one in given.items()}
        case list() | tuple():
            return [plain(one) for one in cast("list[object]", value)]
        case _:
            return str(value)


def as_place(value: object) -> str:
    """Write the value that a row stands at. Raises LegatoError where no order can go by it."""
    kind = type(value).__name__
    if kind not in _BACK:
        raise LegatoError(
            f"Rows cannot be put in order by a value of type {kind}.",
            fix="Name another column with --by: a number, a text, a date or a UUID, never empty.",
        )
    text = value.isoformat() if isinstance(value, date) else str(value)
    return f"{kind}:{text}"


def from_place(place: str) -> Any:  # noqa: ANN401 - of any type that a database compares
    """Return the value that `as_place` wrote."""
    kind, _, text = place.partition(":")
    return _BACK[kind](text)


def _number(value: Decimal) -> int | float | str | None:
    """Return a decimal as the number that it is, and as a text where none would be exact."""
    if not value.is_finite():
        return None
    if value == value.to_integral_value() and abs(value) < 2**53:  # exact in JSON
        return int(value)
    near = float(value)
    return near if Decimal(repr(near)) == value else str(value)
