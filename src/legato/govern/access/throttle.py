"""Who has failed often waits: some failures are free, then each doubles the wait.

What is tried counts before it is known how it ends, so a thousand guesses at once are no way
around. Kept in memory: a guesser cannot restart the process, and a restart forgives honest people.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from legato.model.instant import DAY, Duration, Instant

KEYS_MAX = 10_000
"""Keys remembered; the longest unseen is forgotten first, so memory is bounded."""
FORGET_AFTER: Duration = DAY


class _Tries(msgspec.Struct):
    count: int
    last_at: Instant


class Throttle:
    """Failures by key: an account, or an address."""

    def __init__(self, *, free: int, first: Duration, longest: Duration) -> None:
        self._free = free
        self._first = first
        self._longest = longest
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def wait(self, key: str, now: Instant) -> Duration:
        """Return how long a key has to wait from now; 0: it need not."""
        tries = self._tries.get(key)
        if tries is None or tries.count < self._free:
            return 0
        doubled = self._first << min(tries.count - self._free, 32)
        return max(tries.last_at + min(doubled, self._longest) - now, 0)

    def begin(self, key: str, now: Instant) -> None:
        """Count a try as failed until `succeed` says otherwise."""
        tries = self._tries.pop(key, None)
        is_fresh = tries is None or now - tries.last_at > FORGET_AFTER
        count = 0 if is_fresh or tries is None else tries.count
        self._tries[key] = _Tries(count + 1, now)
        if len(self._tries) > KEYS_MAX:
            self._tries.popitem(last=False)

    def forgive(self, key: str) -> None:
        """Take back one try that went well."""
        tries = self._tries.get(key)
        if tries is not None:
            tries.count = max(tries.count - 1, 0)

    def forget(self, key: str) -> None:
        """Take back all."""
        self._tries.pop(key, None)
