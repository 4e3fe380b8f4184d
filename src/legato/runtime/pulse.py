"""How each destination has been doing: what it took, what failed and how long it took, by time.

Kept in memory, in two rings of fixed length: the last hour by the minute, and the last day by the
quarter of an hour. What is older than the process is not known, and nothing is made up for it.
"""

from __future__ import annotations

from collections.abc import Mapping

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


class Pulse(Noun, frozen=True, kw_only=True):
    """How one destination has been doing since the process started."""

    since: Instant
    """Of the process: nothing before is in it."""
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
        self._since = now
        self._kept: dict[str, _Kept] = {}

    def ended(self, delivery: Delivery, outcome: Outcome, now: Instant) -> None:
        """Count a delivery that is over; one that a gate stopped is not counted."""
        if outcome == "refused":
            return
        kept = self._kept.get(delivery.destination)
        if kept is None:
            kept = self._kept[delivery.destination] = _Kept()
        kept.add(now - delivery.decided_at, now, is_accepted=outcome == "accepted")

    def all(self, now: Instant) -> Mapping[str, Pulse]:
        """Return those of which anything ended since the start."""
        return {name: kept.pulse(self._since, now) for name, kept in self._kept.items()}

    def of(self, destination: str, now: Instant) -> Pulse:
        """Return that of one destination, whether or not anything ended there."""
        return self._kept.get(destination, _Kept()).pulse(self._since, now)


class _Kept:
    def __init__(self) -> None:
        self._hour = _Ring(HOUR_BY, HOUR_COUNT)
        self._day = _Ring(DAY_BY, DAY_COUNT)
        self._rate = Rate()
        self._counts = [0, 0]
        self._last: list[Instant | None] = [None, None]

    def add(self, took: Duration, now: Instant, *, is_accepted: bool) -> None:
        self._counts[is_accepted] += 1
        self._last[is_accepted] = now
        self._rate.add(1, now)
        for ring in (self._hour, self._day):
            ring.slot(now).add(took, is_accepted=is_accepted)

    def pulse(self, since: Instant, now: Instant) -> Pulse:
        failed, accepted = self._counts
        last_failed_at, last_accepted_at = self._last
        return Pulse(
            since=since,
            accepted=accepted,
            failed=failed,
            last_accepted_at=last_accepted_at,
            last_failed_at=last_failed_at,
            per_second=self._rate.per_second(now),
            last_hour=self._hour.whole(now),
            hour=self._hour.beats(now),
            day=self._day.beats(now),
        )


class _Ring:
    """The latest stretches of time, each in the place of the one a whole ring before."""

    def __init__(self, by: Duration, count: int) -> None:
        self._by = by
        self._slots: list[_Slot | None] = [None] * count

    def slot(self, now: Instant) -> _Slot:
        at = now // self._by * self._by
        place = at // self._by % len(self._slots)
        slot = self._slots[place]
        if slot is None or slot.at != at:
            slot = self._slots[place] = _Slot(at)
        return slot

    def beats(self, now: Instant) -> tuple[Beat, ...]:
        return tuple(_beat(each.at, [each]) for each in self._fresh(now))

    def whole(self, now: Instant) -> Beat:
        return _beat(now - self._by * len(self._slots), self._fresh(now))

    def _fresh(self, now: Instant) -> list[_Slot]:
        oldest = now - self._by * len(self._slots)
        found = [each for each in self._slots if each is not None and oldest < each.at <= now]
        return sorted(found, key=lambda each: each.at)


class _Slot:
    __slots__ = ("accepted", "at", "failed", "took")

    def __init__(self, at: Instant) -> None:
        self.at = at
        self.accepted = 0
        self.failed = 0
        self.took: dict[int, int] = {}
        """Histogram bucket -> count: mostly a few, where a whole histogram has hundreds."""

    def add(self, took: Duration, *, is_accepted: bool) -> None:
        if is_accepted:
            self.accepted += 1
            bucket = bucket_of(max(took, 0))
            self.took[bucket] = self.took.get(bucket, 0) + 1
        else:
            self.failed += 1


def _beat(at: Instant, slots: list[_Slot]) -> Beat:
    took = Histogram()
    for slot in slots:
        took.add_counts(slot.took)
    return Beat(
        at=at,
        accepted=sum(each.accepted for each in slots),
        failed=sum(each.failed for each in slots),
        p50_us=took.quantile(0.5),
        p99_us=took.quantile(0.99),
    )
