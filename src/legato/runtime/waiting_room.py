"""The waiting room: where events wait to be on disk, and nobody is answered before they are.

Doors call `accept` on the loop. One thread takes everything that waits and appends it to the log
in one group with one fsync. Then, on the loop again, the engine is told how far the log goes, and
the callers are answered.

Groups form by themselves: what arrives during one fsync is the next group. Under load that would
be many groups of two or three, each with a commit here and one in the engine, which cost far more
than the events in them; so groups begin at least GROUP_SECONDS apart. One event alone never waits.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

import msgspec

from legato.model.event import Event, encode_event
from legato.model.instant import SECOND, Duration
from legato.model.problem import LegatoError
from legato.ports.intake import Busy, Done
from legato.ports.log import Log

WAITING_EVENTS_MAX = 20_000
WAITING_BYTES_MAX = 64 * 1_048_576
"""Room for what arrives while one slow fsync lasts."""
GROUP_EVENTS_MAX = 2_000
"""Keeps one fsync, and so everybody's wait in it, short."""
GROUP_SECONDS = 0.005
"""Of every group's costs, most are the same however many are in it: against 3 ms this is a tenth of
all CPU at 4,000 events/s, for a millisecond of waiting on average."""
RETRY_AFTER: Duration = SECOND
RETRY_AFTER_FAULT: Duration = 5 * SECOND


class Backlog(msgspec.Struct, kw_only=True):
    """How far the engine may be behind the log before nobody is let in any more."""

    events_max: int
    position: Callable[[], int]
    """Of the last record applied."""


class _Waiting(msgspec.Struct, frozen=True):
    events: Sequence[Event]
    records: list[bytes]
    byte_count: int
    done: Done


