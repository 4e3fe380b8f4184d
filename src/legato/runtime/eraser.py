"""Overwrites in the log what tells of erased people, and sees every erasure to its end.

The engine has taken the person out of the state and says where in the log they stood; this side
is the log's writer. One erasure goes: look for refused records that were never anybody's,
overwrite them all in one transaction, have the state forget what it still knew for that, empty the
write-ahead files, search the files, and put on record that it is so. Each part may be done again:
after a crash, what is not on record as completed begins anew.

All positions of a person are overwritten at once, or none: a log with half of them would,
replayed, make another person of the rest, whom the request that follows does not name.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from legato.core.erasure.overwrite import ERASURE, instead_of
from legato.core.erasure.redact import Redactor
from legato.core.identifiers import Identifiers, pointer_key
from legato.model.erasure import Erasure, Findings, Searched
from legato.model.event import (
    CustomerEvent,
    ErasureCompleted,
    Event,
    Forgotten,
    RejectedItem,
    decode_event,
    decode_object,
    encode_event,
)
from legato.model.ids import EventId
from legato.model.instant import MINUTE, Duration, format_duration
from legato.model.plan import Plan
from legato.ports.clock import Clock
from legato.ports.erasure import Erasures
from legato.ports.log import Log
from legato.runtime.engine.dialogue import Purge, Question, Struck

STRIKES_MAX = 100_000
"""Records overwritten in one transaction: a few seconds in which nothing is acknowledged."""
STRAYS_AT_ONCE = 2_000
OVERDUE_AFTER: Duration = 15 * MINUTE
"""A destination that has not taken an erasure for so long is somebody's to look at."""


async def _unsearched(_: Sequence[str]) -> None:
    return None


async def _unrecorded(_: Erasure) -> None:
    return None


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What goes with an erasure, where there is somebody to show it to."""

    search: Callable[[Sequence[str]], Awaitable[Searched | None]] = _unsearched
    """Looks for values in every file of the data folder; None where that would take too long."""
    certified: Callable[[Erasure], Awaitable[None]] = _unrecorded
    """Told of an erasure whenever its certificate has changed."""


async def _unrolled() -> None:
    return None


UNROLLED: Callable[[], Awaitable[None]] = _unrolled
"""For a host that rolls nothing."""
NO_PROOF = Proof()


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What an eraser works with."""

    log: Log
    erasures: Erasures
    clock: Clock
    plan: Callable[[], Plan]
    tell: Callable[[Question], Awaitable[None]]
    """Has the engine do something with the state."""
    settle: Callable[[Event], Awaitable[None]]
    """Stores a record and waits until it is applied."""
    proof: Proof
    rewrite: Callable[[], Awaitable[None]] = UNROLLED
    """Takes whoever is gone out of what was rolled."""


