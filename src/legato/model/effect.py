"""What the engine asks of the world. Committed with the state before any of it is performed."""

from __future__ import annotations

from typing import TypeAlias

from legato.model.delivery import Answered, Delivery, Outcome
from legato.model.erasure import Findings, Told, Tomb
from legato.model.ids import DeliveryId, EventId, PersonId
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.problem import Reason


class Deliver(Noun, frozen=True, kw_only=True, array_like=True, tag="deliver"):
    """Hand this to its destination's lane. Recognised by delivery id when repeated."""

    delivery: Delivery


class Revoke(Noun, frozen=True, kw_only=True, array_like=True, tag="revoke"):
    """Take a delivery back, if it has not left yet. The lane reports it as refused."""

    delivery_id: DeliveryId
    reason: Reason


class Settle(Noun, frozen=True, kw_only=True, array_like=True, tag="settle"):
    """A delivery is over: its lane may forget it; a failed one is kept as dead, to be redriven."""

    delivery_id: DeliveryId
    outcome: Outcome
    reason: Reason | None = None
    answered: Answered | None = None
    """Of a failed one: what its destination said last."""


class SetAlarm(Noun, frozen=True, kw_only=True, array_like=True, tag="alarm"):
    """Wake this person then; None: not at all. Replaces the alarm before."""

    person_id: PersonId
    due_at: Instant | None


class Point(Noun, frozen=True, kw_only=True, array_like=True, tag="point"):
    """From now on this identifier leads to this person."""

    key: str
    """See core.identify.pointer_key."""
    person_id: PersonId


class Quarantine(Noun, frozen=True, kw_only=True, array_like=True, tag="quarantine"):
    """Keep the record at this turn's position whole, under its reason, until it is replayed."""

    event_id: str
    source: str
    message_id: str
    name: str
    received_at: Instant
    reason: Reason


class Suppress(Noun, frozen=True, kw_only=True, array_like=True, tag="suppress"):
    """Never contact this address again, whoever owns it. Stores keep its digest only."""

    channel: str
    address: str
    reason: Reason
    is_lifted: bool = False
    """It may be contacted again: whoever has it said so."""


class Erase(Noun, frozen=True, kw_only=True, array_like=True, tag="erase"):
    """Remove everything that is kept of a person, and have their records overwritten."""

    erasure_id: EventId
    requested_at: Instant
    person_ids: tuple[PersonId, ...]
    """The person, as asked for, and everybody that the person was joined from."""
    keys: tuple[str, ...]
    """See core.identifiers.pointer_key."""
    tombs: tuple[Tomb, ...]
    told: tuple[Told, ...]
    by: str
    reason: str
    apart: tuple[PersonId, ...] = ()
    """Persons who were taken for this one, and parted from them."""
    addresses: tuple[tuple[str, str], ...] = ()
    """(channel, address) of all that the person could be reached at: see Suppress."""
    closed: tuple[bytes, ...] = ()
    """Digests of those that must not be contacted, where only the record knows them."""


class Tell(Noun, frozen=True, kw_only=True, array_like=True, tag="tell"):
    """Put on record what became of telling a destination of an erasure."""

    erasure_id: EventId
    told: Told


class Certify(Noun, frozen=True, kw_only=True, array_like=True, tag="certify"):
    """Put on record what an erasure has removed beside the state."""

    erasure_id: EventId
    at: Instant
    findings: Findings


class Strike(Noun, frozen=True, kw_only=True, array_like=True, tag="strike"):
    """Have this record overwritten: it came after its person was erased, and tells of them."""


Effect: TypeAlias = (
    Deliver
    | Revoke
    | Settle
    | SetAlarm
    | Point
    | Quarantine
    | Suppress
    | Erase
    | Tell
    | Certify
    | Strike
)
