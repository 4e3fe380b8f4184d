"""Why did this person (not) get this message? Read from the notes, never worked out again.

A message is a thread through the notes: the event that was admitted, the enrollment it began,
the moves, one or more decisions under one delivery id (a held message is decided again), and
what became of it. Where a thread exists, the answer is its last word. Where none does, the answer
is how far the person came: in the journey, out of it, refused at its door, or never there.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import msgspec

from legato.expr.english import sentence as english
from legato.insight.sentences import clause, moment, plain
from legato.insight.why.answer import Answer, AnswerKind, GateLine, Line, Stage
from legato.insight.why.instead import UNSENT, instead_of_entering, instead_of_message
from legato.insight.why.thread import (
    Passing,
    Thread,
    last_refusal,
    passings,
    threads,
    turned_away_again,
)
from legato.model.definitions.journey import (
    Call,
    Entry,
    Journey,
    Send,
    Wait,
    WaitCase,
    WaitFor,
    WaitUntil,
)
from legato.model.definitions.rollout import percent
from legato.model.ids import PersonId
from legato.model.instant import Instant, format_duration
from legato.model.note import NotEntered, Story
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.problem import Reason

_RANK: tuple[AnswerKind, ...] = (
    "in_journey",
    "left",
    "not_entered",
    "quarantined",
    "not_begun",
)
"""Of several journeys that could have sent a message, the one that came nearest answers."""


class Stopped(Noun, frozen=True, kw_only=True):
    """An event of this person that waits in quarantine."""

    position: int
    at: Instant
    name: str
    reason: Reason


class Question(Noun, frozen=True, kw_only=True):
    """Whom, and perhaps which journey and which message. Empty is every one."""

    person_id: str
    journey: str = ""
    message: str = ""
    delivery: str = ""
    """One decision by its id, where a message was decided on more than once."""


def why(
    story: Sequence[Story],
    question: Question,
    *,
    plan: Plan,
    stopped: Sequence[Stopped] = (),
) -> Answer:
    """Answer from a person's whole story, oldest first, and their quarantined events."""
    every = threads(story)
    found = [
        thread
        for thread in every
        if question.journey in ("", thread.journey)
        and question.message in ("", thread.message)
        and question.delivery in ("", thread.delivery_id)
    ]
    if found:
        answer = _of_thread(question, found, story=story, plan=plan)
        if answer.kind in UNSENT:
            blocking = answer.first_blocking
            instead = instead_of_message(found[-1], blocking, among=every, plan=plan)
            answer = msgspec.structs.replace(answer, instead=instead)
    else:
        answer = _unsent(question, story, plan=plan, stopped=stopped)
        if answer.kind in UNSENT and answer.at is not None:
            instead = instead_of_entering(answer.at, every)
            answer = msgspec.structs.replace(answer, instead=instead)
    return _with_return(answer, turned_away_again(story, question.journey))


def _with_return(answer: Answer, again: tuple[Story, NotEntered] | None) -> Answer:
    """Say too that somebody was not let in once more."""
    if again is None:
        return answer
    row, note = again
    since = f" At {moment(row.at)} they were not let in again, because {note.reason.what}."
    return msgspec.structs.replace(answer, sentence=answer.sentence + since)


def unknown_person(question: Question) -> Answer:
    """Answer for somebody of whom nothing is known."""
    return Answer(
        kind="unknown_person",
        is_sent=False,
        sentence="No: nobody is known by this id or identifier.",
        journey=question.journey,
        message=question.message,
        would_change="an event that carries this identifier, as identity.yaml declares it",
    )


def _of_thread(
    question: Question, found: Sequence[Thread], *, story: Sequence[Story], plan: Plan
) -> Answer:
    thread = found[-1]
    last = thread.decisions[-1][1]
    kind = thread.kind()
    settled = thread.settled[-1][1] if thread.settled else None
    passing = next(
        (p for p in passings(story) if p.enrollment_id == last.enrollment_id),
        None,
    )
    blocking = thread.first_blocking()
    return Answer(
        kind=kind,
        is_sent=kind == "sent",
        sentence=thread.sentence(),
        person_id=question.person_id,
        journey=thread.journey,
        message=thread.message,
        at=thread.decisions[-1][0].at,
        first_blocking=blocking,
        would_change=thread.would_change(),
        weighed=thread.weighed(),
        plan=last.plan,
        journey_version=last.version,
        journey_step=_step_place(plan, last.journey, last.version, step_id=last.step),
        delivery_id=last.delivery_id,
        state=thread.state(),
        trace=thread.trace or (passing.trace if passing else ""),
        outcome=settled.outcome if settled else "",
        receipt=next((s.receipt for _, s in reversed(thread.settled) if s.receipt), ""),
        attempt_count=settled.attempt_count if settled else 0,
        way=_way(thread, passing, story),
        decisions=tuple(_line(each) for each in found),
    )


def _line(thread: Thread) -> Line:
    return Line(
        at=thread.decisions[-1][0].at,
        journey=thread.journey,
        message=thread.message,
        kind=thread.kind(),
        sentence=thread.sentence(),
        delivery_id=thread.delivery_id,
        state=thread.state(),
    )


