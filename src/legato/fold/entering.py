"""What would have brought somebody into a journey: a recorded refusal at its door, taken again.

The step that noted it is taken again with one thing otherwise, or with all that was not so at once.
Which parts of a condition did not hold is asked of the engine too: of each part alone.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from legato.core.exchange import Result
from legato.core.program import Program
from legato.expr.english import sentence
from legato.expr.facts import Facts
from legato.expr.python import compile_rule
from legato.fold.inputs import Change, States
from legato.fold.retaken import Retaken, scene_of
from legato.fold.then import DIFFERS, Chronicle, Until, then
from legato.fold.what_if import Otherwise
from legato.model.definitions.journey import Entry, Journey
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.note import Entered, NotEntered, Story
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.problem import Reason
from legato.model.rule import AllOf, Rule

CONDITION = "entry.condition"
BEFORE = ("entry.once", "entry.cooldown", "entry.already_in")


class NotMet(Noun, frozen=True, kw_only=True):
    """What kept somebody out of a journey, and what would have let them in."""

    unmet: tuple[str, ...] = ()
    """The parts of what it asks that were not so."""
    otherwise: tuple[Otherwise, ...] = ()


def entering(
    chronicle: Chronicle, person_id: PersonId, note: NotEntered, row: Story
) -> NotMet | Reason:
    """Return what would have let somebody in where they were refused; or why that is not known."""
    scene = scene_of(chronicle, person_id, row)
    if isinstance(scene, Reason):
        return scene
    journey = scene.program.plan.journeys.get(note.journey)
    retaken = Retaken(scene)
    if journey is None or _refusal(retaken.take(()), note) != note.reason.code:
        return DIFFERS
    unmet: list[Rule] = []
    if note.reason.code == CONDITION and journey.entry.when is not None:
        parts = parts_of(journey.entry.when)
        unmet = [part for part in parts if _is_unmet(retaken, note, part)]
    singles = [_let_in(journey, part) for part in unmet] or _others(journey, note.reason.code)
    tried: list[tuple[Change, ...]] = [(one,) for one in singles]
    if len(singles) > 1:
        tried.append(tuple(singles))
    ways = [each for each in tried if _has_entered(retaken.take(each), note)]
    return NotMet(
        unmet=tuple(sentence(part) for part in unmet),
        otherwise=tuple(
            Otherwise(changes=tuple(one.words for one in way), channel="", at=row.at)
            for way in ways
        ),
    )


def outside(
    chronicle: Chronicle, person_id: PersonId, segment: str, at: Instant
) -> tuple[str, ...] | Reason:
    """Return the parts of a segment's rule that were not so of somebody at an instant."""
    found = then(chronicle, person_id, Until(at=at))
    if isinstance(found, Reason):
        return found
    state, program = found.person(person_id), found.program
    if state is None or segment not in program.plan.segments:
        return ()
    facts = Facts(state, at, program.zone_of(state), computed=program.computed)
    parts = parts_of(program.plan.segments[segment].rule)
    return tuple(sentence(part) for part in parts if not compile_rule(part)(facts))


def parts_of(rule: Rule) -> tuple[Rule, ...]:
    """Return what all has to hold for a rule to hold."""
    if isinstance(rule, AllOf):
        return tuple(part for each in rule.rules for part in parts_of(each))
    return (rule,)


def _is_unmet(retaken: Retaken, note: NotEntered, part: Rule) -> bool:
    asked = Change(words=f"only {sentence(part)}", plan=_asking(note.journey, lambda _: part))
    return _refusal(retaken.take((asked,)), note) == CONDITION


def _let_in(journey: Journey, part: Rule) -> Change:
    """Let a part of the condition be so."""

    def without(when: Rule | None) -> Rule | None:
        rest = tuple(one for one in parts_of(when) if one != part) if when is not None else ()
        return AllOf(rules=rest) if rest else None

    return Change(words=sentence(part), plan=_asking(journey.name, without))


def _others(journey: Journey, code: str) -> list[Change]:
    """Return what could have been otherwise where it was no condition that kept them out."""
    if code in BEFORE:
        return [Change(words="not having been in it before", states=_never_in(journey.name))]
    if code == "entry.exit_holds":
        words = [sentence(each.when) for each in journey.exits if each.when is not None]
        return [Change(words=f"not: {' or '.join(words)}", plan=_without_exits(journey.name))]
    if code == "entry.present":
        present = _entry_of(journey.name, lambda entry: structs.replace(entry, with_present=True))
        return [Change(words="`with_present: true` in its `enter`", plan=present)]
    return []


def _asking(journey: str, change: Callable[[Rule | None], Rule | None]) -> Callable[[Plan], Plan]:
    return _entry_of(journey, lambda entry: structs.replace(entry, when=change(entry.when)))


def _entry_of(journey: str, change: Callable[[Entry], Entry]) -> Callable[[Plan], Plan]:
    return _journey_of(journey, lambda one: structs.replace(one, entry=change(one.entry)))


def _without_exits(journey: str) -> Callable[[Plan], Plan]:
    return _journey_of(
        journey,
        lambda one: structs.replace(one, exits=tuple(e for e in one.exits if e.when is None)),
    )


def _journey_of(name: str, change: Callable[[Journey], Journey]) -> Callable[[Plan], Plan]:
    def changed(plan: Plan) -> Plan:
        return structs.replace(plan, journeys={**plan.journeys, name: change(plan.journeys[name])})

    return changed


def _never_in(journey: str) -> Callable[[Program, States, Instant], None]:
    def change(_: Program, states: States, __: Instant) -> None:
        for state in states.values():
            state.enrollments = [one for one in state.enrollments if one.journey != journey]
            for key in [key for key in state.passages if key.partition("\x1f")[0] == journey]:
                del state.passages[key]

    return change


def _refusal(result: Result, note: NotEntered) -> str:
    """Return the code by which a journey takes nobody in; empty: it does, or is silent."""
    refusals = [
        each.reason.code
        for each in result.notes
        if isinstance(each, NotEntered) and _is_same(each, note)
    ]
    return refusals[-1] if refusals else ""


def _has_entered(result: Result, note: NotEntered) -> bool:
    return any(isinstance(each, Entered) and _is_same(each, note) for each in result.notes)


def _is_same(one: NotEntered | Entered, other: NotEntered) -> bool:
    return one.journey == other.journey and (not other.key or one.key == other.key)
