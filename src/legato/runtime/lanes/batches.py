"""Deliveries that travel together: gathered, held until their batch is full or due, sent as one.

Only the first of a line is looked at elsewhere; here those behind it ride along, in order.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from legato.connectors.exchange.batch.piece import Piece, Ready, batch_of, gather
from legato.connectors.exchange.exchange import Ask, Done, Refused
from legato.connectors.settings import resolve
from legato.connectors.spec import Batch
from legato.model.delivery import Delivery
from legato.model.instant import SECOND
from legato.model.problem import Reason
from legato.model.wire import Response
from legato.ports.clock import Clock
from legato.ports.sender import SendFault
from legato.runtime.lanes.attempt import Attempts, Prepared
from legato.runtime.lanes.line import Entry
from legato.runtime.lanes.result import Again, NotNow, Over, Result, read, unsaid
from legato.runtime.lanes.trip import Seat, Trip
from legato.runtime.lanes.way import Reach, Way


class Hold:
    """A batch that fills."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._size = 0
        self.seats: list[Seat] = []
        self.is_due = asyncio.Event()
        self.wait_seconds = batch.wait / SECOND

    def has_room(self, pieces: Sequence[Piece]) -> bool:
        size = self._size + sum(piece.size for piece in pieces)
        is_heavy = bool(self._batch.bytes_max) and size > self._batch.bytes_max
        return len(self.seats) + len(pieces) <= self._batch.items and not is_heavy

    def take(self, seat: Seat) -> None:
        self.seats.append(seat)
        self._size += seat.piece.size
        if not self.has_room([seat.piece]):
            self.is_due.set()


class Batches:
    """One lane's, under one plan."""

    def __init__(self, way: Way, reach: Reach, attempts: Attempts, clock: Clock) -> None:
        self._way = way
        self._reach = reach
        self._attempts = attempts
        self._clock = clock
        self._turns = asyncio.Semaphore(way.destination.concurrency)
        scope = {"settings": resolve(way.spec, way.destination.settings, {})}
        self._kinds = {
            operation: next((one for route in routes if (one := batch_of(route, scope))), None)
            for operation, routes in way.spec.routes.items()
        }
        self._holds: dict[bytes, Hold] = {}
        self._tasks: dict[asyncio.Task[None], None] = {}

    def of(self, delivery: Delivery) -> Batch | None:
        """Return how a delivery may be batched, if it may."""
        return self._kinds.get(delivery.operation)

    def riders_max(self, batch: Batch) -> int:
        """Return how many of one line may ride together.

        Where a single item may be asked for again, those behind it would arrive before it.
        """
        partial = self._way.spec.judge.partial
        is_piecemeal = partial is not None and (
            partial.retry is not None or partial.becomes == "retry"
        )
        return 1 if is_piecemeal else batch.items

    def flush(self) -> None:
        """Have everything leave that is held."""
        for hold in self._holds.values():
            hold.is_due.set()

    def cancel(self) -> None:
        """Give up what has not left."""
        for task in self._tasks:
            task.cancel()

    async def carry(self, entries: Sequence[Entry]) -> list[Result]:
        """Send deliveries of one line with whatever else is there; return what each came to.

        They ride in one batch, as far as they can; those after are given back.
        """
        seats: list[list[Seat]] = []
        ended: dict[Entry, Result] = {}
        for entry in entries:
            found = await self._gather(entry)
            if found is None and not seats:
                found = await self._alone(entry)
            if found is None or (isinstance(found, tuple) and not _rides_along(seats, found)):
                break
            if isinstance(found, tuple):
                seats.append([Seat(entry, piece) for piece in found])
                continue
            ended[entry] = found
            if not isinstance(found, Over):
                break
        self._board([seat for many in seats for seat in many])
        await asyncio.gather(*(seat.told for many in seats for seat in many))
        told = {many[0].entry: _worst([seat.told.result() for seat in many]) for many in seats}
        results = {**ended, **told}
        return [results.get(entry) or self._given_back(entry) for entry in entries]

    async def _alone(self, entry: Entry) -> Result:
        async with self._turns:
            await self._reach.turn()
            return await self._attempts.make(self._way, entry, self._reach)

    def _given_back(self, entry: Entry) -> NotNow:
        self._attempts.give_back(entry)
        return NotNow(until=self._clock.now())

    async def _gather(self, entry: Entry) -> tuple[Piece, ...] | Result | None:
        """Return what a delivery gives to batches; None: it has to go alone."""
        prepared = await self._attempts.prepare(self._way, entry)
        if not isinstance(prepared, Prepared):
            return prepared
        gathering = gather(
            self._way.spec, prepared.delivery, terms=prepared.terms, now=self._clock.now()
        )
        step = gathering.next()
        if isinstance(step, Ask):
            closed = await self._attempts.admit(self._way, entry)
            if closed is not None:
                return closed
        while isinstance(step, Ask):
            try:
                step = gathering.next(await self._reach.answers.of(step, self._ask))
            except SendFault as fault:
                return Again(kind="fault", reason=Reason(code="send.fault", what=fault.what))
        match step:
            case Ready():
                return step.pieces
            case Done():
                self._way.account.heard(step.verdict, prepared.terms)
                return read(step.verdict)
            case Refused():
                return unsaid(entry.delivery, step.reason)

    async def _ask(self, ask: Ask) -> Response:
        await self._reach.turn()
        return await self._reach.send(self._way, ask.request)

    def _board(self, seats: Sequence[Seat]) -> None:
        """Give seats their places: those of one key in one batch, in order."""
        for key in dict.fromkeys(seat.piece.key for seat in seats):
            together = [seat for seat in seats if seat.piece.key == key]
            hold = self._holds.get(key)
            if hold is None or not hold.has_room([seat.piece for seat in together]):
                if hold is not None:
                    hold.is_due.set()
                hold = self._holds[key] = Hold(together[0].piece.batch)
                task = asyncio.get_running_loop().create_task(self._run(key, hold))
                self._tasks[task] = None
                task.add_done_callback(self._tasks.pop)
            for seat in together:
                hold.take(seat)

    async def _run(self, key: bytes, hold: Hold) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(hold.is_due.wait(), hold.wait_seconds)
        async with self._turns:
            await self._reach.turn()
            if self._holds.get(key) is hold:  # until now it could take more
                del self._holds[key]
            try:
                await Trip(self._way, self._reach, self._attempts, self._clock).go(hold.seats)
            except Exception as fault:  # noqa: BLE001 - whoever waits has to hear of our own bug
                for seat in hold.seats:
                    seat.fail(fault)


def _rides_along(seats: Sequence[Sequence[Seat]], pieces: Sequence[Piece]) -> bool:
    """Return whether what comes next in a line can go where those before it go."""
    before = [seat.piece.key for many in seats for seat in many]
    return not before or {*before, *(piece.key for piece in pieces)} == {before[0]}


def _worst(results: Sequence[Result]) -> Result:
    bad = (one for one in results if not isinstance(one, Over) or one.outcome != "accepted")
    return next(bad, results[-1])
