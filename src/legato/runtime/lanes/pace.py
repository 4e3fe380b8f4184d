"""How fast a lane goes on: its breaker, its waits between attempts, who asks to be cleared.

All is plain arithmetic on seconds of the event loop's clock, which never jumps.
"""

from __future__ import annotations

import math
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

ASKING_MAX = 4_096
"""Of one destination, at one time: a delivery of every fifth record of a full backlog, however fast
the engine is. Each costs some kilobytes, and the engine a reading of its gates if in vain."""
SLOW_SECONDS = 0.05
"""An answer that takes longer leaves slots empty that wait for it."""
KEPT_SECONDS_FIRST = 0.1
"""How long a slot is taken to be kept until one was."""
KEPT_SECONDS_MIN = 0.001
KEPT_SHARE = 1 / 8
"""Of the newest, in the mean."""
EAGERNESS = 1.25
"""Answers do not come evenly: some find every slot taken, and some slots would find nobody."""
LATE_SECONDS = 0.01
"""How late one may ask and the next still be in time."""

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


class Asking:
    """Those who ask the engine whether they may leave, and have no slot at the destination.

    While answers come at once, no more ask than there are free slots, and nobody asks in vain. When
    answers are slow, others ask beforehand, as fast as the destination takes deliveries: then
    answers come as fast as slots become free, however long each of them took.
    """

    def __init__(self) -> None:
        self._since: dict[object, float] = {}
        """The one that has waited longest first."""
        self._took_seconds = 0.0
        self._kept_seconds = KEPT_SECONDS_FIRST
        self._next_at = 0.0

    def __len__(self) -> int:
        return len(self._since)

    def begin(self, who: object, now: float, *, slots: int) -> None:
        """Note that one asks."""
        self._since[who] = now
        took = max(self._took_seconds, now - next(iter(self._since.values())))
        period = max(self._kept_seconds / (slots * EAGERNESS), took / ASKING_MAX)
        self._next_at = max(self._next_at, now - LATE_SECONDS) + period

    def answered(self, who: object, now: float) -> float:
        """Note an answer; return how long it took."""
        self._took_seconds = now - self._since.pop(who)
        return self._took_seconds

    def gave_up(self, who: object) -> None:
        """Note that one does not wait any more."""
        self._since.pop(who, None)

    def kept(self, seconds: float) -> None:
        """Note how long a slot was kept."""
        difference = max(seconds, KEPT_SECONDS_MIN) - self._kept_seconds
        self._kept_seconds += difference * KEPT_SHARE

    def room_at(self, now: float, *, free: int) -> float:
        """Return when another may ask, with so many slots free; infinity: after an answer."""
        if len(self._since) < free:
            return now
        if len(self._since) >= ASKING_MAX:
            return math.inf
        slow_at = next(iter(self._since.values()), math.inf) + SLOW_SECONDS
        is_slow = self._took_seconds > SLOW_SECONDS or now >= slow_at
        return max(now, self._next_at) if is_slow else slow_at


def wait_before(retry: Retry, delivery_id: DeliveryId, attempt_count: int) -> Duration:
    """Return how long to wait after the nth attempt has failed.

    Exponential, spread by a digest: thousands that failed together do not come back together,
    and the same delivery always waits as long.
    """
    exponent = min(attempt_count - 1, 64)
    wait = min(retry.first * retry.factor**exponent, float(retry.longest))
    spread = 1 + JITTER * (2 * share("retry", f"{delivery_id}:{attempt_count}") - 1)
    return round(wait * spread)
