"""Putting on record what a person said, in the very step in which it was said.

A yes opens just what it names. A no closes as much as the policy's `opt_out_scope` says: its
channel, its purpose in every channel, or everything promotional.
"""

from __future__ import annotations

from typing import Literal

from legato.core.consents.addresses import open_address
from legato.core.consents.standing import newer_consent
from legato.core.moment import Moment
from legato.model.consent import (
    EVERY_CHANNEL,
    Consent,
    ConsentLine,
    Evidence,
    ledger_key,
    record_of,
)
from legato.model.event import ConsentSaid
from legato.model.ids import EventId
from legato.model.instant import Instant
from legato.model.note import Alerted, ConsentSet
from legato.model.noun import Noun
from legato.model.problem import Reason


class Statement(Noun, frozen=True, kw_only=True):
    """What was said at once, by whatever way it came."""

    lines: tuple[ConsentLine, ...]
    event_id: EventId
    received_at: Instant
    occurred_at: Instant
    source: str
    wording: str = ""
    evidence: Evidence = Evidence()
    scope: Literal["", "channel", "topic", "global"] = ""
    """How much a no closes, where the policy has an own answer for the way it came."""


def take_statement(moment: Moment, event: ConsentSaid) -> None:
    """Take a statement in that came by another way than a customer event."""
    known = tuple(line for line in event.lines if _is_declared(moment, line))
    if len(known) < len(event.lines):
        what = "a purpose or channel that was answered is not in the plan any more"
        moment.notes.append(Alerted(reason=Reason(code="consent.unknown", what=what)))
    statement = Statement(
        lines=known,
        event_id=event.event_id,
        received_at=event.received_at,
        occurred_at=event.occurred_at,
        source=event.source,
        wording=event.wording,
        evidence=event.evidence,
    )
    put_on_record(moment, statement)


def put_on_record(moment: Moment, statement: Statement) -> None:
    """Write every line into the ledger. Any order of arrival gives the same."""
    for line in statement.lines:
        at = _said_at(moment, statement, is_granted=line.is_granted)
        for key in _scope(moment, statement, line):
            _write(moment, key, _consent(statement, line, key, at))
        if line.is_granted and line.channel in moment.program.opt_out_channels:
            _open_address(moment, line, at)


def _is_declared(moment: Moment, line: ConsentLine) -> bool:
    plan = moment.program.plan
    is_channel = line.channel == EVERY_CHANNEL or line.channel in plan.channels
    return is_channel and line.purpose in plan.purposes


def _consent(statement: Statement, line: ConsentLine, key: tuple[str, str], at: Instant) -> Consent:
    return Consent(
        is_granted=line.is_granted,
        at=at,
        source=statement.source,
        event_id=statement.event_id,
        wording=statement.wording,
        record=record_of(statement.event_id, *key),
        evidence=statement.evidence,
    )


def _write(moment: Moment, about: tuple[str, str], line: Consent) -> None:
    purpose, channel = about
    key = ledger_key(purpose, channel)
    before = moment.state.consents.get(key)
    after = newer_consent(before, line)
    if after is before:
        return
    moment.state.consents[key] = after
    if before is None or before.is_granted != line.is_granted:
        moment.changed["consent"] = True
        note = ConsentSet(purpose=purpose, channel=channel, is_granted=line.is_granted)
        moment.notes.append(note)


def _said_at(moment: Moment, statement: Statement, *, is_granted: bool) -> Instant:
    """Return when it was said; after what was said before by a clock that was ahead.

    Nothing can have been said later than now, so a line that claims it was written before the
    machine's clock was set back. By its instant it would outlive every no of the hours that
    come. A no counts by the order of arrival then, however little the clock went back; a yes only
    when the engine's clock followed it.
    """
    latest = moment.now if is_granted else statement.received_at
    ahead = [
        line.at + 1
        for line in moment.state.consents.values()
        if line.at > latest and line.event_id != statement.event_id
    ]
    return max(ahead) if ahead else statement.occurred_at


def _open_address(moment: Moment, line: ConsentLine, at: Instant) -> None:
    """Let an address that had opted out be reached again by whoever has it, and says yes to it.

    Only a yes to this very channel counts, and none that comes late: it may be older than the no.
    """
    channel = moment.program.plan.channels.get(line.channel)
    if channel is not None and at >= moment.now - moment.program.plan.lateness:
        open_address(moment, line.channel, line.purpose, moment.address(channel.name))


def _scope(moment: Moment, statement: Statement, line: ConsentLine) -> list[tuple[str, str]]:
    """Return what a yes opens (just what it names) or a no closes (as the policy says)."""
    scope = statement.scope or moment.program.plan.policies.opt_out_scope
    if line.is_granted or scope == "channel":
        return [(line.purpose, line.channel)]
    channels = [EVERY_CHANNEL, *moment.program.plan.channels]
    if scope == "topic":
        return [(line.purpose, one) for one in channels]
    promotional = [one.name for one in moment.program.plan.purposes.values() if one.is_promotional]
    names = dict.fromkeys([line.purpose, *promotional])
    return [(name, one) for name in names for one in channels]
