"""How many calls a caller may make: a bucket for each, which fills as time goes by."""

from __future__ import annotations

import msgspec

from legato.model.instant import SECOND, Duration, Instant

SESSION_RATE, SESSION_BURST = 50, 300
"""Calls a second, and at once: a page that opens asks for dozens of things."""
TOKEN_RATE, TOKEN_BURST = 5_000, 10_000
"""A program reads profiles as fast as one process can; what runs wild is stopped all the same."""


class _Bucket(msgspec.Struct):
    full: float
    at: Instant


class Pace:
    """The buckets of callers with one rate. As many as there are callers, so they are few."""

    def __init__(self, *, rate: int, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, actor: str, now: Instant) -> Duration:
        """Count a call; return how long it is too early by, 0 when it may be made."""
        bucket = self._buckets.get(actor)
        if bucket is None:
            bucket = self._buckets[actor] = _Bucket(self._burst, now)
        gained = max(now - bucket.at, 0) * self._rate / SECOND
        bucket.full = min(bucket.full + gained, self._burst)
        bucket.at = now
        if bucket.full < 1:
            return round((1 - bucket.full) * SECOND / self._rate)
        bucket.full -= 1
        return 0
