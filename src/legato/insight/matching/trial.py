"""A rule tried on one person: what holds of them, part by part, and the value that each part saw.

Whoever tries rules could ask for a value bit by bit. So nothing is told of what is sensitive or of
health, unless its values may be seen whole; nor, behind the mask, how an identifier reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias, cast

from legato.core.privacy.mask import MASK, Sight, special_names
from legato.core.privacy.uses import Fact, facts_of_rule
from legato.core.program import Program
from legato.expr.english import WEEKDAYS, sentence
from legato.expr.facts import Facts
from legato.expr.path import Json
from legato.expr.python import compile_rule
from legato.insight.matching.untold import why_untold
from legato.model.instant import HOUR, MINUTE, format_duration
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.rule import (
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
    TraitAge,
    TraitIs,
)

Word: TypeAlias = Literal["", "all", "any", "none"]
Leaf: TypeAlias = (
    PropertyIs | TraitIs | TraitAge | HistoryIs | HistoryHas | InSegment | InJourney | LocalTime
)

_TRAITS = "traits."
_SPED_UP = "clocks on walls do not run faster, so it is left out where time is sped up"
_HIDDEN = "your role may not see the sensitive values that it reads"
_IDENTIFYING = "it reads an identifier: say why you need to see their values"


class Tried(Noun, frozen=True, kw_only=True):
    """A part of a rule, of one person."""

    sentence: str
    holds: bool | None
    """None: it cannot be told, `untold` says why, here or in its parts."""
    word: Word = ""
    """How many of its parts must hold; empty: it has none."""
    seen: str = ""
    """What it looked at, as it stands."""
    untold: str = ""
    parts: tuple[Tried, ...] = ()


class Trial(Noun, frozen=True, kw_only=True):
    """A rule tried on one person as they stand."""

    person_id: str
    tried: Tried
    reads: tuple[str, ...]
    """The facts that the rule reads, without their values."""


def try_rule(
    facts: Facts, rule: Rule, program: Program, *, sight: Sight, as_runs: Callable[[Rule], Rule]
) -> Trial:
    """Say which parts of a rule hold of a person; `sight`: how much of them may be seen.

    `as_runs`: a rule as written -> as the running plan would have it, where time is sped up.
    """
    trial = _Trying(facts, program, sight, as_runs)
    reads = facts_of_rule(program.plan, rule)
    return Trial(
        person_id=facts.state.person_id,
        tried=trial.part(rule),
        reads=tuple(dict.fromkeys(str(fact) for fact in reads)),
    )


class _Trying:
    """One person, and what may be told of them."""

    def __init__(
        self, facts: Facts, program: Program, sight: Sight, as_runs: Callable[[Rule], Rule]
    ) -> None:
        self.facts = facts
        self.program = program
        self.sight: Sight = sight
        self.as_runs = as_runs
        self.special = special_names(program.plan)
        self.identifying = identifying_traits(program.plan)

    def part(self, rule: Rule) -> Tried:
        match rule:
            case AllOf():
                return self._of_many(rule, rule.rules, "all")
            case AnyOf():
                return self._of_many(rule, rule.rules, "any")
            case Not(rule=AnyOf(rules=rules)):
                return self._of_many(rule, rules, "none")
            case Not():
                return self._of_many(rule, (rule.rule,), "none")
            case _:
                return self._leaf(rule)

    def _of_many(self, rule: Rule, rules: Sequence[Rule], word: Word) -> Tried:
        parts = tuple(self.part(each) for each in rules)
        return Tried(sentence=sentence(rule), holds=_together(parts, word), word=word, parts=parts)

    def _leaf(self, rule: Leaf) -> Tried:
        said, runs = sentence(rule), self.as_runs(rule)
        if isinstance(runs, AllOf | AnyOf | Not):
            return Tried(sentence=said, holds=None, untold=_SPED_UP)
        untold = why_untold(self.program, runs) or self._why_hidden(rule)
        if untold:
            return Tried(sentence=said, holds=None, untold=untold)
        return Tried(sentence=said, holds=compile_rule(runs)(self.facts), seen=self._seen(runs))

    def _why_hidden(self, rule: Leaf) -> str:
        read = facts_of_rule(self.program.plan, rule)
        if self.sight != "whole" and any(_is_among(fact, self.special) for fact in read):
            return _HIDDEN
        is_known_only = isinstance(rule, TraitIs) and rule.test.operator in ("exists", "missing")
        if self.sight == "masked" and not is_known_only:
            return _IDENTIFYING if any(_is_among(each, self.identifying) for each in read) else ""
        return ""

    def _seen(self, rule: Leaf) -> str:
        match rule:
            case InSegment() | InJourney():
                return ""
            case TraitIs() | TraitAge():
                return self._seen_trait(rule)
            case _ if self.sight == "masked":
                return MASK
            case LocalTime():
                hours, minutes = divmod(self.facts.minute(), 60)
                return f"{WEEKDAYS[self.facts.weekday()]} {hours:02d}:{minutes:02d}"
            case HistoryIs() | HistoryHas():
                return said(self.facts.measure(rule.slot))
            case PropertyIs():
                raise AssertionError("it looks at an event, and none is at hand")

    def _seen_trait(self, rule: TraitIs | TraitAge) -> str:
        value = self.facts.trait(rule.name)
        if value is None:
            return said(None)
        if self.sight == "masked" and not _is_public(self.program.plan, rule.name):
            return MASK
        age = self.facts.age(rule.name) if isinstance(rule, TraitAge) else None
        return said(value) if age is None else f"{format_duration(age - age % _unit(age))} ago"


def identifying_traits(plan: Plan) -> tuple[str, ...]:
    """Return the traits by which people are known."""
    paths = [path for kind in plan.identity.kinds for path in kind.paths]
    return tuple(path.removeprefix(_TRAITS) for path in paths if path.startswith(_TRAITS))


def said(value: Json) -> str:
    """Write a value as people read it."""
    match value:
        case None:
            return "nothing is known"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(said(each) for each in cast("list[Json]", value)) or "nothing"
        case dict():
            return "several values"
        case _:
            return str(value)


def _together(parts: Iterable[Tried], word: Word) -> bool | None:
    """Return what the parts say together; what is untold may be either."""
    held = [part.holds for part in parts]
    if word == "all":
        return False if False in held else None if None in held else True
    is_any = True if True in held else None if None in held else False
    return is_any if word == "any" or is_any is None else not is_any


def _is_among(fact: Fact, names: Sequence[str]) -> bool:
    return (fact.path.rpartition(".")[2] or fact.name) in names


def _is_public(plan: Plan, name: str) -> bool:
    declared = plan.traits.get(name) or plan.computed.get(name)
    return declared is not None and declared.privacy == "public"


def _unit(age: int) -> int:
    """Return the unit to which an age is told: nobody counts the seconds of a year."""
    return HOUR if age > HOUR else MINUTE
