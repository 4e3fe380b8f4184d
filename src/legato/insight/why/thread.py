"""Threads through the notes: one message's decisions and outcome; one passage of a journey."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import msgspec

from legato.core.consents.addresses import OPTED_OUT
from legato.insight.sentences import clause, moment, plain
from legato.insight.why.answer import AnswerKind, GateLine, Stage, Weighing
from legato.model.delivery import Outcome
from legato.model.ids import DeliveryId, EnrollmentId
from legato.model.instant import Instant
from legato.model.note import (
    Admitted,
    Candidate,
    Decided,
    Entered,
    GateSeen,
    Left,
    Moved,
    Note,
    NotEntered,
    Reacted,
    Revoked,
    Settled,
    Story,
)
from legato.model.problem import Reason

OF_OUTCOME: dict[Outcome, AnswerKind] = {
    "accepted": "sent",
    "delivered": "sent",
    "complained": "sent",
    "bounced": "bounced",
    "failed": "failed",
    "expired": "expired",
    "refused": "revoked",
    "in_doubt": "in_doubt",
}
_OF_PROVIDERS = ("delivered", "bounced", "complained")
"""Outcomes that are said after the answer to a request, and may be heard before it."""
_OF_CONSENT = ("consent", OPTED_OUT.code)
"""What a person said of themselves, or of their address: of both the word is consent."""


class Thread(msgspec.Struct):
    """Everything noted under one delivery id, oldest first. Never empty of decisions."""

    delivery_id: DeliveryId
    decisions: list[tuple[Story, Decided]]
    settled: list[tuple[Story, Settled]]
    revoked: list[tuple[Story, Revoked]]
    reacted: list[tuple[Story, Reacted]]
    """What the person did with it, as the provider tells."""
    trace: str = ""
    before: Thread | None = None
    """Of the same message by another channel, which did not take it."""

    @property
    def journey(self) -> str:
        return self.decisions[-1][1].journey

    @property
    def message(self) -> str:
        return self.decisions[-1][1].message

    def kind(self) -> AnswerKind:
        """Return the last word on this message."""
        if self.settled:
            return OF_OUTCOME[self.settled[-1][1].outcome]
        match self.decisions[-1][1].verdict:
            case "pass":
                return "waiting"
            case "hold":
                return "held"
            case "refuse":
                return "refused"

    def state(self) -> str:
        """Return in a word what became of it: `sent`, `held`, `suppressed:consent` ..."""
        verdict = self.decisions[-1][1].verdict
        if self.settled:
            outcome = self.settled[-1][1].outcome
            if outcome != "refused":
                return "sent" if outcome == "accepted" else outcome
        elif verdict != "refuse" and not self.revoked:
            return "held" if verdict == "hold" else "queued"
        return f"suppressed:{self._suppressed_by()}"

    def _suppressed_by(self) -> str:
        reason = self.closed_by()
        code = reason.code if reason is not None else "gate"
        stage = code.partition(".")[0]
        return "consent" if stage in _OF_CONSENT or code in _OF_CONSENT else stage

    def closed_by(self) -> Reason | None:
        """Return the one thing that kept it, also where the gates of each channel say it."""
        reason, blocking = self.reason(), self.first_blocking()
        if reason is not None or blocking is None:
            return reason
        return Reason(code=blocking.code or blocking.gate, what=blocking.reason or blocking.seen)

    def reason(self) -> Reason | None:
        """Return why it was not sent, or not yet; None where the gates of each channel say it."""
        if self.revoked and (not self.settled or self.settled[-1][1].outcome == "refused"):
            # Its lane knows only that it was withdrawn.
            return self.revoked[-1][1].reason
        return self.settled[-1][1].reason if self.settled else self.decisions[-1][1].reason

    def sentence(self) -> str:
        """Say yes or no, when, and the one thing that decided; then what other channels did."""
        return self._verdict() + self._reactions() + self._detour() + self._kept_to()

    def _verdict(self) -> str:
        row, decided = self.decisions[-1]
        what = f"'{self.message}'"
        of = f" of {plain(self.journey)}" if self.journey else ""
        kind = self.kind()
        if kind == "refused":
            return f"No: {what}{of} was refused at {moment(row.at)}{self._because()}."
        if kind == "held":
            until = f" until {moment(decided.until)}" if decided.until is not None else ""
            return f"Not yet: {what}{of} is held{until}{self._because()}."
        if kind == "waiting" and self.revoked:
            return (
                f"No, unless it has already gone: {what}{of} was called back at "
                f"{moment(self.revoked[-1][0].at)}, because {self.revoked[-1][1].reason.what}."
            )
        if kind == "waiting":
            return (
                f"Not yet: {what}{of} was chosen for {decided.channel} at {moment(row.at)}; "
                "its destination has not answered yet."
            )
        return self._settled_sentence(f"{what}{of}", decided.channel)

    def _settled_sentence(self, what: str, channel: str) -> str:
        row, settled = self.settled[-1]
        at, why = moment(row.at), self._because()
        if settled.by:
            channel += f" through {settled.by}, because its own destination was down"
        match settled.outcome:
            case "accepted":
                text = f"Yes: {what} was sent by {channel}; the provider took it at {at}."
            case "delivered":
                text = f"Yes: {what} was sent by {channel} and arrived at {at}."
            case "complained":
                text = f"Yes: {what} was sent by {channel}; the person complained at {at}."
            case "bounced":
                text = f"No: {what} was sent by {channel} and bounced at {at}{why}."
            case "failed":
                text = f"No: {what} was chosen for {channel}, and failed at {at}{why}."
            case "expired":
                text = f"No: {what} was chosen for {channel}, and expired at {at}{why}."
            case "refused":
                text = f"No: {what} was chosen for {channel}, and taken back before sending"
                text += f" at {at}{why}."
            case "in_doubt":
                text = f"Perhaps: {what} was handed over by {channel}, without an answer{why}."
            case _:
                assert_never(settled.outcome)
        return text

    def _reactions(self) -> str:
        """Say when it was first opened, and first clicked."""
        first: dict[str, str] = {}
        for row, note in self.reacted:
            first.setdefault(note.reaction, moment(row.at))
        said = " and ".join(f"{reaction} at {at}" for reaction, at in first.items())
        return f" It was {said}, says the provider." if said else ""

    def _detour(self) -> str:
        """Say which channels were tried before this one."""
        steps: list[str] = []
        thread: Thread | None = self
        while thread is not None:
            decided = thread.decisions[0][1]
            if decided.fell_back is not None:
                tried = f"{decided.channel} was" if decided.channel else "the others were"
                steps.append(f"{decided.fell_back.what}, so {tried} tried")
            thread = thread.before
        return f" Before that, {'; then '.join(reversed(steps))}." if steps else ""

    def _kept_to(self) -> str:
        kept_to = self.settled[-1][1].kept_to if self.settled else None
        return f" No other channel was tried, because {kept_to.what}." if kept_to else ""

    def _because(self) -> str:
        reason = self.reason()
        closed = self._closed_channels()
        if len(closed) > 1 and not self.settled:
            gates = ", ".join(f"{channel} for {gate}" for channel, gate in closed)
            return f", because no channel was open: {gates}"
        if reason is not None:
            return f", because {reason.what}"
        blocking = self.first_blocking()
        return f", because {blocking.reason or blocking.seen}" if blocking else ""

    def _closed_channels(self) -> list[tuple[str, str]]:
        """Return each channel weighed with the first gate that closed it."""
        closed: list[tuple[str, str]] = []
        for candidate in self.decisions[-1][1].candidates:
            gate = next((gate for gate in candidate.gates if gate.verdict == "refuse"), None)
            if gate is not None:
                closed.append((candidate.channel, plain(gate.gate)))
        return closed

    def weighed(self) -> tuple[Weighing, ...]:
        """Return every channel with every gate, at the last decision and then at sending."""
        row, decided = self.decisions[-1]
        lines = [_weighing(row.at, each, chosen=decided.channel) for each in decided.candidates]
        for at_sending, settled in self.settled:
            if settled.gates:
                lines.append(
                    Weighing(
                        moment="sending",
                        at=at_sending.at,
                        channel=decided.channel,
                        is_chosen=True,
                        cost_micros=0,
                        gates=tuple(_gate_line(gate) for gate in settled.gates),
                    )
                )
        return tuple(lines)

    def first_blocking(self) -> GateLine | None:
        """Return the first gate that did not let it pass, where none let it pass in the end."""
        if self.kind() in ("sent", "waiting"):
            return None
        weighed = self.weighed()
        late = [each for each in weighed if each.moment == "sending"]
        gates = [gate for each in late or weighed for gate in each.gates]
        return next((gate for gate in gates if gate.verdict != "pass"), None)

    def would_change(self) -> str:
        """Return what would have made it a yes, each channel's way once."""
        if self.kind() in ("sent", "waiting"):
            return ""
        late = [each for each in self.weighed() if each.moment == "sending"]
        ways: list[str] = []
        for each in late or self.weighed():
            needed = [g.would_change for g in each.gates if g.verdict != "pass" and g.would_change]
            if needed:
                prefix = f"{each.channel}: " if len(self.weighed()) > 1 else ""
                ways.append(prefix + " and ".join(dict.fromkeys(needed)))
        return "; or ".join(dict.fromkeys(ways))


