"""A merge undone: the records of one person lived again as those of two.

Nothing of what the merged person became can be divided; what happened can. So the records are
stepped through anew, in a small world of their own in which two persons are kept apart, and what
the records say of each is what each would be had they never been merged. Time passes in it by
the records: alarms ring when they were due. Nothing is performed: what was sent was sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from legato.core.exchange import Keys, Loaded, Result
from legato.core.identifiers import pointer_key
from legato.core.identity.identify import newcomer_of
from legato.core.identity.single import why_it_stays, without
from legato.core.identity.split import APART, call_back, share_contacts, share_offers, take_up
from legato.core.program import Program
from legato.core.reads import reads
from legato.core.step import step
from legato.fold.past import Past
from legato.fold.turn import FAULT_ALARM, tick
from legato.model.effect import Point, SetAlarm
from legato.model.event import (
    ConsentSaid,
    CustomerEvent,
    DeliveryReported,
    Event,
    JourneyCalled,
    PersonsJoined,
    PersonSplit,
    TimerFired,
)
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.note import NotLinked, Rejected, Separated
from legato.model.problem import Reason
from legato.model.state import State


class Relived(msgspec.Struct, kw_only=True):
    """Who the records speak of, when two are kept apart."""

    states: dict[PersonId, State] = {}
    forwards: dict[PersonId, PersonId] = {}
    pointers: dict[str, PersonId] = {}
    positions: dict[PersonId, list[int]] = {}
    """Whose records they are."""


class Parting(msgspec.Struct, kw_only=True):
    """What becomes of a wish to split."""

    results: list[Result]
    """One for each of the persons; or one alone, which says why nothing is changed."""
    relived: Relived | None = None


def part(
    program: Program, people: Sequence[State], past: Past, event: PersonSplit, now: Instant
) -> Parting:
    """Undo a merge, or say why that cannot be done."""
    if event.is_done:
        return Parting(results=_kept_apart(people, event))
    person = next(iter(people), None)
    if person is None or event.person_id not in (person.person_id, *person.merged):
        return _refused(event, "there is no such person", None)
    unlike = _why_not(people, event)
    if unlike:
        return _refused(event, unlike, person)
    relived = relive(program, past, person, event, now)
    states = relived.states
    if not _are_told_apart(person, event, relived):
        return _refused(event, "their records do not tell the two apart", person)
    for gone in person.merged:
        if gone not in states and gone not in relived.forwards:
            relived.forwards[gone] = person.person_id  # its records are there no more
    share_contacts(person, states)
    share_offers(person, states)
    results: list[Result] = []
    for one, state in states.items():
        others = _others(one, person, event, states)
        state.apart = list(dict.fromkeys([*state.apart, *person.apart, *others]))
        note = Separated(other=others[0], by=event.by)
        results.append(take_up(program, state, person, note=note, now=now))
    results[0].effects[:0] = call_back(person, states)
    return Parting(results=results, relived=relived)


def whom(event: PersonSplit) -> list[PersonId]:
    """Return whose states are needed, if they are there; the one to be parted comes first."""
    if event.is_done:
        return [*_stays(event), event.gone]
    return [event.person_id, *([event.gone] if is_of_identifier(event) else [])]


def _stays(event: PersonSplit) -> list[PersonId]:
    return [*(event.stays or (event.person_id,))]


def _why_not(people: Sequence[State], event: PersonSplit) -> str:
    """Return why a wish cannot be met, whatever the records say; empty where it may be."""
    person = people[0]
    if not is_of_identifier(event):
        known = event.gone in person.merged
        return "" if known else "no such person was merged into this one"
    if any(one.person_id != person.person_id for one in people):
        return "somebody else goes by the name that it would get"
    return why_it_stays(person, event.identifier)


def is_of_identifier(event: PersonSplit) -> bool:
    """Return whether one identifier is parted, not somebody who was merged."""
    return event.identifier != ("", "")


def _are_told_apart(person: State, event: PersonSplit, relived: Relived) -> bool:
    """Return whether the records still say enough of everybody."""
    states = relived.states
    if not is_of_identifier(event):
        return person.person_id in states and event.gone in states
    known = {
        (kind, value)
        for state in states.values()
        for kind, values in state.identifiers.items()
        for value in values
    }
    return person.person_id in states and all(
        (kind, value) in known for kind, values in person.identifiers.items() for value in values
    )


def _others(
    one: PersonId, person: State, event: PersonSplit, states: Mapping[PersonId, State]
) -> list[PersonId]:
    """Return from whom one of them is parted, whom they share no more with."""
    if not is_of_identifier(event):
        return [person.person_id if one == event.gone else event.gone]
    return [each for each in states if each != event.gone] if one == event.gone else [event.gone]


def _refused(event: PersonSplit, what: str, person: State | None) -> Parting:
    reason = Reason(code="identity.no_split", what=what, definition="identity")
    about = person.person_id if person is not None else None
    notes = [Rejected(event_id=event.event_id, reason=reason)]
    return Parting(results=[Result(about=about, notes=[*notes])])


def _kept_apart(people: Sequence[State], event: PersonSplit) -> list[Result]:
    """Keep two apart whom the records never join, since those of one are overwritten."""
    results: list[Result] = []
    for one in people:
        is_gone = event.gone in (one.person_id, *one.merged)
        others = _stays(event) if is_gone else [event.gone]
        one.apart = list(dict.fromkeys([*one.apart, *others]))
        one.version += 1
        results.append(Result(state=one, notes=[Separated(other=others[0], by=event.by)]))
    return results


def relive(
    program: Program, past: Past, person: State, event: PersonSplit, now: Instant
) -> Relived:
    """Live a person's records again up to `now` with two kept apart."""
    apart = Apart(person=person.person_id, gone=event.gone)
    life = Life(program, past, apart)
    if is_of_identifier(event):
        life.take_off(event.identifier, person)
    for position, record in past.of(person.person_id):
        life.live(position, record)
    life.ring(now)
    relived = life.relived
    for gone in list(relived.forwards):
        relived.forwards[gone] = life.follow(gone)
    relived.pointers = {key: life.follow(one) for key, one in relived.pointers.items()}
    return relived


