"""Making deliveries, and taking them back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.core.moment import Moment
from legato.core.offers.holding import hold
from legato.model.definitions.offer import Offered
from legato.model.delivery import Delivery, Operation, Used
from legato.model.effect import Deliver, Revoke
from legato.model.ids import DeliveryId
from legato.model.instant import Instant
from legato.model.note import GateSeen, Revoked, Settled
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.model.state import Contact, Enrollment, Held


class Draft(Noun, frozen=True, kw_only=True):
    """What a stage knows of a delivery; the moment and the enrollment add the rest."""

    delivery_id: DeliveryId
    operation: Operation
    destination: str
    message: str
    expires_at: Instant
    purpose: str = ""
    channel: str = ""
    address: str = ""
    content: Mapping[str, Any] = {}
    used: tuple[Used, ...] = ()
    about: str = ""
    cost_micros: int = 0
    offer: Offered | None = None


def make_delivery(moment: Moment, draft: Draft, enrollment: Enrollment | None = None) -> Delivery:
    """Fill a delivery from the moment and its enrollment."""
    return Delivery(
        delivery_id=draft.delivery_id,
        person_id=moment.state.person_id,
        operation=draft.operation,
        destination=draft.destination,
        channel=draft.channel,
        purpose=draft.purpose,
        message=draft.message,
        address=draft.address,
        content=draft.content,
        decided_at=moment.now,
        expires_at=draft.expires_at,
        trace=moment.event_id,
        captured_at=moment.captured_at,
        plan=moment.program.digest,
        journey=enrollment.journey if enrollment else "",
        enrollment_id=enrollment.enrollment_id if enrollment else None,
        journey_step=enrollment.step_id if enrollment else "",
        about=draft.about,
        cost_micros=draft.cost_micros,
        used=draft.used,
        offer=draft.offer,
    )


def commit(moment: Moment, delivery: Delivery) -> None:
    """Hand a delivery to its lane, and reserve its place under the caps and its offer."""
    state = moment.state
    state.pending[delivery.delivery_id] = delivery
    if delivery.operation == "send":
        contact = Contact(
            at=moment.now,
            delivery_id=delivery.delivery_id,
            channel=delivery.channel,
            purpose=delivery.purpose,
        )
        state.contacts.append(contact)
        fallback = state.fallbacks.get(delivery.delivery_id)
        if fallback is not None:
            fallback.due_at = moment.now + fallback.after
        if delivery.offer is not None:
            hold(moment, delivery)
    moment.effects.append(Deliver(delivery=delivery))


def withdraw(moment: Moment, delivery_id: DeliveryId, reason: Reason) -> None:
    """Call a delivery back. Its lane reports whether that was in time; until then the cap holds."""
    del moment.state.pending[delivery_id]
    moment.state.fallbacks.pop(delivery_id, None)
    moment.effects.append(Revoke(delivery_id=delivery_id, reason=reason))
    moment.notes.append(Revoked(delivery_id=delivery_id, reason=reason))


def drop_held(moment: Moment, held: Held, reason: Reason | None, *gates: GateSeen) -> None:
    """Give up a delivery that waits and was handed to no lane."""
    moment.state.held.remove(held)
    delivery_id = held.delivery.delivery_id
    moment.state.fallbacks.pop(delivery_id, None)
    moment.notes.append(
        Settled(delivery_id=delivery_id, outcome="refused", reason=reason, gates=gates)
    )
