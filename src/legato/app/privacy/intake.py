"""The way into the log on which what is declared so leaves its digest behind, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from legato.core.privacy.entry import Entry
from legato.model.event import Event
from legato.model.plan import Plan
from legato.ports.intake import Done, FrontIntake


class HashingIntake:
    """An intake that stores digests in place of values, as the active plan declares.

    All doors go through it, so that no way in is forgotten: the short one of single calls, batches,
    pixels, hooks of providers. Where nothing is declared, events pass untouched.
    """

    def __init__(self, inner: FrontIntake, plan: Callable[[], Plan]) -> None:
        self._inner = inner
        self._plan = plan
        self._known: tuple[Plan, Entry] | None = None

    async def accept(self, events: Sequence[Event]) -> int:
        """Store events; see ports.intake."""
        return await self._inner.accept(self.hashed(events))

    def submit(self, events: Sequence[Event], done: Done) -> None:
        """Store events; see ports.intake."""
        self._inner.submit(self.hashed(events), done)

    def hashed(self, events: Sequence[Event]) -> Sequence[Event]:
        """Return events as they may be stored."""
        plan = self._plan()
        if self._known is None or self._known[0] is not plan:
            self._known = (plan, Entry(plan))
        entry = self._known[1]
        return events if entry.is_empty else [entry.apply(event) for event in events]
