"""How fast a lane goes on after faults: its breaker, its waits between attempts.

Both are plain arithmetic on seconds of the event loop's clock, which never jumps.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from legato.model.ids import DeliveryId, share
from legato.model.instant import Duration
from legato.model.plan import Retry

FAULTS_TO_OPEN = 8
"""In a row. At 30 % errors that is one in 15,000 attempts; a dead destination shows it at once."""
OPEN_SECONDS_FIRST = 1.0
OPEN_SECONDS_MAX = 30.0
"""So that a destination that has come back is noticed soon, whatever the retry schedule is."""
JITTER = 0.25

BreakerState: TypeAlias = Literal["closed", "open", "probing"]


class Breaker:
    """Stops a lane whose destination is down, and lets one attempt at a time find out."""

    def __init__(self) -> None:
        self.state: BreakerState = "closed"
        self.opens_until = 0.0
        self.failing_since: float | None = None
        """Since the first of the faults that no answer came between."""
        self.has_answered = False
        self._faults = 0
        self._open_seconds = OPEN_SECONDS_FIRST

    def is_ready(self, now: float) -> bool:
        """Return whether an attempt may begin."""
        return self.state == "closed" or (self.state == "open" and now >= self.opens_until)

    def begin(self) -> None:
        """Note that an attempt begins. While open it is the one that finds out."""
        if self.state == "open":
            self.state = "probing"

    def answered(self) -> None:
        """Note that the destination is alive."""
        self.state = "closed"
        self.has_answered = True
        self.failing_since = None
        self._faults = 0
        self._open_seconds = OPEN_SECONDS_FIRST

    def failed(self, now: float) -> None:
        """Note a fault of the destination's."""
        self._faults += 1
        if self.failing_since is None:
            self.failing_since = now
        if self.state == "probing" or (self.state == "closed" and self._faults >= FAULTS_TO_OPEN):
            self._open(now)

    def abandoned(self) -> None:
        """Note an attempt that never reached the destination: the next one finds out."""
        if self.state == "probing":
            self.state = "open"

    def trip(self, now: float) -> None:
        """Stop, however few the faults were."""
        if self.state == "closed":
            self._open(now)

    def _open(self, now: float) -> None:
        self.state = "open"
        self.opens_until = now + self._open_seconds
        self._open_seconds = min(self._open_seconds * 2, OPEN_SECONDS_MAX)


def wait_before(retry: Retry, delivery_id: DeliveryId, attempt_count: int) -> Duration:
    """Return how long to wait after the nth attempt has failed.

    Exponential, spread by a digest: thousands that failed together do not come back together,
    and the same delivery always waits as long.
    """
    exponent = min(attempt_count - 1, 64)
    wait = min(retry.first * retry.factor**exponent, float(retry.longest))
    spread = 1 + JITTER * (2 * share("retry", f"{delivery_id}:{attempt_count}") - 1)
    return round(wait * spread)
