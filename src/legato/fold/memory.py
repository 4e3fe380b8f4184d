"""What the engine holds between turns (program, clock, caches), and how records are applied to it.

Applying is deterministic: whatever the division of the log into turns, and whatever the caches
hold, the same records give the same states and the same effects. That is why nothing here looks
at a clock, why a plan or a switch is a turn of its own, and why the deduplication window is cut
to whole hours by the record's own time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import assert_never, get_args

import msgspec

from legato.core.exchange import Keys, Loaded, Result
from legato.core.program import Program
from legato.core.reads import may_close_addresses, reads
from legato.core.step import step
from legato.fold.cache import ROOM, Cache, People, Room
from legato.fold.lookback import Lookback
from legato.fold.past import Past
from legato.fold.relive import part, whom
from legato.fold.turn import FAULT_ALARM, NOBODY, Record, StepFault, Turned, tick
from legato.model.effect import (
    Certify,
    Deliver,
    Effect,
    Erase,
    Point,
    Quarantine,
    Revoke,
    SetAlarm,
    Settle,
    Strike,
    Suppress,
    Tell,
)
from legato.model.erasure import tomb_of
from legato.model.event import (
    BackfillBegan,
    CustomerEvent,
    ErasureRequested,
    Event,
    JourneySwitched,
    PastMeasured,
    PersonSplit,
    PlanActivated,
    RejectedItem,
    ScheduleTaken,
    TimerFired,
)
from legato.model.ids import PersonId
from legato.model.instant import HOUR, Duration, Instant
from legato.model.note import Story, encode_notes
from legato.model.noun import to_bytes
from legato.model.plan import Backfill, Plan, decode_backfill, decode_plan
from legato.model.state import State, encode_state
from legato.ports.state_store import FoldStore, NoteRow

DUPLICATES_WINDOW: Duration = 72 * HOUR
POINTERS_MAX = 400_000
"""Identifiers held in memory, about 150 bytes each."""
RECORDS_A_PAUSE = 16
"""Two milliseconds: as long as a question waits that need not wait for the turn."""
FORWARDS_MAX = 50_000
"""Merged persons remembered in memory; past it, pointers are read anew from the store."""


class Core(msgspec.Struct, frozen=True, kw_only=True):
    """The pure engine. A parameter, so that a host can be tried with a step that fails."""

    reads: Callable[[Program, Event], Keys] = reads
    step: Callable[[Program, Loaded, Event, Instant], Result] = step
    program: Callable[[Plan, Backfill | None], Program] = Program
    plan: Callable[[bytes], Plan] = decode_plan


CORE = Core()


def _go_on(_turned: Turned) -> None:
    return


def is_alone(event: Event) -> bool:
    """Return whether a record is a turn of its own.

    Because it changes how all others are applied, because it takes away what others of its turn
    may have made, or because it reads what was noted before.
    """
    return type(event) in _ALONE


_CONTROL = PlanActivated | JourneySwitched | ScheduleTaken | BackfillBegan
_ALONE = frozenset((*get_args(_CONTROL), ErasureRequested, PersonSplit, PastMeasured))


class Memory:
    """Owned by one thread. `apply`, then commit the turn, then `keep`; or `forget` it."""

    def __init__(self, store: FoldStore, past: Past, *, core: Core, room: Room = ROOM) -> None:
        head = store.head()
        self.now: Instant = head.now
        self.position = head.position
        self.plan = decode_plan(head.plan[1]) if head.plan else Plan(name="")
        backfill = decode_backfill(head.backfill) if head.backfill else None
        self.program: Program = core.program(self.plan, backfill)
        self.program.paused.update(head.switches)
        self.schedules: dict[str, Instant] = dict(head.schedules)
        self._core = core
        self._store = store
        self._past = past
        self._people = People(store, room)
        self._pointers: Cache[str, PersonId] = Cache(POINTERS_MAX)
        self._forwards: dict[PersonId, PersonId] = {}
        self._graves: dict[str, Instant] = {}
        """Identifiers that were erased and may be held by somebody again: when."""
        self._has_tombs = store.has_tombs()
        self._lookback: Lookback | None = None

    def apply(self, records: Sequence[Record], pause: Callable[[Turned], None] = _go_on) -> Turned:
        """Apply records: one alone that has to be, or any number of others.

        Of others it is known whom they may concern before the first is applied. From then on
        `pause` is called now and then, and may read whom the turn `leaves_alone`. Raises StepFault
        where a step fails, LegatoError where the store does; then nothing of the turn remains here.
        """
        turned = Turned(records=self._past.complete(records), now=self.now)
        try:
            first = records[0][1]
            if isinstance(first, _CONTROL):
                self._control(turned, first)
            elif isinstance(first, PersonSplit):
                self._split(turned, first)
                self._encode(turned)
            elif isinstance(first, PastMeasured):
                self._measure(turned, first)
                self._encode(turned)
            else:
                keys = self._read(turned)
                for index, record in enumerate(turned.records):
                    if index % RECORDS_A_PAUSE == 0:
                        pause(turned)
                    self._one(turned, index, record, keys[index])
                self._encode(turned)
        except BaseException:
            self.forget(turned)
            raise
        return turned

    def keep(self, turned: Turned) -> None:
        """Take a committed turn over into memory."""
        self.now, self.position = turned.now, turned.position
        for key, person_id in turned.pointers.items():
            self._pointers.put(key, person_id)
        self._forwards.update(turned.forwards)
        self._graves.update(turned.graves)
        if turned.erased or turned.parted:
            # Rare enough: what led to the person is not looked for one by one.
            self._has_tombs = self._has_tombs or bool(turned.erased)
            self._people.clear()
            self._forget_ways()
        if len(self._forwards) + len(self._graves) > FORWARDS_MAX:
            self._forget_ways()
        if turned.program is not None:
            turned.program.paused.update(self.program.paused)
            self.program, self.plan = turned.program, turned.program.plan
            self._lookback = None
        self.program.paused.update(turned.switches)
        self.schedules.update(turned.schedules)
        self._people.keep(turned.states)
        self._pointers.trim()

    def leaves_alone(self, turned: Turned, people: Iterable[PersonId]) -> bool:
        """Return whether nothing that gates read of these people can change in a turn."""
        concerned = {self._follow(turned, person_id) for person_id in turned.concerned}
        return concerned.isdisjoint(self._follow(turned, each) for each in people) and not any(
            may_close_addresses(self.program, event) for _, event in turned.records
        )

    def _forget_ways(self) -> None:
        self._forwards.clear()
        self._pointers.clear()
        self._graves.clear()

    def forget(self, turned: Turned) -> None:
        """Drop every person that a turn may have changed; the store still has them as before."""
        for person_id in (*turned.touched, *turned.dirty):
            self._people.drop(person_id)

    def person(self, person_id: PersonId) -> State | None:
        """Return a person as of the last turn; merged ids are followed. Not to be changed."""
        known = self._people.get(person_id)
        if known is not None:  # one who was merged into another is dropped from here
            return known
        turned = Turned(records=[], now=self.now)
        self._fetch(turned, [person_id])
        return self._state(turned, person_id)

    def _control(
        self,
        turned: Turned,
        event: PlanActivated | JourneySwitched | ScheduleTaken | BackfillBegan,
    ) -> None:
        turned.now = tick(turned.now, event.received_at)
        match event:
            case PlanActivated():
                turned.program = self._core.program(self._core.plan(event.plan), None)
                turned.plan = (event.digest, event.plan)
            case JourneySwitched():
                turned.switches[event.journey] = event.is_paused
            case ScheduleTaken():
                turned.schedules[event.journey] = event.due_at
            case BackfillBegan():
                turned.program = self._core.program(self.plan, event.backfill)
                turned.backfill = to_bytes(event.backfill)
            case _:
                assert_never(event)

    def _split(self, turned: Turned, event: PersonSplit) -> None:
        """Let a person be two again, from their records; see fold.relive."""
        position = turned.position
        turned.now = tick(turned.now, event.received_at)
        ids = whom(event)
        self._fetch(turned, ids)
        people = [one for each in ids if (one := self._state(turned, each)) is not None]
        try:
            parting = part(self.program, people, self._past, event, turned.now)
            encoded = [(each, encode_notes(each.notes)) for each in parting.results]
        except Exception as fault:
            raise StepFault(0) from fault
        if parting.relived is not None:
            turned.forwards.update(parting.relived.forwards)
            turned.pointers.update(parting.relived.pointers)
            turned.parted.update(parting.relived.positions)
        for result, notes in encoded:
            person_id = self._take_people(turned, Loaded(keys=Keys()), result) or NOBODY
            for effect in result.effects:
                _collect(turned, position, effect)
            turned.notes.append(
                NoteRow(position=position, person_id=person_id, at=turned.now, notes=notes)
            )
            story = Story(
                position=position, person_id=person_id, at=turned.now, notes=tuple(result.notes)
            )
            turned.stories.append(story)

    def _measure(self, turned: Turned, event: PastMeasured) -> None:
        """Give people the measurements of what happened to them before; see fold.lookback."""
        turned.now = tick(turned.now, event.received_at)
        if not event.backfill or event.backfill != self.program.measured:
            return  # it is over, or was given up
        if self._lookback is None:
            self._lookback = Lookback(self.program, self._past)
        self._fetch(turned, event.people)
        for person_id in event.people:
            state = self._state(turned, person_id)
            if state is None or not self._lookback.wants(state):
                continue
            turned.touched.append(state.person_id)
            try:
                self._lookback.measure(state, event.plans)
            except Exception as fault:
                raise StepFault(0) from fault
            turned.dirty[state.person_id] = state

    def _read(self, turned: Turned) -> list[Keys]:
        """Find out what all the records need, and fetch it with one query of each kind."""
        program, core_reads, now = self.program, self._core.reads, turned.now
        all_keys: list[Keys] = []
        messages: dict[Instant, list[bytes]] = {}
        pointers: dict[str, None] = {}
        people: dict[PersonId, None] = {}
        for index, (_, event) in enumerate(turned.records):
            try:
                keys = core_reads(program, event)
            except Exception as fault:
                raise StepFault(index) from fault
            all_keys.append(keys)
            now = tick(now, event.received_at)
            if keys.message is not None:
                messages.setdefault(duplicates_since(now), []).append(keys.message)
            for key in keys.pointers:
                known = self._pointers.get(key)
                if known is None:
                    pointers[key] = None
                else:
                    turned.leads[key] = known
                    people[known] = None
            for person_id in keys.people:
                people[person_id] = None
        for since, digests in messages.items():
            turned.duplicates[since] = self._store.seen(digests, since)
        if pointers:
            for key, person_id in self._store.pointers(list(pointers)).items():
                self._pointers.put(key, person_id)
                turned.leads[key] = person_id
                people[person_id] = None
            if self._has_tombs:
                self._look_for_tombs(turned, pointers)
        turned.concerned = people
        self._fetch(turned, people)
        return all_keys

    def _look_for_tombs(self, turned: Turned, keys: Iterable[str]) -> None:
        """Find out which identifiers were erased, of those that are not in memory.

        Those in memory were looked for when they came there.
        """
        digests = {tomb_of(key): key for key in keys}
        for digest, erased_at in self._store.tombs(list(digests)).items():
            turned.graves[digests[digest]] = erased_at

    def _fetch(self, turned: Turned, people: Iterable[PersonId]) -> None:
        """Bring persons into memory; those there are not are remembered as absent."""
        held = self._people
        missing = dict.fromkeys(
            present
            for person_id in people
            # One who was merged into another is dropped: whoever is held is still there.
            if person_id not in held and (present := self._follow(turned, person_id)) not in held
        )
        for person_id in self._people.fetch(missing):
            self._fetch_forwarded(turned, person_id)

    def _fetch_forwarded(self, turned: Turned, person_id: PersonId) -> None:
        """Look for whom a person without a state has become."""
        became = self._store.resolve(person_id)
        if became == person_id:
            turned.absent[person_id] = True
            return
        self._forwards[person_id] = became
        self._fetch(turned, [became])

    def _follow(self, turned: Turned, person_id: PersonId) -> PersonId:
        while turned.forwards or self._forwards:
            became = turned.forwards.get(person_id) or self._forwards.get(person_id)
            if became is None:
                break
            person_id = became
        return person_id

    def _state(self, turned: Turned, person_id: PersonId) -> State | None:
        state = self._people.get(person_id)
        if state is not None:
            return state
        person_id = self._follow(turned, person_id)
        state = self._people.get(person_id)
        if state is None and person_id not in turned.absent:
            # Led here by a pointer or a merge of this very turn: rare, so one by one.
            self._fetch(turned, [person_id])
            state = self._people.get(self._follow(turned, person_id))
        return state

    def _load(self, turned: Turned, keys: Keys, record: Record, now: Instant) -> Loaded:
        pointers: dict[str, PersonId] = {}
        for key in keys.pointers:
            person_id = turned.pointers.get(key) or turned.leads.get(key)
            if person_id is not None:
                is_held = person_id in self._people
                pointers[key] = person_id if is_held else self._follow(turned, person_id)
        states: dict[PersonId, State] = {}
        for person_id in (*keys.people, *pointers.values()):
            if person_id in states:
                continue
            state = self._state(turned, person_id)
            if state is not None:
                states[state.person_id] = state
                turned.touched.append(state.person_id)
        message = keys.message
        is_duplicate = message is not None and (
            message in turned.seen or message in turned.duplicates[duplicates_since(now)]
        )
        loaded = Loaded(keys=keys, is_duplicate=is_duplicate, pointers=pointers, states=states)
        if turned.graves or self._graves:
            for key in keys.pointers:
                erased_at = turned.graves.get(key) or self._graves.get(key)
                if erased_at is not None:
                    loaded.tombs[key] = erased_at
        return self._past.place(loaded, record)

    def _one(self, turned: Turned, index: int, record: Record, keys: Keys) -> None:
        position, event = record
        now = turned.now = tick(turned.now, event.received_at)
        loaded = self._load(turned, keys, record, now)
        try:
            result = self._core.step(self.program, loaded, event, now)
            notes = encode_notes(result.notes)
        except Exception as fault:
            raise StepFault(index) from fault
        if result.is_admitted and keys.message is not None:
            turned.seen[keys.message] = now
        person_id = self._take_people(turned, loaded, result)
        if person_id is None and isinstance(event, CustomerEvent | RejectedItem):
            turned.strays.append(position)
        for effect in result.effects:
            _collect(turned, position, effect)
            if isinstance(effect, Erase):
                for gone in effect.person_ids:
                    self._people.drop(gone)
        person_id = person_id or NOBODY
        if result.notes or (result.state is not None and person_id):
            # An empty row says that this record, too, was the person's: see fold.then.
            turned.notes.append(
                NoteRow(position=position, person_id=person_id, at=now, notes=notes)
            )
        if result.notes:
            turned.stories.append(
                Story(position=position, person_id=person_id, at=now, notes=tuple(result.notes))
            )
        if isinstance(event, TimerFired):
            _quieten(turned, event, result.state)

    def _take_people(self, turned: Turned, loaded: Loaded, result: Result) -> PersonId | None:
        """Take over whom a step has changed; return whose its notes are, if anybody's."""
        state = result.state
        if state is not None:
            if loaded.states.get(state.person_id) is not state:
                self._people.put(state.person_id, state)
            turned.dirty[state.person_id] = state
            for gone in result.gone:
                self._people.drop(gone)
                turned.dirty[gone] = None
                turned.forwards[gone] = state.person_id
                turned.alarms[gone] = None
        if result.ended is not None:
            self._people.drop(result.ended)
            turned.dirty[result.ended] = None
        if result.about is not None:
            return result.about
        return None if state is None else state.person_id

    def _encode(self, turned: Turned) -> None:
        """Encode every changed person once. A state that cannot be is some record's fault."""
        try:
            for person_id, state in turned.dirty.items():
                turned.states[person_id] = None if state is None else encode_state(state)
        except Exception as fault:
            raise StepFault from fault


