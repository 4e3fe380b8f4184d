"""Facts: all that a rule may look at, at one instant."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from legato.expr.path import Json, scalars, values_at
from legato.expr.tally import canonical, has_value, measure, measure_count, measure_total
from legato.expr.wall import minute_of_day, weekday
from legato.model.ended import ended_in
from legato.model.instant import MILLISECOND, SECOND, Duration, Instant, parse_instant
from legato.model.rule import Scalar, Slot
from legato.model.state import State

PASSAGE_SEPARATOR = "\x1f"
"""Between a journey and a key in State.passages."""
UNIX_SECONDS_MAX = 100_000_000_000
"""A number below it is seconds since 1970 (until the year 5138), else milliseconds."""
INSTANTS_MAX = 8_192
"""Texts of instants read once: a trait is asked for its age at every event of its person."""

_NOTHING: Mapping[str, Any] = {}


class Facts:
    """A person's state at an instant, and the events at hand.

    Made anew whenever the state or `now` has changed: measurements are kept.
    """

    __slots__ = (
        "about",
        "answer",
        "computed",
        "entry",
        "event",
        "measured",
        "now",
        "state",
        "zone",
    )

    def __init__(  # noqa: PLR0913 - one argument for each thing a rule may look at
        self,
        state: State,
        now: Instant,
        zone: str,
        *,
        event: Mapping[str, Json] | None = None,
        entry: Mapping[str, Json] | None = None,
        answer: Mapping[str, Json] | None = None,
        about: str = "",
        computed: Mapping[str, Slot] = _NOTHING,
    ) -> None:
        self.state = state
        self.now = now
        self.zone = zone
        """A zone for which wall.is_zone holds."""
        self.event = event or _NOTHING
        self.entry = entry or _NOTHING
        self.answer = answer or _NOTHING
        self.about = about
        """What the message at hand is about."""
        self.computed = computed
        """Computed traits by name: they are measured when read."""
        self.measured: dict[str, Json] = {}

    def measure(self, slot: Slot) -> Json:
        """Return a slot's measurement as of now."""
        slot_id = slot.slot_id
        if slot_id in self.measured:
            return self.measured[slot_id]
        value = measure(slot, self.state.history.get(slot_id), self.now, self.zone)
        self.measured[slot_id] = value
        return value

    def count(self, slot_id: str, size: Duration) -> int:
        """Return a count over a sliding window: the measurement that rules read most."""
        return measure_count(self.state.history.get(slot_id), self.now, size)

    def total(self, slot_id: str) -> int:
        """Return a count over all of history."""
        return measure_total(self.state.history.get(slot_id), self.now)

    def trait(self, name: str) -> Json:
        """Return a trait's value as it stands, computed ones as of now; None where there is none.

        `address.city` is a trait of that name, or else leads into the trait `address`.
        """
        slot = self.computed.get(name)
        if slot is not None:
            return self.measure(slot)
        traits = self.state.traits
        trait = traits.get(name)
        if trait is not None:
            return trait.value
        head = name.partition(".")[0].removesuffix("[]")
        parent = traits.get(head) if head != name else None
        return None if parent is None else values_at({head: parent.value}, name)

    def age(self, name: str) -> Duration | None:
        """Return how long ago the instant was that a trait holds; None where it holds none."""
        instant = instant_of(self.trait(name))
        return None if instant is None else self.now - instant

    def has_same(self, slot: Slot, subject: str) -> bool:
        """Return whether a `unique` slot holds the subject's value, or any where it has several."""
        wanted: list[Scalar] = values_at(self.entry, subject) if subject else [self.about]
        tally = self.state.history.get(slot.slot_id)
        return any(
            has_value(slot, tally, self.now, zone=self.zone, value=value)
            for value in wanted
            if value != ""
        )

    def in_journey(self, journey: str) -> bool:
        """Return whether the person is in a journey now."""
        return any(
            enrollment.journey == journey and enrollment.ended_at is None
            for enrollment in self.state.enrollments
        )

    def was_in(self, journey: str) -> bool:
        """Return whether the person was ever in a journey, now included."""
        prefix = journey + PASSAGE_SEPARATOR
        return (
            any(one.journey == journey for one in self.state.enrollments)
            or journey in self.state.ended
            or any(key.startswith(prefix) for key in self.state.passages)
        )

    def reached_goal(self, journey: str) -> bool:
        """Return whether the person ever reached a journey's goal."""
        prefix = journey + PASSAGE_SEPARATOR
        there = (*self.state.enrollments, *ended_in(self.state, journey, "goal"))
        return any(one.journey == journey and one.outcome == "goal" for one in there) or any(
            passage.reached_goal and key.startswith(prefix)
            for key, passage in self.state.passages.items()
        )

    def minute(self) -> int:
        """Return the minute of the day on the person's wall."""
        return minute_of_day(self.now, self.zone)

    def weekday(self) -> int:
        """Return the weekday on the person's wall; 0 is Monday."""
        return weekday(self.now, self.zone)


@lru_cache(maxsize=INSTANTS_MAX)
def _instant(text: str) -> Instant | None:
    return parse_instant(text)


def instant_of(value: Json) -> Instant | None:
    """Read an instant from a trait: ISO 8601, or seconds or milliseconds since 1970."""
    found = scalars(value)
    if not found or canonical(found[0]) is None:
        return None
    first = found[0]
    if isinstance(first, str):
        return _instant(first)
    if first is None or isinstance(first, bool):
        return None
    unit = SECOND if abs(first) < UNIX_SECONDS_MAX else MILLISECOND
    return int(first * unit)
