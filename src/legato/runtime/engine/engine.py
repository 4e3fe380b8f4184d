"""The engine: takes what is durable, a turn at a time, and commits what came of it.

It is told how far the log goes and reads the records there. Questions ("may this leave now?")
carry the position they were asked at, and are answered from committed state once everything up
to there is applied: that is the send barrier. Nothing is polled: with nothing to do, the engine
sleeps on its inbox.

Two kinds of failure are kept apart. When the world fails (a full disk), the turn waits and is
tried again; nothing is skipped, and doors turn callers away once the backlog is at its bound.
When a step fails (our bug), that record alone goes to quarantine and the others go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from legato.fold.memory import Memory, is_alone
from legato.fold.past import Past
from legato.fold.turn import Record, StepFault, Turned, quarantine
from legato.model.event import decode_event
from legato.model.problem import LegatoError
from legato.runtime.engine.answers import Answers
from legato.runtime.engine.dialogue import (
    Abandoned,
    Answer,
    Answered,
    Ask,
    Clear,
    Ended,
    FromEngine,
    Inbox,
    Logged,
    News,
    Question,
    Recovered,
    Refused,
    Stop,
    ToEngine,
    Trouble,
    Watched,
)
from legato.runtime.engine.parts import Parts

T = TypeVar("T")

TURN_RECORDS_MAX = 64
"""Larger turns cost more an event (a person no longer is in the processor's cache when it is
encoded) and make those behind them wait."""
RETRY_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Waits between attempts while the store fails; the last is repeated."""


