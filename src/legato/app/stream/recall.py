"""History to a destination: recorded events handed on to one that asks for them since lately.

A run reads everybody's notes once, which say of each record whether it was admitted and where it
went on to, and then asks for what is missing, a few records ahead of what the destination takes.
Nothing is kept between runs: a run that was cut short is begun again, and what it had asked for is
in the notes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Literal, Protocol

from msgspec.structs import replace

from legato.model.definitions.stream import Stream
from legato.model.event import NAME_OF_KIND, CustomerEvent, EventRecalled, decode_event
from legato.model.instant import SECOND, Instant
from legato.model.note import Admitted, HandedOn, Story
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.problem import LegatoError
from legato.ports.audit import Audit, AuditEntry
from legato.ports.clock import Clock
from legato.ports.intake import Busy
from legato.ports.log import Log
from legato.ports.state_store import Outbox, Records
from legato.runtime.local import LocalHost

AT_ONCE = 64
AHEAD_MAX = 256
"""Deliveries that wait at the destination: what happens now does not stand behind all history."""
STORIES_AT_ONCE = 1_000
LOOK_SECONDS = 0.1
CONTACTING = ("email", "sms", "push")
"""Categories of connectors that reach people."""


_KINDS = {name: kind for kind, name in NAME_OF_KIND.items()}


class Wanted(Noun, frozen=True, kw_only=True):
    """Which of the recorded events."""

    destination: str
    since: Instant = 0
    """By when they happened."""
    only: tuple[str, ...] = ()
    """Names; empty: all that the destination asks for."""


class RecallRun(Noun, frozen=True, kw_only=True):
    """How far a run has come."""

    phase: Literal["none", "reading", "sending", "done", "stopped", "failed"] = "none"
    destination: str = ""
    done: int = 0
    total: int = 0
    """Records while reading, events that the destination has not had while sending."""
    sent: int = 0
    """Handed on; its lane sends them at the rate that the destination allows."""
    withheld: dict[str, int] = {}
    """Code of the reason -> how many."""
    problem: str = ""


class Home(Protocol):
    """What a run needs of the app."""

    @property
    def clock(self) -> Clock: ...

    @property
    def host(self) -> LocalHost: ...

    @property
    def records(self) -> Records: ...

    @property
    def outbox(self) -> Outbox: ...

    @property
    def log(self) -> Log: ...

    @property
    def audit(self) -> Audit: ...

    def plan(self) -> Plan:
        """Return the active plan."""
        ...


class Recalls:
    """Runs of a running app, one at a time."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._run = RecallRun()
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._counted = 0
        """The position up to which it is counted what became of recalls."""

    async def begin(self, wanted: Wanted, stream: Stream, *, by: str) -> RecallRun:
        """Begin a run; where one goes on already, let it, and return how far it is."""
        if self._task is None or self._task.done():
            detail = {"since": str(wanted.since), "only": ", ".join(wanted.only)}
            entry = AuditEntry(
                actor=by, action="event.recall", subject=wanted.destination, detail=detail
            )
            await self._home.audit.record(entry)
            self._stopping.clear()
            self._run = RecallRun(phase="reading", destination=wanted.destination)
            self._task = asyncio.create_task(self._go(wanted, stream, by))
        return self._run

    async def ended(self, seconds: float) -> RecallRun:
        """Return how the present run ended; how far it is, if that takes longer than this."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)
        return self._run

    async def stop(self) -> RecallRun:
        """Ask for nothing more. What was asked for goes on. Idempotent."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.wait([self._task])
        return self._run

    async def _go(self, wanted: Wanted, stream: Stream, by: str) -> None:
        try:
            missing = await asyncio.to_thread(self._missing, wanted, stream)
            self._counted = self._home.host.applied.position
            self._run = replace(self._run, phase="sending", done=0, total=missing.count())
            async for positions in self._due(wanted, missing):
                await self._ask(wanted, positions, by)
            self._run = replace(self._run, phase="stopped" if self._stopping.is_set() else "done")
        except LegatoError as error:
            self._run = replace(self._run, phase="failed", problem=f"{error.what} {error.fix}")
        finally:
            if self._run.phase in ("reading", "sending"):
                self._run = replace(self._run, phase="failed", problem="It ended with a fault.")

    def _missing(self, wanted: Wanted, stream: Stream) -> Marks:
        """Return the records that were admitted, are asked for, and have not gone on there."""
        records, after = self._home.records, 0
        total = self._home.host.applied.position
        marks = Marks(total)
        self._run = replace(self._run, total=total)
        while stories := records.tail(after, STORIES_AT_ONCE):
            for story in stories:
                if story.position <= total:
                    self._read(story, wanted, stream, marks)
            after = stories[-1].position
            self._run = replace(self._run, done=min(after, total))
            if after >= total or self._stopping.is_set():
                break
        return marks

    def _read(self, story: Story, wanted: Wanted, stream: Stream, marks: Marks) -> None:
        for note in story.notes:
            if isinstance(note, Admitted) and _is_asked_for(note.name, wanted, stream):
                marks.set(story.position)
            elif isinstance(note, HandedOn) and _is_sent(note, wanted.destination):
                marks.clear(self._recalled(story.position) if note.is_recalled else story.position)

    def _recalled(self, position: int) -> int:
        data = self._home.log.get(position)
        record = None if data is None else decode_event(data)
        return record.position if isinstance(record, EventRecalled) else 0

    async def _due(self, wanted: Wanted, missing: Marks) -> AsyncIterator[list[int]]:
        """Yield records to ask for, no faster than the destination takes them."""
        positions = iter(missing)
        while chunk := list(islice(positions, AT_ONCE)):
            while self._waiting(wanted.destination) > AHEAD_MAX:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), LOOK_SECONDS)
                    break
            if self._stopping.is_set():
                return
            yield await asyncio.to_thread(self._since, chunk, wanted.since)
            self._run = replace(self._run, done=self._run.done + len(chunk))

    def _since(self, positions: Sequence[int], since: Instant) -> list[int]:
        found: list[int] = []
        for position in positions:
            data = self._home.log.get(position)
            event = None if data is None else decode_event(data)
            if isinstance(event, CustomerEvent) and event.occurred_at >= since:
                found.append(position)
        return found

    def _waiting(self, destination: str) -> int:
        return dict(self._home.outbox.destinations()).get(destination, 0)

    async def _ask(self, wanted: Wanted, positions: Sequence[int], by: str) -> None:
        host, now = self._home.host, self._home.clock.now()
        asked = [
            EventRecalled(received_at=now, destination=wanted.destination, position=position, by=by)
            for position in positions
        ]
        while asked:
            try:
                last = await host.room.accept(asked)
            except Busy as busy:
                await asyncio.sleep(busy.retry_after / SECOND)
                continue
            await host.progress.reached(last)
            await asyncio.to_thread(self._count, last)
            return

    def _count(self, last: int) -> None:
        """Count what became of the recalls up to a position that were not counted yet."""
        sent, withheld = self._run.sent, Counter(self._run.withheld)
        while stories := self._home.records.tail(self._counted, STORIES_AT_ONCE):
            for story in stories:
                codes = [] if story.position > last else list(_recalled_codes(story))
                sent += codes.count("")
                withheld.update(code for code in codes if code)
            self._counted = min(stories[-1].position, last)
            if self._counted >= last:
                break
        self._run = replace(self._run, sent=sent, withheld=dict(sorted(withheld.items())))