def duplicates_since(now: Instant) -> Instant:
    """Return where the deduplication window begins: the 72 hours before this whole hour.

    Cut to hours so that one query serves a turn and still depends on the record's time alone.
    """
    return now - now % HOUR - DUPLICATES_WINDOW


def _collect(turned: Turned, position: int, effect: Effect) -> None:
    match effect:
        case SetAlarm():
            turned.alarms[effect.person_id] = effect.due_at
        case Point():
            turned.pointers[effect.key] = effect.person_id
        case Deliver():
            turned.deliveries.append((position, effect.delivery))
        case Settle():
            turned.settled.append(effect)
        case Revoke():
            turned.revoked.append(effect)
        case Quarantine():
            turned.quarantined.append((position, effect))
        case Suppress():
            turned.suppressed.append(effect)
        case Erase():
            turned.erased.append((position, effect))
        case Tell():
            turned.told.append(effect)
        case Certify():
            turned.certified.append(effect)
        case Strike():
            turned.strikes.append(position)
        case _:
            assert_never(effect)


def _quieten(turned: Turned, event: TimerFired, state: State | None) -> None:
    """Make sure that an alarm which rang does not ring again at once, whatever the step did.

    A step that moved the alarm, or whose person has a later one already, has seen to it.
    """
    person_id = event.person_id
    if state is None:
        turned.alarms.setdefault(person_id, None)
        return
    if state.alarm_at is not None and state.alarm_at <= event.due_at:
        turned.alarms[state.person_id] = turned.now + FAULT_ALARM
    if state.person_id != person_id:
        turned.alarms[person_id] = None
