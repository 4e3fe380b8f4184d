"""How fast and how much: a few fixed buckets, whatever the traffic."""

from __future__ import annotations

from collections.abc import Mapping

from legato.model.instant import SECOND, Duration, Instant

_BITS = 3
_SUBS = 1 << _BITS
_BUCKETS = 48 * _SUBS
"""Eight buckets to a doubling: a figure read back is at most 13 % above the true one."""
RATE_SECONDS = 10


class Histogram:
    """Counts durations by their magnitude, in constant memory."""

    __slots__ = ("_counts", "count")

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self.count = 0

    def add(self, duration: Duration) -> None:
        """Count one duration; below zero counts as zero."""
        self._counts[bucket_of(max(duration, 0))] += 1
        self.count += 1

    def add_counts(self, counts: Mapping[int, int]) -> None:
        """Count what was counted elsewhere, bucket by bucket."""
        for bucket, count in counts.items():
            self._counts[bucket] += count
            self.count += count

    def quantile(self, share: float) -> Duration | None:
        """Return a duration that `share` of all do not exceed; None before the first."""
        if self.count == 0:
            return None
        rank, passed = share * self.count, 0
        for bucket, count in enumerate(self._counts):
            passed += count
            if count and passed >= rank:
                return upper_of(bucket)
        return upper_of(_BUCKETS - 1)


def bucket_of(duration: Duration) -> int:
    """Return the bucket of a duration that is not below zero."""
    if duration < _SUBS:
        return duration
    shift = duration.bit_length() - _BITS - 1
    return min((shift + 1) * _SUBS + (duration >> shift) - _SUBS, _BUCKETS - 1)


def upper_of(bucket: int) -> Duration:
    """Return the longest duration of a bucket."""
    if bucket < _SUBS:
        return bucket
    shift = bucket // _SUBS - 1
    return ((bucket % _SUBS + _SUBS + 1) << shift) - 1


class Rate:
    """How many a second, over the last ten whole seconds."""

    __slots__ = ("_counts", "_seconds", "total")

    def __init__(self) -> None:
        self._counts = [0] * (RATE_SECONDS + 1)
        self._seconds = [0] * (RATE_SECONDS + 1)
        self.total = 0

    def add(self, count: int, now: Instant) -> None:
        """Count some at `now`."""
        second = now // SECOND
        slot = second % len(self._counts)
        if self._seconds[slot] != second:
            self._seconds[slot], self._counts[slot] = second, 0
        self._counts[slot] += count
        self.total += count

    def per_second(self, now: Instant) -> float:
        """Return the mean of the ten seconds before this one."""
        second = now // SECOND
        recent = range(second - RATE_SECONDS, second)
        counts = zip(self._seconds, self._counts, strict=True)
        return sum(count for at, count in counts if at in recent) / RATE_SECONDS
