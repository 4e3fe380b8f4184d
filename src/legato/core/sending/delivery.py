"""Making deliveries, and taking them back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.core.gate import Intent, consent_gate, law_gates
from legato.core.identifiers import address_of
from legato.core.moment import Moment
from legato.model.delivery import Delivery, Operation, Used
from legato.model.effect import Deliver, Revoke
from legato.model.ids import DeliveryId, derive
from legato.model.instant import DAY, Instant
from legato.model.note import AudienceChanged, GateSeen, Revoked, Settled
from legato.model.noun import Noun
from legato.model.plan import AudienceType
from legato.model.problem import Reason
from legato.model.state import Contact, Enrollment, Held

AUDIENCE_EXPIRES = 7 * DAY
"""A change of an audience that could not be told for a week is told by the next full sync."""


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
    )


def commit(moment: Moment, delivery: Delivery) -> None:
    """Hand a delivery to its lane, and reserve its place under the caps."""
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


def change_audience(
    moment: Moment,
    audience: AudienceType,
    *,
    is_member: bool,
    enrollment: Enrollment | None = None,
) -> None:
    """Put the person on an audience, or off it. Joining needs consent; leaving needs nothing."""
    state = moment.state
    if is_member == (audience.name in state.audiences):
        return
    address = address_of(state, audience.address)
    if is_member and not _may_join(moment, audience, address, enrollment):
        return
    cause = (str(moment.event_id), audience.name, "add" if is_member else "remove")
    delivery_id = DeliveryId(derive("audience", state.person_id, *cause, str(moment.now)))
    if is_member:
        state.audiences[audience.name] = moment.now
    else:
        del state.audiences[audience.name]
    draft = Draft(
        delivery_id=delivery_id,
        operation="audience_add" if is_member else "audience_remove",
        destination=audience.destination,
        message=audience.name,
        expires_at=moment.now + AUDIENCE_EXPIRES,
        purpose=audience.purpose if is_member else "",
        address=address,
        content={"audience": audience.list or audience.name},
    )
    commit(moment, make_delivery(moment, draft, enrollment))
    moment.notes.append(
        AudienceChanged(audience=audience.name, is_member=is_member, delivery_id=delivery_id)
    )


def _may_join(
    moment: Moment, audience: AudienceType, address: str, enrollment: Enrollment | None
) -> bool:
    if not address:
        what = f"there is no address by which {audience.destination} could know them"
        no_address = Reason(code="reachable.no_address", what=what)
        _refuse_to_join(moment, audience, no_address)
        return False
    intent = Intent(
        purpose=audience.purpose,
        channel="",
        address=address,
        about="",
        expires_at=moment.now + AUDIENCE_EXPIRES,
        destination=audience.destination,
        version=enrollment.version if enrollment is not None else "",
        step=enrollment.step_id if enrollment is not None else "",
    )
    gates = law_gates(moment.program, moment.state, intent)
    if audience.purpose:
        gates = (consent_gate(moment.program, moment.state, intent), *gates)
    closed = next((gate for gate in gates if gate.verdict != "pass"), None)
    if closed is None:
        return True
    assert closed.reason is not None
    _refuse_to_join(moment, audience, closed.reason, *gates)
    return False


def _refuse_to_join(
    moment: Moment, audience: AudienceType, reason: Reason, *gates: GateSeen
) -> None:
    delivery_id = DeliveryId(derive("audience", moment.state.person_id, audience.name))
    moment.notes.append(
        Settled(delivery_id=delivery_id, outcome="refused", reason=reason, gates=gates)
    )