def _way(thread: Thread, passing: Passing | None, story: Sequence[Story]) -> tuple[Stage, ...]:
    """Return what led to the thread's last word, in the order in which it was noted."""
    last = (thread.reacted or thread.settled or thread.revoked or thread.decisions)[-1][0].position
    kept = dict.fromkeys(passing.stages if passing else ())
    tried: Thread | None = thread
    while tried is not None:
        for row, note in (*tried.decisions, *tried.revoked, *tried.settled, *tried.reacted):
            kept[_stage(row, clause(note))] = None
        tried = tried.before
    told = [_stage(row, clause(note)) for row in story for note in row.notes]
    return tuple(stage for stage in dict.fromkeys(told) if stage in kept and stage.position <= last)


def _stage(row: Story, what: str) -> Stage:
    return Stage(position=row.position, at=row.at, what=what)


def _version(plan: Plan, journey: str, version: str) -> Journey | None:
    known = (*plan.retired, *plan.journeys.values())
    return next((j for j in known if (j.name, j.version) == (journey, version)), None)


def _step_place(plan: Plan, journey: str, version: str, *, step_id: str) -> str:
    """Name a step and, where its version is still known, its line in the workspace."""
    known = _version(plan, journey, version)
    place = known.places.get(step_id, "") if known else ""
    return f"{step_id} ({place})" if place else step_id


def _unsent(
    question: Question, story: Sequence[Story], *, plan: Plan, stopped: Sequence[Stopped]
) -> Answer:
    mistaken = _unknown_name(question, plan)
    if mistaken is not None:
        return mistaken
    if not question.journey and not question.message:
        return _reply(
            question,
            "nothing",
            "No: no message has been decided for this person yet.",
            would="entering a journey that sends a message",
        )
    names = [question.journey] if question.journey else senders(plan, question.message)
    if not names:
        return _reply(
            question,
            "not_begun",
            f"No: no journey of the present plan sends '{question.message}'.",
            would=f"a journey with a step `send: {{message: {question.message}}}`",
        )
    answers = [
        _short_of_message(question, name, story=story, plan=plan, stopped=stopped) for name in names
    ]
    return min(answers, key=lambda answer: (_RANK.index(answer.kind), -(answer.at or 0)))


def _unknown_name(question: Question, plan: Plan) -> Answer | None:
    journeys = [*plan.journeys, *(journey.name for journey in plan.retired)]
    if question.journey and question.journey not in journeys:
        return _unknown(question, "unknown_journey", "journey", question.journey, among=journeys)
    if question.message and question.message not in plan.templates:
        templates = list(plan.templates)
        return _unknown(question, "unknown_message", "message", question.message, among=templates)
    return None


def _unknown(
    question: Question, kind: AnswerKind, noun: str, name: str, *, among: Sequence[str]
) -> Answer:
    near = difflib.get_close_matches(name, among, n=1)
    hint = f"the present plan has '{near[0]}'" if near else f"a {noun} of that name in the plan"
    return _reply(question, kind, f"No: there is no {noun} '{name}'.", would=hint)


def senders(plan: Plan, message: str) -> list[str]:
    """Return the journeys of the present plan that send a message to those who enter."""
    return sorted({one.name: None for one in plan.entered if _sends(one, message)})


def _sends(journey: Journey, message: str) -> bool:
    return any(isinstance(s, Send) and s.message == message for s in journey.steps.values())


def _short_of_message(
    question: Question,
    name: str,
    *,
    story: Sequence[Story],
    plan: Plan,
    stopped: Sequence[Stopped],
) -> Answer:
    """Say how far the person came in one journey that decided nothing for them."""
    asked = Question(person_id=question.person_id, journey=name, message=question.message)
    passing = next((p for p in reversed(passings(story)) if p.journey == name), None)
    if passing is not None:
        return _of_passing(asked, passing, plan)
    refusal = last_refusal(story, name)
    if refusal is not None:
        return _turned_away(asked, *refusal)
    mine = plan.version_for(name, PersonId(question.person_id))
    journey = mine or plan.journeys.get(name)
    waiting = [each for each in stopped if journey and each.name == journey.entry.on]
    if waiting:
        return _quarantined(asked, waiting[-1])
    return _not_begun(asked, journey)