def _weighing(at: Instant, candidate: Candidate, *, chosen: str) -> Weighing:
    return Weighing(
        moment="decision",
        at=at,
        channel=candidate.channel,
        is_chosen=candidate.channel == chosen,
        cost_micros=candidate.cost_micros,
        gates=tuple(_gate_line(gate) for gate in candidate.gates),
    )


def _gate_line(gate: GateSeen) -> GateLine:
    return GateLine(
        gate=gate.gate,
        verdict=gate.verdict,
        seen=gate.seen,
        code=gate.reason.code if gate.reason else "",
        reason=gate.reason.what if gate.reason else "",
        definition=gate.reason.definition if gate.reason else "",
        would_change=gate.would_change,
        record=gate.record,
    )


def threads(story: Sequence[Story]) -> list[Thread]:
    """Return a person's messages in the order of their first decisions."""
    found: dict[DeliveryId, Thread] = {}
    for row in story:
        event_id = _event_of(row)
        for note in row.notes:
            if isinstance(note, Decided):
                thread = found.setdefault(
                    note.delivery_id,
                    Thread(
                        note.delivery_id,
                        decisions=[],
                        settled=[],
                        revoked=[],
                        reacted=[],
                        trace=event_id,
                    ),
                )
                if note.instead_of is not None:
                    thread.before = found.get(note.instead_of)
                    thread.trace = thread.before.trace if thread.before else event_id
                thread.decisions.append((row, note))
            elif isinstance(note, Settled) and note.delivery_id in found:
                _settle(found[note.delivery_id].settled, row, note)
            elif isinstance(note, Reacted) and note.delivery_id in found:
                found[note.delivery_id].reacted.append((row, note))
            elif isinstance(note, Revoked) and note.delivery_id in found:
                found[note.delivery_id].revoked.append((row, note))
    return list(found.values())


