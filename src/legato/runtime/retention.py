"""Overwrites records of events that were kept as long as their definition says.

In the background, in small steps, never in a commit, and only what the engine has applied. What has
the same time is looked for together: from where it stopped, the log is read up to what is younger.
A definition that changes begins anew. A trait leaves its person by an alarm; here it leaves the
records that said it, so that no state made anew from them has it again.

What the catalog retired 30 days ago is taken out of all records in the same way, and out of those
that still come with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from legato.core.erasure.expire import unsay
from legato.core.erasure.removal import Removal
from legato.model.event import CustomerEvent, Erased, decode_event, encode_event
from legato.model.ids import EventId, digest
from legato.model.instant import Duration, Instant
from legato.model.noun import to_bytes
from legato.model.plan import Plan
from legato.ports.clock import Clock
from legato.ports.log import Log
from legato.ports.retention import Kept, Removed, RetentionBook
from legato.runtime.engine.dialogue import Question, Struck
from legato.runtime.eraser import UNROLLED

STEP_RECORDS = 500
"""Read, and overwritten, at once: some milliseconds."""
PAUSE_SECONDS = 0.05
"""Between two steps, so that the log's writer is not felt."""
LOOK_AGAIN_SECONDS = 3_600.0
RETENTION = "retention"
"""As a cause: it was not to be kept longer."""


async def _silent(_thing: str, _record_count: int) -> None:
    return


OnRemoved: TypeAlias = Callable[[str, int], Awaitable[None]]
"""Hears once of each retired thing that it is gone for good, and from how many records."""
SILENT: OnRemoved = _silent


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
    removed: OnRemoved
    rewrite: Callable[[], Awaitable[None]] = UNROLLED
    """Takes what was overwritten out of what was rolled."""


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
        for group in _groups(self._tools.plan()):
            is_more = True
            while is_more:
                is_more = await self._step(partial(self._look, group))
                await asyncio.sleep(PAUSE_SECONDS)
        await self._remove_retired()
        await self._tools.rewrite()

    async def _remove_retired(self) -> None:
        """Take what has been retired for long enough out of every record, and say so once.

        Records go on coming meanwhile: those are for the next look.
        """
        removal, until = Removal(self._tools.plan(), self._tools.clock.now()), self._tools.applied()
        is_more = bool(removal.things)
        while is_more:
            is_more = await self._step(partial(self._look_for_retired, removal, until))
            await asyncio.sleep(PAUSE_SECONDS)
        kept = await asyncio.to_thread(self._tools.book.read)
        if removal.things != kept.told:
            await self._tools.rewrite()  # what is said to be gone is in no file either
        for thing in removal.things:
            if thing not in kept.told:
                await self._tools.removed(thing, kept.removed.get(thing, Removed()).count)
        if removal.things != kept.told:
            await asyncio.to_thread(self._tools.book.write, replace(kept, told=removal.things))

    async def _step(self, look: Callable[[], _Found]) -> bool:
        """Look at some records; False when all that are old enough have been looked at."""
        found = await asyncio.to_thread(look)
        if not found.records:
            return found.is_more
        await asyncio.to_thread(self._tools.log.rewrite, found.records)
        if found.struck:
            # Quarantined ones too: there is nothing to be replayed any more.
            await self._tools.tell(Struck(found.struck, EventId("")))
        await asyncio.to_thread(self._tools.book.write, found.kept)
        return found.is_more

    def _look(self, group: _Group) -> _Found:
        kept, now = self._tools.book.read(), self._tools.clock.now()
        cursor = kept.cursors.get(group.key, 0)
        found = _Found(removed=dict(kept.removed))
        for position, data in self._tools.log.read(cursor, STEP_RECORDS):
            event = decode_event(data)
            if event.received_at + group.retain > now or position > self._tools.applied():
                found.is_more = False
                break
            found.is_more, cursor = True, position
            if isinstance(event, CustomerEvent):
                _take(found, group, position, event, now=now)
        self._move(found, kept, group.key, cursor)
        return found

    def _look_for_retired(self, removal: Removal, until: int) -> _Found:
        kept, now = self._tools.book.read(), self._tools.clock.now()
        cursor = kept.cursors.get(removal.key, 0)
        found = _Found(removed=dict(kept.removed))
        for position, data in self._tools.log.read(cursor, STEP_RECORDS):
            if position > until:
                found.is_more = False
                break
            found.is_more, cursor, event = True, position, decode_event(data)
            put = removal.of(event) if isinstance(event, CustomerEvent) else None
            if put is not None:
                found.records.append((position, encode_event(put.record)))
                found.struck += [position] if isinstance(put.record, Erased) else []
                for thing in put.things:
                    found.removed[thing] = _one_more(found.removed.get(thing), now)
        self._move(found, kept, removal.key, cursor)
        return found

    def _move(self, found: _Found, kept: Kept, key: str, cursor: int) -> None:
        """Note how far was looked: at once, where nothing is to be overwritten before."""
        found.kept = replace(kept, cursors={**kept.cursors, key: cursor}, removed=found.removed)
        if not found.records and cursor != kept.cursors.get(key, 0):
            self._tools.book.write(found.kept)


class _Group(msgspec.Struct, frozen=True):
    """What is kept for the same time."""

    retain: Duration
    events: Mapping[str, None]
    traits: Mapping[str, None]

    @property
    def key(self) -> str:
        return f"{self.retain} {digest(to_bytes([list(self.events), list(self.traits)]))}"


class _Found(msgspec.Struct, kw_only=True):
    removed: dict[str, Removed]
    records: list[tuple[int, bytes]] = []
    struck: list[int] = []
    """Those that tell nothing any more."""
    kept: Kept = Kept()
    is_more: bool = False


def _take(
    found: _Found, group: _Group, position: int, event: CustomerEvent, *, now: Instant
) -> None:
    if event.name in group.events:
        put = Erased(received_at=event.received_at, cause=RETENTION)
        found.records.append((position, encode_event(put)))
        found.struck.append(position)
        found.removed[event.name] = _one_more(found.removed.get(event.name), now)
    elif group.traits and (unsaid := unsay(event, group.traits)) is not None:
        found.records.append((position, encode_event(unsaid)))


def _groups(plan: Plan) -> list[_Group]:
    """Return what is not kept for ever, by how long."""
    identifying = dict.fromkeys(path for kind in plan.identity.kinds for path in kind.paths)
    events = {name: event.retain for name, event in plan.events.items() if event.retain}
    traits = {
        name: trait.retain
        for name, trait in plan.traits.items()
        # By what somebody is known is kept with them: their records would be nobody's without it.
        if trait.retain and f"traits.{name}" not in identifying
    }
    return [
        _Group(
            retain,
            dict.fromkeys(sorted(name for name, each in events.items() if each == retain)),
            dict.fromkeys(sorted(name for name, each in traits.items() if each == retain)),
        )
        for retain in sorted({*events.values(), *traits.values()})
    ]


def _one_more(removed: Removed | None, now: Instant) -> Removed:
    return Removed(count=(removed.count if removed else 0) + 1, last_at=now)