class Marks:
    """A set of positions: one bit each, so that the log of years fits."""

    def __init__(self, last: int) -> None:
        self._bits = bytearray(last // 8 + 1)

    def set(self, position: int) -> None:
        self._bits[position >> 3] |= 1 << (position & 7)

    def clear(self, position: int) -> None:
        self._bits[position >> 3] &= ~(1 << (position & 7))

    def count(self) -> int:
        return sum(byte.bit_count() for byte in self._bits)

    def __iter__(self) -> Iterator[int]:
        """Yield the positions in order."""
        for index, byte in enumerate(self._bits):
            if byte:
                yield from (index * 8 + bit for bit in range(8) if byte >> bit & 1)


def _is_asked_for(name: str, wanted: Wanted, stream: Stream) -> bool:
    if wanted.only and name not in wanted.only:
        return False
    if stream.types and _KINDS.get(name, "track") not in stream.types:
        return False
    return name in stream.only if stream.only else name not in stream.apart_from


def _recalled_codes(story: Story) -> Iterator[str]:
    for note in story.notes:
        if isinstance(note, HandedOn) and note.is_recalled:
            yield from (one.code for one in note.to)


def _is_sent(note: HandedOn, destination: str) -> bool:
    return any(one.destination == destination and not one.code for one in note.to)
