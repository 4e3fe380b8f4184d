"""Items of calls that only name what happened: the provider is asked for it, then they are read.

Until then an item waits in quarantine, under a code of its own: that is where it is durable, where
people see it, and where a process that was killed finds it again. What is read goes into the log
under the item's message id, and only then leaves the quarantine; done twice, it is taken once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from legato.connectors.inbound.compile import compile_source
from legato.connectors.inbound.events import events_of, item_in
from legato.connectors.inbound.fetching import fetch_request, read_fetched
from legato.connectors.inbound.hear import FETCHING, Item
from legato.connectors.inbound.settings import public_settings
from legato.connectors.inbound.spec import SourceSpec
from legato.model.definitions.inbound import Inbound
from legato.model.event import Event, RejectedItem
from legato.model.instant import MINUTE, SECOND, Duration, Instant
from legato.model.plan import Plan
from legato.model.problem import LegatoError, Reason
from legato.ports.intake import Busy
from legato.ports.state_store import QuarantineRow
from legato.runtime.polling.asker import Asker, Unanswered, World

UNFETCHED = "source.unfetched"
"""The code of what could not be had; `legato quarantine replay` tries it again."""
REST_FIRST: Duration = 2 * SECOND
REST_MAX: Duration = 15 * MINUTE
LOOK_AGAIN: Duration = MINUTE
PAGE = 500
AT_ONCE = 8


class Waiting(Protocol):
    """Where items wait."""

    def quarantined(self, after: int, limit: int) -> list[QuarantineRow]:
        """Return what waits behind a position."""
        ...

    async def record(self, position: int) -> Event | None:
        """Return a record of the log."""
        ...

    async def reached(self, position: int) -> None:
        """Wait until a record is applied."""
        ...

    async def release(self, positions: Sequence[int]) -> None:
        """Let go of what has been read."""
        ...


class _Wanted(msgspec.Struct, kw_only=True):
    """An item that waits."""

    position: int
    rejected: RejectedItem
    item: Item
    due_at: Instant
    tries: int = 0


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    inbound: Inbound
    spec: SourceSpec
    asker: Asker


class Fetcher:
    """Everything is called on the event loop."""

    def __init__(self, plan: Callable[[], Plan], waiting: Waiting, world: World) -> None:
        self._plan = plan
        self._waiting = waiting
        self._world = world
        self._sources: dict[str, _Source] = {}
        self._wanted: dict[int, _Wanted] = {}
        self._looked_to = 0
        self._reached = 0
        self._awake = asyncio.Event()

    def look(self, position: int) -> None:
        """Look for items among what is in the log up to here."""
        self._reached = max(self._reached, position)
        self._awake.set()

    def renewed(self, secret: str) -> None:
        """Try at once what waits for this secret."""
        now = self._world.clock.now()
        names = [name for name, one in self._sources.items() if one.asker.renewed(secret)]
        for one in self._wanted.values():
            if one.rejected.source in names:
                one.due_at = now
        self._awake.set()

    async def run(self) -> None:
        """Fetch whatever waits, until cancelled."""
        while True:
            self._awake.clear()
            await self._find()
            now = self._world.clock.now()
            due = sorted(
                (one for one in self._wanted.values() if one.due_at <= now),
                key=lambda one: one.position,
            )
            if due:
                await asyncio.gather(*(self._fetch(one) for one in due[:AT_ONCE]))
                continue
            next_at = min((one.due_at for one in self._wanted.values()), default=None)
            rest = None if next_at is None else min(next_at - now, LOOK_AGAIN) / SECOND
            try:
                async with asyncio.timeout(rest):
                    await self._awake.wait()
            except TimeoutError:
                continue

    async def _find(self) -> None:
        """Take up what has come to wait since the last look; at the first, all that waits."""
        await self._waiting.reached(self._reached)
        while rows := await asyncio.to_thread(self._waiting.quarantined, self._looked_to, PAGE):
            self._looked_to = rows[-1].position
            for row in rows:
                if row.quarantine.reason.code == FETCHING:
                    await self._take_up(row.position)

    async def _take_up(self, position: int) -> None:
        rejected = await self._waiting.record(position)
        item = item_in(rejected.raw) if isinstance(rejected, RejectedItem) else None
        if isinstance(rejected, RejectedItem) and item is not None:
            now = self._world.clock.now()
            self._wanted[position] = _Wanted(
                position=position, rejected=rejected, item=item, due_at=now
            )

    async def _fetch(self, wanted: _Wanted) -> None:
        source = self._source(wanted.rejected.source)
        try:
            if source is None:
                reason = Reason(code=UNFETCHED, what="its source fetches nothing any more")
                await self._end(wanted, [_refused(wanted, reason)])
                return
            await self._end(wanted, await self._read(source, wanted))
        except Unanswered as fault:
            await self._failed(source, wanted, fault)
        except (Busy, LegatoError):
            self._again(wanted, None)

    async def _read(self, source: _Source, wanted: _Wanted) -> Sequence[Event]:
        """Ask for what the item names, and return the events of both."""
        now, spec = self._world.clock.now(), source.spec
        _, response = await source.asker.ask(
            lambda terms: fetch_request(spec, terms, wanted.item.item, now=now)
        )
        fetched = read_fetched(spec, response)
        if isinstance(fetched, Reason):
            raise Unanswered(fetched)
        whole = msgspec.structs.replace(wanted.item, fetched=fetched, is_fetched=True)
        settings = public_settings(spec, source.inbound.settings)
        at = self._world.clock.now()
        return events_of(spec, whole, settings, source=wanted.rejected.source, received_at=at)

    async def _failed(self, source: _Source | None, wanted: _Wanted, fault: Unanswered) -> None:
        fetch = source.spec.fetch if source is not None else None
        given_up_at = wanted.rejected.received_at + (fetch.within if fetch is not None else 0)
        if not fault.is_final and self._world.clock.now() < given_up_at:
            self._again(wanted, fault.after)
            return
        reason = Reason(
            code=UNFETCHED,
            what=f"what it names could not be fetched: {fault.reason.what}",
            definition=f"sources/{wanted.rejected.source}",
        )
        try:
            await self._end(wanted, [_refused(wanted, reason)])
        except (Busy, LegatoError):
            self._again(wanted, None)

    async def _end(self, wanted: _Wanted, events: Sequence[Event]) -> None:
        """Have the events in the log and applied; then, and only then, nothing waits any more."""
        if events:
            await self._waiting.reached(await self._world.intake.accept(events))
        await self._waiting.release([wanted.position])
        self._wanted.pop(wanted.position, None)

    def _again(self, wanted: _Wanted, after: Duration | None) -> None:
        wanted.tries += 1
        rest = min(REST_FIRST * 2 ** min(wanted.tries - 1, 20), REST_MAX)
        wanted.due_at = self._world.clock.now() + max(after or 0, rest)

    def _source(self, name: str) -> _Source | None:
        source = self._plan().sources.get(name)
        if source is None or source.inbound is None or source.broken is not None:
            return None
        known = self._sources.get(name)
        if known is None or known.inbound is not source.inbound:
            spec = compile_source(source.inbound.manifest).spec
            assert spec is not None, "the manifest of no source that works has a mistake"
            asker = Asker(name, source.inbound, spec, self._world)
            known = _Source(inbound=source.inbound, spec=spec, asker=asker)
            self._sources[name] = known
        return known if known.spec.fetch is not None else None


def _refused(wanted: _Wanted, reason: Reason) -> RejectedItem:
    return msgspec.structs.replace(wanted.rejected, reason=reason)
