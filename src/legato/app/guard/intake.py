"""The doors' way into the log, with a look at everything that is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from legato.model.event import Event
from legato.ports.intake import Done, FrontIntake

See = Callable[[Sequence[Event]], None]


class WatchedIntake:
    """A FrontIntake that shows `see` what was taken. `see` must be quick: the loop waits."""

    def __init__(self, inner: FrontIntake, see: See) -> None:
        self._inner = inner
        self._see = see

    async def accept(self, events: Sequence[Event]) -> int:
        """Store events; see ports.intake."""
        position = await self._inner.accept(events)
        self._see(events)
        return position

    def submit(self, events: Sequence[Event], done: Done) -> None:
        """Store events; see ports.intake."""
        self._inner.submit(events, done)
        self._see(events)
