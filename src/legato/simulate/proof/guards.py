"""Guards as boolean predicates: what is known of a person, and how a rule can turn out then.

What is known is a list of answers to single tests, by the field that they ask about. An answer that
no value of the field could give together with the others is ruled out (`over: 40` with `at_most:
30`, two sets without a common member): so rules on one field exclude or cover each other here as
they do in the engine, and rules on different fields are independent of each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias, assert_never

from legato.model.instant import HOUR, Duration
from legato.model.noun import Noun
from legato.model.plan import SegmentType
from legato.model.rule import (
    ALWAYS,
    CALENDAR_REACH,
    AllOf,
    AnyOf,
    HistoryHas,
    HistoryIs,
    InJourney,
    InSegment,
    LocalTime,
    Not,
    PropertyIs,
    Rule,
    Scalar,
    Test,
    TraitAge,
    TraitIs,
    Window,
)
from legato.simulate.proof.values import meets, witness

NOBODY: Duration = 2**62
"""Age of what never happened."""
DAY_MINUTES = 1_440
MANY = ("[]",)
"""In a path that leads to several values, of which each test may mean another."""
Field: TypeAlias = tuple[str, ...]
"""What a test asks about: ("trait", "plan"), ("entry", "value"), ("clock",) ..."""


class Consents(Noun, frozen=True, kw_only=True):
    """Pseudo-rule: what holds of a purpose in a channel is one of these words."""

    purpose: str
    channel: str
    words: tuple[str, ...]


Leaf: TypeAlias = (
    PropertyIs | TraitIs | TraitAge | HistoryIs | HistoryHas | InJourney | LocalTime | Consents
)
Asked: TypeAlias = tuple[Leaf, bool]
Known: TypeAlias = tuple[tuple[Field, tuple[Asked, ...]], ...]
"""Sorted by field."""
NOTHING: Known = ()
PERSISTENT = ("entry",)
"""Fields that cannot change while somebody is in a journey."""


class Reasoner:
    """Turns rules into what they may answer, for the segments and traits of one plan."""

    def __init__(self, segments: Mapping[str, SegmentType]) -> None:
        self._segments = segments

    def cases(self, rule: Rule, known: Known) -> Iterator[tuple[bool, Known]]:
        """Return every way in which a rule can turn out, with what is known then."""
        match rule:
            case AllOf():
                yield from self._every(rule.rules, known, stops_at=False)
            case AnyOf():
                yield from self._every(rule.rules, known, stops_at=True)
            case Not():
                for holds, then in self.cases(rule.rule, known):
                    yield not holds, then
            case InSegment():
                segment = self._segments.get(rule.name)
                yield from self.cases(segment.rule if segment else ALWAYS, known)
            case _:
                for holds in (True, False):
                    then = assume(known, rule, holds=holds)
                    if then is not None:
                        yield holds, then

    def _every(
        self, rules: tuple[Rule, ...], known: Known, *, stops_at: bool
    ) -> Iterator[tuple[bool, Known]]:
        if not rules:
            yield not stops_at, known
            return
        for holds, then in self.cases(rules[0], known):
            if holds is stops_at:
                yield stops_at, then
            else:
                yield from self._every(rules[1:], then, stops_at=stops_at)

    def where(self, rule: Rule, known: Known, *, holds: bool = True) -> Iterator[Known]:
        """Return every way in which a rule turns out so."""
        return (then for answer, then in self.cases(rule, known) if answer is holds)

    def all_of(self, asked: tuple[tuple[Rule, bool], ...], known: Known) -> Iterator[Known]:
        """Return every way in which several rules turn out as asked."""
        if not asked:
            yield known
            return
        rule, holds = asked[0]
        for then in self.where(rule, known, holds=holds):
            yield from self.all_of(asked[1:], then)


def assume(known: Known, leaf: Leaf, *, holds: bool) -> Known | None:
    """Add an answer to what is known; None where it cannot be."""
    field = field_of(leaf)
    answers = dict(known)
    before = answers.get(field, ())
    if (leaf, holds) in before:
        return known
    after = (*before, (leaf, holds))
    if not is_possible(field, after):
        return None
    answers[field] = after
    return tuple(sorted(answers.items(), key=lambda item: item[0]))


def kept(known: Known) -> Known:
    """Return what is still known after some time: everything else may have changed."""
    return tuple(item for item in known if item[0][0] in PERSISTENT)


def field_of(leaf: Leaf) -> Field:
    """Name what a test asks about."""
    match leaf:
        case PropertyIs():
            return (leaf.scope, leaf.path)
        case TraitIs():
            return ("trait", leaf.name)
        case TraitAge():
            return ("age", leaf.name)
        case HistoryIs():
            if _is_happened(leaf) is not None:
                return ("happened", _about(leaf))
            return ("measured", leaf.slot.slot_id)
        case HistoryHas():
            return ("same", f"{_about(leaf)} {leaf.slot.property} {leaf.subject}")
        case InJourney():
            return ("journey", leaf.journey, leaf.state)
        case LocalTime():
            return ("clock",)
        case Consents():
            return ("consent", leaf.purpose, leaf.channel)
        case _:
            assert_never(leaf)


def _about(leaf: HistoryIs | HistoryHas) -> str:
    """Name what happened. Windows of the calendar are comparable with none but themselves."""
    matched, unit = leaf.slot.match, leaf.slot.window.unit
    what = matched.event if matched.where is None else f"{matched.event} {matched.where}"
    return f"{what} {unit}" if unit else what


_NEVER = (("under", 1), ("at_most", 0), ("is", 0))
_ONCE = (("over", 0), ("at_least", 1))


def _is_happened(leaf: HistoryIs) -> bool | None:
    """Return whether a rule says that something happened, or did not; None where it counts."""
    if leaf.slot.function != "count" or isinstance(leaf.test.value, bool):
        return None
    said = (leaf.test.operator, leaf.test.value)
    return True if said in _ONCE else False if said in _NEVER else None


@lru_cache(maxsize=65_536)
def is_possible(field: Field, asked: tuple[Asked, ...]) -> bool:
    """Return whether the answers about one field can be given together."""
    try:
        example(field, asked)
    except LookupError:
        return False
    return True


def example(field: Field, asked: tuple[Asked, ...]) -> Scalar:
    """Return a value of a field that gives these answers; raise LookupError.

    Ages of events (`happened`, `same`) and of traits are microseconds, local times minutes of the
    week.
    """
    match field[0]:
        case "clock":
            return _clock_witness(asked)
        case "consent":
            return _word(asked)
        case "journey":
            return _truth(asked)
        case "age" | "happened" | "same":
            return _age_witness(asked)
        case _:
            if any(mark in field[-1] for mark in MANY) and field[0] != "trait":
                return _each_alone(asked)
            return witness(_tests(asked), is_whole=_is_count(asked))


def _tests(asked: tuple[Asked, ...]) -> list[tuple[Test, bool]]:
    return [
        (leaf.test, holds)
        for leaf, holds in asked
        if isinstance(leaf, PropertyIs | TraitIs | HistoryIs)
    ]


def _is_count(asked: tuple[Asked, ...]) -> bool:
    leaf = asked[0][0]
    return isinstance(leaf, HistoryIs) and leaf.slot.function in ("count", "sequence")


def _each_alone(asked: tuple[Asked, ...]) -> Scalar:
    """Several values: each test may be met by another of them, so none excludes another."""
    found: Scalar = None
    for one in _tests(asked):
        found = witness([one])
    return found


def _clock_witness(asked: tuple[Asked, ...]) -> int:
    edges = {0: True}
    for leaf, _ in asked:
        assert isinstance(leaf, LocalTime)
        edges |= {leaf.after % DAY_MINUTES: True, leaf.before % DAY_MINUTES: True}
    for day in range(7):
        for minute in sorted(edges):
            if all(_is_then(leaf, day, minute) is holds for leaf, holds in asked):
                return day * DAY_MINUTES + minute
    raise LookupError("no time of the week is so")


def _is_then(leaf: Leaf, day: int, minute: int) -> bool:
    assert isinstance(leaf, LocalTime)
    if leaf.weekdays and day not in leaf.weekdays:
        return False
    if leaf.after <= leaf.before:
        return leaf.after <= minute < leaf.before
    return minute >= leaf.after or minute < leaf.before


def _word(asked: tuple[Asked, ...]) -> str:
    for word in ("denied", "unknown", "granted"):
        if all(
            (word in leaf.words) is holds for leaf, holds in asked if isinstance(leaf, Consents)
        ):
            return word
    raise LookupError("no consent is so")


def _truth(asked: tuple[Asked, ...]) -> bool:
    answers = dict.fromkeys(holds for _, holds in asked)
    if len(answers) > 1:
        raise LookupError("it cannot be so and not so")
    return next(iter(answers))


def fits_age(asked: tuple[Asked, ...], age: Duration) -> bool:
    """Return whether it may have happened so long ago."""
    return all(meets(_age_test(leaf), age) is holds for leaf, holds in asked)


def _age_witness(asked: tuple[Asked, ...]) -> Duration:
    tests = [(_age_test(leaf), holds) for leaf, holds in asked]
    if not isinstance(asked[0][0], TraitAge):
        tests.append((Test(operator="at_least", value=0), True))  # an age, or that of never
        tests.append((Test(operator="at_most", value=NOBODY), True))
    edges = [test.value for test, _ in tests if isinstance(test.value, int)]
    nearby = sorted(near for edge in edges for near in (edge - HOUR, edge + HOUR) if near >= 0)
    for value in nearby if isinstance(asked[0][0], TraitAge) else (NOBODY, *nearby):
        if all(meets(test, value) is holds for test, holds in tests):
            return value  # a story is easier to follow with an hour to spare
    found = witness(tests)
    return found if isinstance(found, int) else NOBODY


def _age_test(leaf: Leaf) -> Test:
    """Say a rule about what happened as one about how long ago it was the last time."""
    match leaf:
        case TraitAge():
            return Test(operator=leaf.operator, value=leaf.duration)
        case HistoryIs() if _is_happened(leaf) is False:
            return Test(operator="at_least", value=_reach(leaf.slot.window))
        case HistoryIs() | HistoryHas():
            return Test(operator="under", value=_reach(leaf.slot.window))
        case _:
            raise AssertionError(leaf)


def _reach(window: Window) -> Duration:
    """Return how long ago what counts may be at most."""
    match window.kind:
        case "sliding":
            return window.size
        case "calendar":
            return CALENDAR_REACH[window.unit]
        case _:
            return NOBODY