class WaitingRoom:
    """The Intake of doors. `inner` is that of the host itself."""

    def __init__(self, log: Log, *, backlog: Backlog, announce: Callable[[int], None]) -> None:
        """`announce` is told on the loop how far the log goes, before callers are answered."""
        self.position = log.last_position()
        """Of the last record on disk."""
        self.fault = ""
        """Why nothing can be stored, in words; empty while it can."""
        self.inner = InnerIntake(self)
        self._log = log
        self._backlog = backlog
        self._announce = announce
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._arrived: list[_Waiting] = []
        self._waiting_events = 0
        self._waiting_bytes = 0
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Open on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def accept(self, events: Sequence[Event]) -> int:
        """Store events for a door; see ports.intake."""
        self._refuse_if_behind(len(events))
        return await self.store(events)

    def submit(self, events: Sequence[Event], done: Done) -> None:
        """Store events for a door that wants a call and no task; see ports.intake."""
        self._refuse_if_behind(len(events))
        self._put(events, done)

    async def store(self, events: Sequence[Event]) -> int:
        """Store events whatever the engine's backlog is: what it waits for must not wait for it."""
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._put(events, lambda outcome: _settle(future, outcome))
        return await future

    def _refuse_if_behind(self, count: int) -> None:
        if self._waiting_events + count > WAITING_EVENTS_MAX:
            raise Busy("The waiting room is full.", retry_after=RETRY_AFTER)
        if self.is_full:
            raise Busy("The engine is behind.", retry_after=RETRY_AFTER)

    def _put(self, events: Sequence[Event], done: Done) -> None:
        if self._loop is None or self._is_closed:
            raise Busy("Legato is stopping.", retry_after=RETRY_AFTER_FAULT)
        if not events:
            self._loop.call_soon(done, self.position)
            return
        records = [encode_event(event) for event in events]
        byte_count = sum(map(len, records))
        if self._waiting_events and self._waiting_bytes + byte_count > WAITING_BYTES_MAX:
            raise Busy("The waiting room is full.", retry_after=RETRY_AFTER)
        self._waiting_events += len(records)
        self._waiting_bytes += byte_count
        if not self._arrived:
            self._loop.call_soon(self._let_in)
        self._arrived.append(_Waiting(events, records, byte_count, done))

    def _let_in(self) -> None:
        """Wake the thread once for all that one round of the loop has read from its sockets.

        Woken for each, it would fight the loop for the interpreter over groups of one.
        """
        for waiting in self._arrived:
            self._queue.put(waiting)
        self._arrived.clear()

    def backlog(self) -> int:
        """Return how many events are on disk and not applied yet."""
        return self.position - self._backlog.position()

    @property
    def is_full(self) -> bool:
        """Whether doors are told to come again because the engine is behind."""
        return self.backlog() > self._backlog.events_max

    async def close(self) -> None:
        """Store what waits, answer it, and let nobody in any more. Idempotent."""
        if self._loop is None or self._is_closed:
            return
        self._is_closed = True
        self._let_in()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        is_open, began = True, -GROUP_SECONDS
        while is_open:
            first = self._queue.get()
            time.sleep(max(began + GROUP_SECONDS - time.monotonic(), 0))
            began = time.monotonic()
            group, is_open = self._gather(first)
            if group:
                self._append(group)

    def _gather(self, first: _Waiting | None) -> tuple[list[_Waiting], bool]:
        if first is None:
            return [], False
        group, count = [first], len(first.records)
        while count < GROUP_EVENTS_MAX:
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                break
            if waiting is None:
                return group, False
            group.append(waiting)
            count += len(waiting.records)
        return group, True

    def _append(self, group: list[_Waiting]) -> None:
        records = [record for waiting in group for record in waiting.records]
        before = self.position
        try:
            # What reached the disk in an append that seemed to have failed is a fact as well.
            before = self._log.last_position()
            self.position = self._log.append(records)
        except Exception as error:  # noqa: BLE001 - the thread's entry: it must outlive any fault
            # Refused for certain only if the log says so.
            if not self._is_stored(before + len(records)):
                self.fault = _in_words(error)
                self._answer(group, None)
                return
            self.position = before + len(records)
        self.fault = ""
        self._answer(group, before + 1)

    def _is_stored(self, expected: int) -> bool:
        try:
            return self._log.last_position() == expected
        except Exception:  # noqa: BLE001 - a log that cannot even be asked has stored nothing we know
            return False

    def _answer(self, group: list[_Waiting], first: int | None) -> None:
        loop = self._loop
        assert loop is not None
        try:
            loop.call_soon_threadsafe(self._resolve, group, first)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    def _resolve(self, group: list[_Waiting], first: int | None) -> None:
        """Answer everybody of a group, on the loop. One who has gone must not cost the rest."""
        self._announce(self.position)
        position = first - 1 if first is not None else 0
        for waiting in group:
            self._waiting_events -= len(waiting.records)
            self._waiting_bytes -= waiting.byte_count
            position += len(waiting.records)
            outcome = position if first is not None else _unstorable()
            try:
                waiting.done(outcome)
            except Exception as fault:  # noqa: BLE001 - a caller's own code: the others wait behind it
                self._report(fault)

    def _report(self, fault: Exception) -> None:
        assert self._loop is not None
        what = "A door failed while it answered; its events are stored."
        self._loop.call_exception_handler({"message": what, "exception": fault})


class InnerIntake:
    """The Intake of timers, lanes and sweeps. They bound what they have under way themselves."""

    def __init__(self, room: WaitingRoom) -> None:
        self._room = room

    async def accept(self, events: Sequence[Event]) -> int:
        """Store events although the engine is behind; raises Busy only when nothing can be."""
        return await self._room.store(events)


def _unstorable() -> Busy:
    return Busy("Nothing can be stored now.", retry_after=RETRY_AFTER_FAULT)


def _settle(future: asyncio.Future[int], outcome: int | Busy) -> None:
    if future.done():  # whoever waited has gone
        return
    if isinstance(outcome, Busy):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _in_words(error: Exception) -> str:
    if isinstance(error, LegatoError):
        return f"{error.what} {error.fix}"
    return f"The log failed: {type(error).__name__}."
