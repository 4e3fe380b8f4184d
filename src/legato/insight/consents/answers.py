"""What people answered: every purpose in every channel by which it is served, counted and listed.

Counted over everybody, reach.PEOPLE_MAX at most. Ids are digests, so the first so many of more are
as good as drawn by lot, and the count says of how many it is. Of a stored person only the registers
of consent are read, and only the purposes looked at that the person ever spoke of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from legato.core.consents.standing import awaited, holding
from legato.core.privacy.mask import SPECIAL
from legato.insight.ledger import Answer
from legato.insight.preferences import channels_of, may_refuse
from legato.insight.reach import PAGE, PEOPLE_MAX
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.state import Answers, answers_of
from legato.ports.state_store import Records

FEW = 5
"""Of what tells something sensitive, fewer people than this are not told apart."""
SOURCES_MAX = 100
"""Ways of saying so that are told apart in a cell; what comes in by more is counted as one."""
OTHER_SOURCE = "others"
LOOKED_MAX = 20_000
"""People looked at in one call for a list: where fewer are found, the next goes on from there."""

Where: TypeAlias = tuple[str, str]
"""Purpose and channel."""


class Asked(NamedTuple):
    """Whom a list is of: those who answered so."""

    purpose: str
    channel: str
    answer: Answer


class Said(Noun, frozen=True, kw_only=True):
    """How many said so by one way."""

    source: str
    yes: int = 0
    no: int = 0


class Cell(Noun, frozen=True, kw_only=True):
    """What people answered to one purpose in one channel."""

    purpose: str
    channel: str
    yes: int = 0
    no: int = 0
    pending: int = 0
    """A yes that has to be confirmed."""
    never: int = 0
    """Nobody ever asked them, or they never answered."""
    sources: tuple[Said, ...] = ()
    """The most frequent first."""
    is_hidden: bool = False
    """It would tell of a few people something sensitive: there are no figures."""


class Count(Noun, frozen=True, kw_only=True):
    """All cells at one time."""

    at: Instant
    of: int
    """How many people were looked at."""
    cells: tuple[Cell, ...]


class Answerer(Noun, frozen=True, kw_only=True):
    """Somebody behind a number."""

    person_id: PersonId
    since: Instant | None
    """When they said so; None where they never did."""
    source: str


class AnswererPage(Noun, frozen=True, kw_only=True):
    """Some of them by id; `after` is where to go on, empty at the end."""

    people: tuple[Answerer, ...]
    after: str
    is_hidden: bool = False
    """To be in the list would tell something sensitive of them."""


def count_answers(records: Records, plan: Plan, now: Instant) -> Count:
    """Count by walking everybody."""
    tally = _Tally(plan)
    for _, said in _people(records, PersonId(""), PEOPLE_MAX):
        tally.add(said)
    return Count(at=now, of=tally.of, cells=tuple(tally.cells()))


def people_behind(
    records: Records, plan: Plan, asked: Asked, *, after: PersonId, limit: int
) -> AnswererPage:
    """Return those above an id, `limit` people or LOOKED_MAX looked at."""
    found: list[Answerer] = []
    looked = 0
    for person_id, said in _people(records, after, LOOKED_MAX):
        looked, after = looked + 1, person_id
        answer, since, source = _answer(plan, said, asked.purpose, asked.channel)
        if answer == asked.answer:
            found.append(Answerer(person_id=person_id, since=since, source=source))
            if len(found) == limit:
                return AnswererPage(people=tuple(found), after=after)
    return AnswererPage(people=tuple(found), after=after if looked == LOOKED_MAX else "")


def places(plan: Plan) -> Mapping[str, tuple[str, ...]]:
    """Return purpose -> the channels it is served by, of those that people may refuse."""
    return {
        purpose.name: channels_of(plan, purpose.name)
        for purpose in plan.purposes.values()
        if may_refuse(purpose)
    }


def without_few(plan: Plan, cell: Cell) -> Cell:
    """Return a cell without figures where these would tell of a few people something sensitive.

    All of them go: from the others, and how many people there are, one could be worked out.
    """
    if cell.purpose not in special_purposes(plan):
        return cell
    figures = [cell.yes, cell.no, cell.pending]
    figures += [figure for said in cell.sources for figure in (said.yes, said.no)]
    if not any(0 < figure < FEW for figure in figures):
        return cell
    return Cell(purpose=cell.purpose, channel=cell.channel, is_hidden=True)


def special_purposes(plan: Plan) -> tuple[str, ...]:
    """Return the purposes that something sensitive or of health is kept for."""
    facts = (*plan.events.values(), *plan.traits.values(), *plan.computed.values())
    special = [fact for fact in facts if fact.privacy in SPECIAL]
    names = [name for fact in special for name in (*fact.purposes, fact.purpose) if name]
    return tuple(dict.fromkeys(names))


class _Tally:
    """Counters over people."""

    def __init__(self, plan: Plan) -> None:
        self.of = 0
        self._plan = plan
        self._places = places(plan)
        self._answers: dict[Where, Counter[Answer]] = {}
        self._sources: dict[Where, Counter[tuple[str, bool]]] = {}
        for purpose, channels in self._places.items():
            for channel in channels:
                self._answers[purpose, channel] = Counter()
                self._sources[purpose, channel] = Counter()

    def add(self, said: Answers) -> None:
        """Count one person."""
        self.of += 1
        keys = (*said.consents, *said.signals, *said.unconfirmed)
        spoken = dict.fromkeys((*(key.partition("/")[0] for key in keys), *said.objections))
        for purpose in spoken:
            for channel in self._places.get(purpose, ()):
                answer, _, source = _answer(self._plan, said, purpose, channel)
                self._answers[purpose, channel][answer] += 1
                if answer in ("yes", "no"):
                    self._note(self._sources[purpose, channel], source, is_yes=answer == "yes")

    def cells(self) -> Iterator[Cell]:
        """Return what was counted, in the order of the plan."""
        for (purpose, channel), counts in self._answers.items():
            spoken = counts["yes"] + counts["no"] + counts["pending"]
            yield Cell(
                purpose=purpose,
                channel=channel,
                yes=counts["yes"],
                no=counts["no"],
                pending=counts["pending"],
                never=self.of - spoken,
                sources=_said(self._sources[purpose, channel]),
            )

    @staticmethod
    def _note(sources: Counter[tuple[str, bool]], source: str, *, is_yes: bool) -> None:
        known = (source, is_yes) in sources or len(sources) < SOURCES_MAX
        sources[source if known else OTHER_SOURCE, is_yes] += 1


def _said(sources: Counter[tuple[str, bool]]) -> tuple[Said, ...]:
    names = dict.fromkeys(source for source, _ in sources)
    found = [Said(source=name, yes=sources[name, True], no=sources[name, False]) for name in names]
    return tuple(sorted(found, key=lambda each: (-(each.yes + each.no), each.source)))


def _answer(
    plan: Plan, said: Answers, purpose: str, channel: str
) -> tuple[Answer, Instant | None, str]:
    """Return the answer that holds, since when, and by what way it came."""
    waiting = awaited(plan, said, purpose, channel)
    if waiting is not None:
        return "pending", waiting.at, waiting.source
    line = holding(plan, said, purpose, channel)
    if line is None:
        return "never asked", None, ""
    return "yes" if line.is_granted else "no", line.at, line.source


def _people(records: Records, after: PersonId, most: int) -> Iterator[tuple[PersonId, Answers]]:
    """Walk those above an id who are not erased, so many looked at."""
    looked = 0
    while looked < most:
        page = list(records.people(after, min(PAGE, most - looked)))
        for person_id, state in page:
            after = person_id
            said = answers_of(state)
            if not said.erasure_id:
                yield person_id, said
        looked += len(page)
        if len(page) < PAGE:
            return
