"""Reads one mapping key by key, with a report for every key that is missing, wrong or unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from legato.model.instant import Duration, parse_duration
from legato.model.problem import Place
from legato.plan.findings import Findings, listed, nearest
from legato.plan.source import Field, Fields, Items, Leaf, Value

T = TypeVar("T")
Read = Callable[[Findings, Value, str], T | None]
"""Reads one value; the text says what it is (`expires`). None: it is reported already."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(s|m|h)")
_RATE_SECONDS = {"s": 1, "m": 60, "h": 3600}
_DAY_MINUTES = 1_440
_MICROS = 1_000_000


class Form:
    """A mapping being read. Ask for every key there can be, then `close`."""

    def __init__(self, findings: Findings, fields: Fields, what: str) -> None:
        self.findings = findings
        self.what = what
        self.place = fields.fields[0].place if fields.fields else fields.place
        self._fields = {field.key: field for field in fields.fields}
        self._asked: dict[str, None] = {}

    def __contains__(self, key: str) -> bool:
        self._asked[key] = None
        return key in self._fields

    def take(self, key: str) -> Value | None:
        """Return what stands under a key, if anything does."""
        self._asked[key] = None
        field = self._fields.get(key)
        return field.value if field else None

    def need(self, key: str, example: str) -> Value | None:
        """Return what stands under a key; report when nothing does."""
        value = self.take(key)
        if value is None:
            self.findings.report(
                "D102", self.place, f"{self.what} has no `{key}`", f"add `{example}`"
            )
        return value

    def place_of(self, key: str) -> Place:
        """Return where a key stands; the mapping's place when it is not there."""
        return self._fields[key].place if key in self._fields else self.place

    def place_of_value(self, key: str) -> Place:
        """Return where the value of a key stands."""
        return self._fields[key].value.place if key in self._fields else self.place

    def read(self, key: str, read: Read[T], default: T) -> T:
        """Read what stands under a key, or take the default."""
        value = self.take(key)
        if value is None:
            return default
        found = read(self.findings, value, key)
        return default if found is None else found

    def need_read(self, key: str, read: Read[T], default: T, *, example: str) -> T:
        """Read what must stand under a key; the default only goes on where it is reported."""
        if self.need(key, example) is None:
            return default
        return self.read(key, read, default)

    def rest(self) -> Iterator[Field]:
        """Return the keys nobody has asked for."""
        for field in self._fields.values():
            if field.key not in self._asked:
                yield field

    def close(self) -> None:
        """Report every key nobody has asked for."""
        for field in self.rest():
            near = nearest(field.key, self._asked)
            self.findings.report(
                "D103",
                field.place,
                f"{self.what} knows no key `{field.key}`",
                f"did you mean `{near}`?" if near else f"use {listed(self._asked)}",
            )


def fields(findings: Findings, value: Value, what: str) -> Fields | None:
    """Read a mapping."""
    if isinstance(value, Fields):
        return value
    return wrong(findings, value, what, "a mapping", f"`{what}: {{key: value}}`")


def items(findings: Findings, value: Value, what: str) -> Items | None:
    """Read a list."""
    if isinstance(value, Items):
        return value
    return wrong(findings, value, what, "a list", f"`{what}: [first, second]`")


def text(findings: Findings, value: Value, what: str) -> str | None:
    """Read a text that is not empty."""
    example = f'`{what}: "some words"`'
    if not isinstance(value, Leaf) or not isinstance(value.value, str):
        return wrong(findings, value, what, "a text", example)
    if not value.value.strip():
        findings.report("D104", value.place, f"`{what}` is empty", f"write {example}")
        return None
    return value.value


def any_text(findings: Findings, value: Value, what: str) -> str | None:
    """Read a text; a number is taken as written."""
    if isinstance(value, Leaf) and isinstance(value.value, int) and value.value is not True:
        return str(value.value)
    return text(findings, value, what)


def boolean(findings: Findings, value: Value, what: str) -> bool | None:
    """Read `true` or `false`."""
    if isinstance(value, Leaf) and isinstance(value.value, bool):
        return value.value
    return wrong(findings, value, what, "true or false", f"`{what}: true`")


def whole(findings: Findings, value: Value, what: str) -> int | None:
    """Read a whole number of at least 1."""
    number = value.value if isinstance(value, Leaf) else None
    if not isinstance(number, int) or isinstance(number, bool):
        return wrong(findings, value, what, "a whole number", f"`{what}: 3`")
    if number < 1:
        findings.report("D107", value.place, f"`{what}` must be at least 1", f"`{what}: 1`")
        return None
    return number


def count(findings: Findings, value: Value, what: str) -> int | None:
    """Read a whole number of at least 0."""
    number = value.value if isinstance(value, Leaf) else None
    if number == 0 and isinstance(number, int) and number is not False:
        return 0
    return whole(findings, value, what)


def number(findings: Findings, value: Value, what: str) -> float | None:
    """Read a number of at least 0."""
    found = value.value if isinstance(value, Leaf) else None
    if not isinstance(found, int | float) or isinstance(found, bool):
        return wrong(findings, value, what, "a number", f"`{what}: 1.5`")
    if found < 0:
        findings.report("D107", value.place, f"`{what}` must not be negative", f"`{what}: 0`")
        return None
    return float(found)