class Eraser:
    """Runs on the loop; woken by every turn that leaves something to overwrite."""

    def __init__(self, tools: Tools) -> None:
        self._log = tools.log
        self._erasures = tools.erasures
        self._clock = tools.clock
        self._tell = tools.tell
        self._settle = tools.settle
        self._plan = tools.plan
        self._proof = tools.proof
        self._leave_out = tools.rewrite
        self._wanted = asyncio.Event()
        self._wanted.set()  # a stop may have come before the end of the last
        self._idle = asyncio.Event()
        self._telling: list[Erasure] = []
        """Those of which destinations have not been told yet."""

    def wake(self) -> None:
        """See to what has to be overwritten."""
        self._wanted.set()
        self._idle.clear()

    def overdue(self) -> tuple[str, ...]:
        """Return, in words, which destinations should have been told long ago."""
        late = self._clock.now() - OVERDUE_AFTER
        names = [
            told.destination
            for erasure in self._telling
            if erasure.requested_at < late
            for told in erasure.told
            if told.outcome is None
        ]
        return tuple(
            f"{name} has not been told of an erasure for over {format_duration(OVERDUE_AFTER)}."
            for name in dict.fromkeys(names)
        )

    async def settled(self) -> None:
        """Wait until there is nothing to overwrite, of all that the engine has told of."""
        await self._idle.wait()

    async def run(self) -> None:
        """Overwrite whenever there is something, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._work()
            except Exception:
                self._wanted.set()
                raise
            if not self._wanted.is_set():
                self._idle.set()

    async def _work(self) -> None:
        erasures = await asyncio.to_thread(self._erasures.open)
        self._telling = [erasure for erasure in erasures if erasure.is_telling]
        for erasure in erasures:
            if erasure.overwritten_at is None or not erasure.is_telling:
                await self._erase(erasure)
        positions = await asyncio.to_thread(self._erasures.strikes, STRIKES_MAX)
        if positions:
            await self._overwrite(positions, EventId(""))
            await self._tell(Purge())
            self._wanted.set()  # there may be more

    async def _erase(self, erasure: Erasure) -> None:
        """Overwrite everything of a person; a second time once all destinations are told."""
        if erasure.overwritten_at is None:
            await self._redact(erasure)
        strays = await asyncio.to_thread(self._find_strays, erasure)
        strikes = await asyncio.to_thread(self._erasures.strikes, STRIKES_MAX)
        positions = sorted({*strikes, *strays, erasure.position})
        is_last = not erasure.is_telling
        # Until the last destination has answered, what the person was known by is still needed.
        await self._overwrite(positions, erasure.erasure_id if is_last else EventId(""))
        await self._leave_out()
        await self._tell(Purge())
        searched = None
        if erasure.keys and is_last:
            searched = await self._proof.search([_value(key) for key in erasure.keys])
        refused = erasure.counts.get("refused records", 0) + len(strays)
        findings = Findings(
            counts={**erasure.counts, "refused records": refused},
            told=erasure.told,
            searched=searched,
            is_last=is_last,
        )
        await self._settle(
            ErasureCompleted(
                received_at=self._clock.now(), erasure_id=erasure.erasure_id, findings=findings
            )
        )
        done = await asyncio.to_thread(self._erasures.get, erasure.erasure_id)
        if done is not None:
            await self._proof.certified(done)

    async def _redact(self, erasure: Erasure) -> None:
        """Take the person out of what tells of those who had been taken for them."""
        redactor = Redactor(self._plan().identity.kinds, erasure.tombs)
        await asyncio.to_thread(self._rewrite_beside, erasure.beside, redactor)
        for person_id in erasure.apart:
            await self._settle(
                Forgotten(received_at=self._clock.now(), person_id=person_id, tombs=erasure.tombs)
            )

    def _rewrite_beside(self, positions: Sequence[int], redactor: Redactor) -> None:
        records: list[tuple[int, bytes]] = []
        for position in positions:
            data = self._log.get(position)
            event = None if data is None else redactor.event(decode_event(data))
            if event is not None:
                records.append((position, encode_event(event)))
        if records:
            self._log.rewrite(records)

    async def _overwrite(self, positions: Sequence[int], erasure_id: EventId) -> None:
        await asyncio.to_thread(self._rewrite, positions)
        await self._tell(Struck(list(positions), erasure_id))

    def _rewrite(self, positions: Sequence[int]) -> None:
        records: list[tuple[int, bytes]] = []
        for position in positions:
            data = self._log.get(position)
            if data is None:
                continue
            event = instead_of(
                decode_event(data),
                cause=ERASURE,
                erasure=self._erasures.get,
                telling=self._erasures.telling,
            )
            if event is not None:
                records.append((position, encode_event(event)))
        self._log.rewrite(records)

    def _find_strays(self, erasure: Erasure) -> list[int]:
        """Find records that were refused and are, or may be, about the person."""
        if not erasure.keys:
            return []
        finder = _Finder(erasure.keys, self._plan())
        found: list[int] = []
        after = 0
        while positions := self._erasures.strays(after, STRAYS_AT_ONCE):
            after = positions[-1]
            for position in positions:
                data = self._log.get(position)
                if data is not None and finder.is_about(decode_event(data)):
                    found.append(position)
        return found


class _Finder:
    """Says whether a refused record is about somebody."""

    def __init__(self, keys: Sequence[str], plan: Plan) -> None:
        self._keys: Mapping[str, None] = dict.fromkeys(keys)
        self._identifiers = Identifiers(plan.identity.kinds)
        values = "|".join(re.escape(_value(key)) for key in keys)
        # As a whole word: the customer number 7 is not in every item with a 7 in it.
        self._words = re.compile(rf"(?<![\w])(?:{values})(?![\w])", re.IGNORECASE)

    def is_about(self, event: Event) -> bool:
        match event:
            case CustomerEvent():
                body, context = decode_object(event.body), decode_object(event.context)
                found = self._identifiers.read(event, body, context)
                is_theirs = any(pointer_key(kind, value) in self._keys for kind, value in found)
                return (
                    is_theirs or self._is_named_in(event.body) or self._is_named_in(event.context)
                )
            case RejectedItem():
                return self._is_named_in(event.raw)
            case _:
                return False

    def _is_named_in(self, data: bytes) -> bool:
        return self._words.search(data.decode(errors="replace")) is not None


def _value(key: str) -> str:
    return key.partition(":")[2]
