"""Putting on record what a person said, in the very step in which it was said.

A yes opens just what it names; where its purpose wants a double opt-in, it waits until it is
confirmed. A no closes as much as the policy's `opt_out_scope` says: its channel, its purpose in
every channel, or everything promotional. Every line said leaves a note, also one that changes
nothing.
"""

from __future__ import annotations

from msgspec import structs

from legato.core.consents.addresses import open_address
from legato.core.consents.standing import awaited, newer_consent
from legato.core.moment import Moment
from legato.model.consent import (
    CONFIRMED,
    EVERY_CHANNEL,
    Consent,
    ConsentLine,
    Evidence,
    Scope,
    ledger_key,
    record_of,
)
from legato.model.event import ConsentSaid, CustomerEvent
from legato.model.ids import EventId
from legato.model.instant import Instant, format_duration
from legato.model.note import ConsentSet, LineStanding
from legato.model.noun import Noun
from legato.model.problem import Reason

NO_CHANNEL = ""
"""Where something is done for a purpose without a channel: lists at destinations."""


class Statement(Noun, frozen=True, kw_only=True):
    """What was said at once, by whatever way it came."""

    lines: tuple[ConsentLine, ...]
    event_id: EventId
    received_at: Instant
    occurred_at: Instant
    source: str
    wording: str = ""
    evidence: Evidence = Evidence()
    scope: Scope = ""
    """How much a no closes, where the policy has an own answer for the way it came."""


def take_statement(moment: Moment, event: ConsentSaid) -> None:
    """Take a statement in that came by another way than a customer event."""
    known = tuple(line for line in event.lines if _is_declared(moment, line))
    if len(known) < len(event.lines):
        what = "a purpose or channel that was answered is not in the plan any more"
        moment.warn(Reason(code="consent.unknown", what=what))
    statement = Statement(
        lines=known,
        event_id=event.event_id,
        received_at=event.received_at,
        occurred_at=event.occurred_at,
        source=event.source,
        wording=event.wording,
        evidence=event.evidence,
        scope=event.scope,
    )
    if event.is_confirmation:
        for line in known:
            if line.is_granted:
                _confirm(moment, statement, line)
    else:
        put_on_record(moment, statement, is_proof=event.evidence.method == CONFIRMED)


def put_on_record(moment: Moment, statement: Statement, *, is_proof: bool = False) -> None:
    """Write every line into the ledger. Any order of arrival gives the same.

    `is_proof` says that a yes has been confirmed already, elsewhere. No client can claim it.
    """
    for line in statement.lines:
        consent = consent_of(moment, statement, line)
        about = (line.purpose, line.channel)
        if not line.is_granted:
            for key in closed_by(moment, *about, scope=statement.scope):
                _write(moment, key, consent, is_said=key == about)
            continue
        rule = moment.program.double_opt_ins.get(line.purpose)
        if rule is None or is_proof:
            _open(moment, about, consent)
            continue
        for key in opened_by(moment, *about):
            _open(moment, key, consent)
        for channel in rule.channels:
            if line.channel in (channel, EVERY_CHANNEL):
                _await(moment, (line.purpose, channel), consent)


def consent_of(moment: Moment, statement: Statement, line: ConsentLine) -> Consent:
    """Make the record of one line of a statement."""
    evidence = statement.evidence
    if not evidence.legal_basis:
        basis = moment.program.plan.purposes[line.purpose].basis
        evidence = structs.replace(evidence, legal_basis=basis)
    return Consent(
        is_granted=line.is_granted,
        at=said_at(moment, statement, is_granted=line.is_granted),
        source=statement.source,
        event_id=statement.event_id,
        wording=statement.wording,
        record=record_of(statement.event_id, line, evidence.method),
        evidence=evidence,
    )


def closed_by(
    moment: Moment, purpose: str, channel: str, *, scope: Scope = ""
) -> list[tuple[str, str]]:
    """Return what a no closes: as the policy says, unless the way it came has an own answer."""
    plan = moment.program.plan
    scope = scope or plan.policies.opt_out_scope
    if scope == "channel":
        return [(purpose, channel)]
    channels = [EVERY_CHANNEL, *plan.channels]
    if scope == "topic":
        return [(purpose, one) for one in channels]
    promotional = [one.name for one in plan.purposes.values() if one.is_promotional]
    names = dict.fromkeys([purpose, *promotional])
    return [(name, one) for name in names for one in channels]


