"""Another channel, where one does not take a message in time or refuses it for good.

Theory of operation. A `send` with `fall_back` leaves a Fallback beside its delivery: the channels
not tried yet, and until when this one has time. The person's alarm is set for then.

When it rings and no report has come, the lane is told to let the delivery go. The delivery stays
pending until the lane has answered, because only the lane knows whether an attempt is under way. It
reports `refused` when nothing of the message has left, and only then are the other channels
weighed, all gates anew. After one that failed or bounced they are weighed at once.

Nobody gets a message twice by this: where an attempt may have arrived, no other channel is tried.
Such a delivery is tried again under its own id, as long as its destination says `on_doubt: resend`:
its provider recognises the id, the provider of another channel could not.

What takes a message back as a whole (its journey is left, consent is withdrawn, a late event)
takes the Fallback with it: see `withdraw`.
"""

from __future__ import annotations

from msgspec import structs

from legato.core.gate import too_slow
from legato.core.moment import Moment
from legato.core.sending.decide import (
    Choice,
    Wanted,
    allow_others,
    choose,
    decided_note,
    known_channels,
    left_key,
    release,
)
from legato.model.delivery import Delivery
from legato.model.effect import Revoke
from legato.model.event import DeliveryReported
from legato.model.ids import DeliveryId, derive
from legato.model.note import Revoked
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.model.state import Enrollment, Fallback

PAUSED = Reason(code="journey.paused", what="its journey is paused")


LISTED = "suppression.listed"


class Turning(Noun, frozen=True, kw_only=True):
    """Whether a message goes on to other channels after a report, and why or why not."""

    goes_on: Reason | None = None
    stays: Reason | None = None


def call_back_the_slow(moment: Moment) -> None:
    """Tell the lanes of deliveries whose time is over to let them go, if they can."""
    state = moment.state
    for delivery_id, fallback in state.fallbacks.items():
        if fallback.due_at is None or fallback.due_at >= moment.now:
            continue
        delivery = state.pending[delivery_id]
        if moment.program.paused.get(delivery.journey):
            continue
        fallback.due_at = None
        fallback.is_called_back = True
        reason = too_slow(delivery.channel, fallback)
        moment.effects.append(Revoke(delivery_id=delivery_id, reason=reason))
        moment.notes.append(Revoked(delivery_id=delivery_id, reason=reason))


def turning_at(
    moment: Moment, delivery: Delivery, fallback: Fallback, report: DeliveryReported
) -> Turning:
    """Say what a report means for the channels not tried yet."""
    why: Reason | None = None
    match report.outcome:
        case "failed":
            why = Reason(code="fallback.failed", what=f"{delivery.channel} could not send it")
        case "bounced":
            why = Reason(code="fallback.bounced", what=f"it bounced by {delivery.channel}")
        case "refused":
            why = _of_refusal(delivery, fallback, report)
        case "in_doubt":
            return Turning(stays=_in_doubt(delivery))
        case "expired" if report.may_have_arrived:
            return Turning(stays=_in_doubt(delivery))  # that was why, all its time
        case _:
            pass  # it is there, or too late everywhere
    if why is None:
        return Turning()
    if report.may_have_arrived:
        return Turning(stays=_in_doubt(delivery))
    if _enrollment(moment, delivery) is None or not known_channels(moment, fallback.channels):
        what = "its journey or its other channels are not there any more"
        return Turning(stays=Reason(code="fallback.gone", what=what))
    return Turning(goes_on=why)


def _of_refusal(delivery: Delivery, fallback: Fallback, report: DeliveryReported) -> Reason | None:
    """Of gates, only one is about this channel alone: an address that bounced for somebody."""
    if report.reason is not None and report.reason.code == LISTED:
        what = f"its address for {delivery.channel} is suppressed"
        return Reason(code="fallback.suppressed", what=what)
    return too_slow(delivery.channel, fallback) if fallback.is_called_back else None


def _in_doubt(delivery: Delivery) -> Reason:
    return Reason(
        code="fallback.in_doubt",
        what=f"it may have arrived by {delivery.channel}, and must not arrive twice",
    )


def _enrollment(moment: Moment, delivery: Delivery) -> Enrollment | None:
    enrollments = moment.state.enrollments
    return next((one for one in enrollments if one.enrollment_id == delivery.enrollment_id), None)


def go_on(moment: Moment, delivery: Delivery, fallback: Fallback, why: Reason) -> None:
    """Decide a message again, by the channels not tried yet."""
    state = moment.state
    enrollment = _enrollment(moment, delivery)
    assert enrollment is not None
    # It counts once against the caps, also where the channel before has bounced.
    state.contacts = [one for one in state.contacts if one.delivery_id != delivery.delivery_id]
    wanted = Wanted(
        message=delivery.message,
        purpose=delivery.purpose,
        about=delivery.about,
        expires_at=delivery.expires_at,
        step_id=delivery.journey_step,
        offer=delivery.offer,
    )
    channels = known_channels(moment, fallback.channels)
    choice = choose(moment, enrollment, wanted, channels)
    if choice.verdict == "pass" and moment.program.paused.get(delivery.journey):
        _hold(moment, choice)
    chosen = choice.best
    delivery_id = DeliveryId(derive("delivery", delivery.delivery_id, chosen.channel.name))
    note = decided_note(moment, enrollment, choice, delivery_id=delivery_id)
    moment.notes.append(structs.replace(note, instead_of=delivery.delivery_id, fell_back=why))
    if choice.verdict == "refuse":
        return
    allow_others(moment, delivery_id, choice, channels, after=fallback.after)
    following = structs.replace(
        delivery,
        delivery_id=delivery_id,
        person_id=state.person_id,
        destination=chosen.channel.destination,
        channel=chosen.channel.name,
        address=chosen.intent.address,
        content=choice.written.content,
        used=choice.written.used,
        decided_at=moment.now,
        plan=moment.program.digest,
        cost_micros=chosen.channel.cost_micros,
        first_id=delivery.first_id or delivery.delivery_id,
    )
    release(moment, following, chosen)


def _hold(moment: Moment, choice: Choice) -> None:
    """Let a message wait for its paused journey; its gates are read again then."""
    choice.verdict = choice.best.verdict = "hold"
    choice.best.until = moment.now
    choice.reason = PAUSED


def remember_left(moment: Moment, delivery: Delivery) -> None:
    """Let a replay for a late event know that a message left, if not by its first channel."""
    enrollment = _enrollment(moment, delivery)
    if delivery.first_id is not None and enrollment is not None:
        enrollment.counts[left_key(delivery.first_id)] = 1
