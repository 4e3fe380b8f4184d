"""What one member of a group met: the message, or the one thing that kept it from them first.

Read from the same notes as the answer about one person, and no more is said of anybody than there:
a code, by which the members of a group can be counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from legato.expr.depends import segments as segments_read
from legato.expr.depends import traits as traits_read
from legato.insight.why.thread import Passing, Thread, passings, threads
from legato.insight.why.why import Stopped, senders
from legato.model.definitions.journey import Branch, Journey, WaitFor
from legato.model.instant import DAY, Duration, Instant
from legato.model.note import Moved, NotEntered, Story, TraitWritten
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.rule import Rule

LATE_MAX = DAY
"""A trait that is written later than that after it was asked for is news, and not late."""
TOO_LATE = "attribute.late"


class GroupQuestion(Noun, frozen=True, kw_only=True):
    """Which people, and which message. Without a segment: all who entered the journey."""

    message: str
    segment: str = ""
    journey: str = ""
    """Only the message of this journey; empty: of any."""
    since: Instant = 0
    """What was decided, and who entered, from then on."""


class Fate(Noun, frozen=True, kw_only=True):
    """What kept the message from one member."""

    code: str
    what: str
    at: Instant = 0
    """When that was; 0: nothing ever happened."""
    late: Duration | None = None
    """How late what was needed came, where that is known."""
    late_event: int = 0
    """Position of the event that came too late: it says how late."""


def has_entered(story: Sequence[Story], question: GroupQuestion) -> bool:
    """Return whether a person entered the journey in the time asked about."""
    return any(
        one.journey == question.journey and one.entered_at >= question.since
        for one in passings(story)
    )


def fate_of(
    story: Sequence[Story],
    question: GroupQuestion,
    *,
    plan: Plan,
    stopped: Sequence[Stopped] = (),
) -> Fate | None:
    """Return what kept the message from a person; None where one was sent."""
    found = [
        thread
        for thread in threads(story)
        if question.journey in ("", thread.journey)
        and thread.message == question.message
        and thread.decisions[-1][0].at >= question.since
    ]
    if any(thread.kind() == "sent" for thread in found):
        return None
    if found:
        return _of_thread(found[-1])
    names = [question.journey] if question.journey else senders(plan, question.message)
    short = [_short_of(story, question, name, plan=plan, stopped=stopped) for name in names]
    nothing = Fate(code="entry.not_begun", what="nothing that enters the journey has happened")
    # Of several journeys that send it, the one that the person came furthest in answers.
    return max(short, key=lambda one: (one[0], one[1].at), default=(0, nothing))[1]


def _of_thread(thread: Thread) -> Fate:
    kind, reason, at = thread.kind(), thread.closed_by(), thread.decisions[-1][0].at
    if reason is not None:
        return Fate(code=reason.code, what=reason.what, at=at)
    words = kind.replace("_", " ")
    if kind == "waiting":
        words = "it is on its way: its destination has not answered yet"
    return Fate(code=f"delivery.{kind}", what=words, at=at)


def _short_of(
    story: Sequence[Story],
    question: GroupQuestion,
    name: str,
    *,
    plan: Plan,
    stopped: Sequence[Stopped],
) -> tuple[int, Fate]:
    """Return how far a person came in one journey that decided nothing, and what kept them."""
    passing = _last_passing(story, question, name)
    if passing is not None:
        fate = _of_passing(story, passing, plan)
        return (4 if passing.left is None else 3), fate
    refusal = _last_refusal(story, question, name)
    if refusal is not None:
        return 2, _turned_away(story, *refusal, plan=plan)
    journey = plan.journeys.get(name)
    waiting = [
        each
        for each in stopped
        if journey and each.name == journey.entry.on and each.at >= question.since
    ]
    if waiting:
        last = waiting[-1]
        what = f"its event waits in quarantine, because {last.reason.what}"
        return 1, Fate(code=f"quarantine.{last.reason.code}", what=what, at=last.at)
    if journey is None:
        return 0, Fate(code="entry.closed", what="the journey takes nobody in any more")
    return 0, Fate(code="entry.not_begun", what="nothing that enters the journey has happened")


def _last_passing(story: Sequence[Story], question: GroupQuestion, name: str) -> Passing | None:
    for one in reversed(passings(story)):
        is_in_time = one.left is None or one.left[0].at >= question.since
        if one.journey == name and is_in_time:
            return one
    return None


def _last_refusal(
    story: Sequence[Story], question: GroupQuestion, name: str
) -> tuple[Story, NotEntered] | None:
    for row in reversed(story):
        if row.at < question.since:
            return None
        for note in row.notes:
            if isinstance(note, NotEntered) and note.journey == name:
                return row, note
    return None


def _of_passing(story: Sequence[Story], passing: Passing, plan: Plan) -> Fate:
    if passing.left is None:
        what = "they are in the journey, before the message"
        return Fate(code="journey.before_it", what=what, at=passing.entered_at)
    row, left = passing.left
    late = _late_at_branch(story, passing, plan)
    if late is not None:
        what = "a trait that a branch reads was written after it was asked for"
        return Fate(code=TOO_LATE, what=what, at=row.at, late=late)
    if left.reason is not None:
        return Fate(code=left.reason.code, what=left.reason.what, at=row.at)
    what = f"they left the journey before it ({left.outcome})"
    return Fate(code=f"left.{left.outcome}", what=what, at=row.at)


def _turned_away(story: Sequence[Story], row: Story, note: NotEntered, *, plan: Plan) -> Fate:
    journey = plan.journeys.get(note.journey)
    if note.reason.code == "entry.condition" and journey is not None:
        late = _lateness(story, row.at, _traits(journey.entry.when, plan))
        if late is not None:
            what = "a trait that the entry asks for was written after it was asked for"
            return Fate(code=TOO_LATE, what=what, at=row.at, late=late)
    is_late = note.reason.code == "entry.late"
    return Fate(
        code=note.reason.code,
        what=note.reason.what,
        at=row.at,
        late_event=row.position if is_late else 0,
    )


def _late_at_branch(story: Sequence[Story], passing: Passing, plan: Plan) -> Duration | None:
    """Return how long after the last branch one of the traits that it reads was written."""
    known = (*plan.retired, *plan.journeys.values())
    mine = (j for j in known if (j.name, j.version) == (passing.journey, passing.version))
    journey = next(mine, None)
    for row in reversed(story):
        for note in row.notes:
            if isinstance(note, Moved) and note.enrollment_id == passing.enrollment_id:
                names = _traits_at(journey, note.from_step, plan)
                if names:
                    return _lateness(story, row.at, names)
    return None


def _traits_at(journey: Journey | None, step_id: str, plan: Plan) -> tuple[str, ...]:
    step = journey.steps.get(step_id) if journey else None
    match step:
        case Branch():
            return _traits(step.when, plan)
        case WaitFor():
            return tuple(name for case in step.cases for name in _traits(case.when, plan))
        case _:
            return ()


def _traits(rule: Rule | None, plan: Plan) -> tuple[str, ...]:
    """Return the traits that a rule reads, by itself or through segments."""
    return tuple(_walk(rule, plan, ())) if rule is not None else ()


def _walk(rule: Rule, plan: Plan, seen: tuple[str, ...]) -> Iterator[str]:
    yield from traits_read(rule)
    for name in segments_read(rule):
        segment = plan.segments.get(name)
        if segment is not None and name not in seen:
            yield from _walk(segment.rule, plan, (*seen, name))


def _lateness(story: Sequence[Story], asked_at: Instant, names: Sequence[str]) -> Duration | None:
    """Return how long after it was asked for the first of some traits was written."""
    for row in story:
        if asked_at < row.at <= asked_at + LATE_MAX and any(
            isinstance(note, TraitWritten) and not note.is_computed and note.name in names
            for note in row.notes
        ):
            return row.at - asked_at
    return None
