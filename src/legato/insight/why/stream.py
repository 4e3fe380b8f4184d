"""Did this person's events reach a destination, and if not, why not? Read from the notes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from legato.insight.sentences import clause, moment, plain, withheld_words
from legato.insight.why.answer import Answer, AnswerKind, Line, Stage
from legato.insight.why.thread import OF_OUTCOME
from legato.model.ids import DeliveryId
from legato.model.note import HandedOn, Onward, Revoked, Settled, Story
from legato.model.noun import Noun
from legato.model.plan import Plan


class StreamQuestion(Noun, frozen=True, kw_only=True):
    """Whose events, and where to."""

    person_id: str
    destination: str
    event: str = ""
    """Empty: every one."""


class _Passed(msgspec.Struct):
    """One event on its way to the destination."""

    row: Story
    note: HandedOn
    onward: Onward
    settled: tuple[Story, Settled] | None = None
    revoked: tuple[Story, Revoked] | None = None

    def kind(self) -> AnswerKind:
        if self.onward.code:
            return "refused"
        return OF_OUTCOME[self.settled[1].outcome] if self.settled is not None else "waiting"

    def state(self) -> str:
        if self.onward.code:
            return f"suppressed:{self.onward.code.partition('.')[0]}"
        if self.settled is None:
            return "queued"
        outcome = self.settled[1].outcome
        return "sent" if outcome == "accepted" else outcome

    def sentence(self) -> str:
        """Say yes or no, and why not."""
        what = f"'{self.note.name}' of {moment(self.row.at)}"
        to, kind = plain(self.onward.destination), self.kind()
        if self.onward.code:
            why = withheld_words(self.onward.code)
            return f"No: {what} does not go on to {to}, because {why}."
        if self.settled is None:
            return f"Not yet: {what} is on its way to {to}, which has not answered."
        at = moment(self.settled[0].at)
        if kind == "sent":
            return f"Yes: {what} went on to {to}, which took it at {at}."
        outcome = self.settled[1].outcome.replace("_", " ")
        return f"No: {what} was meant for {to}, and was {outcome} at {at}{self._because()}."

    def _because(self) -> str:
        reason = self.revoked[1].reason if self.revoked is not None else None
        if self.settled is not None and reason is None:
            reason = self.settled[1].reason
        return f", because {reason.what}" if reason is not None else ""


def why_handed_on(story: Sequence[Story], question: StreamQuestion, *, plan: Plan) -> Answer:
    """Answer from a person's whole story, oldest first: of the newest event, and each in a line."""
    passed = _passed(story, question)
    if not passed:
        return _nothing(question, plan)
    last = passed[-1]
    settled = last.settled[1] if last.settled is not None else None
    return Answer(
        kind=last.kind(),
        is_sent=last.kind() == "sent",
        sentence=last.sentence(),
        person_id=question.person_id,
        message=last.note.name,
        at=last.row.at,
        would_change=_would_change(last),
        delivery_id=last.onward.delivery_id,
        state=last.state(),
        trace=last.note.event_id,
        outcome=settled.outcome if settled is not None else "",
        receipt=settled.receipt if settled is not None else "",
        attempt_count=settled.attempt_count if settled is not None else 0,
        way=_way(last),
        decisions=tuple(_line(each) for each in passed),
    )


def _passed(story: Sequence[Story], question: StreamQuestion) -> list[_Passed]:
    found: list[_Passed] = []
    by_id: dict[DeliveryId, _Passed] = {}
    for row in story:
        for note in row.notes:
            if isinstance(note, HandedOn) and question.event in ("", note.name):
                for onward in note.to:
                    if onward.destination == question.destination:
                        each = _Passed(row, note, onward)
                        found.append(each)
                        by_id[onward.delivery_id] = each
            elif isinstance(note, Settled) and note.delivery_id in by_id:
                by_id[note.delivery_id].settled = (row, note)
            elif isinstance(note, Revoked) and note.delivery_id in by_id:
                by_id[note.delivery_id].revoked = (row, note)
    return found


def _nothing(question: StreamQuestion, plan: Plan) -> Answer:
    destination = plan.destinations.get(question.destination)
    kind: AnswerKind = "nothing"
    if destination is None:
        kind = "unknown_destination"
        sentence = f"No: there is no destination '{question.destination}'."
        would = "a destination of that name in the plan"
    elif destination.events is None:
        sentence = f"No: {plain(question.destination)} gets no events."
        would = "`events:` at the destination"
    else:
        sentence = f"No: no event of this person was for {plain(question.destination)} yet."
        would = "an event that its `events:` asks for; of what was before: `legato replay --to`"
    return Answer(
        kind=kind,
        is_sent=False,
        sentence=sentence,
        person_id=question.person_id,
        message=question.event,
        would_change=would,
    )


def _would_change(passed: _Passed) -> str:
    stage = passed.onward.code.partition(".")[0]
    return {"consent": "their consent", "residency": "a destination in their region"}.get(stage, "")


def _way(passed: _Passed) -> tuple[Stage, ...]:
    rows = [(passed.row, clause(passed.note))]
    rows += [(one[0], clause(one[1])) for one in (passed.revoked, passed.settled) if one]
    return tuple(Stage(position=row.position, at=row.at, what=what) for row, what in rows)


def _line(passed: _Passed) -> Line:
    return Line(
        at=passed.row.at,
        journey="",
        message=passed.note.name,
        kind=passed.kind(),
        sentence=passed.sentence(),
        delivery_id=passed.onward.delivery_id,
        state=passed.state(),
    )