class Apart(NamedTuple):
    """Whom records are lived again apart."""

    person: PersonId
    gone: PersonId


class Life:
    """One person's records on their way through a small world."""

    def __init__(self, program: Program, past: Past, apart: Apart) -> None:
        self.relived = Relived()
        self._program = program
        self._past = past
        self._apart = apart
        self._taken_off: tuple[str, str] | None = None
        self._now: Instant = 0
        self._alarms: dict[PersonId, Instant] = {}
        self._were_merged = False
        """The record at which the two were merged has been passed."""

    def take_off(self, identifier: tuple[str, str], person: State) -> None:
        """Let one identifier be somebody of its own from the beginning, whom no other joins."""
        kind, value = identifier
        gone, since = self._apart.gone, person.identifiers[kind][value]
        self._taken_off = identifier
        state = newcomer_of(self._program, [identifier], since)
        state.person_id = gone
        state.identifiers = {kind: {value: since}}
        self.relived.states[gone] = state
        self.relived.positions[gone] = []
        self.relived.pointers[pointer_key(kind, value)] = gone

    def live(self, position: int, event: Event) -> None:
        """Let a record happen, and before it the alarms that were due."""
        now = tick(self._now, event.received_at)
        self.ring(now)
        self._now = now
        match event:
            case CustomerEvent():
                self._step(position, event, self._own(event))
            case JourneyCalled():
                mine = msgspec.structs.replace(event, person_id=self._meant(event.person_id))
                self._step(position, mine, reads(self._program, mine))
            case PersonsJoined():
                if not self._is_undone(event):
                    self._step(position, event, reads(self._program, event))
            case ConsentSaid():
                for person_id in self._who_said(event):
                    mine = msgspec.structs.replace(event, person_id=person_id)
                    self._step(position, mine, reads(self._program, mine))
            case DeliveryReported():
                self._report(position, event)
            case _:
                return  # alarms ring anew, and a look again finds what every step finds

    def ring(self, until: Instant) -> None:
        """Let every alarm ring that is due before an instant, the earliest first."""
        while self._alarms:
            person_id = min(self._alarms, key=lambda one: (self._alarms[one], one))
            due_at = self._alarms[person_id]
            if due_at >= until:
                return
            self._now = max(self._now, due_at + 1)
            fired = TimerFired(received_at=self._now, person_id=person_id, due_at=due_at)
            del self._alarms[person_id]
            self._step(None, fired, Keys(people=(person_id,)))
            state = self.relived.states[person_id]
            if state.alarm_at is not None and state.alarm_at <= due_at:
                self._alarms[person_id] = self._now + FAULT_ALARM

    def follow(self, person_id: PersonId) -> PersonId:
        """Return who somebody has become."""
        while person_id in self.relived.forwards:
            person_id = self.relived.forwards[person_id]
        return person_id

    def _own(self, event: CustomerEvent) -> Keys:
        """Leave out what leads to somebody else: to whom an earlier split gave it."""
        keys = reads(self._program, event)
        foreign = self._past.foreign(keys.pointers, self._apart.person)
        own = [index for index, key in enumerate(keys.pointers) if key not in foreign]
        keys = msgspec.structs.replace(
            keys,
            pointers=tuple([keys.pointers[index] for index in own]),
            identifiers=tuple([keys.identifiers[index] for index in own]),
        )
        if self._taken_off not in keys.identifiers or len(own) == 1:
            return keys
        self._were_merged = True
        return without(self._program, event, keys, self._taken_off)

    def _is_undone(self, event: PersonsJoined) -> bool:
        if self._taken_off is None:
            return sorted((event.person_id, event.other)) == sorted(self._apart)
        return self._apart.gone in (self.follow(event.person_id), self.follow(event.other))

    def _meant(self, person_id: PersonId) -> PersonId:
        """Return who is meant by a name: one that came to be known otherwise is no identifier."""
        named = self.follow(person_id)
        if self._taken_off is None or not self._were_merged or named != self._apart.gone:
            return named
        others = [state for one, state in self.relived.states.items() if one != named]
        first = min(others, key=lambda state: (state.first_seen, state.person_id), default=None)
        return named if first is None else first.person_id

    def _who_said(self, event: ConsentSaid) -> Sequence[PersonId]:
        """Return for whom consent was said: a no of the merged person is one of both."""
        said_by = self._meant(event.person_id)
        is_no = any(not line.is_granted for line in event.lines)
        if not self._were_merged or not is_no:
            return (said_by,)
        if self._taken_off is not None:
            return tuple(self.relived.states)
        return self._apart if said_by in self._apart else (said_by,)

    def _report(self, position: int, event: DeliveryReported) -> None:
        for person_id, state in self.relived.states.items():
            if event.delivery_id in state.pending:
                mine = msgspec.structs.replace(event, person_id=person_id)
                self._step(position, mine, Keys(people=(person_id,)))
                return

    def _step(self, position: int | None, event: Event, keys: Keys) -> None:
        relived = self.relived
        pointers = {key: relived.pointers[key] for key in keys.pointers if key in relived.pointers}
        pointers = {key: self.follow(one) for key, one in pointers.items()}
        people = dict.fromkeys([*map(self.follow, keys.people), *pointers.values()])
        states = {one: relived.states[one] for one in people if one in relived.states}
        loaded = Loaded(keys=keys, pointers=pointers, states=states)
        if position is not None:
            self._past.place(loaded, (position, event))
        self._take(position, step(self._program, loaded, event, self._now))

    def _take(self, position: int | None, result: Result) -> None:
        relived, state = self.relived, result.state
        for effect in result.effects:
            if isinstance(effect, Point):
                relived.pointers[effect.key] = effect.person_id
            elif isinstance(effect, SetAlarm):
                self._alarms.pop(effect.person_id, None)
                if effect.due_at is not None:
                    self._alarms[effect.person_id] = effect.due_at
        if state is None:
            return
        relived.states[state.person_id] = state
        mine = relived.positions.setdefault(state.person_id, [])
        if position is not None:
            mine.append(position)
        for gone in result.gone:
            del relived.states[gone]
            self._alarms.pop(gone, None)
            relived.forwards[gone] = state.person_id
            mine += relived.positions.pop(gone, [])
        self._keep_apart(state)
        self._were_merged = self._were_merged or any(
            isinstance(note, NotLinked) and note.reason.code == APART.code for note in result.notes
        )

    def _keep_apart(self, state: State) -> None:
        ids = (state.person_id, *state.merged)
        for one, other in (self._apart, self._apart[::-1]):
            if one in ids and other not in ids and other not in state.apart:
                state.apart.append(other)
