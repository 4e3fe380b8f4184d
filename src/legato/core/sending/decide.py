"""Stage 6: which channel, if any; everything weighed is written down."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import structs

from legato.core.course import Course
from legato.core.gate import Intent, cheapest, inspect, intent_of
from legato.core.identifiers import address_of
from legato.core.moment import Moment
from legato.core.offers.making import offered
from legato.core.privacy.filled import Text
from legato.core.sending.content import Written, write
from legato.core.sending.delivery import Draft, commit, drop_held, make_delivery
from legato.expr.path import values_at
from legato.expr.template import TemplateFault
from legato.model.definitions.journey import Send
from legato.model.definitions.offer import Offered
from legato.model.delivery import Delivery
from legato.model.event import decode_object
from legato.model.ids import DeliveryId, derive
from legato.model.instant import Duration, Instant
from legato.model.note import Candidate, Decided, GateSeen, Verdict
from legato.model.noun import Noun
from legato.model.plan import Channel
from legato.model.problem import Reason
from legato.model.state import Enrollment, Fallback, Held


class Weighed(msgspec.Struct, kw_only=True):
    """A channel with every gate's answer."""

    channel: Channel
    intent: Intent
    gates: tuple[GateSeen, ...]
    until: Instant | None
    verdict: Verdict
    """The worst of the gates' answers."""

    def rank(self) -> int:
        """Return how far it got: all gates, up to a hold, or up to the first that refuses.

        Of channels that got equally far, `max` takes the first, which is the preferred one.
        """
        if self.verdict != "refuse":
            return len(self.gates) + (1 if self.verdict == "pass" else 0)
        return next(i for i, gate in enumerate(self.gates) if gate.verdict == "refuse")

    def candidate(self) -> Candidate:
        """Return what goes on record."""
        return Candidate(
            channel=self.channel.name, cost_micros=self.channel.cost_micros, gates=self.gates
        )

    def reason(self) -> Reason | None:
        """Return the reason of the first gate that blocks."""
        blocking = [gate.reason for gate in self.gates if gate.verdict == self.verdict]
        return blocking[0] if blocking else None


class Wanted(Noun, frozen=True, kw_only=True):
    """A message to be decided: all but its channel."""

    message: str
    purpose: str
    about: str
    expires_at: Instant
    step_id: str
    offer: Offered | None = None


class Choice(msgspec.Struct):
    """What came of weighing: a channel to send by, to hold for, or to be refused on."""

    wanted: Wanted
    weighed: list[Weighed]
    best: Weighed
    verdict: Verdict
    reason: Reason | None
    written: Written = Written()


def weigh(
    channel: Channel, intent: Intent, gates: tuple[GateSeen, ...], until: Instant | None
) -> Weighed:
    """Put a channel's gates together."""
    if until is not None and until >= intent.expires_at:
        gates = tuple(_too_late(gate) if gate.verdict == "hold" else gate for gate in gates)
    verdicts = [gate.verdict for gate in gates]
    verdict: Verdict = (
        "refuse" if "refuse" in verdicts else "hold" if "hold" in verdicts else "pass"
    )
    return Weighed(channel=channel, intent=intent, gates=gates, until=until, verdict=verdict)


def _too_late(gate: GateSeen) -> GateSeen:
    """Turn a hold into a refusal: the message would expire before the hold ends."""
    assert gate.reason is not None
    reason = Reason(
        code="expiry.while_held",
        what=f"{gate.reason.what}, and it would expire before that ends",
        definition=gate.reason.definition,
    )
    return structs.replace(gate, verdict="refuse", reason=reason)


def decide(moment: Moment, course: Course, enrollment: Enrollment, step: Send) -> None:
    """Choose the first channel whose gates are all open; else hold; else refuse."""
    visit = enrollment.counts.get(f"send:{step.step_id}", 0) + 1
    enrollment.counts[f"send:{step.step_id}"] = visit
    delivery_id = visit_id(enrollment, step.step_id, visit)
    if delivery_id in moment.state.decided or left_key(delivery_id) in enrollment.counts:
        moment.confirmed[delivery_id] = True
        return
    moment.state.decided[delivery_id] = moment.at
    wanted = _wanted(moment, course, enrollment, step)
    channels = _in_order(moment, step)
    choice = choose(moment, enrollment, wanted, channels)
    moment.notes.append(decided_note(moment, enrollment, choice, delivery_id=delivery_id))
    if choice.verdict == "refuse":
        return
    chosen = choice.best
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
        offer=wanted.offer,
    )
    if step.fall_back:
        allow_others(moment, delivery_id, choice, channels, after=step.fall_back)
    release(moment, make_delivery(moment, draft, enrollment), chosen)


def visit_id(enrollment: Enrollment, step_id: str, visit: int) -> DeliveryId:
    """Return the id of what a visit of a step decides: deciding it again gives the same."""
    return DeliveryId(derive("delivery", enrollment.enrollment_id, step_id, str(visit)))


def left_key(delivery_id: str) -> str:
    """Name, among an enrollment's counts, a message that left before its visit was undone."""
    return f"left:{delivery_id}"


def _wanted(moment: Moment, course: Course, enrollment: Enrollment, step: Send) -> Wanted:
    entry = decode_object(enrollment.entry)
    about = next(iter(values_at(entry, step.about)), "") if step.about else ""
    # What waited through a pause is as old as its due time, unless the journey says to send it.
    since = moment.now if course.journey.overdue == "send" else min(moment.at, moment.now)
    return Wanted(
        message=step.message,
        purpose=step.purpose or course.journey.purpose,
        about=str(about),
        expires_at=since + step.expires,
        step_id=step.step_id,
        offer=offered(moment.program.plan, step.offer, entry),
    )


