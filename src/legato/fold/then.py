"""Somebody as they stood at a moment of the past: their records folded again up to it.

Every step that changed a person left a row among the notes, though it be an empty one. So the notes
say which records were theirs, and what the engine's clock was at each. These are taken again, in
order, under the rules of then, together with those of everybody whom they could have met. What a
step notes now is held against what was noted then: where the two differ, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from legato.core.exchange import Keys, Loaded, Result
from legato.core.program import Program
from legato.core.reads import reads
from legato.core.step import step
from legato.fold.eras import Eras
from legato.fold.lookback import Lookback
from legato.fold.memory import duplicates_since
from legato.fold.past import Past
from legato.fold.relive import part, whom
from legato.fold.turn import Record
from legato.model.effect import Point
from legato.model.event import (
    BackfillBegan,
    Erased,
    Event,
    JourneySwitched,
    PersonSplit,
    PlanActivated,
)
from legato.model.ids import PersonId
from legato.model.instant import INSTANT_MAX, Instant
from legato.model.note import Faulted, Note, Rejected, Separated, Story
from legato.model.plan import Backfill, Plan, decode_plan
from legato.model.problem import Reason
from legato.model.state import State
from legato.ports.log import Log
from legato.ports.state_store import Thread

RECORDS_MAX = 20_000
"""Records taken again for one answer, about 100 us each: more than a person has in years."""
PAGE = 1_000

GONE = Reason(code="past.gone", what="records from before that moment are not kept any more")
DIFFERS = Reason(code="past.differs", what="the records do not lead to what was noted then")
TOO_MANY = Reason(code="past.long", what=f"there are more than {RECORDS_MAX:,} records to go by")

Leads: TypeAlias = Callable[[Sequence[str]], Mapping[str, PersonId]]
Phase: TypeAlias = Literal["rules", "records"]
"""The log is read for what changed the rules, once; then somebody's records are taken again."""
Told: TypeAlias = Callable[[Phase, int, int], None]
"""Hears how far it has come, and of how much; for any thread."""
TOLD_RECORDS = 200


def to_nobody(_phase: Phase, _done: int, _of: int) -> None:
    """Tell nobody."""


class Until(msgspec.Struct, frozen=True, kw_only=True):
    """How far: what had come in by an instant, or stands before a position of the log."""

    at: Instant = INSTANT_MAX
    before: int = INSTANT_MAX


class Chronicle(msgspec.Struct, frozen=True, kw_only=True):
    """Where the past is read from."""

    log: Log
    stories: Thread
    leads: Leads
    """To whom identifiers lead today: see StateStore.pointers."""
    eras: Eras

    def plan_at(self, at: Instant) -> Plan:
        """Return the plan that ran at an instant; an empty one before the first."""
        rules = (event for _, event in self.eras.until(self.log.last_position()))
        plans = [one for one in rules if isinstance(one, PlanActivated) and one.received_at <= at]
        return decode_plan(plans[-1].plan) if plans else Plan(name="")


class Then(msgspec.Struct, kw_only=True):
    """Who there was, and the rules of that time. All of it is the caller's."""

    program: Program
    states: dict[PersonId, State] = {}
    pointers: dict[str, PersonId] = {}
    forwards: dict[PersonId, PersonId] = {}
    told: list[Story] = []
    """What had been noted by then of all of them, in order."""

    def person(self, person_id: PersonId) -> State | None:
        """Return a person by an id of that time."""
        return self.states.get(self.follow(person_id))

    def known_by(self, keys: Sequence[str]) -> State | None:
        """Return whom the first of these identifiers leads to that leads to anybody."""
        found = (self.person(self.pointers[key]) for key in keys if key in self.pointers)
        return next(found, None)

    def story(self, person_id: PersonId) -> list[Story]:
        """Return what had been noted of a person, and of all merged into them."""
        me = self.follow(person_id)
        return [row for row in self.told if self.follow(row.person_id) == me]

    def follow(self, person_id: PersonId) -> PersonId:
        """Return who somebody had become."""
        while person_id in self.forwards:
            person_id = self.forwards[person_id]
        return person_id

    def loaded(self, keys: Keys, *, is_duplicate: bool = False) -> Loaded:
        """Return what a step is given for an event that reads these keys."""
        pointers = {k: self.follow(self.pointers[k]) for k in keys.pointers if k in self.pointers}
        people = dict.fromkeys([*map(self.follow, keys.people), *pointers.values()])
        states = {one: self.states[one] for one in people if one in self.states}
        return Loaded(keys=keys, is_duplicate=is_duplicate, pointers=pointers, states=states)

    def take(self, result: Result) -> None:
        """Take over what a step has changed."""
        for effect in result.effects:
            if isinstance(effect, Point):
                self.pointers[effect.key] = effect.person_id
        if result.state is None:
            return
        self.states[result.state.person_id] = result.state
        for gone in result.gone:
            del self.states[gone]
            self.forwards[gone] = result.state.person_id


