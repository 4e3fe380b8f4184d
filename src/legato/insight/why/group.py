"""Why a group got a message or did not: everybody counted once, by the first thing that kept it.

People are looked at page by page and forgotten again. What is kept is a count for each code, a few
ids as examples, and how late things came: as much for five people as for five million.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median_low

import msgspec
from msgspec import structs

from legato.insight.sentences import plain
from legato.insight.story import whole_story
from legato.insight.why.fate import Fate, GroupQuestion, fate_of, has_entered
from legato.insight.why.stopped import stopped_of
from legato.insight.why.why import Stopped
from legato.model.ids import PersonId
from legato.model.instant import DAY, HOUR, MINUTE, SECOND, Duration, Instant, format_duration
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.state import State, decode_state
from legato.ports.state_store import Records

PAGE = 200
"""People looked at between two signs of life: a fraction of a second."""
EXAMPLES_MAX = 5
FEW = 5
"""A part of fewer than so many can be somebody in particular."""
DELAYS_MAX = 100_000
"""Of one part; beyond it the median is that of the first so many."""

_SHORT = {
    "attribute.late": "attribute late",
    "cap.reached": "cap",
    "consent.missing": "no consent",
    "consent.withdrawn": "consent withdrawn",
    "consent.pending": "consent not confirmed",
    "entry.condition": "entry condition",
    "entry.late": "event late",
    "entry.not_begun": "never entered",
    "entry.closed": "journey closed",
    "entry.already_in": "in it already",
    "entry.paused": "journey paused",
    "entry.rollout": "not rolled out",
    "expiry.passed": "expired",
    "expiry.while_held": "expired while held",
    "delivery.waiting": "on its way",
    "delivery.expired": "expired",
    "holdout.drawn": "held out",
    "journey.before_it": "not there yet",
    "offer.contradicts": "another offer",
    "offer.ended": "offer ended",
    "quiet_hours.now": "quiet hours",
    "reachable.no_address": "no address",
    "residency.outside": "residency",
    "suppression.listed": "address suppressed",
    "suppression.opted_out": "address opted out",
    "state.suppressed": "state",
    "left.completed": "went another way",
    "left.goal": "reached the goal",
}
"""Code -> a word or two, for a sentence of counts. Of other codes it is the code that is said."""


class Part(Noun, frozen=True, kw_only=True):
    """The members whom one thing kept from it."""

    code: str
    words: str
    what: str
    """The same in a sentence, as it was said of the first of them."""
    count: int
    late: Duration | None = None
    """Median of how late what was needed came."""
    people: tuple[PersonId, ...] = ()
    """A few of them: `legato why PERSON` says more."""


class GroupAnswer(Noun, frozen=True, kw_only=True):
    """How many got it, and why the others did not: `got` and all counts make up `total`."""

    sentence: str
    question: GroupQuestion
    at: Instant
    """When it was counted."""
    total: int
    got: int
    parts: tuple[Part, ...]
    """The greatest first."""
    looked_at: int
    """How many people there were to choose from."""


class Seen(Noun, frozen=True, kw_only=True):
    """One member, and what became of the message for them."""

    person_id: PersonId
    fate: Fate | None


class Looked(Noun, frozen=True, kw_only=True):
    """A page of people, looked at."""

    after: PersonId
    count: int
    seen: tuple[Seen, ...]

    def late_events(self) -> tuple[int, ...]:
        """Return the positions of events that say how late they came."""
        fates = [one.fate for one in self.seen if one.fate is not None]
        return tuple(fate.late_event for fate in fates if fate.late_event)


def look(
    records: Records,
    after: PersonId,
    question: GroupQuestion,
    *,
    plan: Plan,
    stopped: Mapping[tuple[str, str], Sequence[Stopped]],
) -> Looked:
    """Look at the next page of people after an id."""
    page = list(records.people(after, PAGE))
    seen: list[Seen] = []
    for person_id, data in page:
        state = decode_state(data)
        if not _may_be_member(state, question):
            continue
        story = whole_story(records, person_id)
        if question.segment or has_entered(story, question):
            mine = stopped_of(stopped, state)
            fate = fate_of(story, question, plan=plan, stopped=mine)
            seen.append(Seen(person_id=person_id, fate=fate))
    last = page[-1][0] if page else after
    return Looked(after=last, count=len(page), seen=tuple(seen))


def _may_be_member(state: State, question: GroupQuestion) -> bool:
    """Return whether somebody may be one, before their story is read."""
    if state.erasure_id:
        return False
    return not question.segment or question.segment in state.segments


class _Kept(msgspec.Struct):
    """What is kept of a part while it is counted."""

    what: str
    count: int = 0
    people: list[PersonId] = []
    delays: list[Duration] = []


class Count:
    """Counts pages up to one answer."""

    def __init__(self, question: GroupQuestion) -> None:
        self._question = question
        self._parts: dict[str, _Kept] = {}
        self._got = 0
        self.looked_at = 0

    def take(self, looked: Looked, delay_of: Callable[[int], Duration | None]) -> None:
        """Count a page; `delay_of` says how late the event at a position came."""
        self.looked_at += looked.count
        for one in looked.seen:
            if one.fate is None:
                self._got += 1
                continue
            part = self._parts.setdefault(one.fate.code, _Kept(one.fate.what))
            part.count += 1
            if len(part.people) < EXAMPLES_MAX:
                part.people.append(one.person_id)
            late = delay_of(one.fate.late_event) if one.fate.late_event else one.fate.late
            if late is not None and len(part.delays) < DELAYS_MAX:
                part.delays.append(late)

    def answer(self, now: Instant) -> GroupAnswer:
        """Return what was counted so far."""
        kept = sorted(self._parts.items(), key=lambda each: (-each[1].count, each[0]))
        parts = tuple(_part(code, each) for code, each in kept)
        total = self._got + sum(part.count for part in parts)
        return GroupAnswer(
            sentence=_sentence(self._question, total, parts),
            question=self._question,
            at=now,
            total=total,
            got=self._got,
            parts=parts,
            looked_at=self.looked_at,
        )


def without_few(answer: GroupAnswer) -> GroupAnswer:
    """Return an answer that points at nobody: no ids, and small parts put together.

    The counts still make up the total.
    """
    parts = [structs.replace(one, people=()) for one in answer.parts if one.count >= FEW]
    rest = answer.total - answer.got - sum(one.count for one in parts)
    if rest:
        what = f"reasons of fewer than {FEW} people each"
        parts.append(Part(code="few", words="for other reasons", what=what, count=rest))
    sentence = _sentence(answer.question, answer.total, parts)
    return structs.replace(answer, sentence=sentence, parts=tuple(parts))


def _part(code: str, kept: _Kept) -> Part:
    return Part(
        code=code,
        words=_short(code),
        what=kept.what,
        count=kept.count,
        late=median_low(kept.delays) if kept.delays else None,
        people=tuple(kept.people),
    )


def _short(code: str) -> str:
    if code.startswith("quarantine."):
        return "event in quarantine"
    if code.startswith("left."):
        return _SHORT.get(code, f"left ({plain(code.removeprefix('left.'))})")
    return _SHORT.get(code, code.replace("_", " ").replace(".", ": "))


def _sentence(question: GroupQuestion, total: int, parts: Sequence[Part]) -> str:
    if not total:
        if question.segment:
            return f"Nobody is in segment {plain(question.segment)}."
        return f"Nobody has entered {plain(question.journey)}."
    missed = sum(part.count for part in parts)
    if not missed:
        return f"All {total:,} got '{question.message}'."
    said = ", ".join(f"{part.count:,} {part.words}{_by(part)}" for part in parts)
    return f"{missed:,} of {total:,} did not get '{question.message}': {said}."


def _by(part: Part) -> str:
    return f" by median {rough(part.late)}" if part.late is not None else ""


def rough(duration: Duration) -> str:
    """Write a duration no finer than anybody needs."""
    steps = ((2 * DAY, DAY), (2 * HOUR, HOUR), (2 * MINUTE, MINUTE), (2 * SECOND, SECOND))
    unit = next((unit for least, unit in steps if duration >= least), 1)
    return format_duration(duration // unit * unit)
