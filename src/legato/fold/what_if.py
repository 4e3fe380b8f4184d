"""A recorded decision taken again, with one thing or two otherwise than they were.

The person is folded up to the step that decided, under the plan that ran then (fold.then). Where
the step decides again as it did, it is taken once more from the same state for each change, and
then for each two of them. Where it does not, nothing is said but why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import msgspec

from legato.core.exchange import Keys, Loaded, Result
from legato.core.identity.identify import newcomer_of
from legato.core.program import Program
from legato.core.reads import reads
from legato.core.step import step
from legato.fold.inputs import Change, changes
from legato.fold.past import Past
from legato.fold.then import DIFFERS, GONE, Chronicle, Then, Until, then
from legato.model.event import CustomerEvent, Erased, Event
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import Instant
from legato.model.note import Decided, Story
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.model.state import decode_state, encode_state

CHANGES_MAX = 16
"""Changes tried by twos: 120 steps, of which some need a plan compiled."""


class Otherwise(Noun, frozen=True, kw_only=True):
    """What would have let it pass: one change, or two together."""

    changes: tuple[str, ...]
    channel: str
    at: Instant


class _Scene(msgspec.Struct, frozen=True, kw_only=True):
    """The step that decided, before it was taken."""

    keys: Keys
    pointers: dict[str, PersonId]
    states: dict[PersonId, bytes]
    event: Event
    now: Instant
    decided: Decided
    """What was noted of it."""


def what_if(
    chronicle: Chronicle, person_id: PersonId, decided: Decided, row: Story
) -> tuple[Otherwise, ...] | Reason:
    """Return the fewest changes that would have sent it: each one, or else each two.

    Or why the decision cannot be taken again as it was. `row` is where it was noted.
    """
    found = then(chronicle, person_id, Until(before=row.position))
    if isinstance(found, Reason):
        return found
    event = Past(chronicle.log, chronicle.stories, chronicle.leads).get(row.position)
    if event is None or isinstance(event, Erased):
        return GONE
    scene = _scene(found, event, row, decided)
    trial = _Trial(found.program, scene)
    if not _is_alike(trial.take(()), decided):
        return DIFFERS
    tried = changes(found.program, decided, map(decode_state, scene.states.values()))[:CHANGES_MAX]
    for size in (1, 2):
        ways = tuple(trial.ways(combinations(tried, size)))
        if ways:
            return ways
    return ()


def _scene(found: Then, event: Event, row: Story, decided: Decided) -> _Scene:
    loaded = found.loaded(reads(found.program, event))
    identifiers = loaded.keys.identifiers
    if identifiers and isinstance(event, CustomerEvent) and not loaded.states:
        # It was the first that was heard of them: there has to be somebody who can be otherwise.
        newcomer = newcomer_of(found.program, identifiers, event.occurred_at)
        loaded.states[newcomer.person_id] = newcomer
        loaded.pointers[loaded.keys.pointers[0]] = newcomer.person_id
    return _Scene(
        keys=loaded.keys,
        pointers=loaded.pointers,
        states={one: encode_state(state) for one, state in loaded.states.items()},
        event=event,
        now=row.at,
        decided=decided,
    )


class _Trial:
    """Takes the step as often as there is something to try."""

    def __init__(self, program: Program, scene: _Scene) -> None:
        self._scene = scene
        self._program = program
        self._programs: dict[tuple[str, ...], Program] = {(): program}
        """By the words of what is otherwise in the plan."""

    def ways(self, tried: Iterator[tuple[Change, ...]]) -> Iterator[Otherwise]:
        """Yield what sends it."""
        for each in tried:
            again = self.take(each)
            if again is not None and again.verdict == "pass":
                words = tuple(change.words for change in each)
                yield Otherwise(changes=words, channel=again.channel, at=self._scene.now)

    def take(self, otherwise: Sequence[Change]) -> Decided | None:
        """Take the step from where it began, and return what it decides."""
        scene, program = self._scene, self._with(otherwise)
        states = {one: decode_state(data) for one, data in scene.states.items()}
        for change in otherwise:
            if change.states is not None:
                change.states(program, states, scene.now)
        loaded = Loaded(keys=scene.keys, pointers=dict(scene.pointers), states=states)
        result = step(program, loaded, scene.event, scene.now)
        return _decision(result, scene.decided.delivery_id)

    def _with(self, otherwise: Sequence[Change]) -> Program:
        mine = [change for change in otherwise if change.plan is not None]
        key = tuple(change.words for change in mine)
        if key not in self._programs:
            plan = self._program.plan
            for change in mine:
                plan = change.plan(plan) if change.plan is not None else plan
            self._programs[key] = Program(plan, self._program.backfill)
            self._programs[key].paused = self._program.paused
        return self._programs[key]


def _decision(result: Result, delivery_id: DeliveryId) -> Decided | None:
    mine = [
        note
        for note in result.notes
        if isinstance(note, Decided) and note.delivery_id == delivery_id
    ]
    return mine[-1] if mine else None


def _is_alike(one: Decided | None, other: Decided) -> bool:
    return one is not None and one.verdict == other.verdict and _verdicts(one) == _verdicts(other)


def _verdicts(decided: Decided) -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (each.channel, [(gate.gate, gate.verdict) for gate in each.gates])
        for each in decided.candidates
    ]