class Engine:
    """Recover first, then run. Everything happens in the thread that calls."""

    def __init__(
        self, parts: Parts, inbox: Inbox, tell: Callable[[Sequence[FromEngine]], None]
    ) -> None:
        """Hear from `inbox`, and say what happens with `tell`."""
        self.memory = Memory(
            parts.state,
            Past(parts.log, parts.records, parts.state.pointers),
            core=parts.core,
            room=parts.room,
        )
        self._parts = parts
        self._inbox = inbox
        self._tell = tell
        self._answers = Answers(parts)
        self._logged = self.memory.position
        self._asks: list[Ask] = []
        self._told: list[FromEngine] = []
        """What has not been said yet: one turn is told in one go."""
        self._trouble = ""
        self._is_ending = False

    def recover(self) -> Recovered:
        """Apply what the log holds beyond the state. Raises LegatoError when a store fails.

        Its deliveries are in the outbox afterwards, where lanes find them: they are not told.
        """
        start = self.memory.position
        while records := self._read():
            self._fold(records, is_replay=True)
            self._told.clear()
        self._logged = self.memory.position
        head = self._parts.state.head()
        return Recovered(
            position=head.position,
            now=head.now,
            plan=head.plan,
            switches=head.switches,
            schedules=head.schedules,
            replayed=head.position - start,
        )

    def run(self) -> None:
        """Work until told to stop, or until nobody listens any more."""
        try:
            while self._listen():
                self._turn()
                self._say()
        except Abandoned:
            return
        except Exception as fault:  # noqa: BLE001 - the entry: those outside must see that it ended
            self._end(f"The engine ended: {type(fault).__name__}.")
        else:
            self._end("")

    def _listen(self) -> bool:
        """Sleep until there is something to do. False: all is done, and it is to end."""
        is_behind = self._logged > self.memory.position
        self._hear(self._inbox.take(0 if is_behind or self._asks or self._is_ending else None))
        return bool(self._asks) or self._logged > self.memory.position or not self._is_ending

    def _hear(self, messages: Sequence[ToEngine]) -> None:
        for message in messages:
            match message:
                case Logged():
                    self._logged = max(self._logged, message.position)
                case Ask():
                    self._logged = max(self._logged, message.after)
                    self._asks.append(message)
                case Stop():
                    self._is_ending = True

    def _turn(self) -> None:
        self._answer()
        if self._logged > self.memory.position:
            self._say()  # who has been answered need not wait for a turn as well
            self._fold(self._patiently(self._read_on, is_replay=False), is_replay=False)
            self._answer()

    def _answer(self, *, is_stuck: bool = False) -> None:
        """Answer what was asked at a position that is reached; stuck, only what looks."""
        self._answer_those(
            lambda ask: (
                ask.after <= self.memory.position
                and (not is_stuck or isinstance(ask.question, Watched))
            )
        )

    def _pause(self, turned: Turned) -> None:
        """Answer, in the middle of a turn, what will be true after it as well.

        May a message leave once the turn is applied? It does not depend on what others did.
        """
        self._hear(self._inbox.take(0))
        self._answer_those(
            lambda ask: (
                ask.after <= turned.position
                and isinstance(ask.question, Clear)
                and self.memory.leaves_alone(
                    turned, [each.person_id for each in ask.question.deliveries]
                )
            )
        )
        self._say()

    def _answer_those(self, is_ready: Callable[[Ask], bool]) -> None:
        asks, self._asks = self._asks, []
        for ask in asks:
            if is_ready(ask):
                self._told.append(Answered(ask.number, self._answered(ask.question)))
            else:
                self._asks.append(ask)

    def _read(self) -> list[Record]:
        rows = self._parts.log.read(self.memory.position, TURN_RECORDS_MAX)
        return [(position, decode_event(data)) for position, data in rows]

    def _read_on(self) -> list[Record]:
        records = self._read()
        if not records:
            raise LegatoError(
                f"The log ends before {self._logged}, which was acknowledged.",
                fix="Look at the disk that holds it.",
                can_retry=True,
            )
        return records

    def _answered(self, question: Question) -> Answer:
        try:
            return self._answers.of(question, self.memory)
        except LegatoError as error:
            return Refused(error.what, error.fix, error.can_retry)
        except Exception as fault:  # noqa: BLE001 - one question's failure must not stop the engine
            what = f"The engine could not answer: {type(fault).__name__}."
            return Refused(what, "Report the bug.", can_retry=False)

    def _say(self) -> None:
        if self._told:
            told, self._told = self._told, []
            self._tell(told)

    def _end(self, fault: str) -> None:
        """Let nobody wait for an engine that has ended."""
        stopped = Refused("The engine has stopped.", "Start it again.", can_retry=True)
        self._told += [Answered(ask.number, stopped) for ask in self._asks]
        self._told.append(Ended(fault))
        self._say()

    def _fold(self, records: list[Record], *, is_replay: bool) -> None:
        """Apply and commit records, those that have to be in turns of their own."""
        start = 0
        for index, (_, event) in enumerate(records):
            if is_alone(event):
                self._fold_alike(records[start:index], is_replay=is_replay)
                self._fold_alike([records[index]], is_replay=is_replay)
                start = index + 1
        self._fold_alike(records[start:], is_replay=is_replay)

    def _fold_alike(self, records: list[Record], *, is_replay: bool) -> None:
        while records:
            try:
                self._patiently(
                    lambda turn=records: self._apply(turn, is_replay=is_replay),
                    is_replay=is_replay,
                )
            except StepFault as fault:
                records = self._isolate(records, fault, is_replay=is_replay)
            else:
                return

    def _apply(self, records: list[Record], *, is_replay: bool) -> None:
        try:
            if is_replay:  # nobody listens yet
                turned = self.memory.apply(records)
            else:
                turned = self.memory.apply(records, self._pause)
        except (LegatoError, StepFault, Abandoned):
            raise
        except Exception as fault:
            raise StepFault from fault  # a stored person that cannot be read, for one
        self._commit(turned)

    def _commit(self, turned: Turned) -> None:
        try:
            self._parts.state.commit(turned.turn())
        except LegatoError:
            self.memory.forget(turned)
            raise
        except Exception as fault:
            self.memory.forget(turned)
            raise StepFault from fault  # something a step made that cannot be stored
        self.memory.keep(turned)
        self._told.append(_news(turned))
        self._parts.observer.see(turned.stories)
        self._parts.after_turn()

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
                self._note_trouble(f"{error.what} {error.fix}")
                self._rest(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
                tries += 1
            else:
                self._note_trouble("")
                return done

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._hear(self._inbox.take(left))
            self._answer(is_stuck=True)
            self._say()

    def _note_trouble(self, what: str) -> None:
        if what != self._trouble:
            self._trouble = what
            self._told.append(Trouble(what))
            self._say()


def _news(turned: Turned) -> News:
    alarms = (due_at for due_at in turned.alarms.values() if due_at is not None)
    return News(
        position=turned.position,
        count=len(turned.records),
        now=turned.now,
        deliveries=turned.deliveries,
        revoked=[(each.delivery_id, each.reason) for each in turned.revoked],
        settled=[each.delivery_id for each in turned.settled],
        alarm=min(alarms, default=None),
        plan=turned.plan,
        switches=turned.switches,
        schedules=turned.schedules,
        has_notes=bool(turned.notes),
        has_strikes=bool(turned.strikes or turned.erased or turned.told),
    )
