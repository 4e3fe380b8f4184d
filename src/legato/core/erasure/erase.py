"""An erasure: the person goes at once, and what destinations are to be told stays until they are.

What waits for destinations is kept under an id of its own, as a state that is nobody's: the person
may come back the moment after, under the id they had, and is then somebody new.

The request's record is written anew when the log is overwritten, with the tombstones and with what
destinations are still to be told. So a replay, which finds nobody any more, does the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from legato.core.consents.addresses import opt_out_key
from legato.core.erasure.tell import deliveries_of
from legato.core.exchange import Loaded, Result
from legato.core.identifiers import address_of, plain_address, pointer_key
from legato.core.program import Program
from legato.model.delivery import Delivery
from legato.model.effect import Certify, Deliver, Effect, Erase, Settle, Strike, Tell
from legato.model.erasure import Told, tomb_of
from legato.model.event import (
    CustomerEvent,
    DeliveryReported,
    ErasureCompleted,
    ErasureRequested,
)
from legato.model.ids import PersonId, derive
from legato.model.instant import Instant
from legato.model.note import Left, Note, PersonErased, Rejected
from legato.model.problem import Reason
from legato.model.state import State

NOBODY = PersonId("")
ERASED = Reason(code="person.erased", what="the person was erased before this delivery left")
RETURNED = Reason(
    code="person.erased",
    what="it happened before the person it tells of was erased; it is not kept",
)


def erase(program: Program, loaded: Loaded, event: ErasureRequested, now: Instant) -> Result:
    """Let a person go. The result's state, if any, holds what destinations are to be told."""
    person = next(iter(loaded.states.values()), None)
    if person is not None and person.erasure_id:
        person = None
    husk_id = PersonId(derive("husk", event.event_id))
    if person is None:
        deliveries = event.deliveries
    else:
        deliveries = deliveries_of(program, person, event, husk_id=husk_id, now=now)
    notes: list[Note] = [*_endings(person), PersonErased(erasure_id=event.event_id)]
    effects: list[Effect] = [
        _erasure(program, person, event, deliveries=deliveries, now=now),
        *_withdrawals(person),
    ]
    husk = None
    if deliveries:
        pending = {delivery.delivery_id: delivery for delivery in deliveries}
        husk = State(
            person_id=husk_id,
            first_seen=now,
            last_seen=now,
            pending=pending,
            erasure_id=event.event_id,
        )
        effects += [Deliver(delivery=delivery) for delivery in deliveries]
    return Result(state=husk, about=NOBODY, effects=effects, notes=notes)


def settle_husk(husk: State, report: DeliveryReported, now: Instant) -> Result:
    """Put on record that a destination was told, or could not be; with the last, all is gone."""
    delivery = husk.pending.pop(report.delivery_id, None)
    if delivery is None:
        return Result(state=husk, about=NOBODY)
    told = Told(
        delivery_id=report.delivery_id,
        destination=delivery.destination,
        outcome=report.outcome,
        receipt=report.receipt,
        reason=report.reason.code if report.reason is not None else "",
        at=now,
    )
    # Never `failed`: that would keep it among the dead, with what the person was known by.
    outcome = "refused" if report.outcome == "failed" else report.outcome
    effects: list[Effect] = [
        Settle(delivery_id=report.delivery_id, outcome=outcome, reason=report.reason),
        Tell(erasure_id=husk.erasure_id, told=told),
    ]
    if husk.pending:
        return Result(state=husk, about=NOBODY, effects=effects)
    return Result(ended=husk.person_id, effects=effects)


def certify(event: ErasureCompleted) -> Result:
    """Put on record what was removed outside the state."""
    at, findings = event.received_at, event.findings
    certified = Certify(erasure_id=event.erasure_id, at=at, findings=findings)
    return Result(effects=[certified])


def returned(loaded: Loaded, event: CustomerEvent) -> Result | None:
    """Return the refusal of an event from before the erasure of whom it tells of, if it is one.

    Sent late by a device, replayed or imported: one erased identifier is enough, and the record
    itself goes too.
    """
    if not any(event.occurred_at <= erased_at for erased_at in loaded.tombs.values()):
        return None
    return Result(
        about=NOBODY,
        effects=[Strike()],
        notes=[Rejected(event_id=event.event_id, reason=RETURNED)],
    )


def _erasure(
    program: Program,
    person: State | None,
    event: ErasureRequested,
    *,
    deliveries: tuple[Delivery, ...],
    now: Instant,
) -> Erase:
    keys: tuple[str, ...] = ()
    ids = [event.person_id]
    if person is not None:
        keys = tuple(
            pointer_key(kind, value)
            for kind, values in person.identifiers.items()
            for value in values
        )
        ids += [person.person_id, *person.merged]
    return Erase(
        erasure_id=event.event_id,
        requested_at=now,
        person_ids=tuple(dict.fromkeys(ids)),
        keys=keys,
        tombs=tuple(dict.fromkeys([*event.tombs, *map(tomb_of, keys)])),
        told=tuple(
            Told(delivery_id=one.delivery_id, destination=one.destination) for one in deliveries
        ),
        by=event.by,
        reason=event.reason,
        apart=tuple(person.apart) if person is not None else (),
        addresses=tuple(_addresses(program, person)) if person is not None else (),
        closed=event.closed,
    )


def _addresses(program: Program, person: State) -> Iterator[tuple[str, str]]:
    """Yield every address of a person, under each name by which it may be closed."""
    known = [value for values in person.identifiers.values() for value in values]
    known += person.suppressed
    for name, channel in program.plan.channels.items():
        for address in dict.fromkeys([address_of(person, channel.address), *known]):
            if address:
                yield name, address
                for purpose in program.plan.purposes:
                    yield opt_out_key(name, purpose), plain_address(address)


def _endings(person: State | None) -> Iterator[Note]:
    for enrollment in person.enrollments if person is not None else ():
        if enrollment.ended_at is None:
            yield Left(
                journey=enrollment.journey,
                enrollment_id=enrollment.enrollment_id,
                step=enrollment.step_id,
                outcome="erased",
            )


def _withdrawals(person: State | None) -> Iterator[Effect]:
    """Settle what has not left: its lane lets go of it, and its row goes with this turn."""
    for delivery_id in person.pending if person is not None else ():
        yield Settle(delivery_id=delivery_id, outcome="refused", reason=ERASED)
