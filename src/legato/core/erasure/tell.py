"""Which destinations are told of an erasure, and by what they know the person."""

from __future__ import annotations

from collections.abc import Iterator

from legato.core.identifiers import address_of
from legato.core.program import Program
from legato.model.delivery import Delivery
from legato.model.event import ErasureRequested
from legato.model.ids import DeliveryId, PersonId, derive
from legato.model.instant import HOUR, Duration, Instant
from legato.model.state import State

TELL_FOR: Duration = 72 * HOUR
"""How long a destination is tried; then the certificate says that it does not know."""


def deliveries_of(
    program: Program, person: State, event: ErasureRequested, *, husk_id: PersonId, now: Instant
) -> tuple[Delivery, ...]:
    """Return one delivery for every destination that takes erasures and address it may know."""
    return tuple(
        Delivery(
            delivery_id=DeliveryId(derive("erase", event.event_id, destination, address)),
            person_id=husk_id,
            operation="erase",
            destination=destination,
            channel="",
            purpose="",
            message="erasure",
            address=address,
            content={
                "person_ids": [person.person_id, *person.merged],
                "identifiers": {kind: list(one) for kind, one in person.identifiers.items()},
            },
            decided_at=now,
            expires_at=now + TELL_FOR,
            trace=event.event_id,
            captured_at=event.received_at,
            plan=program.digest,
        )
        for destination in program.erasers
        for address in dict.fromkeys(_addresses(program, person, destination)) or ("",)
    )


def _addresses(program: Program, person: State, destination: str) -> Iterator[str]:
    """Yield by what a destination knows somebody: as its channels and audiences address them."""
    plan = program.plan
    kept = [one.address for one in plan.channels.values() if one.destination == destination]
    kept += [one.address for one in plan.audiences.values() if one.destination == destination]
    for where in kept:
        kind = where.removeprefix("identifier:")
        if kind != where:
            yield from person.identifiers.get(kind, {})
        elif address := address_of(person, where):
            yield address
