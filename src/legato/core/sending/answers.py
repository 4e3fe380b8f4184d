"""Answering what a person wrote to us: HELP, an opt-out that is confirmed or asked about.

An answer is a message like any other: it passes the gates, and is on record. It goes to the
address that wrote, which need not be the one we know the person by.
"""

from __future__ import annotations

from legato.core.consents.replies import ANSWERS_MAX, ANSWERS_WINDOW, address_in, template_of
from legato.core.gate import Intent, inspect
from legato.core.moment import Moment
from legato.core.privacy.filled import Text
from legato.core.sending.content import write
from legato.core.sending.decide import Choice, Wanted, Weighed, decided_note, release, weigh
from legato.core.sending.delivery import Draft, make_delivery
from legato.expr.template import TemplateFault
from legato.model.definitions.source import OptOuts
from legato.model.event import CustomerEvent
from legato.model.ids import DeliveryId, derive
from legato.model.instant import HOUR, Duration
from legato.model.plan import Template
from legato.model.problem import Reason

ANSWER_EXPIRES: Duration = HOUR
"""Later than that, an answer is none."""


def answer_reply(moment: Moment, event: CustomerEvent) -> None:
    """Answer what an event of a source of replies asks, where the source names a template."""
    rules = moment.program.opt_outs[event.source]
    template = moment.program.plan.templates.get(template_of(moment, rules))
    if template is None or moment.is_late or _is_chatter(moment, rules.channel, template.purpose):
        return
    choice = _choice(moment, rules, template)
    delivery_id = DeliveryId(derive("delivery", event.event_id, template.name))
    moment.notes.append(decided_note(moment, None, choice, delivery_id=delivery_id))
    if choice.verdict == "refuse":
        return
    weighed = choice.best
    draft = Draft(
        delivery_id=delivery_id,
        operation="send",
        destination=weighed.channel.destination,
        message=template.name,
        expires_at=weighed.intent.expires_at,
        purpose=template.purpose,
        channel=rules.channel,
        address=weighed.intent.address,
        content=choice.written.content,
        used=choice.written.used,
        cost_micros=weighed.channel.cost_micros,
    )
    release(moment, make_delivery(moment, draft), weighed)


def _choice(moment: Moment, rules: OptOuts, template: Template) -> Choice:
    wanted = Wanted(
        message=template.name,
        purpose=template.purpose,
        about="",
        expires_at=moment.now + ANSWER_EXPIRES,
        step_id="",
    )
    weighed = _weigh(moment, rules, wanted)
    text = Text(
        name=f"{template.name} by {rules.channel}",
        fields=template.texts[rules.channel],
        purpose=template.purpose,
        destination=weighed.channel.destination,
        address=weighed.channel.address,
    )
    written = write(moment, None, text)
    if isinstance(written, TemplateFault):
        reason = Reason(
            code="template.failed",
            what=f"the template could not be filled: {written.what}",
            definition=f"templates/{template.name}",
        )
        return Choice(wanted, [weighed], weighed, verdict="refuse", reason=reason)
    return Choice(
        wanted, [weighed], weighed, weighed.verdict, reason=weighed.reason(), written=written
    )


def _weigh(moment: Moment, rules: OptOuts, wanted: Wanted) -> Weighed:
    channel = moment.program.plan.channels[rules.channel]
    intent = Intent(
        purpose=wanted.purpose,
        channel=rules.channel,
        address=address_in(rules, moment),
        about="",
        expires_at=wanted.expires_at,
        destination=channel.destination,
    )
    gates, until = inspect(moment.program, moment.state, intent, moment.now)
    return weigh(channel, intent, gates, until)


def _is_chatter(moment: Moment, channel: str, purpose: str) -> bool:
    """Return whether as much has gone there lately as may."""
    since = moment.now - ANSWERS_WINDOW
    sent = [
        one
        for one in moment.state.contacts
        if one.at > since and one.channel == channel and one.purpose == purpose
    ]
    return len(sent) >= ANSWERS_MAX
