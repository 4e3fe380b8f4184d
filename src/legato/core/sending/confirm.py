"""Asking a person to confirm a yes: the engine's own message, and the only one without a journey.

It rests on another basis than consent and passes every gate as any message does. A person is asked
by one channel at most so often, whatever they said how many times, so that nobody can make us
write to somebody else's address again and again by filling in a form.
"""

from __future__ import annotations

from msgspec import structs

from legato.core.consents.standing import awaited
from legato.core.moment import Moment
from legato.core.sending.decide import Choice, Wanted, choose, decided_note, release
from legato.core.sending.delivery import Draft, drop_held, make_delivery, withdraw
from legato.model.consent import Consent, DoubleOptIn
from legato.model.delivery import Delivery
from legato.model.ids import DeliveryId, derive
from legato.model.instant import format_duration
from legato.model.plan import Channel
from legato.model.problem import Reason

STEP = "confirm"
"""What notes call the place of the question, which has no step of a journey."""


def ask_to_confirm(moment: Moment) -> None:
    """Ask for every yes that waits since this step."""
    plan = moment.program.plan
    for purpose, channel_name in dict.fromkeys(moment.to_confirm):
        rule = moment.program.double_opt_ins[purpose]
        line = awaited(plan, moment.state, purpose, channel_name)
        channel = plan.channels.get(channel_name)
        if line is not None and channel is not None and moment.now < line.at + rule.expires:
            _ask(moment, rule, channel, line)


def drop_questions(moment: Moment) -> None:
    """Take back what asks for a yes that does not wait any more: it was answered, or undone."""
    state = moment.state
    reason = Reason(code="consent.answered", what="the yes that it asks for waits no longer")
    for delivery in list(state.pending.values()):
        if _is_question(delivery) and not _is_awaited(moment, delivery):
            withdraw(moment, delivery.delivery_id, reason)
    for held in list(state.held):
        if _is_question(held.delivery) and not _is_awaited(moment, held.delivery):
            drop_held(moment, held, reason)


def _is_question(delivery: Delivery) -> bool:
    return delivery.journey_step == STEP and not delivery.journey


def _is_awaited(moment: Moment, delivery: Delivery) -> bool:
    plan, purpose = moment.program.plan, delivery.about
    return awaited(plan, moment.state, purpose, delivery.channel) is not None


def _ask(moment: Moment, rule: DoubleOptIn, channel: Channel, line: Consent) -> None:
    wanted = Wanted(
        message=rule.message,
        purpose=moment.program.plan.templates[rule.message].purpose,
        about=rule.purpose,
        expires_at=line.at + rule.expires,
        step_id=STEP,
    )
    delivery_id = DeliveryId(derive("delivery", STEP, line.record, channel.name))
    choice = choose(moment, None, wanted, (channel,))
    refused = _asked_enough(moment, rule, channel.name)
    if refused is not None:
        choice = Choice(wanted, choice.weighed, choice.best, verdict="refuse", reason=refused)
    moment.notes.append(decided_note(moment, None, choice, delivery_id=delivery_id))
    if choice.verdict != "refuse":
        moment.state.asked[channel.name].append(moment.now)
        release(moment, _delivery(moment, delivery_id, choice), choice.best)


def _asked_enough(moment: Moment, rule: DoubleOptIn, channel: str) -> Reason | None:
    longest = max(one.within for one in moment.program.plan.policies.double_opt_in)
    asked = [at for at in moment.state.asked.get(channel, ()) if at > moment.now - longest]
    moment.state.asked[channel] = asked
    recent = [at for at in asked if at > moment.now - rule.within]
    if len(recent) < rule.at_most:
        return None
    return Reason(
        code="consent.asked_enough",
        what=f"was asked to confirm {len(recent)} times in {format_duration(rule.within)}",
        definition=f"policies/double_opt_in/{rule.purpose}",
    )


def _delivery(moment: Moment, delivery_id: DeliveryId, choice: Choice) -> Delivery:
    chosen, wanted = choice.best, choice.wanted
    draft = Draft(
        delivery_id=delivery_id,
        operation="send",
        destination=chosen.channel.destination,
        message=wanted.message,
        expires_at=wanted.expires_at,
        purpose=wanted.purpose,
        channel=chosen.channel.name,
        address=chosen.intent.address,
        content=choice.written.content,
        used=choice.written.used,
        about=wanted.about,
        cost_micros=chosen.channel.cost_micros,
    )
    return structs.replace(make_delivery(moment, draft), journey_step=STEP)
