"""Numbers as measurements keep them: integer millionths, rounded half-even on the decimal text."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from legato.expr.path import Json

MICROS = 1_000_000
NUMBER_MAX = 10**12
"""Greater numbers (a trillion) are not measured: their millionths would not fit 64 bits."""
_EXACT_MAX = 2.0**40
"""Below it a float's product with a million is off by less than 0.001."""
_NEAR = 0.49
"""A fraction nearer to a half than 0.01 is decided on the decimal text."""


def to_micros(value: Json) -> int | None:
    """Return a JSON number in millionths; None for what is not one, or is beyond NUMBER_MAX."""
    if value.__class__ is int:
        return value * MICROS if -NUMBER_MAX <= value <= NUMBER_MAX else None
    if value.__class__ is not float or not -NUMBER_MAX <= value <= NUMBER_MAX:
        return None
    product = value * MICROS
    nearest = round(product)
    if -_EXACT_MAX < product < _EXACT_MAX and -_NEAR < product - nearest < _NEAR:
        return nearest
    # The shortest text that reads back as this float is what the sender wrote.
    return int((Decimal(repr(value)) * MICROS).to_integral_value(ROUND_HALF_EVEN))


def from_micros(micros: int) -> int | float:
    """Return millionths as a number: an integer when whole, else the nearest float."""
    whole, rest = divmod(micros, MICROS)
    return micros / MICROS if rest else whole


def half_even(total: int, count: int) -> int:
    """Return total / count rounded to the nearest integer, a half to the even one."""
    quotient, rest = divmod(total, count)
    is_up = 2 * rest > count or (2 * rest == count and quotient % 2 == 1)
    return quotient + is_up