def _in_order(moment: Moment, step: Send) -> tuple[Channel, ...]:
    channels = known_channels(moment, step.channels)
    return cheapest(channels) if step.prefer == "cheapest" else channels


def known_channels(moment: Moment, names: Iterable[str]) -> tuple[Channel, ...]:
    """Return channels as the present plan has them."""
    plan = moment.program.plan
    return tuple(plan.channels[name] for name in names if name in plan.channels)


def choose(
    moment: Moment, enrollment: Enrollment | None, wanted: Wanted, channels: Iterable[Channel]
) -> Choice:
    """Weigh channels, the preferred one first, and write the message for the best."""
    weighed = _weigh(moment, enrollment, wanted, channels)
    best = max(weighed, key=Weighed.rank)
    written = _write(moment, enrollment, wanted, best)
    if isinstance(written, TemplateFault):
        reason = Reason(
            code="template.failed",
            what=f"the template could not be filled: {written.what}",
            definition=f"templates/{wanted.message}",
        )
        return Choice(wanted, weighed, best, verdict="refuse", reason=reason)
    return Choice(
        wanted, weighed, best, verdict=best.verdict, reason=best.reason(), written=written
    )


def decided_note(
    moment: Moment, enrollment: Enrollment | None, choice: Choice, *, delivery_id: DeliveryId
) -> Decided:
    """Return what goes on record of a choice; of one outside of a journey too."""
    best, verdict = choice.best, choice.verdict
    return Decided(
        delivery_id=delivery_id,
        message=choice.wanted.message,
        journey=enrollment.journey if enrollment else "",
        enrollment_id=enrollment.enrollment_id if enrollment else None,
        step=choice.wanted.step_id,
        plan=moment.program.digest,
        version=enrollment.version if enrollment else "",
        verdict=verdict,
        channel=best.channel.name if verdict != "refuse" else "",
        candidates=tuple(one.candidate() for one in choice.weighed),
        salt=",".join(one.salt for one in moment.program.plan.policies.holdouts),
        reason=choice.reason,
        until=best.until if verdict == "hold" else None,
    )


def allow_others(
    moment: Moment,
    delivery_id: DeliveryId,
    choice: Choice,
    channels: Iterable[Channel],
    *,
    after: Duration,
) -> None:
    """Remember where else a message may go, if the channel chosen does not take it."""
    names = dict.fromkeys(one.name for one in channels)
    del names[choice.best.channel.name]
    if names:
        moment.state.fallbacks[delivery_id] = Fallback(channels=list(names), after=after)


def _weigh(
    moment: Moment, enrollment: Enrollment | None, wanted: Wanted, channels: Iterable[Channel]
) -> list[Weighed]:
    weighed: list[Weighed] = []
    entry = decode_object(enrollment.entry) if enrollment is not None else {}
    for channel in channels:
        intent = Intent(
            purpose=wanted.purpose,
            channel=channel.name,
            address=address_of(moment.state, channel.address),
            about=wanted.about,
            expires_at=wanted.expires_at,
            entry=entry,
            destination=channel.destination,
            version=enrollment.version if enrollment is not None else "",
            step=wanted.step_id,
            offer=wanted.offer,
        )
        gates, until = inspect(moment.program, moment.state, intent, moment.now)
        weighed.append(weigh(channel, intent, gates, until))
    return weighed


def _write(
    moment: Moment, enrollment: Enrollment | None, wanted: Wanted, chosen: Weighed
) -> Written | TemplateFault:
    if chosen.verdict == "refuse":
        return Written()
    channel = chosen.channel
    template = moment.program.plan.templates.get(wanted.message)
    texts = template.texts.get(channel.name) if template is not None else None
    if texts is None:
        # The person is on an older version, and the template has changed since.
        return TemplateFault(what=f"it has no text for {channel.name} any more", line=1)
    text = Text(
        name=f"{wanted.message} by {channel.name}",
        fields=texts,
        purpose=wanted.purpose,
        destination=channel.destination,
        address=channel.address,
    )
    return write(moment, enrollment, text)


def release(moment: Moment, delivery: Delivery, weighed: Weighed) -> None:
    """Hand a delivery to its lane, or hold it until its gates are to be read again."""
    if weighed.verdict == "pass":
        commit(moment, delivery)
        return
    assert weighed.until is not None
    reason = weighed.reason()
    held = Held(
        due_at=weighed.until, delivery=delivery, reason=reason.code if reason is not None else ""
    )
    moment.state.held.append(held)


def release_held(moment: Moment) -> None:
    """Read the gates of every held delivery that is due again: send, hold on, or refuse."""
    state, plan = moment.state, moment.program.plan
    due = [held for held in state.held if held.due_at < moment.now]
    for held in sorted(due, key=lambda one: (one.due_at, one.delivery.delivery_id)):
        if moment.program.paused.get(held.delivery.journey):
            continue
        delivery = held.delivery
        intent = intent_of(moment.program, state, delivery)
        gates, until = inspect(moment.program, state, intent, moment.now)
        weighed = weigh(plan.channels[delivery.channel], intent, gates, until)
        if weighed.verdict == "refuse":
            drop_held(moment, held, weighed.reason(), *gates)
        else:
            state.held.remove(held)
            release(moment, delivery, weighed)
