"""A recorded step taken again, as often as there is something to try otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from legato.core.exchange import Keys, Loaded, Result
from legato.core.identity.identify import newcomer_of
from legato.core.program import Program
from legato.core.reads import reads
from legato.core.step import step
from legato.fold.inputs import Change
from legato.fold.past import Past
from legato.fold.then import GONE, Chronicle, Then, Until, then
from legato.model.event import CustomerEvent, Erased, Event
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.note import Story
from legato.model.problem import Reason
from legato.model.state import State, decode_state, encode_state


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """A step, before it was taken."""

    program: Program
    keys: Keys
    pointers: dict[str, PersonId]
    encoded: dict[PersonId, bytes]
    event: Event
    now: Instant

    def people(self) -> list[State]:
        """Return everybody who is in it, each a copy of the caller's own."""
        return [decode_state(data) for data in self.encoded.values()]


def scene_of(chronicle: Chronicle, person_id: PersonId, row: Story) -> Scene | Reason:
    """Return the step that left a row of somebody's notes; or why that cannot be told."""
    found = then(chronicle, person_id, Until(before=row.position))
    if isinstance(found, Reason):
        return found
    past = Past(chronicle.log, chronicle.stories, chronicle.leads)
    event = past.get(row.position)
    if event is None or isinstance(event, Erased):
        return GONE
    [(_, whole)] = past.complete([(row.position, event)])
    return _scene(found, whole, row)


def _scene(found: Then, event: Event, row: Story) -> Scene:
    loaded = found.loaded(reads(found.program, event))
    identifiers = loaded.keys.identifiers
    if identifiers and isinstance(event, CustomerEvent) and not loaded.states:
        # It was the first that was heard of them: there has to be somebody who can be otherwise.
        newcomer = newcomer_of(found.program, identifiers, event.occurred_at)
        loaded.states[newcomer.person_id] = newcomer
        loaded.pointers[loaded.keys.pointers[0]] = newcomer.person_id
    return Scene(
        program=found.program,
        keys=loaded.keys,
        pointers=loaded.pointers,
        encoded={one: encode_state(state) for one, state in loaded.states.items()},
        event=event,
        now=row.at,
    )


class Retaken:
    """Takes a step as often as there is something to try."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._programs: dict[tuple[str, ...], Program] = {(): scene.program}
        """By the words of what is otherwise in the plan."""

    def take(self, otherwise: Sequence[Change]) -> Result:
        """Take the step from where it began."""
        scene, program = self._scene, self._with(otherwise)
        states = {one: decode_state(data) for one, data in scene.encoded.items()}
        for change in otherwise:
            if change.states is not None:
                change.states(program, states, scene.now)
        loaded = Loaded(keys=scene.keys, pointers=dict(scene.pointers), states=states)
        return step(program, loaded, scene.event, scene.now)

    def _with(self, otherwise: Sequence[Change]) -> Program:
        mine = [change for change in otherwise if change.plan is not None]
        key = tuple(change.words for change in mine)
        if key not in self._programs:
            plan = self._scene.program.plan
            for change in mine:
                plan = change.plan(plan) if change.plan is not None else plan
            self._programs[key] = Program(plan, self._scene.program.backfill)
            self._programs[key].paused = self._scene.program.paused
        return self._programs[key]