def opened_by(moment: Moment, purpose: str, channel: str) -> list[tuple[str, str]]:
    """Return what a yes opens before anybody has confirmed it."""
    rule = moment.program.double_opt_ins.get(purpose)
    if rule is None:
        return [(purpose, channel)]
    if channel != EVERY_CHANNEL:
        return [] if channel in rule.channels else [(purpose, channel)]
    others = [one for one in moment.program.plan.channels if one not in rule.channels]
    return [(purpose, one) for one in (NO_CHANNEL, *others)]


def note_line(
    moment: Moment,
    key: tuple[str, str],
    line: Consent,
    *,
    standing: LineStanding = "present",
    reason: Reason | None = None,
) -> None:
    """Leave a line of the ledger among the notes, which are never changed."""
    purpose, channel = key
    moment.notes.append(
        ConsentSet(
            purpose=purpose,
            channel=channel,
            is_granted=line.is_granted,
            line=line,
            standing=standing,
            reason=reason,
        )
    )


def _is_declared(moment: Moment, line: ConsentLine) -> bool:
    plan = moment.program.plan
    is_channel = line.channel == EVERY_CHANNEL or line.channel in plan.channels
    return is_channel and line.purpose in plan.purposes


def _confirm(moment: Moment, statement: Statement, line: ConsentLine) -> None:
    """Let a yes that waits hold from now on. What nobody asked, or too late, changes nothing."""
    consent, key = consent_of(moment, statement, line), (line.purpose, line.channel)
    waiting = awaited(moment.program.plan, moment.state, *key)
    rule = moment.program.double_opt_ins.get(line.purpose)
    if waiting is None:
        reason = Reason(code="consent.nothing_to_confirm", what="no yes waits to be confirmed")
        note_line(moment, key, consent, standing="void", reason=reason)
    elif rule is not None and moment.now - waiting.at > rule.expires:
        what = f"it was confirmed later than {format_duration(rule.expires)} after it was said"
        reason = Reason(code="consent.confirmed_late", what=what)
        note_line(moment, key, consent, standing="void", reason=reason)
    else:
        wording = statement.wording or waiting.wording
        confirmed = structs.replace(consent, wording=wording, confirms=waiting.record)
        _open(moment, key, confirmed)


def _write(moment: Moment, key: tuple[str, str], line: Consent, *, is_said: bool = True) -> None:
    consents, name = moment.state.consents, ledger_key(*key)
    before = consents.get(name)
    after = newer_consent(before, line)
    if after is before:
        if is_said:
            note_line(moment, key, line, standing="earlier", reason=_SAID_SINCE)
        return
    consents[name] = after
    has_changed = before is None or before.is_granted != line.is_granted
    if has_changed:
        moment.changed["consent"] = True
    if has_changed or is_said:
        note_line(moment, key, line)


_SAID_SINCE = Reason(code="consent.said_since", what="something newer was known already")


def _await(moment: Moment, key: tuple[str, str], line: Consent) -> None:
    """Keep a yes until it is confirmed; it opens nothing before."""
    unconfirmed, name = moment.state.unconfirmed, ledger_key(*key)
    after = newer_consent(unconfirmed.get(name), line)
    unconfirmed[name] = after
    if awaited(moment.program.plan, moment.state, *key) is line:
        moment.changed["consent"] = True
        moment.to_confirm.append(key)
        note_line(moment, key, line, standing="pending")
    else:
        note_line(moment, key, line, standing="earlier", reason=_SAID_SINCE)


def said_at(moment: Moment, said: Statement | CustomerEvent, *, is_granted: bool) -> Instant:
    """Return when it was said; after what was said before by a clock that was ahead.

    Nothing can have been said later than now, so a line that claims it was written before the
    machine's clock was set back. By its instant it would outlive every no of the hours that
    come. A no counts by the order of arrival then, however little the clock went back; a yes only
    when the engine's clock followed it.
    """
    latest = moment.now if is_granted else said.received_at
    ahead = [
        line.at + 1
        for line in moment.state.consents.values()
        if line.at > latest and line.event_id != said.event_id
    ]
    return max(ahead) if ahead else said.occurred_at


def _open(moment: Moment, key: tuple[str, str], line: Consent) -> None:
    """Write a yes; an address that had opted out is reached again by whoever has it and says it.

    Only a yes to this very channel counts, and none that comes late: it may be older than the no.
    """
    _write(moment, key, line)
    purpose, channel = key
    is_timely = line.at >= moment.now - moment.program.plan.lateness
    if is_timely and channel in moment.program.opt_out_channels:
        open_address(moment, channel, purpose, moment.address(channel))
