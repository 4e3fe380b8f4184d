"""Whether what a guard reads is too old to answer by.

Age counts from when a trait was last written, with the same value too: a source that confirms what
is known keeps it fresh. A trait that is not there is not old; the guard's own condition sees that.
"""

from __future__ import annotations

from collections.abc import Sequence

from legato.model.definitions.journey import Freshness
from legato.model.instant import Duration, Instant, format_duration
from legato.model.state import State


def staleness(limits: Sequence[Freshness], state: State, now: Instant) -> str:
    """Say which trait is older than it may be, and by how much; '' when none is."""
    for limit in limits:
        trait = state.traits.get(limit.trait)
        allowed = allowed_age(limit, state)
        if trait is not None and allowed and now - trait.at > allowed:
            age = format_duration(now - trait.at)
            return f"stale: {limit.trait} was {age} old, allowed {format_duration(allowed)}"
    return ""


def allowed_age(limit: Freshness, state: State) -> Duration:
    """Return how old a trait of this person may be: of several limits the shortest; 0: any age."""
    mine = [each for segment, each in limit.segments.items() if segment in state.segments]
    return min(mine, default=limit.otherwise)
