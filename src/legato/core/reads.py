"""Which keys an event needs."""

from __future__ import annotations

from legato.core.exchange import Keys
from legato.core.program import Program
from legato.model.event import Event


def reads(program: Program, event: Event) -> Keys:
    """Return what must be loaded before `event` can be stepped."""
    raise NotImplementedError