def then(
    chronicle: Chronicle, person_id: PersonId, until: Until, told: Told = to_nobody
) -> Then | Reason:
    """Return how a person stood, and who stood with them; or why that cannot be told."""
    people = [person_id]
    while True:
        rows = _rows(chronicle.stories, people)
        if len(rows) > RECORDS_MAX:
            return TOO_MANY
        life = _Life(chronicle, people, rows, told)
        reason = life.live(until)
        if not life.strangers:
            return reason or life.world
        people += life.strangers


def _rows(stories: Thread, people: list[PersonId]) -> list[Story]:
    """Return all that was noted of some, and of those who were parted from them since."""
    rows: dict[tuple[int, PersonId], Story] = {}
    for person_id in people:  # grows on the way
        after = 0
        while len(rows) <= RECORDS_MAX and (page := stories.story(person_id, after, PAGE)):
            after = page[-1].position
            rows.update({(row.position, row.person_id): row for row in page})
            parted = [n.other for row in page for n in row.notes if isinstance(n, Separated)]
            people += [one for one in dict.fromkeys(parted) if one not in people]
    return [rows[key] for key in sorted(rows)]


class _Life:
    """Some people, while their records are taken again."""

    def __init__(
        self, chronicle: Chronicle, people: Sequence[PersonId], rows: Sequence[Story], told: Told
    ) -> None:
        self.strangers: dict[PersonId, None] = {}
        """Whom they could have met, and whose records are missing here."""
        self._chronicle = chronicle
        self._rows = rows
        self._told = told
        self._familiar = dict.fromkeys([*people, *(row.person_id for row in rows)], True)
        self._owners: dict[str, PersonId | None] = {}
        """To whom identifiers lead today."""
        self._past = Past(chronicle.log, self, self._lead)
        self._seen: dict[bytes, Instant] = {}
        self._activated: PlanActivated | None = None
        self._backfill: Backfill | None = None
        self._plans: list[int] = []
        self._paused: dict[str, bool] = {}
        self.world = Then(program=chronicle.eras.program(None, None))
        self._is_ruled = True
        """The program is that of the rules of now."""

    def live(self, until: Until) -> Reason | None:
        """Take everything again that happened until then; return why that cannot be done."""
        # What stands before something known by then was known: its clock may have been ahead.
        known = [r.position for r in self._rows if r.at <= until.at and r.position < until.before]
        newest = max(known, default=0)
        last = min(self._chronicle.log.last_position(), until.before - 1)
        rules = [
            (position, event)
            for position, event in reversed(self._rules_until(last))
            if position < newest or _is_before(event, until)
        ]
        for number, row in enumerate(self._rows):
            if row.position > newest:
                break
            if number % TOLD_RECORDS == 0:
                self._told("records", number, len(known))
            while rules and rules[-1][0] < row.position:
                self._rule(*rules.pop())
            reason = self._happen(row)
            if reason is not None or self.strangers:
                return reason
            self.world.told.append(row)
        for position, event in reversed(rules):
            self._rule(position, event)
        self._keep_to_rules()
        return None

    def _rules_until(self, last: int) -> list[Record]:
        return self._chronicle.eras.until(last, lambda done: self._told("rules", done, last))

    def story(self, person_id: PersonId, after: int, limit: int) -> list[Story]:
        """Return what had been noted of a person by now: see ports.state_store.Thread."""
        rows = self.world.story(person_id)
        return [row for row in rows if row.position > after][:limit]

    def _lead(self, keys: Sequence[str]) -> Mapping[str, PersonId]:
        world = self.world
        return {key: world.follow(world.pointers[key]) for key in keys if key in world.pointers}

    def _rule(self, position: int, event: Event) -> None:
        match event:
            case PlanActivated():
                self._activated, self._backfill = event, None
                self._plans.append(position)
                self._is_ruled = False
            case JourneySwitched():
                self._paused[event.journey] = event.is_paused
                self._is_ruled = False
            case BackfillBegan():
                self._backfill = event.backfill
                self._is_ruled = False
                self._look_back()
            case _:
                raise AssertionError("only what changes the rules is handed in here")

    def _keep_to_rules(self) -> None:
        if not self._is_ruled:
            self.world.program = self._chronicle.eras.program(self._activated, self._backfill)
            self.world.program.paused = self._paused
            self._is_ruled = True

    def _look_back(self) -> None:
        """Measure everybody at once: whenever it is done, it comes to the same."""
        if self._backfill is None or not self._backfill.slots:
            return  # one was given up
        self._keep_to_rules()
        lookback = Lookback(self.world.program, self._past)
        for state in self.world.states.values():
            lookback.measure(state, self._plans)

    def _happen(self, row: Story) -> Reason | None:
        if row.notes and all(isinstance(note, Rejected | Faulted) for note in row.notes):
            return None  # it changed nothing
        if self.world.told and self.world.told[-1].position == row.position:
            return None  # the other one's of two who were parted by it
        event = self._past.get(row.position)
        if event is None or isinstance(event, Erased):
            return GONE
        self._keep_to_rules()
        if isinstance(event, PersonSplit):
            return self._split(event, row)
        [(_, event)] = self._past.complete([(row.position, event)])
        keys = reads(self.world.program, event)
        if self._is_strange(keys):
            return None
        seen_at = self._seen.get(keys.message) if keys.message is not None else None
        is_duplicate = seen_at is not None and seen_at >= duplicates_since(row.at)
        loaded = self.world.loaded(keys, is_duplicate=is_duplicate)
        self._past.place(loaded, (row.position, event))
        result = step(self.world.program, loaded, event, row.at)
        if _gist(result.notes) != _gist(row.notes):
            return DIFFERS
        if result.is_admitted and keys.message is not None:
            self._seen[keys.message] = row.at
        self.world.take(result)
        return None

    def _split(self, event: PersonSplit, row: Story) -> Reason | None:
        world = self.world
        ids = whom(event)
        people = [one for each in ids if (one := world.person(each)) is not None]
        parting = part(world.program, people, self._past, event, row.at)
        if not any(_gist(one.notes) == _gist(row.notes) for one in parting.results):
            return DIFFERS
        if parting.relived is not None:
            parted = parting.relived.positions
            world.forwards = {
                gone: became for gone, became in world.forwards.items() if became not in parted
            }
            world.forwards.update(parting.relived.forwards)
            world.pointers.update(parting.relived.pointers)
        for result in parting.results:
            world.take(result)
        return None

    def _is_strange(self, keys: Keys) -> bool:
        """Return whether an event concerns somebody who is not here."""
        asked = [key for key in keys.pointers if key not in self._owners]
        if asked:
            found = self._chronicle.leads(asked)
            self._owners.update({key: found.get(key) for key in asked})
        owners = [self._owners[key] for key in keys.pointers]
        for one in (*keys.people, *owners):
            if one is not None and one not in self._familiar:
                self.strangers[one] = None
        return bool(self.strangers)


def _is_before(event: Event, until: Until) -> bool:
    assert isinstance(event, PlanActivated | BackfillBegan | JourneySwitched)
    return event.received_at <= until.at


_GIST = (
    *("name", "kind", "gone", "other", "purpose", "is_granted", "segment", "is_member"),
    *("journey", "enrollment_id", "from_step", "to_step", "outcome", "audience"),
    *("delivery_id", "verdict", "channel", "destination", "reaction"),
)


def _gist(notes: Iterable[Note]) -> list[tuple[object, ...]]:
    """Return what notes say without their words: those may have become better since."""
    return [(type(note), *[getattr(note, name, None) for name in _GIST]) for note in notes]
