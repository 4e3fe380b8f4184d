"""A recorded step taken again, as often as there is something to try otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from legato.core.exchange import Keys, Loaded, Result
from legato.core.identity.identify import newcomer_of
from legato.core.program import Program
from legato.core.reads import reads
from legato.core.step import step
from legato.fold.inputs import Change, States
from legato.fold.past import Past
from legato.fold.then import GONE, Chronicle, Then, Until, then
from legato.fold.turn import Record
from legato.model.event import CustomerEvent, Erased, Event, JourneyCalled
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
    position: int
    recalled: Mapping[int, CustomerEvent | JourneyCalled]
    """As core.exchange.Loaded has them."""

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
    return _scene(found, past, (row.position, whole), row.at)


def prompt_scene_of(chronicle: Chronicle, person_id: PersonId, row: Story) -> Scene | Reason:
    """Return the same step as it would have been, had its event come when it happened."""
    past = Past(chronicle.log, chronicle.stories, chronicle.leads)
    event = past.get(row.position)
    if not isinstance(event, CustomerEvent):
        return GONE
    found = then(chronicle, person_id, Until(at=event.occurred_at))
    if isinstance(found, Reason):
        return found
    prompt = msgspec.structs.replace(event, received_at=event.occurred_at)
    return _scene(found, past, (row.position, prompt), event.occurred_at)


def _scene(found: Then, past: Past, record: Record, now: Instant) -> Scene:
    _, event = record
    loaded = found.loaded(reads(found.program, event))
    identifiers = loaded.keys.identifiers
    if identifiers and isinstance(event, CustomerEvent) and not loaded.states:
        # It was the first that was heard of them: there has to be somebody who can be otherwise.
        newcomer = newcomer_of(found.program, identifiers, event.occurred_at)
        loaded.states[newcomer.person_id] = newcomer
        loaded.pointers[loaded.keys.pointers[0]] = newcomer.person_id
    past.place(loaded, record)
    return Scene(
        program=found.program,
        keys=loaded.keys,
        pointers=loaded.pointers,
        encoded={one: encode_state(state) for one, state in loaded.states.items()},
        event=event,
        now=now,
        position=loaded.position,
        recalled=loaded.recalled,
    )


class Retaken:
    """Takes a step as often as there is something to try."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._programs: dict[tuple[str, ...], Program] = {(): scene.program}
        """By the words of what is otherwise in the plan."""

    def take(self, otherwise: Sequence[Change]) -> Result:
        """Take the step from where it began; of an event that does not come, nothing comes."""
        scene, program, states = self._scene, self.program(otherwise), self._states(otherwise)
        event = self._event(otherwise)
        if event is None:
            return Result()
        is_same = event is scene.event
        loaded = Loaded(
            keys=scene.keys if is_same else reads(program, event),
            pointers=dict(scene.pointers),
            states=states,
            position=scene.position if is_same else 0,
            recalled=scene.recalled,
        )
        return step(program, loaded, event, scene.now)

    def after(self, otherwise: Sequence[Change]) -> list[State]:
        """Return everybody as they stand after the step, or after it has not come."""
        states = self._states(otherwise)
        if self._event(otherwise) is not None:
            result = self.take(otherwise)
            for gone in result.gone:
                del states[gone]
            if result.state is not None:
                states[result.state.person_id] = result.state
        return list(states.values())

    def before(self, otherwise: Sequence[Change]) -> list[State]:
        """Return everybody as they stood before it, with what was otherwise."""
        return list(self._states(otherwise).values())

    def _states(self, otherwise: Sequence[Change]) -> States:
        scene, program = self._scene, self.program(otherwise)
        states = {one: decode_state(data) for one, data in scene.encoded.items()}
        for change in otherwise:
            if change.states is not None:
                change.states(program, states, scene.now)
        return states

    def _event(self, otherwise: Sequence[Change]) -> Event | None:
        event: Event | None = self._scene.event
        for change in otherwise:
            if change.event is not None and event is not None:
                event = change.event(event)
        return event

    def program(self, otherwise: Sequence[Change]) -> Program:
        """Return the rules by which it is taken."""
        mine = [one for one in otherwise if one.plan is not None or one.program is not None]
        key = tuple(change.words for change in mine)
        if key not in self._programs:
            plan = self._scene.program.plan
            for change in mine:
                plan = change.plan(plan) if change.plan is not None else plan
            program = Program(plan, self._scene.program.backfill)
            program.paused = dict(self._scene.program.paused)
            for change in mine:
                if change.program is not None:
                    change.program(program)
            self._programs[key] = program
        return self._programs[key]