def _of_passing(question: Question, passing: Passing, plan: Plan) -> Answer:
    message = f"'{question.message}'" if question.message else "its next message"
    journey = _version(plan, passing.journey, passing.version)
    at_step = passing.step or (journey.first if journey else "")  # nobody is moved to the first
    place = _step_place(plan, passing.journey, passing.version, step_id=at_step)
    name = plain(passing.journey)
    if _is_of_another_version(question, journey, plan):
        rollout = plan.rollouts[passing.journey]
        answer = _reply(
            question,
            "in_journey" if passing.left is None else "left",
            f"No: the person entered {name} at {moment(passing.entered_at)} by the version that "
            f"ran before, and that does not send {message}: {percent(rollout.share)} of those "
            "who enter get the present one.",
            would=_WOULD_ENTER["entry.rollout"],
        )
    elif passing.left is None:
        step = _standing(journey, at_step)
        standing = f", waiting for {step}" if step else f", at step {place}" if place else ""
        answer = _reply(
            question,
            "in_journey",
            f"Not yet: the person is in {name} since {moment(passing.entered_at)}, "
            f"before {message}{standing}.",
            would=step or "time and events that take the person on to the message",
        )
    else:
        row, left = passing.left
        because = f", because {left.reason.what}" if left.reason else ""
        answer = _reply(
            question,
            "left",
            f"No: the person left {name} at {moment(row.at)} ({left.outcome}){because}, "
            f"without reaching {message}.",
            would=f"staying in {name} until {message} was due",
        )
    return msgspec.structs.replace(
        answer,
        at=passing.left[0].at if passing.left else passing.entered_at,
        journey_version=passing.version,
        journey_step=place,
        trace=passing.trace,
        way=passing.stages,
    )


def _is_of_another_version(question: Question, journey: Journey | None, plan: Plan) -> bool:
    """Return whether the message is only in a version that this person was not drawn for."""
    if journey is None or not question.message or journey != plan.before(journey.name):
        return False
    return not _sends(journey, question.message)


def _standing(journey: Journey | None, step_id: str) -> str:
    """Say what a step waits for, where its definition is still known."""
    step = journey.steps.get(step_id) if journey else None
    match step:
        case Wait():
            return f"{format_duration(step.duration)} to pass"
        case WaitUntil():
            return f"{step.minute // 60:02d}:{step.minute % 60:02d} local time"
        case WaitFor():
            return " or ".join(_case(case) for case in step.cases)
        case Call():
            return f"the answer of {step.destination}"
        case _:
            return ""


def _case(case: WaitCase) -> str:
    if case.on:
        return f"'{case.on}'"
    if case.after is not None:
        return f"{format_duration(case.after)} to pass"
    return english(case.when) if case.when is not None else "a condition"


_WOULD_ENTER = {
    "entry.no_key": "an event that has the journey's `key`",
    "entry.late": "its arrival within the plan's `lateness`",
    "entry.paused": "the journey not being paused then",
    "entry.bound": "fewer journeys at a time",
    "entry.already_in": "having left it by then",
    "entry.once": "`again:` in the journey's `enter`, for whoever was in it before",
    "entry.cooldown": "more time since the last entry, or a shorter `again: after`",
    "entry.exit_holds": "nothing being so that makes people leave it",
    "entry.rollout": "a larger `rollout` of the journey",
    "entry.present": "`with_present: true` in the journey's `enter`, or joining the segment anew",
}


def _turned_away(question: Question, row: Story, note: NotEntered) -> Answer:
    answer = _reply(
        question,
        "not_entered",
        f"No: the person did not enter {plain(note.journey)} at {moment(row.at)}, "
        f"because {note.reason.what}.",
        would=_WOULD_ENTER.get(note.reason.code, "the entry condition holding then"),
    )
    blocking = GateLine(
        gate="entry",
        verdict="refuse",
        seen=note.reason.what,
        code=note.reason.code,
        reason=note.reason.what,
        definition=note.reason.definition,
    )
    stages = tuple(_stage(row, clause(each)) for each in row.notes)
    return msgspec.structs.replace(answer, at=row.at, first_blocking=blocking, way=stages)


def _quarantined(question: Question, stopped: Stopped) -> Answer:
    answer = _reply(
        question,
        "quarantined",
        f"No: the '{stopped.name}' that would have entered {plain(question.journey)} waits in "
        f"quarantine since {moment(stopped.at)}, because {stopped.reason.what}.",
        would=(f"a catalog that accepts it, then `legato quarantine replay {stopped.position}`"),
    )
    stage = Stage(position=stopped.position, at=stopped.at, what=f"'{stopped.name}' quarantined")
    return msgspec.structs.replace(answer, at=stopped.at, way=(stage,))


def _not_begun(question: Question, journey: Journey | None) -> Answer:
    name = plain(question.journey)
    if journey is None:
        text = f"No: {name} takes nobody in any more; people who are in it stay to its end."
        return _reply(question, "not_begun", text, would=f"'{question.journey}' in the plan")
    needed = _entry_words(journey.entry)
    return _reply(
        question,
        "not_begun",
        f"No: the person never entered {name}: it needs {needed}, and that has not happened.",
        would=needed,
    )


def _entry_words(entry: Entry) -> str:
    condition = f" with {english(entry.when)}" if entry.when is not None else ""
    match entry.kind:
        case "event":
            return f"the event '{entry.on}'{condition}"
        case "segment":
            return f"joining segment {plain(entry.on)}{condition}"
        case "schedule":
            who = f"being in segment {plain(entry.segment)}" if entry.segment else "to be chosen"
            return f"{who} when its schedule comes round{condition}"
        case "api":
            return f"a call of its API entry{condition}"


def _reply(question: Question, kind: AnswerKind, sentence: str, *, would: str) -> Answer:
    return Answer(
        kind=kind,
        is_sent=False,
        sentence=sentence,
        person_id=question.person_id,
        journey=question.journey,
        message=question.message,
        would_change=would,
    )
