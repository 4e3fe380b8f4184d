"""Functions of numbers. Money is counted in decimals, never in binary fractions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from legato.connectors.language.function import Function

_TRUE = ("true", "1", "yes", "y", "on")
_FALSE = ("false", "0", "no", "n", "off")


def number_of(value: object) -> int | float | None:
    """Read a number, or a text that is one; null where it is none."""
    match value:
        case bool():
            return int(value)
        case int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case str():
            return _from_text(value)
        case _:
            return None


def _from_text(text: str) -> int | float | None:
    try:
        exact = Decimal(text.strip().replace("_", "x"))
        found = int(exact) if exact == exact.to_integral_value() else float(exact)
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _integer(value: object) -> int | None:
    """Return the whole part of a number."""
    number = number_of(value)
    return None if number is None else math.trunc(number)


def _boolean(value: object) -> bool | None:
    match value:
        case bool():
            return value
        case int() | float():
            return value != 0
        case str():
            word = value.strip().lower()
            return True if word in _TRUE else False if word in _FALSE else None
        case _:
            return None


def _exact(value: object) -> Decimal:
    number = number_of(value)
    if number is None:
        raise TypeError
    return Decimal(str(number))


def _plain(exact: Decimal) -> int | float:
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _add(left: object, right: object) -> int | float:
    return _plain(_exact(left) + _exact(right))


def _sub(left: object, right: object) -> int | float:
    return _plain(_exact(left) - _exact(right))


def _mul(left: object, right: object) -> int | float:
    return _plain(_exact(left) * _exact(right))


def _div(left: object, right: object) -> int | float | None:
    divisor = _exact(right)
    return None if divisor == 0 else _plain(_exact(left) / divisor)


def _round(value: object, places: int = 0) -> int | float:
    return _plain(_exact(value).quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP))


def _money(value: object, places: int = 2) -> str:
    """Write an amount with its decimal places, `12.50`."""
    return str(_exact(value).quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP))


def _minor(value: object, places: int = 2) -> int:
    """Return an amount in its smallest unit: cents."""
    return int((_exact(value) * Decimal(10) ** int(places)).to_integral_value(ROUND_HALF_UP))


def _sum(values: list[Any]) -> int | float:
    if all(type(one) is int for one in values):
        return sum(values)
    return _plain(sum((_exact(one) for one in values if one is not None), Decimal(0)))


def _average(values: list[Any]) -> float | None:
    return float(_exact(_sum(values)) / len(values)) if values else None


def _abs(value: object) -> int | float:
    return _plain(abs(_exact(value)))


def _ceil(value: object) -> int:
    return math.ceil(_exact(value))


def _floor(value: object) -> int:
    return math.floor(_exact(value))


NUMBERS: Mapping[str, Function] = {
    "number": Function(number_of),
    "to_number": Function(number_of),
    "integer": Function(_integer),
    "boolean": Function(_boolean),
    "add": Function(_add, 2, 2),
    "sub": Function(_sub, 2, 2),
    "mul": Function(_mul, 2, 2),
    "div": Function(_div, 2, 2),
    "round": Function(_round, 1, 2),
    "money": Function(_money, 1, 2),
    "minor": Function(_minor, 1, 2),
    "sum": Function(_sum),
    "avg": Function(_average),
    "abs": Function(_abs),
    "ceil": Function(_ceil),
    "floor": Function(_floor),
}
