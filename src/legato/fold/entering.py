"""What would have brought somebody into a journey: a recorded refusal at its door, taken again.

The step that noted it is taken again with one thing otherwise, or with all that was not so at once.
Which parts of a condition did not hold is asked of the engine too: of each part alone.
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor
from typing import TypeAlias

from msgspec import json, structs

from legato.core.exchange import Result
from legato.core.program import Program
from legato.expr.english import sentence
from legato.expr.facts import Facts
from legato.expr.path import with_value
from legato.expr.python import compile_rule
from legato.fold.inputs import Change, States
from legato.fold.retaken import Retaken, Scene, prompt_scene_of, scene_of
from legato.fold.then import DIFFERS, Chronicle, Until, then
from legato.fold.what_if import Otherwise
from legato.model.definitions.journey import Entry, Journey
from legato.model.definitions.rollout import drawn
from legato.model.ended import bring_back
from legato.model.event import CustomerEvent, Event, decode_object
from legato.model.ids import PersonId
from legato.model.instant import Duration, Instant, format_duration
from legato.model.note import Entered, NotEntered, Story
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.problem import Reason
from legato.model.rule import AllOf, Rule

CONDITION = "entry.condition"
LATE = "entry.late"
PROMPT = "its arrival when it happened"
ANY_KEYS = ("some-key", 1)
"""Stand for any: of the type that the event declares."""
Way: TypeAlias = tuple[Change, ...]


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
    plan = scene.program.plan
    journey = plan.version_for(note.journey, person_id) or plan.journeys.get(note.journey)
    retaken = Retaken(scene)
    if journey is None or _refusal(retaken.take(()), note) != note.reason.code:
        return DIFFERS
    door = _Door(retaken, scene, journey, note)
    if note.reason.code == LATE:
        prompt = _in_time(chronicle, person_id, note, row)
        return prompt if isinstance(prompt, Reason) else NotMet(otherwise=prompt)
    return NotMet(
        unmet=tuple(sentence(part) for part in door.unmet(())),
        otherwise=tuple(
            Otherwise(changes=tuple(one.words for one in way), channel="", at=row.at)
            for way in door.ways()
        ),
    )


def _in_time(
    chronicle: Chronicle, person_id: PersonId, note: NotEntered, row: Story
) -> tuple[Otherwise, ...] | Reason:
    """Return whether they would have come in, had the event come when it happened."""
    scene = prompt_scene_of(chronicle, person_id, row)
    if isinstance(scene, Reason):
        return scene
    retaken = Retaken(scene)
    result = retaken.take(())
    if _has_entered(result, note):
        return (Otherwise(changes=(PROMPT,), channel="", at=scene.now),)
    plan = scene.program.plan
    journey = plan.version_for(note.journey, person_id) or plan.journeys.get(note.journey)
    if journey is None:
        return ()  # it was not there yet
    refused = structs.replace(note, reason=Reason(code=_refusal(result, note), what=""))
    return tuple(
        Otherwise(changes=(PROMPT, *(one.words for one in way)), channel="", at=scene.now)
        for way in _Door(retaken, scene, journey, refused).ways()
    )


class _Door:
    """A journey's entry at a step: what it asks, and what would have opened it."""

    def __init__(self, retaken: Retaken, scene: Scene, journey: Journey, note: NotEntered) -> None:
        self._retaken = retaken
        self._scene = scene
        self._journey = journey
        self._note = note

    def unmet(self, given: Way, code: str = "") -> list[Rule]:
        """Return the parts of its condition that were not so, where that is what kept them out."""
        when = self._journey.entry.when
        if (code or self._note.reason.code) != CONDITION or when is None:
            return []
        return [part for part in parts_of(when) if self._is_unmet(given, part)]

    def ways(self) -> list[Way]:
        """Return what lets them in; where no single thing does, with what kept them out then."""
        first = self._steps((), self._note.reason.code)
        ways = self._opening(first)
        if ways:
            return ways
        further: list[Way] = []
        for way in first:
            code = _refusal(self._retaken.take(way), self._note)
            if code not in ("", self._note.reason.code):
                further += self._steps(way, code)
        return self._opening(further)

    def _steps(self, given: Way, code: str) -> list[Way]:
        """Return what could have been otherwise beside, one by one, then all that was not so."""
        unmet = [_let_in(self._journey, part) for part in self.unmet(given, code)]
        singles = unmet or _others(self._journey, self._scene, code)
        steps = [(*given, one) for one in singles]
        return [*steps, (*given, *unmet)] if len(unmet) > 1 else steps

    def _opening(self, tried: list[Way]) -> list[Way]:
        """Return what lets them in, each in other words."""
        ways = [way for way in tried if _has_entered(self._retaken.take(way), self._note)]
        return list({tuple(one.words for one in way): way for way in ways}.values())

    def _is_unmet(self, given: Way, part: Rule) -> bool:
        plan = _asking(self._journey.name, lambda _: part)
        asked = Change(words=f"only {sentence(part)}", plan=plan)
        return _refusal(self._retaken.take((*given, asked)), self._note) == CONDITION


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


