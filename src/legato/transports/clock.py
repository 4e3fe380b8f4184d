"""The machine's clock: the only module that reads one."""

from __future__ import annotations

import time

from legato.model.instant import Duration, Instant

_NANOSECONDS = 1_000


class SystemClock:
    """Wall time for facts, and a count that never goes back for measuring how long things take."""

    def now(self) -> Instant:
        """Return the present instant. Jumps when the machine's clock is set."""
        return time.time_ns() // _NANOSECONDS

    def monotonic(self) -> Duration:
        """Return the time since some fixed moment; only differences mean anything."""
        return time.monotonic_ns() // _NANOSECONDS
