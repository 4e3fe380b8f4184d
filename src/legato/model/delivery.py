"""Deliveries: one thing meant for one person at one destination, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from legato.model.definitions.offer import Offered
from legato.model.ids import DeliveryId, EnrollmentId, EventId, PersonId
from legato.model.instant import Instant
from legato.model.noun import Noun

Outcome: TypeAlias = Literal[
    "accepted",  # the provider took it
    "delivered",  # the provider says it arrived
    "bounced",  # the address does not exist or refuses
    "complained",  # the person marked it as spam
    "failed",  # the provider refused it for good, or every attempt failed
    "expired",  # its time to live ended before it could be sent
    "refused",  # a gate closed at the instant of sending
    "in_doubt",  # it may or may not have been sent, and the destination cannot tell
]

Reaction: TypeAlias = Literal["opened", "clicked"]
"""What a person did with a message, as its provider tells. No proof: machines open mail too."""

Operation: TypeAlias = Literal[
    "send", "audience_add", "audience_remove", "call", "erase", "opt_out", "opt_in", "event"
]
"""`event`: a customer event is passed on as it is; the others are brought about by a decision."""

OBLIGATIONS: tuple[Operation, ...] = ("audience_remove", "erase", "opt_out", "opt_in")
"""What a destination has to be told, whatever else holds: no gate closes for it, it is tried until
it expires, whatever its `give_up`, and told again where nobody knows whether it has arrived."""

OPT_OUTS: tuple[Operation, ...] = ("opt_out", "audience_remove")
"""Until it is told, a destination goes on."""

TELLINGS: tuple[Operation, ...] = ("opt_out", "opt_in")
"""Of these, what a person wants of others: what could not be told is kept to be told later. The
rest of the obligations is over when its time is, or must be forgotten with its person."""


class Answered(Noun, frozen=True, kw_only=True, array_like=True):
    """What a destination answered last, kept to be looked at: cut, and without its secrets."""

    at: Instant
    status: int
    kind: str
    """As it says itself: `text/html`, `application/json`."""
    text: str
    is_cut: bool = False


class Used(Noun, frozen=True, kw_only=True, array_like=True):
    """Something of a person that a text was filled with: what it is called, not what it says."""

    family: Literal["trait", "event", "identifier"]
    name: str
    path: str = ""
    """Of an event: the property."""


class Delivery(Noun, frozen=True, kw_only=True, array_like=True):
    """One thing meant for one person at one destination. Complete: a lane needs nothing else."""

    delivery_id: DeliveryId
    """Also the idempotency key of every attempt."""
    person_id: PersonId
    operation: Operation
    destination: str
    channel: str
    """Empty for calls and audiences that are not a channel."""
    purpose: str
    message: str
    """The template's, audience's or call's name."""
    address: str
    """Where to: an e-mail address, phone number, device token or the person's key."""
    content: Mapping[str, Any]
    """Rendered at decision: `subject`, `body`, ...; the connector maps it to a request."""
    decided_at: Instant
    expires_at: Instant
    trace: EventId
    """The event that brought it about: one id from there to the provider's receipt."""
    captured_at: Instant
    """When that event was received: latency is measured from here."""
    plan: str
    journey: str = ""
    enrollment_id: EnrollmentId | None = None
    journey_step: str = ""
    about: str = ""
    """The item the message is about, as the journey names it; state-aware gates compare it."""
    cost_micros: int = 0
    """Price in millionths of the workspace's currency."""
    first_id: DeliveryId | None = None
    """Of the first delivery of this message, where this one goes by another channel instead."""
    line: PersonId | None = None
    """In whose line it stands at its destination, where that is somebody merged into its person:
    what was decided for them and has not left yet goes first."""
    used: tuple[Used, ...] = ()
    """What its content was filled with."""
    offer: Offered | None = None
    """What it promises."""


def redriven(delivery: Delivery, now: Instant) -> Delivery:
    """Return a dead delivery as it is put back: what is to be told has as long again."""
    if delivery.operation not in TELLINGS:
        return delivery
    expires_at = now + delivery.expires_at - delivery.decided_at
    return msgspec.structs.replace(delivery, expires_at=expires_at)


_DELIVERY: msgspec.msgpack.Decoder[Delivery] = msgspec.msgpack.Decoder(Delivery)


def decode_delivery(data: bytes) -> Delivery:
    """Read a stored delivery back."""
    return _DELIVERY.decode(data)
