"""What a simulation found."""

from __future__ import annotations

import msgspec

from legato.model.instant import Instant
from legato.simulate.crowd.pressure import Pressure


class Report(msgspec.Struct, kw_only=True):
    """A crowd's days under a plan."""

    crowd: str
    people: int
    """Who did anything."""
    lives: int
    """As many as were asked for: some do nothing in so short a time."""
    days: int
    seed: int
    start: Instant
    plan: str
    """Its digest."""
    currency: str
    digest: str
    """Over every note and delivery: the same seed gives the same."""
    record_count: int
    pressure: Pressure
