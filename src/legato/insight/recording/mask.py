"""Made-up values in place of somebody's own: the same value gets the same mask, of the same kind.

A mask is made from a count, never from the value, so nothing can be worked back from it. What is
kept is what the definitions say themselves: the values that rules compare with and the choices of
the catalog's enumerations. Numbers are kept where they measure something, and masked where they
name something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from legato.model.ids import digest
from legato.model.instant import Instant, parse_instant
from legato.model.plan import Plan
from legato.model.rule import Test

_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE = re.compile(r"(?:\+|00)?\d(?:[ ().\-/]?\d){6,}")
_NAMING = re.compile(r"(?:^|_)(?:id|number|no|phone|zip|code|key|token)$|[a-z]Id$", re.IGNORECASE)
_DIGITS, _LETTERS = "0123456789", "abcdefghijklmnopqrstuvwxyz"
WORD_LENGTH_MAX = 64
"""A longer text, and one of several words, is free text: nothing of its form is kept."""


class Masks:
    """Masks of one recording."""

    def __init__(self, plan: Plan) -> None:
        self._kept = dict.fromkeys(literals(plan))
        self._made: dict[str, str] = {}
        self._numbers: dict[int, int] = {}

    def value(self, name: str, value: Any, at: Instant) -> Any:  # noqa: ANN401 - JSON can be anything
        """Mask what stands under a name; instants are written as how long ago they are."""
        match value:
            case str():
                return self._text(name, value, at)
            case bool():
                return value
            case int() if _NAMING.search(name):
                return self._numbers.setdefault(value, 1_000_001 + len(self._numbers))
            case Mapping():
                pairs = cast("Mapping[str, Any]", value).items()
                return {key: self.value(key, inner, at) for key, inner in pairs}
            case list():
                return [self.value(name, one, at) for one in cast("list[Any]", value)]
            case _:
                return value

    def _text(self, name: str, value: str, at: Instant) -> Any:  # noqa: ANN401 - a text, or how long ago
        if value in self._kept or not value:
            return value
        moment = parse_instant(value)
        if moment is not None:
            return {"ago": exact(at - moment)} if at > moment else "2100-01-01T00:00:00Z"
        if value not in self._made:
            self._made[value] = self._mask(name, value)
        return self._made[value]

    def _mask(self, name: str, value: str) -> str:
        number = len(self._made) + 1
        if _MAIL.fullmatch(value):
            return f"person{number}@example.com"
        if value.startswith("+") and _PHONE.fullmatch(value):
            return f"+4477009{number:05d}"
        if len(value) > WORD_LENGTH_MAX or " " in value.strip():
            return f"{name} {number}"
        for attempt in range(1_000):
            made = _scrambled(value, f"{number} {attempt}")
            if made != value and made not in self._made.values():
                return made
        return f"{name}-{number}"


def _scrambled(value: str, seed: str) -> str:
    """Return a text of the same form: letters for letters, digits for digits."""
    made: list[str] = []
    for place, letter in enumerate(value):
        drawn = int(digest(f"{seed} {place}".encode())[:8], 16)
        if letter.isdigit():
            made.append(_DIGITS[drawn % len(_DIGITS)])
        elif letter.isalpha():
            drawn_letter = _LETTERS[drawn % len(_LETTERS)]
            made.append(drawn_letter.upper() if letter.isupper() else drawn_letter)
        else:
            made.append(letter)
    return "".join(made)


def literals(plan: Plan) -> Iterator[str]:
    """Yield the texts that definitions name themselves: in rules, and as choices of the catalog."""
    for part in (plan.segments, plan.journeys, plan.policies, plan.computed):
        yield from _compared(part)
    for event in plan.events.values():
        yield from _choices(event.schema)
    for trait in plan.traits.values():
        yield from _choices(trait.schema)


def _compared(part: object) -> Iterator[str]:
    match part:
        case Test():
            yield from _texts(part.value)
        case msgspec.Struct():
            for name in part.__struct_fields__:
                yield from _compared(getattr(part, name))
        case Mapping():
            for inner in cast("Mapping[str, object]", part).values():
                yield from _compared(inner)
        case tuple() | list():
            for inner in cast("list[object]", part):
                yield from _compared(inner)
        case _:
            pass


def _choices(schema: object) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for key, inner in cast("Mapping[str, object]", schema).items():
            if key in ("const", "enum"):
                yield from _texts(inner)
            else:
                yield from _choices(inner)
    elif isinstance(schema, list):
        for inner in cast("list[object]", schema):
            yield from _choices(inner)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for one in cast("list[object]", value):
            yield from _texts(one)


def exact(length: int) -> str:
    """Write a length of time as definitions read it, to the millisecond."""
    parts: list[str] = []
    rest = max(length, 0) // 1_000
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)):
        count, rest = divmod(rest, size)
        parts += [f"{count}{unit}"] if count else []
    return " ".join(parts) or "0s"
