"""Which destinations are told of an erasure, and by what they know the person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from legato.core.identifiers import address_of
from legato.core.program import Program
from legato.model.delivery import Delivery, Operation
from legato.model.event import ErasureRequested
from legato.model.ids import DeliveryId, PersonId, derive
from legato.model.instant import HOUR, Duration, Instant
from legato.model.state import State

TELL_FOR: Duration = 72 * HOUR
"""How long a destination is tried; then the certificate says that it does not know."""


class Telling(msgspec.Struct, frozen=True):
    """What one destination is told."""

    operation: Operation
    destination: str
    message: str
    address: str
    content: Mapping[str, Any]


def deliveries_of(
    program: Program, person: State, event: ErasureRequested, *, husk_id: PersonId, now: Instant
) -> tuple[Delivery, ...]:
    """Return by what destinations are told, each of which knows the person by some address."""
    tellings = [*_leavings(program, person), *_erasings(program, person)]
    return tuple(
        Delivery(
            delivery_id=DeliveryId(
                derive("erase", event.event_id, one.message, one.destination, one.address)
            ),
            person_id=husk_id,
            operation=one.operation,
            destination=one.destination,
            channel="",
            purpose="",
            message=one.message,
            address=one.address,
            content=one.content,
            decided_at=now,
            expires_at=now + TELL_FOR,
            trace=event.event_id,
            captured_at=event.received_at,
            plan=program.digest,
        )
        for one in tellings
    )


def _leavings(program: Program, person: State) -> Iterator[Telling]:
    """Take the person off the audiences of destinations that know no other way to forget."""
    for name in sorted(person.audiences):
        audience = program.plan.audiences.get(name)
        if audience is None or audience.destination in program.erasers:
            continue
        content = {"audience": audience.list or audience.name}
        for address in person.listed.get(name) or [address_of(person, audience.address)]:
            yield Telling("audience_remove", audience.destination, name, address, content)


def _erasings(program: Program, person: State) -> Iterator[Telling]:
    people = [person.person_id, *person.merged]
    # Sorted, as the log has them: a replay makes the same bytes of it.
    identifiers = {kind: list(person.identifiers[kind]) for kind in sorted(person.identifiers)}
    known = [value for values in identifiers.values() for value in values]
    for destination in program.erasers:
        for address in dict.fromkeys(_addresses(program, person, destination)) or ("",):
            values = dict.fromkeys([*people, *known, *([address] if address else ())])
            yield Telling(
                "erase",
                destination,
                "erasure",
                address,
                {"identifiers": identifiers, "person_ids": people, "values": list(values)},
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
    for name in sorted(person.listed):
        if name in plan.audiences and plan.audiences[name].destination == destination:
            yield from person.listed[name]
