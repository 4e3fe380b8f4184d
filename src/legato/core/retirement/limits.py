"""How long facts about people are kept: as defined, or until their retirement ends."""

from __future__ import annotations

from typing import NamedTuple

from legato.core.retirement.retired import gone_at
from legato.model.instant import INSTANT_MAX, Duration, Instant
from legato.model.plan import Plan
from legato.model.state import Trait


class Limit(NamedTuple):
    """Of one trait."""

    name: str
    retain: Duration
    """Since it was last said; 0: for ever."""
    gone_at: Instant
    """When it is removed in any case; INSTANT_MAX: never."""

    def ends_at(self, trait: Trait) -> Instant:
        """Return when a value is to go."""
        return min(trait.at + self.retain, self.gone_at) if self.retain else self.gone_at


def limits_of(plan: Plan) -> tuple[Limit, ...]:
    """Return the traits that are not kept for ever."""
    return tuple(
        Limit(name, trait.retain, gone_at(trait.retired) if trait.retired else INSTANT_MAX)
        for name, trait in sorted(plan.traits.items())
        if trait.retain or trait.retired
    )


def retired_entries(plan: Plan) -> dict[str, dict[str, Instant]]:
    """Return the events with retired properties: each with when it is removed."""
    return {
        name: {path: gone_at(retired) for path, retired in event.retired_properties.items()}
        for name, event in sorted(plan.events.items())
        if event.retired_properties
    }