def money(findings: Findings, value: Value, what: str) -> int | None:
    """Read an amount of the workspace's currency as millionths."""
    found = value.value if isinstance(value, Leaf) else None
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return wrong(findings, value, what, "an amount", f"`{what}: 0.045`")
    try:
        amount = Decimal(str(found))
    except InvalidOperation:
        return wrong(findings, value, what, "an amount", f"`{what}: 0.045`")
    if not amount.is_finite() or amount < 0 or amount > _MICROS:
        findings.report(
            "D107", value.place, f"`{what}` must lie between 0 and {_MICROS:,}", f"`{what}: 0.045`"
        )
        return None
    return int((amount * _MICROS).to_integral_value())


def share(findings: Findings, value: Value, what: str) -> float | None:
    """Read a share: `5%` or `0.05`."""
    found = value.value if isinstance(value, Leaf) else None
    divisor = 1
    if isinstance(found, str) and found.strip().endswith("%"):
        found, divisor = found.strip()[:-1], 100
    try:
        parsed = Decimal(str(found)) / divisor if not isinstance(found, bool) else None
    except InvalidOperation:
        parsed = None
    if parsed is None or not parsed.is_finite():
        return wrong(findings, value, what, "a share", f"`{what}: 5%`")
    if not 0 <= parsed <= 1:
        findings.report(
            "D107", value.place, f"`{what}` must lie between 0% and 100%", f"`{what}: 50%`"
        )
        return None
    return float(parsed)


def duration(findings: Findings, value: Value, what: str) -> Duration | None:
    """Read a length of time: `30m`, `1d 12h`."""
    written = _text_of(value)
    found = None if written is None else parse_duration(written)
    if found is None:
        findings.report(
            "D106",
            value.place,
            f"`{what}` must be a length of time, such as 30m",
            f"`{what}: 30m` (ms, s, m, h, d or w, as in `1d 12h`)",
        )
    elif found == 0:
        findings.report(
            "D106", value.place, f"`{what}` must be longer than nothing", f"`{what}: 1m`"
        )
        return None
    return found


def rate(findings: Findings, value: Value, what: str) -> float | None:
    """Read a rate in requests a second: `50/s`, `300/m`, or a number."""
    written = _text_of(value)
    if written is not None:
        match = _RATE.fullmatch(written.strip())
        if match:
            return float(match[1]) / _RATE_SECONDS[match[2]]
        return wrong(findings, value, what, "a rate", f"`{what}: 50/s` (or /m, /h)")
    return number(findings, value, what)


def minute_of_day(findings: Findings, value: Value, what: str) -> int | None:
    """Read a time on the wall, `"09:30"`, as a minute of the day."""
    match = _CLOCK.fullmatch(_text_of(value) or "")
    minute = int(match[1]) * 60 + int(match[2]) if match else _DAY_MINUTES + 1
    if minute > _DAY_MINUTES:
        findings.report(
            "D108",
            value.place,
            f"`{what}` must be a time of day between 00:00 and 24:00",
            f'`{what}: "09:30"`',
        )
        return None
    return minute


def weekdays(findings: Findings, value: Value, what: str) -> tuple[int, ...] | None:
    """Read days of the week as numbers, Monday 0."""
    found: list[int] = []
    for item in value.items if isinstance(value, Items) else (value,):
        word = item.value if isinstance(item, Leaf) else None
        day = word[:3].lower() if isinstance(word, str) else ""
        if day not in WEEKDAYS:
            findings.report(
                "D108",
                item.place,
                f"`{what}` must name days of the week",
                f"`{what}: [mon, tue]` ({listed(WEEKDAYS)})",
            )
            continue
        found.append(WEEKDAYS.index(day))
    return tuple(sorted(dict.fromkeys(found)))


def texts(findings: Findings, value: Value, what: str) -> tuple[str, ...] | None:
    """Read a list of texts, or one alone."""
    if not isinstance(value, Items):
        one = any_text(findings, value, what)
        return None if one is None else (one,)
    found = [any_text(findings, item, what) for item in value.items]
    return tuple(item for item in found if item is not None)


def one_of(words: Sequence[str]) -> Read[str]:
    """Return a reader of one of several words."""

    def read(findings: Findings, value: Value, what: str) -> str | None:
        word = value.value if isinstance(value, Leaf) else None
        if isinstance(word, str) and word in words:
            return word
        near = nearest(word, words) if isinstance(word, str) else None
        findings.report(
            "D105",
            value.place,
            f"`{what}` must be {listed(words)}",
            f"did you mean `{near}`?" if near else f"write `{what}: {words[0]}`",
        )
        return None

    return read


def wrong(findings: Findings, value: Value, what: str, wanted: str, example: str) -> None:
    """Report a value of the wrong type."""
    findings.report(
        "D104", value.place, f"`{what}` must be {wanted}, not {kind_of(value)}", f"write {example}"
    )


def kind_of(value: Value) -> str:
    """Say what kind of value this is."""
    match value:
        case Items():
            return "a list"
        case Fields():
            return "a mapping"
        case Leaf(value=None):
            return "nothing"
        case Leaf(value=bool()):
            return "true or false"
        case Leaf(value=str()):
            return "a text"
        case Leaf():
            return "a number"


def _text_of(value: Value) -> str | None:
    return value.value if isinstance(value, Leaf) and isinstance(value.value, str) else None