def _let_in(journey: Journey, part: Rule) -> Change:
    """Let a part of the condition be so."""

    def without(when: Rule | None) -> Rule | None:
        rest = tuple(one for one in parts_of(when) if one != part) if when is not None else ()
        return AllOf(rules=rest) if rest else None

    return Change(words=sentence(part), plan=_asking(journey.name, without))


def _others(journey: Journey, scene: Scene, code: str) -> list[Change]:
    """Return what could have been otherwise where it was no condition that kept them out."""
    name = journey.name
    match code:
        case "entry.no_key" if isinstance(scene.event, CustomerEvent):
            words = f"a {journey.entry.key} in '{scene.event.name}'"
            return [
                Change(words=words, event=_with_key(journey.entry.key, any_key))
                for any_key in ANY_KEYS
            ]
        case "entry.paused":
            return [Change(words=f"{name} not being paused", program=_running(name))]
        case "entry.bound":
            return [Change(words="fewer journeys at a time", states=_in_nothing(name))]
        case "entry.already_in":
            any_time = _entry_of(name, lambda one: structs.replace(one, again="concurrent"))
            return [
                Change(words="having left it by then", states=_gone_from(name)),
                Change(words="`again: any time` in its `enter`", plan=any_time),
            ]
        case "entry.once":
            again = _entry_of(name, lambda one: structs.replace(one, again="after_exit"))
            return [
                Change(words="not having been in it before", states=_never_in(name)),
                Change(words="`again: after exit` in its `enter`", plan=again),
            ]
        case "entry.cooldown":
            cooldown = journey.entry.cooldown
            words = f"{format_duration(cooldown)} since the last entry"
            return [
                Change(words=words, states=_in_it_earlier(name, cooldown)),
                Change(words="not having been in it before", states=_never_in(name)),
            ]
        case "entry.exit_holds":
            asked = [sentence(each.when) for each in journey.exits if each.when is not None]
            return [Change(words=f"not: {' or '.join(asked)}", plan=_without_exits(name))]
        case "entry.present":
            present = _entry_of(name, lambda one: structs.replace(one, with_present=True))
            return [Change(words="`with_present: true` in its `enter`", plan=present)]
        case "entry.rollout":
            return [_rolled_out(name, person_id) for person_id in scene.encoded]
        case _:
            return []


def _with_key(key: str, value: str | int) -> Callable[[Event], Event]:
    """Have an event carry some key, where it has none."""

    def change(event: Event) -> Event:
        assert isinstance(event, CustomerEvent)
        body = with_value(decode_object(event.body), key, value)
        return structs.replace(event, body=json.encode(body))

    return change


def _running(journey: str) -> Callable[[Program], None]:
    def change(program: Program) -> None:
        program.paused.pop(journey, None)

    return change


def _in_nothing(journey: str) -> Callable[[Program, States, Instant], None]:
    def change(_: Program, states: States, __: Instant) -> None:
        for state in states.values():
            state.enrollments = [one for one in state.enrollments if one.journey == journey]
            state.ended = {name: each for name, each in state.ended.items() if name == journey}

    return change


def _gone_from(journey: str) -> Callable[[Program, States, Instant], None]:
    def change(_: Program, states: States, __: Instant) -> None:
        for state in states.values():
            for one in state.enrollments:
                if one.journey == journey and one.ended_at is None:
                    one.ended_at, one.due_at = one.since, None

    return change


def _in_it_earlier(journey: str, by: Duration) -> Callable[[Program, States, Instant], None]:
    def change(_: Program, states: States, __: Instant) -> None:
        for state in states.values():
            bring_back(state, [journey])
            for one in state.enrollments:
                if one.journey == journey:
                    one.entered_at -= by
            for key, passage in state.passages.items():
                if key.partition("\x1f")[0] == journey:
                    passage.entered_at -= by

    return change


def _rolled_out(journey: str, person_id: PersonId) -> Change:
    """Roll a journey out to as many people as take the person in."""
    least = floor(drawn(journey, person_id) * 100) + 1

    def change(plan: Plan) -> Plan:
        wider = structs.replace(plan.rollouts[journey], share=least / 100)
        return structs.replace(plan, rollouts={**plan.rollouts, journey: wider})

    return Change(words=f"a rollout to {least} % or more", plan=change)


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
        before = plan.before(name)
        retired = tuple(change(one) if one is before else one for one in plan.retired)
        journeys = {**plan.journeys, name: change(plan.journeys[name])}
        return structs.replace(plan, journeys=journeys, retired=retired)

    return changed


def _never_in(journey: str) -> Callable[[Program, States, Instant], None]:
    def change(_: Program, states: States, __: Instant) -> None:
        for state in states.values():
            state.enrollments = [one for one in state.enrollments if one.journey != journey]
            state.ended.pop(journey, None)
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
