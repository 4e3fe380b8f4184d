"""The one tree of conditions. Its readers (Python, English, SQL) live in expr."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal, TypeAlias

import msgspec

from legato.model.ids import digest
from legato.model.instant import DAY, Duration
from legato.model.noun import ENCODER, Noun

Scalar: TypeAlias = str | int | float | bool | None

Operator: TypeAlias = Literal[
    "is",
    "is_not",
    "over",
    "at_least",
    "under",
    "at_most",
    "one_of",
    "none_of",
    "contains",
    "starts_with",
    "ends_with",
    "exists",
    "missing",
]

Function: TypeAlias = Literal[
    "count", "sum", "min", "max", "average", "first", "last", "unique", "most_frequent", "sequence"
]

CALENDAR_REACH: Mapping[str, Duration] = {
    "day": 3 * DAY,
    "week": 9 * DAY,
    "month": 33 * DAY,
    "year": 368 * DAY,
}
"""How far back a calendar window can begin: its length and two days, for a person may move to
another time zone."""


class Test(Noun, frozen=True, kw_only=True, array_like=True):
    """What a value is compared with.

    A missing value, or one of another type, meets nothing but `missing`, `is_not` and `none_of`.
    Numbers compare with numbers only (a boolean is no number), texts with texts only;
    `one_of` and `none_of` hold a tuple; `exists` and `missing` hold nothing.
    Where a path leads to several values, a test is met when any of them meets it; `is_not`,
    `none_of` and `missing` are met when none meets their opposite.
    """

    operator: Operator
    value: Scalar | tuple[Scalar, ...] = None


class Window(Noun, frozen=True, kw_only=True, array_like=True):
    """The part of history that counts.

    `ever`: all of it. `sliding`: occurred in (now - size, now]. `calendar`: since the start of
    this day, week (from Monday), month or year in the person's time zone, up to now.
    """

    kind: Literal["ever", "sliding", "calendar"] = "ever"
    size: Duration = 0
    unit: Literal["", "day", "week", "month", "year"] = ""


class EventMatch(Noun, frozen=True, kw_only=True, array_like=True):
    """An event name and a condition on its properties."""

    event: str
    where: Rule | None = None


class Slot(Noun, frozen=True, kw_only=True, array_like=True, dict=True, gc=True):
    """One measurement over a person's events: what computed traits and history rules read.

    `property` is a dotted path into the body; `products[].sku` means every element's. `sum`, `min`,
    `max` and `average` read numbers as decimals of six places (rounded half-even) and skip the
    rest. `first`, `last`, `unique` and `most_frequent` read texts, numbers and booleans.
    `sequence` is the number 1 when `match` was followed by `then` no later than `within` after
    it, the latter inside the window; else 0.
    """

    match: EventMatch
    function: Function
    property: str = ""
    window: Window = Window()
    then: EventMatch | None = None
    within: Duration = 0

    @cached_property
    def slot_id(self) -> str:
        """The same measurement has the same id in every plan, so its tally lives on."""
        return digest(ENCODER.encode(self))[:16]

    @cached_property
    def reach(self) -> Duration:
        """How long before the earliest instant asked about an event may still count."""
        match self.window.kind:
            case "sliding":
                return self.window.size - 1
            case "ever":
                return 0
            case _:
                return CALENDAR_REACH[self.window.unit]


class PropertyIs(Noun, frozen=True, kw_only=True, array_like=True, tag="property"):
    """A property of the event at hand, of the event that began the journey, or of an answer."""

    path: str
    test: Test
    scope: Literal["event", "entry", "answer"] = "event"


class TraitIs(Noun, frozen=True, kw_only=True, array_like=True, tag="trait"):
    """A trait of the profile, declared or computed."""

    name: str
    test: Test


class TraitAge(Noun, frozen=True, kw_only=True, array_like=True, tag="age"):
    """How long ago the instant was that a trait holds: `over` or `under` a duration."""

    name: str
    operator: Literal["over", "under"]
    duration: Duration


class HistoryIs(Noun, frozen=True, kw_only=True, array_like=True, tag="history"):
    """A measurement over the person's events."""

    slot: Slot
    test: Test


class HistoryHas(Noun, frozen=True, kw_only=True, array_like=True, tag="same"):
    """The person did it with the same thing: a value of a `unique` slot equals the subject's.

    `subject` is a path into the event that began the journey; empty, it is what the message is
    about.
    """

    slot: Slot
    subject: str = ""


class InSegment(Noun, frozen=True, kw_only=True, array_like=True, tag="segment"):
    name: str


class InJourney(Noun, frozen=True, kw_only=True, array_like=True, tag="journey"):
    """The person is in the journey now, was ever in it, or ever reached its goal."""

    journey: str
    state: Literal["in", "was_in", "reached_goal"] = "in"


class LocalTime(Noun, frozen=True, kw_only=True, array_like=True, tag="time"):
    """The clock on the person's wall. Minutes of the day in [after, before); may span midnight."""

    weekdays: tuple[int, ...] = ()
    """0 is Monday; empty is every day."""
    after: int = 0
    before: int = 1_440


class AllOf(Noun, frozen=True, kw_only=True, array_like=True, tag="all"):
    """Every one of these; of none, true."""

    rules: tuple[Rule, ...]


class AnyOf(Noun, frozen=True, kw_only=True, array_like=True, tag="any"):
    """At least one of these; of none, false."""

    rules: tuple[Rule, ...]


class Not(Noun, frozen=True, kw_only=True, array_like=True, tag="not"):
    rule: Rule


Rule: TypeAlias = (
    PropertyIs
    | TraitIs
    | TraitAge
    | HistoryIs
    | HistoryHas
    | InSegment
    | InJourney
    | LocalTime
    | AllOf
    | AnyOf
    | Not
)

ALWAYS = AllOf(rules=())

_CODEC = msgspec.json.Decoder(Rule)


def decode_rule(data: bytes) -> Rule:
    """Read a rule back from JSON."""
    return _CODEC.decode(data)
