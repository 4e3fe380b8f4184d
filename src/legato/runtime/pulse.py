"""How each destination has been doing: what it took, what failed and how long it took, by time.

Counted in memory, in two rings of fixed length: the last hour by the minute, and the last day by
the quarter of an hour; and since figures are kept, as totals. `changes` and `restore` let somebody
carry them over a restart. What is not known is not made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from legato.model.delivery import Delivery, Outcome
from legato.model.instant import MINUTE, Duration, Instant
from legato.model.noun import Noun
from legato.runtime.telemetry import Histogram, Rate, bucket_of

HOUR_BY, HOUR_COUNT = MINUTE, 60
DAY_BY, DAY_COUNT = 15 * MINUTE, 96


class Beat(Noun, frozen=True, kw_only=True):
    """What ended at a destination within one stretch of time."""

    at: Instant
    """When the stretch began."""
    accepted: int
    failed: int
    """Refused, given up, expired or in doubt. What a gate stopped is not the destination's."""
    p50_us: Duration | None
    """From the decision to the answer that took it."""
    p99_us: Duration | None


class Tally(msgspec.Struct, array_like=True):
    """What ended at a destination, of all time."""

    accepted: int = 0
    failed: int = 0
    last_accepted_at: Instant | None = None
    last_failed_at: Instant | None = None


class Stretch(msgspec.Struct, array_like=True):
    """What ended within one stretch of time, as it is counted."""

    accepted: int = 0
    failed: int = 0
    took: dict[int, int] = {}
    """Histogram bucket -> count: mostly a few, where a whole histogram has hundreds."""

    def add(self, took: Duration, *, is_accepted: bool) -> None:
        """Count one."""
        if is_accepted:
            self.accepted += 1
            bucket = bucket_of(max(took, 0))
            self.took[bucket] = self.took.get(bucket, 0) + 1
        else:
            self.failed += 1


Kind: TypeAlias = Literal["total", "minute", "quarter"]


class Change(NamedTuple):
    """Figures of a destination that are others than when it was asked last."""

    kind: Kind
    destination: str
    at: Instant
    """When its stretch of time began; 0 of a total."""
    figures: Tally | Stretch


class Pulse(Noun, frozen=True, kw_only=True):
    """How one destination has been doing."""

    since: Instant
    """Since when it is counted: nothing before is in it."""
    accepted: int
    failed: int
    last_accepted_at: Instant | None
    last_failed_at: Instant | None
    per_second: float
    """Deliveries that ended, over the last ten seconds."""
    last_hour: Beat
    hour: tuple[Beat, ...]
    """By the minute, the oldest first; minutes in which nothing ended are left out."""
    day: tuple[Beat, ...]
    """By the quarter of an hour."""


class Pulses:
    """Of all destinations. On the loop's thread alone."""

    def __init__(self, now: Instant) -> None:
        self.since = now
        self._kept: dict[str, _Kept] = {}
        self._changed: dict[str, None] = {}

    def ended(self, delivery: Delivery, outcome: Outcome, now: Instant) -> None:
        """Count a delivery that is over; one that a gate stopped is not counted."""
        if outcome == "refused":
            return
        name = delivery.destination
        self._of(name).add(now - delivery.decided_at, now, is_accepted=outcome == "accepted")
        self._changed[name] = None

    def all(self, now: Instant) -> Mapping[str, Pulse]:
        """Return those of which anything has ended."""
        return {name: kept.pulse(self.since, now) for name, kept in self._kept.items()}

    def of(self, destination: str, now: Instant) -> Pulse:
        """Return that of one destination, whether or not anything ended there."""
        return self._kept.get(destination, _Kept()).pulse(self.since, now)

    def changes(self) -> list[Change]:
        """Return what has changed since it was asked last, as it is now."""
        changed, self._changed = self._changed, {}
        return [change for name in changed for change in self._kept[name].changes(name)]

    def restore(self, change: Change) -> None:
        """Take over what was counted before."""
        self._of(change.destination).restore(change)

    def _of(self, name: str) -> _Kept:
        kept = self._kept.get(name)
        if kept is None:
            kept = self._kept[name] = _Kept()
        return kept


class _Kept:
    def __init__(self) -> None:
        self._rings: dict[Kind, _Ring] = {
            "minute": _Ring(HOUR_BY, HOUR_COUNT),
            "quarter": _Ring(DAY_BY, DAY_COUNT),
        }
        self._rate = Rate()
        self._total = Tally()

    def add(self, took: Duration, now: Instant, *, is_accepted: bool) -> None:
        if is_accepted:
            self._total.accepted += 1
            self._total.last_accepted_at = now
        else:
            self._total.failed += 1
            self._total.last_failed_at = now
        self._rate.add(1, now)
        for ring in self._rings.values():
            ring.stretch(now).add(took, is_accepted=is_accepted)

    def pulse(self, since: Instant, now: Instant) -> Pulse:
        hour, day = self._rings["minute"], self._rings["quarter"]
        return Pulse(
            since=since,
            accepted=self._total.accepted,
            failed=self._total.failed,
            last_accepted_at=self._total.last_accepted_at,
            last_failed_at=self._total.last_failed_at,
            per_second=self._rate.per_second(now),
            last_hour=hour.whole(now),
            hour=hour.beats(now),
            day=day.beats(now),
        )

    def changes(self, name: str) -> Iterator[Change]:
        yield Change("total", name, 0, self._total)
        for kind, ring in self._rings.items():
            for at, stretch in ring.changes().items():
                yield Change(kind, name, at, stretch)

    def restore(self, change: Change) -> None:
        if isinstance(change.figures, Tally):
            self._total = change.figures
        else:
            self._rings[change.kind].restore(change.at, change.figures)


class _Ring:
    """The latest stretches of time, each in the place of the one a whole ring before."""

    def __init__(self, by: Duration, count: int) -> None:
        self._by = by
        self._stretches: list[tuple[Instant, Stretch] | None] = [None] * count
        self._changed: dict[Instant, Stretch] = {}

    def stretch(self, now: Instant) -> Stretch:
        at = now // self._by * self._by
        there = self._stretches[self._place(at)]
        if there is None or there[0] != at:
            there = self._stretches[self._place(at)] = (at, Stretch())
        self._changed[at] = there[1]
        return there[1]

    def restore(self, at: Instant, stretch: Stretch) -> None:
        there = self._stretches[self._place(at)]
        if there is None or there[0] < at:
            self._stretches[self._place(at)] = (at, stretch)

    def changes(self) -> Mapping[Instant, Stretch]:
        changed, self._changed = self._changed, {}
        return changed

    def beats(self, now: Instant) -> tuple[Beat, ...]:
        return tuple(_beat(at, [stretch]) for at, stretch in self._fresh(now))

    def whole(self, now: Instant) -> Beat:
        at = now - self._by * len(self._stretches)
        return _beat(at, [stretch for _, stretch in self._fresh(now)])

    def _fresh(self, now: Instant) -> list[tuple[Instant, Stretch]]:
        oldest = now - self._by * len(self._stretches)
        found = [each for each in self._stretches if each is not None and oldest < each[0] <= now]
        return sorted(found, key=lambda each: each[0])

    def _place(self, at: Instant) -> int:
        return at // self._by % len(self._stretches)


def _beat(at: Instant, stretches: list[Stretch]) -> Beat:
    took = Histogram()
    for each in stretches:
        took.add_counts(each.took)
    return Beat(
        at=at,
        accepted=sum(each.accepted for each in stretches),
        failed=sum(each.failed for each in stretches),
        p50_us=took.quantile(0.5),
        p99_us=took.quantile(0.99),
    )
