"""Overwrites records of events that were kept as long as their definition says.

In the background, in small steps, never in a commit, and only what the engine has applied. Events
with the same time are looked for together: from where it stopped, the log is read up to what is
younger. A definition that changes begins anew. Traits need nothing of this: they leave by their
person's alarm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from legato.model.event import CustomerEvent, Erased, decode_event, encode_event
from legato.model.ids import EventId, digest
from legato.model.instant import Duration, Instant
from legato.model.noun import to_bytes
from legato.model.plan import Plan
from legato.ports.clock import Clock
from legato.ports.log import Log
from legato.ports.retention import Kept, Removed, RetentionBook
from legato.runtime.engine.dialogue import Question, Struck

STEP_RECORDS = 500
"""Read, and overwritten, at once: some milliseconds."""
PAUSE_SECONDS = 0.05
"""Between two steps, so that the log's writer is not felt."""
LOOK_AGAIN_SECONDS = 3_600.0
RETENTION = "retention"
"""As a cause: it was not to be kept longer."""


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """What retention works with."""

    log: Log
    book: RetentionBook
    clock: Clock
    plan: Callable[[], Plan]
    applied: Callable[[], int]
    """The position up to which the engine has applied."""
    tell: Callable[[Question], Awaitable[None]]
    """Has the engine do something with the state."""


class Retention:
    """Runs on the loop; asked for by `plan_changed`, and by itself every hour."""

    def __init__(self, tools: Keeping) -> None:
        self._tools = tools
        self._wanted = asyncio.Event()

    def plan_changed(self) -> None:
        """Look at once: something may be kept for a shorter time now."""
        self._wanted.set()

    async def run(self) -> None:
        """Overwrite what is due, until cancelled."""
        while True:
            self._wanted.clear()
            await self.look()
            try:
                await asyncio.wait_for(self._wanted.wait(), LOOK_AGAIN_SECONDS)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Overwrite what is due now."""
        for retain, names in _groups(self._tools.plan()):
            is_more = True
            while is_more:
                is_more = await self._step(retain, names)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _step(self, retain: Duration, names: Sequence[str]) -> bool:
        """Look at some records; False when all that are old enough have been looked at."""
        found = await asyncio.to_thread(self._look, retain, names)
        if not found.records:
            return found.is_more
        await asyncio.to_thread(self._tools.log.rewrite, found.records)
        # Quarantined ones too: there is nothing to be replayed any more.
        await self._tools.tell(Struck([position for position, _ in found.records], EventId("")))
        await asyncio.to_thread(self._tools.book.write, found.kept)
        return found.is_more

    def _look(self, retain: Duration, names: Sequence[str]) -> _Found:
        kept, now = self._tools.book.read(), self._tools.clock.now()
        key = f"{retain} {digest(to_bytes(names))}"
        cursor = kept.cursors.get(key, 0)
        records: list[tuple[int, bytes]] = []
        removed = dict(kept.removed)
        is_more = False
        for position, data in self._tools.log.read(cursor, STEP_RECORDS):
            event = decode_event(data)
            if event.received_at + retain > now or position > self._tools.applied():
                is_more = False
                break
            is_more, cursor = True, position
            if isinstance(event, CustomerEvent) and event.name in names:
                put = Erased(received_at=event.received_at, cause=RETENTION)
                records.append((position, encode_event(put)))
                removed[event.name] = _one_more(removed.get(event.name), now)
        after = Kept(cursors={**kept.cursors, key: cursor}, removed=removed)
        if not records and cursor != kept.cursors.get(key, 0):
            self._tools.book.write(after)
        return _Found(records=records, kept=after, is_more=is_more)


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    records: list[tuple[int, bytes]]
    kept: Kept
    is_more: bool


def _groups(plan: Plan) -> list[tuple[Duration, tuple[str, ...]]]:
    """Return the events that are not kept for ever, by how long."""
    groups: dict[Duration, list[str]] = {}
    for name in sorted(plan.events):
        if plan.events[name].retain:
            groups.setdefault(plan.events[name].retain, []).append(name)
    return [(retain, tuple(names)) for retain, names in sorted(groups.items())]


def _one_more(removed: Removed | None, now: Instant) -> Removed:
    return Removed(count=(removed.count if removed else 0) + 1, last_at=now)
