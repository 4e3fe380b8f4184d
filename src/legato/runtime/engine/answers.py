"""What an engine answers: from committed state, in its own thread, through its own connection.

One process writes the state, so what lanes and operators change in it is asked for here too.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from legato.core.gate import WITHDRAWN, Clearance
from legato.fold.clearance import clear_to_send
from legato.fold.memory import Memory
from legato.fold.turn import tick
from legato.model.delivery import Delivery
from legato.model.ended import enrollment_of
from legato.model.event import CustomerEvent, JourneyCalled, decode_event
from legato.model.instant import Instant
from legato.model.problem import LegatoError
from legato.model.state import Enrollment, State
from legato.runtime.engine.dialogue import (
    Adopt,
    Adopted,
    Answer,
    Clear,
    Cleared,
    Done,
    EndAttempts,
    Purge,
    Question,
    Redrive,
    Redriven,
    Release,
    Seen,
    Struck,
    ToClear,
    Trim,
    Trimmed,
    Watched,
)
from legato.runtime.engine.parts import Parts


class Answers:
    """Given by the engine from its memory; nothing in it is changed."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def of(self, question: Question, memory: Memory) -> Answer:
        """Answer a question. Raises LegatoError where the store fails."""
        match question:
            case Clear():
                return self._clear(memory, question.deliveries)
            case EndAttempts():
                if question.ends:
                    self._parts.outbox.end_attempts(question.ends)
                if question.taken_back:
                    self._parts.outbox.take_back_attempts(question.taken_back)
                return Done()
            case Redrive():
                return Redriven(self._parts.outbox.redrive(question.delivery_id, question.now))
            case Release():
                self._parts.records.release(question.positions)
                return Done()
            case Struck():
                self._parts.erasures.struck(question.positions, question.erasure_id)
                return Done()
            case Purge():
                self._parts.erasures.purge()
                return Done()
            case Adopt():
                assert self._parts.rolling is not None, "who asks has it too"
                return Adopted(self._parts.rolling.adopt(question.made))
            case Trim():
                assert self._parts.rolling is not None, "who asks has it too"
                return Trimmed(self._parts.rolling.trim())
            case Watched():
                return Seen(self._parts.observer.report(question.sentence_count))
            case _:
                assert_never(question)

    def _clear(self, memory: Memory, deliveries: list[ToClear]) -> Cleared:
        """Read every delivery's gates; put those that may leave on record in one transaction."""
        now = self._parts.clock.now()
        by = tick(memory.now, now)  # the last record may be from before the clock was set back
        found: list[Clearance | str] = []
        begun: list[ToClear] = []
        for each in deliveries:
            try:
                clearance = self._read(memory, each, by)
            except LegatoError as error:
                found.append(error.what)
            except Exception as fault:  # noqa: BLE001 - one delivery's failure is not the others'
                found.append(f"its gates could not be read: {type(fault).__name__}")
            else:
                found.append(_sendable(clearance) if clearance.is_clear else clearance)
                if clearance.is_clear:
                    begun.append(each)
        if begun:
            self._begin(begun, found, now)
        return Cleared(found)

    def _begin(self, begun: list[ToClear], found: list[Clearance | str], now: Instant) -> None:
        try:
            own = [one.delivery_id for one in begun if not one.by]
            by_other = [one.delivery_id for one in begun if one.by]
            if own:
                self._parts.outbox.begin_attempt(own, now)
            if by_other:
                self._parts.outbox.begin_attempt(by_other, now, by_other=True)
        except LegatoError as error:
            for index, one in enumerate(found):
                if isinstance(one, Clearance) and one.is_clear:
                    found[index] = error.what

    def _read(self, memory: Memory, asked: ToClear, now: Instant) -> Clearance:
        state = memory.person(asked.person_id)
        delivery = asked.redriven
        if delivery is not None and state is not None:
            # It was settled as failed. All gates but that one are to be read as for any other.
            pending = {**state.pending, delivery.delivery_id: delivery}
            enrollments = self._with_its_entry(state, delivery)
            state = msgspec.structs.replace(state, pending=pending, enrollments=enrollments)
        elif state is not None:
            delivery = state.pending.get(asked.delivery_id)
        if state is None or delivery is None:
            return WITHDRAWN
        if asked.by:
            delivery = msgspec.structs.replace(delivery, destination=asked.by)
        return clear_to_send(self._parts.state, memory.program, state, delivery, now=now)

    def _with_its_entry(self, state: State, delivery: Delivery) -> list[Enrollment]:
        """Return a person's enrollments; that of the delivery with what it began with.

        Of one that is over only the log has it.
        """
        enrollment_id = delivery.enrollment_id
        over = None if enrollment_id is None else enrollment_of(state, enrollment_id)
        if over is None or over.entry:
            return state.enrollments
        data = self._parts.log.get(over.entry_position)
        event = None if data is None else decode_event(data)
        if not isinstance(event, CustomerEvent | JourneyCalled):
            return state.enrollments
        return [msgspec.structs.replace(over, entry=event.body), *state.enrollments]


_SENDABLE = Clearance(is_clear=True)


def _sendable(clearance: Clearance) -> Clearance:
    """Return what lanes are told: the gates that let it pass are on record with the decision."""
    if not clearance.record:
        return _SENDABLE
    return Clearance(is_clear=True, record=clearance.record)
