"""The engine thread: takes what is durable, a turn at a time, and commits what came of it.

One queue carries the records and the questions of lanes ("may this leave now?"). A question is
answered from committed state, after every record that stood in the queue before it: that is the
send barrier. Nothing is polled: the thread sleeps on the queue.

Two kinds of failure are kept apart. When the world fails (a full disk), the turn waits and is
tried again; nothing is skipped, and doors turn callers away once the backlog is at its bound.
When a step fails (our bug), that record alone goes to quarantine and the others go on.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import TypeAlias, TypeVar

import msgspec

from legato.core.program import Program
from legato.fold.memory import Memory, is_control
from legato.fold.turn import Record, StepFault, Turned, quarantine
from legato.model.event import Event, decode_event
from legato.model.instant import Instant
from legato.model.problem import LegatoError
from legato.model.state import State
from legato.ports.log import Log
from legato.ports.state_store import StateStore

T = TypeVar("T")

TURN_RECORDS_MAX = 256
"""Larger turns cost more an event (a person no longer is in the processor's cache when it is
encoded) and make those behind them wait."""
REPLAY_RECORDS = 2_048
RETRY_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Waits between attempts while the store fails; the last is repeated."""

Question: TypeAlias = Callable[[Program, State | None, Instant], T]
"""Asked of a person's present state; must not change it."""
Answer: TypeAlias = Callable[[Memory], T]
"""Asked of all that is applied, on the engine's thread; must not change it."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Records that became durable together, at consecutive positions."""

    first: int
    events: Sequence[Event]
    byte_count: int


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A question, and who waits for the answer on the loop."""

    answer: Answer[object]
    future: asyncio.Future[object]


Reply: TypeAlias = tuple[Ask, object]
"""An answer; an Exception where there is none."""


class Stopped(Exception):  # noqa: N818 - the end of the thread, not a fault
    """The engine is to end although the store fails; what is not committed is replayed."""


class Engine:
    """Recover first, then start. `put` and `ask` may be called from any thread."""

    def __init__(
        self,
        log: Log,
        store: StateStore,
        *,
        memory: Memory,
        publish: Callable[[Turned], None],
        reply: Callable[[list[Reply]], None],
    ) -> None:
        self.memory = memory
        self.fault = ""
        """Why the engine does not get on, in words; empty while it does."""
        self.bytes_done = 0
        """Of all records applied since the start; the waiting room knows how many it gave."""
        self._log = log
        self._store = store
        self._publish = publish
        self._reply = reply
        self._queue: SimpleQueue[Group | Ask | None] = SimpleQueue()
        self._records: deque[Record] = deque()
        self._sizes: deque[tuple[int, int]] = deque()
        self._asks: deque[tuple[int, Ask]] = deque()
        self._queued = self.memory.position
        self._is_ending = False
        self._has_ended = False
        self._is_abandoned = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def recover(self) -> int:
        """Apply what the log holds beyond the state; return how many records that was.

        Their deliveries are in the outbox afterwards, where lanes find them: nothing is published.
        Raises LegatoError when a store fails.
        """
        start = self.memory.position
        while rows := self._log.read(self.memory.position, REPLAY_RECORDS):
            records = [(position, decode_event(data)) for position, data in rows]
            for end in range(0, len(records), TURN_RECORDS_MAX):
                self._fold(records[end : end + TURN_RECORDS_MAX], is_replay=True)
        self._queued = self.memory.position
        return self.memory.position - start

    def start(self) -> None:
        """Begin to take from the queue."""
        self._thread.start()

    def put(self, group: Group) -> None:
        """Hand over durable records; groups come in the order of the log."""
        self._queue.put(group)

    def ask(self, ask: Ask) -> None:
        """Have a question answered after everything put before it."""
        self._queue.put(ask)
        if self._has_ended:
            self._refuse_asks()

    def close(self, seconds: float) -> None:
        """Apply what is queued, for so long at most, and end. The rest is replayed at a start."""
        if not self._thread.is_alive():
            return
        self._queue.put(None)
        self._thread.join(seconds)
        self._is_abandoned.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while self._gather():
                self._turn()
        except Stopped:
            pass
        except Exception as fault:  # noqa: BLE001 - the thread's entry: doors must see that it ended
            self.fault = f"the engine ended: {type(fault).__name__}; restart the process"
        self._has_ended = True
        self._refuse_asks()

    def _gather(self) -> bool:
        """Sleep until there is something to do; take up to a turn. False: all done, end."""
        if not self._records and not self._asks and not self._is_ending:
            self._take(self._queue.get())
        while len(self._records) < TURN_RECORDS_MAX:
            try:
                self._take(self._queue.get_nowait())
            except Empty:
                break
        if self._is_abandoned.is_set():
            return False
        return bool(self._records or self._asks) or not self._is_ending

    def _take(self, item: Group | Ask | None) -> None:
        match item:
            case None:
                self._is_ending = True
            case Group():
                self._records.extend(enumerate(item.events, item.first))
                self._queued = item.first + len(item.events) - 1
                self._sizes.append((self._queued, item.byte_count))
            case Ask():
                self._asks.append((self._queued, item))

    def _turn(self) -> None:
        if self._records:
            count = min(len(self._records), TURN_RECORDS_MAX)
            self._fold([self._records.popleft() for _ in range(count)], is_replay=False)
        position = self.memory.position
        while self._sizes and self._sizes[0][0] <= position:
            self.bytes_done += self._sizes.popleft()[1]
        replies: list[Reply] = []
        while self._asks and self._asks[0][0] <= position:
            ask = self._asks.popleft()[1]
            replies.append((ask, self._answer(ask)))
        if replies:
            self._reply(replies)

    def _answer(self, ask: Ask) -> object:
        try:
            return ask.answer(self.memory)
        except Exception as fault:  # noqa: BLE001 - one question's failure must not stop the engine
            return fault

    def _refuse_asks(self) -> None:
        """Let nobody wait for a thread that has ended; the thread itself calls this last."""
        asks: list[Ask] = []
        while self._asks:
            asks.append(self._asks.popleft()[1])
        while True:
            try:
                item = self._queue.get_nowait()
            except Empty:
                break
            if isinstance(item, Ask):
                asks.append(item)
        stopped = LegatoError("The engine has stopped.", fix="Start it again.", can_retry=True)
        if asks:
            self._reply([(ask, stopped) for ask in asks])

    def _fold(self, records: list[Record], *, is_replay: bool) -> None:
        """Apply and commit records, control records in turns of their own."""
        start = 0
        for index, (_, event) in enumerate(records):
            if is_control(event):
                self._fold_alike(records[start:index], is_replay=is_replay)
                self._fold_alike([records[index]], is_replay=is_replay)
                start = index + 1
        self._fold_alike(records[start:], is_replay=is_replay)

    def _fold_alike(self, records: list[Record], *, is_replay: bool) -> None:
        while records:
            try:
                self._patiently(lambda turn=records: self._apply(turn), is_replay=is_replay)
            except StepFault as fault:
                records = self._isolate(records, fault, is_replay=is_replay)
            else:
                return

    def _apply(self, records: list[Record]) -> None:
        try:
            turned = self.memory.apply(records)
        except (LegatoError, StepFault):
            raise
        except Exception as fault:
            raise StepFault from fault  # a stored person that cannot be read, for one
        self._commit(turned)

    def _commit(self, turned: Turned) -> None:
        try:
            self._store.commit(turned.turn())
        except LegatoError:
            self.memory.forget(turned)
            raise
        except Exception as fault:
            self.memory.forget(turned)
            raise StepFault from fault  # something a step made that cannot be stored
        self.memory.keep(turned)
        self._publish(turned)

    def _isolate(self, records: list[Record], fault: StepFault, *, is_replay: bool) -> list[Record]:
        """Set the failing record apart; return those still to be applied."""
        if fault.index is None and len(records) > 1:
            for record in records:
                self._fold_alike([record], is_replay=is_replay)
            return []
        index = fault.index or 0
        self._fold_alike(records[:index], is_replay=is_replay)
        apart = quarantine(records[index], fault, self.memory.now)
        self._patiently(lambda: self._commit(apart), is_replay=is_replay)
        return records[index + 1 :]

    def _patiently(self, attempt: Callable[[], T], *, is_replay: bool) -> T:
        """Repeat what the world made fail until it succeeds; in a replay it may fail at once."""
        tries = 0
        while True:
            try:
                done = attempt()
            except LegatoError as error:
                if is_replay:
                    raise
                self.fault = f"{error.what} {error.fix}"
                wait = RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)]
                tries += 1
                if self._is_abandoned.wait(wait):
                    raise Stopped from error
            else:
                self.fault = ""
                return done
