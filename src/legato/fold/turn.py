"""One turn of the engine while it is being made: what its records changed, not yet committed."""

from __future__ import annotations

from pathlib import PurePath
from typing import TypeAlias

import msgspec

from legato.core.program import Program
from legato.model.delivery import Delivery
from legato.model.effect import (
    Certify,
    Erase,
    Quarantine,
    Revoke,
    Settle,
    Suppress,
    Tell,
)
from legato.model.event import (
    ConsentSaid,
    CustomerEvent,
    DeliveryReported,
    Event,
    JourneyCalled,
    PersonTouched,
    PlanActivated,
    RejectedItem,
    TimerFired,
)
from legato.model.ids import PersonId, derive
from legato.model.instant import HOUR, MINUTE, Duration, Instant
from legato.model.note import Faulted, Story, encode_notes
from legato.model.problem import Reason
from legato.model.state import State
from legato.ports.erasure import Erasing
from legato.ports.state_store import NoteRow, Turn

Record: TypeAlias = tuple[int, Event]
"""A position of the log and what stands there."""

NOBODY = PersonId("")
"""Whose notes those are that concern no person."""

CLOCK_JUMP: Duration = 5 * MINUTE
"""A machine's clock that is further behind has been set back."""

FAULT_ALARM: Duration = HOUR
"""An alarm that ends in a fault rings again this much later: a bug must neither spin the host
nor lose the person's waiting for ever."""


def tick(now: Instant, received_at: Instant) -> Instant:
    """Return the engine's clock after a record.

    It never goes back by little: doors stamp side by side. It does go back by much: then the
    machine's clock had been wrong, and one event stamped a year ahead must not make every later
    one late.
    """
    return received_at if received_at > now or received_at < now - CLOCK_JUMP else now


class Turned(msgspec.Struct, kw_only=True):
    """What some records changed. Owned by the engine thread until committed, then read only."""

    records: list[Record]
    now: Instant
    dirty: dict[PersonId, State | None] = {}
    """Persons to store, encoded once however many records touched them."""
    touched: list[PersonId] = []
    """Every person handed to a step, which may have changed them before it failed."""
    absent: dict[PersonId, bool] = {}
    """Persons looked for and not found."""
    duplicates: dict[Instant, set[bytes]] = {}
    """Since -> message digests that the store has seen since then."""
    leads: dict[str, PersonId] = {}
    """Identifiers that led to somebody before this turn."""
    concerned: dict[PersonId, None] = {}
    """Whom its records name, or what they name leads to; of those who were before this turn."""
    states: dict[PersonId, bytes | None] = {}
    forwards: dict[PersonId, PersonId] = {}
    pointers: dict[str, PersonId] = {}
    seen: dict[bytes, Instant] = {}
    alarms: dict[PersonId, Instant | None] = {}
    deliveries: list[tuple[int, Delivery]] = []
    settled: list[Settle] = []
    revoked: list[Revoke] = []
    quarantined: list[tuple[int, Quarantine]] = []
    suppressed: list[Suppress] = []
    notes: list[NoteRow] = []
    stories: list[Story] = []
    """The same notes, not encoded: for live views, which would have to decode every one."""
    plan: tuple[str, bytes] | None = None
    program: Program | None = None
    """Of `plan`, or with `backfill`; the engine runs on it once the turn is committed."""
    backfill: bytes | None = None
    switches: dict[str, bool] = {}
    schedules: dict[str, Instant] = {}
    graves: dict[str, Instant] = {}
    """Identifiers looked for that were erased."""
    erased: list[tuple[int, Erase]] = []
    told: list[Tell] = []
    certified: list[Certify] = []
    strikes: list[int] = []
    strays: list[int] = []
    parted: dict[PersonId, list[int]] = {}

    @property
    def position(self) -> int:
        """Of the last record applied."""
        return self.records[-1][0]

    def turn(self) -> Turn:
        """Return what the store commits."""
        return Turn(
            position=self.position,
            now=self.now,
            states=self.states,
            forwards=self.forwards,
            pointers=self.pointers,
            seen=self.seen,
            alarms=self.alarms,
            deliveries=self.deliveries,
            settled=self.settled,
            quarantined=self.quarantined,
            suppressed=self.suppressed,
            notes=self.notes,
            plan=self.plan,
            backfill=self.backfill,
            switches=self.switches,
            schedules=self.schedules,
            erasing=self._erasing(),
            parted=self.parted,
        )

    def _erasing(self) -> Erasing | None:
        if not (self.strays or self.strikes or self.erased or self.told or self.certified):
            return None
        return Erasing(
            begun=self.erased,
            told=self.told,
            certified=self.certified,
            strikes=self.strikes,
            strays=self.strays,
        )


class StepFault(Exception):  # noqa: N818 - carries the place of our bug, is chained to it
    """A step failed: our bug. `index` is the record's in the turn, where that is known."""

    def __init__(self, index: int | None = None) -> None:
        super().__init__("a step failed")
        self.index = index


def quarantine(record: Record, fault: BaseException, now: Instant) -> Turned:
    """Return the turn that keeps a record out of the way, because applying it fails."""
    position, event = record
    reason = Reason(code="engine.fault", what=_place_of(fault))
    event_id, source, message_id, name = _names_of(position, event)
    turned = Turned(records=[record], now=tick(now, event.received_at))
    kept = Quarantine(
        event_id=event_id,
        source=source,
        message_id=message_id,
        name=name,
        received_at=event.received_at,
        reason=reason,
    )
    turned.quarantined.append((position, kept))
    if isinstance(event, CustomerEvent | RejectedItem):
        turned.strays.append(position)
    person_id = NOBODY
    match event:
        case TimerFired():
            person_id = event.person_id
            turned.alarms[person_id] = turned.now + FAULT_ALARM
        case DeliveryReported():
            # The lane is through with it: left waiting, it would be sent again at every start.
            person_id = event.person_id
            turned.settled.append(
                Settle(delivery_id=event.delivery_id, outcome=event.outcome, reason=reason)
            )
        case JourneyCalled() | ConsentSaid() | PersonTouched():
            person_id = event.person_id
        case _:
            pass
    notes = (Faulted(reason=reason),)
    turned.notes.append(
        NoteRow(position=position, person_id=person_id, at=turned.now, notes=encode_notes([*notes]))
    )
    turned.stories.append(Story(position=position, person_id=person_id, at=turned.now, notes=notes))
    return turned


def _names_of(position: int, event: Event) -> tuple[str, str, str, str]:
    match event:
        case CustomerEvent():
            return event.event_id, event.source, event.message_id, event.name
        case RejectedItem():
            return event.event_id, event.source, event.message_id, "Rejected"
        case JourneyCalled():
            return event.event_id, "", "", f"call of {event.journey}"
        case ConsentSaid():
            return event.event_id, event.source, "", "consent"
        case PlanActivated():
            return derive("record", str(position)), "", "", f"plan {event.digest}"
        case _:
            return derive("record", str(position)), "", "", type(event).__name__


def _place_of(fault: BaseException) -> str:
    """Say what failed and where. Never the message: it may quote a person's values."""
    cause = fault.__cause__ if isinstance(fault, StepFault) and fault.__cause__ else fault
    trace, place = cause.__traceback__, "an unknown place"
    while trace is not None:
        path = PurePath(trace.tb_frame.f_code.co_filename)
        place = f"{path.parent.name}/{path.name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(cause).__name__} at {place}; the record is kept whole, report the bug"
