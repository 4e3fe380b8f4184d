"""How fast and how much: a few fixed buckets, whatever the traffic."""

from __future__ import annotations

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
        self._counts[_bucket(max(duration, 0))] += 1
        self.count += 1

    def quantile(self, share: float) -> Duration | None:
        """Return a duration that `share` of all do not exceed; None before the first."""
        if self.count == 0:
            return None
        rank, passed = share * self.count, 0
        for bucket, count in enumerate(self._counts):
            passed += count
            if count and passed >= rank:
                return _upper(bucket)
        return _upper(_BUCKETS - 1)


def _bucket(duration: Duration) -> int:
    if duration < _SUBS:
        return duration
    shift = duration.bit_length() - _BITS - 1
    return min((shift + 1) * _SUBS + (duration >> shift) - _SUBS, _BUCKETS - 1)


def _upper(bucket: int) -> Duration:
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