def _settle(settled: list[tuple[Story, Settled]], row: Story, note: Settled) -> None:
    """Keep what a provider says of an end as the last word: our lane may be slower to say it."""
    is_known = bool(settled) and settled[-1][1].outcome in _OF_PROVIDERS
    at = len(settled) - 1 if is_known and note.outcome == "accepted" else len(settled)
    settled.insert(at, (row, note))


class Passing(msgspec.Struct):
    """One enrollment as the notes tell it."""

    enrollment_id: EnrollmentId
    journey: str
    version: str
    key: str
    entered_at: Instant
    trace: str
    """The event that entered, or empty where a timer or an operator did."""
    step: str = ""
    """Where it stands, as far as the notes say."""
    left: tuple[Story, Left] | None = None
    stages: tuple[Stage, ...] = ()


def passings(story: Sequence[Story]) -> list[Passing]:
    """Return a person's enrollments in the order of their entries."""
    found: dict[EnrollmentId, Passing] = {}
    for row in story:
        for note in row.notes:
            if isinstance(note, Entered):
                found[note.enrollment_id] = _begun(row, note)
            elif isinstance(note, Moved | Left) and note.enrollment_id in found:
                _advance(found[note.enrollment_id], row, note)
    return list(found.values())


def _begun(row: Story, note: Entered) -> Passing:
    cause = next((each for each in row.notes if isinstance(each, Admitted)), None)
    stages = [_stage(row, cause)] if cause else []
    return Passing(
        enrollment_id=note.enrollment_id,
        journey=note.journey,
        version=note.version,
        key=note.key,
        entered_at=row.at,
        trace=cause.event_id if cause else "",
        stages=(*stages, _stage(row, note)),
    )


def _advance(passing: Passing, row: Story, note: Moved | Left) -> None:
    if isinstance(note, Left):
        passing.left = (row, note)
        passing.step = note.step
    else:
        passing.step = note.to_step
        # A late event may put somebody back who had left: the newest word holds.
        passing.left = None
    passing.stages = (*passing.stages, _stage(row, note))


def last_refusal(story: Sequence[Story], journey: str) -> tuple[Story, NotEntered] | None:
    """Return the last time a journey did not take this person in."""
    for row in reversed(story):
        for note in row.notes:
            if isinstance(note, NotEntered) and note.journey == journey:
                return row, note
    return None


def turned_away_again(story: Sequence[Story], journey: str) -> tuple[Story, NotEntered] | None:
    """Return the last time somebody who had been in a journey was not let in once more."""
    refusal = last_refusal(story, journey)
    if refusal is None or refusal[1].reason.code == "entry.repeated":
        return None
    entered = [
        row.position
        for row in story
        for note in row.notes
        if isinstance(note, Entered) and note.journey == journey
    ]
    return refusal if entered and entered[-1] < refusal[0].position else None


def _stage(row: Story, note: Note) -> Stage:
    return Stage(position=row.position, at=row.at, what=clause(note))


def _event_of(row: Story) -> str:
    return next((note.event_id for note in row.notes if isinstance(note, Admitted)), "")
