"""Stage 7: the one pipeline of gates every send passes, at decision and again at sending."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec import structs

from legato.core.consents.standing import awaited, holding
from legato.core.offers.making import offer_gates, sending_gates
from legato.core.privacy.residency import residency_gates
from legato.core.program import Program
from legato.expr.facts import Facts
from legato.expr.wall import quiet_until
from legato.model.definitions.offer import Offered
from legato.model.delivery import OBLIGATIONS, Delivery, Used
from legato.model.ended import enrollment_of
from legato.model.event import decode_object
from legato.model.ids import PersonId, share
from legato.model.instant import Instant, format_duration
from legato.model.note import GateSeen
from legato.model.noun import Noun
from legato.model.plan import Cap, Channel, Holdout, Purpose, QuietHours, StateRule
from legato.model.problem import Reason
from legato.model.state import Fallback, State

PASSED_MAX = 4_096
"""Answers of open gates that are kept: most are the same few words again."""


class Intent(Noun, frozen=True, kw_only=True):
    """What is about to be sent: all that gates need to know of it."""

    purpose: str
    channel: str
    address: str
    about: str
    expires_at: Instant
    entry: Mapping[str, Any] = {}
    destination: str = ""
    version: str = ""
    """Of the journey that sends it."""
    step: str = ""
    used: tuple[Used, ...] = ()
    """What its content was filled with under another plan than the present one."""
    offer: Offered | None = None
    """What it would promise."""


class Clearance(Noun, frozen=True, kw_only=True):
    """The answer at the instant of sending."""

    is_clear: bool
    reason: Reason | None = None
    gates: tuple[GateSeen, ...] = ()
    until: Instant | None = None
    """Not clear for now only: ask again then (quiet hours have begun since the decision)."""
    is_too_slow: bool = False
    """Not clear because another channel is to be tried. What may have arrived already is better
    tried again under its own id than sent by both."""
    record: str = ""
    """Clear because of this record of consent."""


WITHDRAWN = Clearance(
    is_clear=False,
    reason=Reason(code="gate.withdrawn", what="the delivery was withdrawn before it was sent"),
)


def clear(program: Program, state: State | None, delivery: Delivery, now: Instant) -> Clearance:
    """Read the gates again for a delivery that is about to leave.

    Its cap is reserved since the decision and its holdout drawn; what may have changed in between
    is read anew on the person's present state: consent, suppression, state rules, quiet hours,
    expiry.
    """
    if state is None or delivery.delivery_id not in state.pending:
        return WITHDRAWN
    if delivery.operation in OBLIGATIONS:
        return Clearance(is_clear=True)
    if delivery.operation == "event":
        return _clear_event(program, state, delivery, now)
    intent = intent_of(program, state, delivery)
    gates = [_expiry(intent, now), *law_gates(program, state, intent)]
    if delivery.purpose:
        gates += [
            consent_gate(program, state, intent),
            _suppression(state, intent),
            _state(program, state, intent, now),
        ]
    if delivery.operation == "send":
        gates += sending_gates(state, delivery)
        gates.append(_quiet_hours(program, state, intent, now)[0])
    clearance = _clearance(program, state, intent, now, tuple(gates))
    fallback = state.fallbacks.get(delivery.delivery_id)
    if fallback is None or not fallback.is_called_back:
        return clearance
    if not clearance.is_clear and clearance.until is None:
        return clearance
    reason = too_slow(delivery.channel, fallback)
    return structs.replace(clearance, is_clear=False, reason=reason, is_too_slow=True)


def _clear_event(program: Program, state: State, delivery: Delivery, now: Instant) -> Clearance:
    intent = _stream_intent(delivery.destination, delivery.purpose, delivery.expires_at)
    asked = stream_gates(program, state, delivery.destination, delivery.purpose)
    return _clearance(program, state, intent, now, (_expiry(intent, now), *asked))


def stream_gates(
    program: Program, state: State, destination: str, purpose: str
) -> tuple[GateSeen, ...]:
    """Read the gates of an event on its way to a destination: those of the law, and no others.

    It contacts nobody, so nothing that limits contacts is asked.
    """
    outlet = program.outlets.by_destination.get(destination)
    if outlet is None or purpose not in program.plan.purposes:
        what = f"{destination} gets no events for {purpose} any more"
        reason = Reason(code="stream.closed", what=what, definition=f"destinations/{destination}")
        return (_refused("stream", what, reason, "`events:` at the destination"),)
    intent = _stream_intent(destination, purpose)
    consents = [
        consent_gate(program, state, structs.replace(intent, purpose=one))
        for one in dict.fromkeys([purpose, *outlet.purposes])
    ]
    return (*consents, *law_gates(program, state, intent))


def _stream_intent(destination: str, purpose: str, expires_at: Instant = 0) -> Intent:
    return Intent(
        purpose=purpose,
        channel="",
        address="",
        about="",
        expires_at=expires_at,
        destination=destination,
    )


def too_slow(channel: str, fallback: Fallback) -> Reason:
    """Return why another channel is tried when the time of one is over."""
    return Reason(
        code="fallback.too_slow",
        what=f"{channel} did not take it within {format_duration(fallback.after)}",
    )


def _clearance(
    program: Program, state: State, intent: Intent, now: Instant, gates: tuple[GateSeen, ...]
) -> Clearance:
    refusing = next((gate for gate in gates if gate.verdict == "refuse"), None)
    if refusing is not None:
        return Clearance(is_clear=False, reason=refusing.reason, gates=gates)
    holding = next((gate for gate in gates if gate.verdict == "hold"), None)
    if holding is not None:
        until = _quiet_hours(program, state, intent, now)[1]
        return Clearance(is_clear=False, reason=holding.reason, gates=gates, until=until)
    record = next((gate.record for gate in gates if gate.gate == "consent"), "")
    return Clearance(is_clear=True, gates=gates, record=record)


def intent_of(program: Program, state: State, delivery: Delivery) -> Intent:
    """Return what gates need to know of a delivery that was decided before."""
    enrollment_id = delivery.enrollment_id
    enrollment = enrollment_of(state, enrollment_id) if enrollment_id is not None else None
    purpose = delivery.purpose
    if delivery.operation == "call" and enrollment is not None:
        course = program.courses.get(enrollment.version)
        purpose = course.journey.purpose if course is not None else ""
    return Intent(
        purpose=purpose,
        channel=delivery.channel,
        address=delivery.address,
        about=delivery.about,
        expires_at=delivery.expires_at,
        entry=decode_object(enrollment.entry) if enrollment and enrollment.entry else {},
        destination=delivery.destination,
        version=enrollment.version if enrollment is not None else "",
        step=delivery.journey_step,
        used=delivery.used if delivery.plan != program.digest else (),
        offer=delivery.offer,
    )


def inspect(
    program: Program, state: State, intent: Intent, now: Instant
) -> tuple[tuple[GateSeen, ...], Instant | None]:
    """Read every gate in order, for a decision; also when a `hold` may be asked again.

    All are read even after a refusal: `why` shows each with what it saw.
    """
    quiet, until = _quiet_hours(program, state, intent, now)
    gates = (
        consent_gate(program, state, intent),
        *law_gates(program, state, intent),
        _reachable(intent),
        _suppression(state, intent),
        _state(program, state, intent, now),
        _holdout(program, state, intent),
        *offer_gates(program.plan, state, intent.offer, now),
        _cap(program, state, intent, now),
        quiet,
        _expiry(intent, now),
    )
    return gates, until


def law_gates(program: Program, state: State, intent: Intent) -> tuple[GateSeen, ...]:
    """Return the gates of the law of data: none where it has nothing to ask.

    The one for purposes is there only where it is closed: the catalog has changed, and keeps back
    what an older version of a journey would use, or what was written before.
    """
    residency = residency_gates(program.plan, state, intent.destination)
    reason = program.forbidden.reason(intent.version, intent.step, intent.purpose)
    if reason is None and intent.used:
        reason = program.filled.withheld(
            intent.used, purpose=intent.purpose, destination=intent.destination
        )
    if reason is None:
        return residency
    withheld = _refused("purpose", reason.what, reason, "leave of the owner of what it reads")
    return (withheld, *residency)


@lru_cache(maxsize=PASSED_MAX)
def _passed(gate: str, seen: str) -> GateSeen:
    return GateSeen(gate=gate, verdict="pass", seen=seen)


def _refused(gate: str, seen: str, reason: Reason, would_change: str) -> GateSeen:
    return GateSeen(
        gate=gate, verdict="refuse", seen=seen, reason=reason, would_change=would_change
    )


def _concerns(purposes: tuple[str, ...], purpose: Purpose) -> bool:
    return purpose.name in purposes if purposes else purpose.is_promotional


def consent_gate(program: Program, state: State, intent: Intent) -> GateSeen:
    purpose = program.plan.purposes[intent.purpose]
    line = holding(program.plan, state, purpose.name, intent.channel)
    # Promotion may be objected to whatever it rests on (GDPR art. 21(2), TCPA).
    is_objected = purpose.is_promotional and line is not None and not line.is_granted
    if purpose.basis != "consent" and not is_objected:
        return _passed("consent", f"{purpose.name} rests on {purpose.basis}, not on consent")
    where = f"{purpose.name} by {intent.channel or 'any channel'}"
    if line is not None and line.is_granted:
        seen = f"{where}: granted, by {line.event_id}"
        return GateSeen(gate="consent", verdict="pass", seen=seen, record=line.record)
    waiting = awaited(program.plan, state, purpose.name, intent.channel)
    code, seen = ("missing", "never given") if line is None else ("withdrawn", "withdrawn")
    what = f"no consent to {where} is on record"
    again = "a" if line is None else "a new"
    if waiting is not None:
        code, seen, line = "pending", "said, and not confirmed yet", waiting
        what = f"consent to {where} was given and has not been confirmed"
    elif line is not None:
        what = f"consent to {where} was withdrawn"
    return GateSeen(
        gate="consent",
        verdict="refuse",
        seen=f"{where}: {seen}",
        reason=Reason(code=f"consent.{code}", what=what, definition=f"purposes/{purpose.name}"),
        would_change="its confirmation" if waiting is not None else f"{again} consent to {where}",
        record=line.record if line is not None else "",
    )


def _reachable(intent: Intent) -> GateSeen:
    if intent.address:
        return _passed("reachable", f"has an address for {intent.channel}")
    reason = Reason(
        code="reachable.no_address",
        what=f"there is no address for {intent.channel}",
        definition=f"channels/{intent.channel}",
    )
    return _refused(
        "reachable", f"no address for {intent.channel}", reason, f"an address for {intent.channel}"
    )


def _suppression(state: State, intent: Intent) -> GateSeen:
    if intent.address not in state.suppressed:
        return _passed("suppression", "the address is not suppressed")
    reason = Reason(
        code="suppression.listed",
        what="the address bounced for good or its owner complained",
    )
    return _refused("suppression", "the address is suppressed", reason, "another address")


def _state(program: Program, state: State, intent: Intent, now: Instant) -> GateSeen:
    purpose = program.plan.purposes[intent.purpose]
    rules = [
        rule for rule in program.plan.policies.state_rules if _concerns(rule.purposes, purpose)
    ]
    if not rules:
        return _passed("state", f"no state rule concerns {purpose.name}")
    facts = Facts(
        state=state,
        now=now,
        zone=program.zone_of(state),
        entry=intent.entry,
        about=intent.about,
        computed=program.computed,
    )
    for rule in rules:
        if program.state_rules[rule.name](facts):
            return _state_refusal(rule)
    return _passed("state", "none of: " + ", ".join(rule.what for rule in rules))


def _state_refusal(rule: StateRule) -> GateSeen:
    reason = Reason(
        code="state.suppressed", what=rule.what, definition=f"policies/suppress/{rule.name}"
    )
    return _refused("state", rule.what, reason, f"not being so: {rule.what}")


def _holdout(program: Program, state: State, intent: Intent) -> GateSeen:
    purpose = program.plan.purposes[intent.purpose]
    for holdout in program.plan.policies.holdouts:
        if _concerns(holdout.purposes, purpose) and is_held_out(holdout, state.person_id):
            reason = Reason(
                code="holdout.drawn",
                what=f"belongs to the {holdout.share:.0%} who get nothing promotional, to measure",
                definition=f"policies/holdout/{holdout.name}",
            )
            return _refused("holdout", f"drawn into {holdout.name}", reason, "another draw")
    return _passed("holdout", "not held out")


def is_held_out(holdout: Holdout, person_id: PersonId) -> bool:
    """Return whether a person falls in the share held out: the same answer for ever."""
    return share(holdout.salt, person_id) < holdout.share


def _cap(program: Program, state: State, intent: Intent, now: Instant) -> GateSeen:
    purpose = program.plan.purposes[intent.purpose]
    seen: list[str] = []
    for cap in program.plan.policies.caps:
        if not _concerns(cap.purposes, purpose):
            continue
        if cap.channels and intent.channel not in cap.channels:
            continue
        count = _contact_count(program, state, cap, now)
        words = f"{count} of {cap.limit} in {format_duration(cap.window)}"
        if count >= cap.limit:
            reason = Reason(
                code="cap.reached", what=f"has had {words}", definition=f"policies/cap/{cap.name}"
            )
            return _refused("cap", words, reason, f"fewer than {cap.limit} before")
        seen.append(words)
    return _passed("cap", "; ".join(seen) or "no cap concerns it")


def _contact_count(program: Program, state: State, cap: Cap, now: Instant) -> int:
    since = now - cap.window
    purposes = program.plan.purposes
    concerned = {name: True for name, one in purposes.items() if _concerns(cap.purposes, one)}
    counted = [
        # What has not left yet will leave now or later, however long ago it was decided.
        contact.at > since or contact.delivery_id in state.pending
        for contact in state.contacts
        if contact.purpose in concerned and (not cap.channels or contact.channel in cap.channels)
    ]
    return sum(counted)


def _quiet_hours(
    program: Program, state: State, intent: Intent, now: Instant
) -> tuple[GateSeen, Instant | None]:
    purpose = program.plan.purposes.get(intent.purpose)
    latest: Instant | None = None
    which: QuietHours | None = None
    for quiet in program.plan.policies.quiet_hours:
        if purpose is None or not _concerns(quiet.purposes, purpose):
            continue
        if quiet.channels and intent.channel not in quiet.channels:
            continue
        zones = program.zones_for(state, quiet, intent.address)
        until = quiet_until(now, zones, quiet.start, quiet.end)
        if until is not None and (latest is None or until > latest):
            latest, which = until, quiet
    if which is None:
        return _passed("quiet_hours", "not in quiet hours"), None
    reason = Reason(
        code="quiet_hours.now",
        what="it is quiet hours where the person is",
        definition=f"policies/quiet_hours/{which.name}",
    )
    held = GateSeen(
        gate="quiet_hours",
        verdict="hold",
        seen=f"in quiet hours {which.name}",
        reason=reason,
        would_change="the end of quiet hours",
    )
    return held, latest


def _expiry(intent: Intent, now: Instant) -> GateSeen:
    if now < intent.expires_at:
        left = format_duration(intent.expires_at - now)
        return _passed("expiry", f"{left} before it expires")
    reason = Reason(code="expiry.passed", what="its time to live has passed")
    return _refused("expiry", "expired", reason, "an earlier decision, or a longer time to live")


def cheapest(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    """Order channels by price, then by the order given."""
    return tuple(sorted(channels, key=lambda channel: channel.cost_micros))
