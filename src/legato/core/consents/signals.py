"""What software says for a person with every event: consent tools, TCF strings, GPC.

It is no statement of theirs at that instant: it repeats what was chosen before. So it is kept apart
from what people say (see standing), leaves one line in the ledger for each change instead of one
for each page seen, and asks nobody to confirm anything.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from legato.core.consents.standing import newer_consent, older_consent
from legato.core.consents.statement import (
    Statement,
    closed_by,
    consent_of,
    note_line,
    opened_by,
    said_at,
)
from legato.core.moment import Moment
from legato.model.consent import EVERY_CHANNEL, Consent, ConsentLine, Evidence, ledger_key
from legato.model.event import CustomerEvent


def hear_tool(
    moment: Moment,
    event: CustomerEvent,
    lines: Iterable[ConsentLine],
    *,
    method: str,
    is_opt_out: bool,
) -> None:
    """Take in what a consent tool says; its no reaches as far as an opt-out where it is one."""
    for line in lines:
        about = (line.purpose, line.channel)
        keys = [about]
        if line.is_granted:
            keys = opened_by(moment, *about)
        elif is_opt_out:
            keys = closed_by(moment, *about)
        anew = [key for key in keys if not _repeats(moment, event, line, key, method)]
        if anew:
            consent = consent_of(moment, _statement(event, method), line)
            for key in anew:
                _write(moment, key, consent)


def hear_objection(moment: Moment, event: CustomerEvent, purposes: tuple[str, ...]) -> None:
    """Take in that a browser objects to everything: a no to the purposes that the policy names."""
    statement = _statement(event, "gpc")
    for purpose in purposes:
        before = moment.state.objections.get(purpose)
        if before is not None and before.at <= statement.occurred_at:
            continue
        line = consent_of(moment, statement, ConsentLine(purpose=purpose, is_granted=False))
        if before is not None:
            # It was there before the first that was seen: the ledger's line stays that one's.
            line = structs.replace(line, record=before.record)
        moment.state.objections[purpose] = older_consent(before, line)
        moment.changed["consent"] = True
        if before is None:
            note_line(moment, (purpose, EVERY_CHANNEL), line)


def _statement(event: CustomerEvent, method: str) -> Statement:
    return Statement(
        lines=(),
        event_id=event.event_id,
        received_at=event.received_at,
        occurred_at=event.occurred_at,
        source=event.source,
        evidence=Evidence(method=method),
    )


def _repeats(
    moment: Moment, event: CustomerEvent, line: ConsentLine, key: tuple[str, str], method: str
) -> bool:
    """Take in what a tool has said before, as it does with every event; False: it is news."""
    signals, name = moment.state.signals, ledger_key(*key)
    before = signals.get(name)
    if (
        before is None
        or before.is_granted != line.is_granted
        or before.source != event.source
        or before.evidence.method != method
    ):
        return False
    at = said_at(moment, event, is_granted=line.is_granted)
    if before.at >= at:
        return False
    signals[name] = structs.replace(before, at=at, event_id=event.event_id)
    return True


def _write(moment: Moment, key: tuple[str, str], line: Consent) -> None:
    signals, name = moment.state.signals, ledger_key(*key)
    before = signals.get(name)
    after = newer_consent(before, line)
    if after is before:
        return
    if before is not None and before.is_granted == line.is_granted:
        signals[name] = structs.replace(after, record=before.record)
        return
    signals[name] = after
    moment.changed["consent"] = True
    note_line(moment, key, line)
