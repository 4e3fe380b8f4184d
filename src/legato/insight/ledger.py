"""The ledger of consents as notes have it: what was said, what holds, and what a send relied on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from legato.core.consents.standing import awaited, holding
from legato.insight.shown import ShownReason, shown_reason
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.note import ConsentSet, Decided, LineStanding, Settled, Story, mark_of
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.state import State
from legato.ports.state_store import Records

LINES = mark_of(ConsentSet(purpose="", channel="", is_granted=False))
LINES_MAX = 10_000
"""Steps in which one person says something: more than anybody does."""

Answer: TypeAlias = Literal["yes", "no", "pending", "never asked"]


class LedgerLine(Noun, frozen=True, kw_only=True):
    """A record of the ledger, whole."""

    record: str
    purpose: str
    channel: str
    is_granted: bool
    at: Instant
    source: str
    event_id: str
    wording: str
    method: str
    jurisdiction: str
    legal_basis: str
    language: str
    ip_digest: str
    standing: LineStanding
    """When it came in: later lines may have taken its place since."""
    recorded_at: Instant
    confirms: str = ""
    reason: ShownReason | None = None


class Holding(Noun, frozen=True, kw_only=True):
    """What holds now for a purpose in a channel."""

    purpose: str
    channel: str
    """Empty: lists at destinations, which are of no channel."""
    answer: Answer
    since: Instant | None = None
    record: str = ""


class Ledger(Noun, frozen=True, kw_only=True):
    """All about one person's consents."""

    person_id: str
    present: tuple[Holding, ...]
    lines: tuple[LedgerLine, ...]
    """Oldest first."""


class Relied(Noun, frozen=True, kw_only=True):
    """What a delivery rested on: at its decision, and again when it was sent."""

    delivery_id: str
    person_id: str
    message: str
    channel: str
    decided_at: Instant
    seen: str
    """What the consent gate saw at the decision."""
    decided_on: str
    """Record of the ledger; empty where the purpose rests on another basis than consent."""
    sent_on: str
    """The same at the instant of sending; empty where it was not sent."""
    outcome: str
    lines: tuple[LedgerLine, ...]
    """The records, whole."""


def ledger_of(records: Records, state: State, plan: Plan) -> Ledger:
    """Return what holds of a person, and every line that ever came in."""
    steps = records.mentions(state.person_id, [LINES], LINES_MAX)
    return Ledger(
        person_id=state.person_id,
        present=_present(state, plan),
        lines=tuple(line for step in steps for line in _lines(step)),
    )


def relied_on(records: Records, person_id: PersonId, delivery_id: str) -> Relied | None:
    """Return what a delivery relied on; None where the person never had one of this id."""
    # One walk through the story: the lines, few as they are, are read with the delivery's notes.
    steps = records.mentions(person_id, [delivery_id.encode(), LINES], LINES_MAX)
    decisions = [
        (step, note)
        for step in steps
        for note in step.notes
        if isinstance(note, Decided) and note.delivery_id == delivery_id
    ]
    if not decisions:
        return None
    settled = [
        note
        for step in steps
        for note in step.notes
        if isinstance(note, Settled) and note.delivery_id == delivery_id
    ]
    step, decided = decisions[-1]
    seen, decided_on = _gate_of(decided)
    sent_on = next((note.record for note in settled if note.record), "")
    return Relied(
        delivery_id=delivery_id,
        person_id=step.person_id,
        message=decided.message,
        channel=decided.channel,
        decided_at=step.at,
        seen=seen,
        decided_on=decided_on,
        sent_on=sent_on,
        outcome=settled[-1].outcome if settled else "",
        lines=tuple(
            line
            for record in dict.fromkeys(filter(None, (decided_on, sent_on)))
            for line in _record(steps, record, decided.channel)
        ),
    )


def _gate_of(decided: Decided) -> tuple[str, str]:
    for candidate in decided.candidates:
        if candidate.channel == decided.channel or not decided.channel:
            for gate in candidate.gates:
                if gate.gate == "consent":
                    return gate.seen, gate.record
    return "", ""


def _record(steps: Sequence[Story], record: str, channel: str) -> tuple[LedgerLine, ...]:
    """Return a record; of the places it was written to, the one that speaks of this channel."""
    found = [line for step in steps for line in _lines(step) if line.record == record]
    found.sort(key=lambda line: line.channel != channel)
    return tuple(found[:1])


def _lines(step: Story) -> list[LedgerLine]:
    return [
        LedgerLine(
            record=note.line.record,
            purpose=note.purpose,
            channel=note.channel,
            is_granted=note.is_granted,
            at=note.line.at,
            source=note.line.source,
            event_id=note.line.event_id,
            wording=note.line.wording,
            method=note.line.evidence.method,
            jurisdiction=note.line.evidence.jurisdiction,
            legal_basis=note.line.evidence.legal_basis,
            language=note.line.evidence.language,
            ip_digest=note.line.evidence.ip_digest,
            standing=note.standing,
            recorded_at=step.at,
            confirms=note.line.confirms,
            reason=shown_reason(note.reason) if note.reason is not None else None,
        )
        for note in step.notes
        if isinstance(note, ConsentSet) and note.line is not None
    ]


def _present(state: State, plan: Plan) -> tuple[Holding, ...]:
    return tuple(
        _holding(state, plan, purpose.name, channel)
        for purpose in plan.purposes.values()
        if purpose.basis == "consent"
        for channel in (*plan.channels, "")
    )


def _holding(state: State, plan: Plan, purpose: str, channel: str) -> Holding:
    line = holding(plan, state, purpose, channel)
    waiting = awaited(plan, state, purpose, channel)
    answer: Answer = "never asked"
    if waiting is not None:
        line, answer = waiting, "pending"
    elif line is not None:
        answer = "yes" if line.is_granted else "no"
    return Holding(
        purpose=purpose,
        channel=channel,
        answer=answer,
        since=line.at if line is not None else None,
        record=line.record if line is not None else "",
    )
