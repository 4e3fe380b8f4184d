"""A lane as people see it."""

from __future__ import annotations

from typing import Literal

from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.runtime.lanes.pace import BreakerState


class LaneStatus(Noun, frozen=True, kw_only=True):
    destination: str
    waiting: int
    """In memory and not in flight."""
    retrying: int
    """Of these, waiting for another attempt."""
    in_flight: int
    is_behind: bool
    """More is waiting in the outbox than in memory."""
    breaker: BreakerState | Literal["stopped"]
    """`stopped`: the destination is not in the plan, or cannot be used."""
    rate: float
    accepted_count: int
    failed_count: int
    retry_count: int
    last_fault: Reason | None = None
    held: Reason | None = None
    """Why nothing is sent until somebody has put the account or the manifest right, and how."""
    by: str = ""
    """The destination that takes its messages, because this one is down."""
    since: Instant = 0
    """When a delivery was held first."""
    failing_since: Instant = 0
    """Since when nothing was answered, though it was tried; 0: it answers."""
    has_answered: bool = False
    """At least once since the start."""
    waits_since: Instant = 0
    """Of the delivery that has waited longest for this destination; 0: none waits."""
