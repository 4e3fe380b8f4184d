"""What is counted in a stretch of time, and how it is added up.

Durations are counted by their magnitude, as runtime.telemetry does: a quantile that is read back is
at most 13 % above the true one. A slot is bounded by names: the NAMES_MAX with the most in them
keep theirs, all others are added up under an empty one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from legato.model.instant import Duration
from legato.runtime.telemetry import bucket_of, upper_of

NAMES_MAX = 200
"""Of sources, destinations and journeys each: a slot stays under a hundred kilobytes."""
OTHERS = ""


class Spread(msgspec.Struct, array_like=True):
    """How many of which duration, by bucket."""

    counts: dict[int, int] = {}

    def add(self, duration: Duration) -> None:
        """Count one; below zero counts as zero."""
        bucket = bucket_of(max(duration, 0))
        self.counts[bucket] = self.counts.get(bucket, 0) + 1

    def take(self, other: Spread) -> None:
        """Add all of another."""
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    def quantile(self, share: float) -> Duration | None:
        """Return a duration that `share` of all do not exceed; None where there is none."""
        rank, passed = share * self.count, 0
        for bucket in sorted(self.counts):
            passed += self.counts[bucket]
            if passed >= rank:
                return upper_of(bucket)
        return None

    def above(self, limit: Duration) -> int:
        """Return how many are longer than `limit`, give or take those of its own bucket."""
        last = bucket_of(limit)
        return sum(count for bucket, count in self.counts.items() if bucket > last)


class Heard(msgspec.Struct, array_like=True):
    """Of one source: its events, by how old they were when they came in."""

    ages: Spread = msgspec.field(default_factory=Spread)

    @property
    def size(self) -> int:
        """How much there is."""
        return self.ages.count

    def take(self, other: Heard) -> None:
        """Add all of another."""
        self.ages.take(other.ages)


class Sent(msgspec.Struct, array_like=True):
    """Of one destination: what it took, and how long that was after the event; what it did not."""

    failed: int = 0
    cost_micros: int = 0
    waits: Spread = msgspec.field(default_factory=Spread)

    @property
    def taken(self) -> int:
        """How many deliveries it took."""
        return self.waits.count

    @property
    def size(self) -> int:
        """How much there is."""
        return self.taken + self.failed

    def take(self, other: Sent) -> None:
        """Add all of another."""
        self.failed += other.failed
        self.cost_micros += other.cost_micros
        self.waits.take(other.waits)


class Passed(msgspec.Struct, array_like=True):
    """Of one journey: who came and got to the goal, and what its messages cost."""

    entered: int = 0
    goals: int = 0
    taken: int = 0
    cost_micros: int = 0

    @property
    def size(self) -> int:
        """How much there is."""
        return self.entered + self.taken

    def take(self, other: Passed) -> None:
        """Add all of another."""
        self.entered += other.entered
        self.goals += other.goals
        self.taken += other.taken
        self.cost_micros += other.cost_micros


Part = TypeVar("Part", Heard, Sent, Passed)


class Slot(msgspec.Struct, array_like=True):
    """One stretch of time."""

    up: Duration = 0
    """How long events could be acknowledged."""
    down: Duration = 0
    """How long they could not, the time between a stop and the next start included."""
    sources: dict[str, Heard] = {}
    destinations: dict[str, Sent] = {}
    journeys: dict[str, Passed] = {}

    def take(self, other: Slot) -> None:
        """Add all of another."""
        self.up += other.up
        self.down += other.down
        _merge(self.sources, other.sources, Heard)
        _merge(self.destinations, other.destinations, Sent)
        _merge(self.journeys, other.journeys, Passed)


def total(slots: Iterable[Slot]) -> Slot:
    """Return all of them in one."""
    whole = Slot()
    for slot in slots:
        whole.take(slot)
    return whole


def encode_slot(slot: Slot) -> bytes:
    """Return the bytes of a slot."""
    return _ENCODER.encode(slot)


def decode_slot(data: bytes) -> Slot:
    """Read a stored slot back."""
    return _DECODER.decode(data)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[Slot] = msgspec.msgpack.Decoder(Slot)


def _merge(into: dict[str, Part], other: dict[str, Part], new: Callable[[], Part]) -> None:
    for name, part in other.items():
        into.setdefault(name, new()).take(part)
    if len(into) > NAMES_MAX + 1:
        _bound(into, new)


def _bound(parts: dict[str, Part], new: Callable[[], Part]) -> None:
    names = sorted((name for name in parts if name != OTHERS), key=lambda it: -parts[it].size)
    others = parts.setdefault(OTHERS, new())
    for name in names[NAMES_MAX:]:
        others.take(parts.pop(name))
