"""What became of a delivery: outcomes, suppressions, answers; and what withdrawn consent undoes."""

from __future__ import annotations

import msgspec

from legato.core.gate import Intent, clear, consent_gate, inspect, intent_of
from legato.core.journeys.journey import answer_arrived
from legato.core.moment import Moment
from legato.core.offers.holding import settle_offer
from legato.core.sending.audience import change_audience
from legato.core.sending.delivery import drop_held, withdraw
from legato.core.sending.fallback import Turning, go_on, remember_left, turning_at
from legato.core.sending.stream import forget_handed
from legato.model.delivery import Delivery
from legato.model.effect import Settle, Suppress
from legato.model.event import DeliveryReported
from legato.model.note import Settled
from legato.model.problem import Reason
from legato.model.state import Contact

NOT_SENT = ("failed", "expired", "refused")
"""Outcomes after which the person was not contacted: the caps get their place back."""


IN_TURN = ("cap", "offer")
"""Gates that stand open or closed by what others send: they are asked when its turn has come."""


def settle(moment: Moment, report: DeliveryReported) -> None:
    """Take a report in: from a lane when an attempt has ended, from a provider afterwards."""
    state = moment.state
    delivery = state.pending.pop(report.delivery_id, None)
    fallback = state.fallbacks.pop(report.delivery_id, None)
    state.untold.pop(report.delivery_id, None)
    turning = Turning()
    if delivery is not None and fallback is not None:
        turning = turning_at(moment, delivery, fallback, report)
    moment.notes.append(
        Settled(
            delivery_id=report.delivery_id,
            outcome=report.outcome,
            attempt_count=report.attempt_count,
            receipt=report.receipt,
            reason=report.reason,
            gates=report.gates,
            kept_to=turning.stays,
            record=report.record,
            by=report.by,
        )
    )
    # What goes on by another channel is not kept as dead: it must not be redriven by this one.
    outcome = report.outcome if turning.goes_on is None else "refused"
    moment.effects.append(
        Settle(
            delivery_id=report.delivery_id,
            outcome=outcome,
            reason=report.reason,
            answered=report.answered if outcome == "failed" else None,
        )
    )
    if report.outcome in NOT_SENT and not report.may_have_arrived:
        state.contacts = [one for one in state.contacts if one.delivery_id != report.delivery_id]
    elif delivery is not None or report.outcome == "accepted":
        _count_from_now(moment, report)
    if state.offers:
        settle_offer(moment, report, is_first=delivery is not None)
    if report.outcome in ("bounced", "complained"):
        _suppress(moment, report, delivery)
    if delivery is not None and fallback is not None and turning.goes_on is not None:
        go_on(moment, delivery, fallback, turning.goes_on)
    elif delivery is not None and delivery.first_id and report.outcome not in NOT_SENT:
        remember_left(moment, delivery)
    if delivery is not None and delivery.operation == "event" and report.outcome != "accepted":
        forget_handed(state, delivery.destination)
    if delivery is not None and delivery.operation == "opt_out":
        _warn_of_untold(moment, delivery, report)
    for enrollment in state.enrollments:
        if enrollment.waiting_for == report.delivery_id:
            answer = report.answer if report.outcome in ("accepted", "delivered") else None
            answer_arrived(moment, enrollment, answer)
            break


def _warn_of_untold(moment: Moment, delivery: Delivery, report: DeliveryReported) -> None:
    """Raise an alarm for a system that cannot be told of an opt-out: it goes on sending."""
    if report.outcome not in ("accepted", "delivered"):
        what = f"{delivery.destination} could not be told of a withdrawn consent: {report.outcome}"
        definition = f"destinations/{delivery.destination}"
        moment.warn(Reason(code="opt_out.failed", what=what, definition=definition))


def _count_from_now(moment: Moment, report: DeliveryReported) -> None:
    """Let caps count a message from when it left, which may be hours after its decision."""
    contacts = moment.state.contacts
    for index, contact in enumerate(contacts):
        if contact.delivery_id == report.delivery_id:
            del contacts[index]
            contacts.append(msgspec.structs.replace(contact, at=moment.now, receipt=report.receipt))
            return


def _suppress(moment: Moment, report: DeliveryReported, delivery: Delivery | None) -> None:
    channel, address = "", ""
    if delivery is not None:
        channel, address = delivery.channel, delivery.address
    else:
        contact = _contact(moment, report)
        if contact is not None and contact.channel in moment.program.plan.channels:
            channel = contact.channel
            address = moment.address(channel)
    if not address:
        return
    moment.state.suppressed.setdefault(address, moment.now)
    reason = Reason(code=f"suppression.{report.outcome}", what=f"a message there {report.outcome}")
    moment.effects.append(Suppress(channel=channel, address=address, reason=reason))


def _contact(moment: Moment, report: DeliveryReported) -> Contact | None:
    for contact in moment.state.contacts:
        if contact.delivery_id == report.delivery_id:
            return contact
    return None


def revoke_what_gates_now_close(moment: Moment) -> None:
    """Take back deliveries, and leave audiences, that the person's new state forbids."""
    state, program = moment.state, moment.program
    for delivery in list(state.pending.values()):
        is_handed_on = delivery.operation == "event" and "consent" in moment.changed
        if delivery.operation != "send" and not is_handed_on:
            continue
        clearance = clear(program, state, delivery, moment.now)
        if not (clearance.is_clear or clearance.is_too_slow) and clearance.until is None:
            assert clearance.reason is not None
            withdraw(moment, delivery.delivery_id, clearance.reason)
    for held in list(state.held):
        delivery = held.delivery
        intent = intent_of(program, state, delivery)
        gates, _ = inspect(program, state, intent, moment.now)
        blocking = [gate for gate in gates if gate.verdict == "refuse" and gate.gate not in IN_TURN]
        if blocking:
            drop_held(moment, held, blocking[0].reason, *gates)
    if "consent" in moment.changed:
        _leave_audiences(moment)


def _leave_audiences(moment: Moment) -> None:
    for name in list(moment.state.audiences):
        audience = moment.program.plan.audiences.get(name)
        if audience is None or not audience.purpose:
            continue
        intent = Intent(purpose=audience.purpose, channel="", address="", about="", expires_at=0)
        if consent_gate(moment.program, moment.state, intent).verdict == "refuse":
            change_audience(moment, audience, is_member=False)
