"""The order of the stages, and nothing else."""

from __future__ import annotations

from legato.core.exchange import Loaded, Result
from legato.core.program import Program
from legato.model.event import Event
from legato.model.instant import Instant


def step(program: Program, loaded: Loaded, event: Event, now: Instant) -> Result:
    """Advance one person by one event. Pure: the same arguments give the same Result."""
    raise NotImplementedError
