"""One part of the recorded history, lived through under one plan or another.

Up to the chosen instant the log is folded as it is: everybody is who they were. From there on the
production engine lives the recorded time again in a world of its own. What people did, said and
agreed to comes in as it came then, at the same instants and in the same order; what the engine
makes of it is decided anew. An answer that a provider gave then it gives again; one that it was
never asked for is that of a steady provider.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import msgspec
from msgspec.structs import replace

from legato.fold.cache import Room
from legato.fold.lookback import backfill_of
from legato.fold.memory import Memory, is_alone
from legato.fold.past import Past
from legato.fold.turn import Record, tick
from legato.model.event import (
    BackfillBegan,
    DeliveryReported,
    Event,
    EventRecalled,
    JourneyCalled,
    PastMeasured,
    PersonTouched,
    PlanActivated,
    ScheduleTaken,
    TimerFired,
)
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import Instant
from legato.model.note import Note
from legato.model.noun import Noun
from legato.model.plan import Plan, plan_digest
from legato.plan.births.segments import with_births
from legato.plan.diff import retire
from legato.ports.log import Log
from legato.simulate.backtest.called import Called
from legato.simulate.backtest.reading import Reading
from legato.simulate.backtest.tape import Lapsed, Recorded, Tape, told_of
from legato.simulate.lane import Scene
from legato.simulate.programs import CORE
from legato.simulate.provider import Provider
from legato.simulate.world import PEOPLE_MAX, World, WorldStore

TURN_RECORDS = 256


class Span(Noun, frozen=True, kw_only=True):
    """Which time is lived through again."""

    start: Instant
    end: Instant
    speed: int = 1
    """How many times as fast as life it was lived: more for a demonstration in time-lapse."""


class Lived(msgspec.Struct, frozen=True, kw_only=True):
    """What came of living through a part."""

    notes: Sequence[tuple[PersonId, Instant, Note]]
    dropped: int
    """Reactions on record to messages that were not sent this time: nobody can react to those."""
    record_count: int
    lapsed: Lapsed


class Folded:
    """The records before the chosen instant, folded as production folded them."""

    def __init__(self, log: Log, store: WorldStore) -> None:
        self.places: dict[int, int] = {}
        """Position on record -> position in the part's own log."""
        self.decided: dict[DeliveryId, str] = {}
        """Delivery -> its destination."""
        self._log = log
        self._store = store
        past = Past(log, store, store.pointers)
        self._memory = Memory(store, past, core=CORE, room=Room(people=PEOPLE_MAX))
        self._turn: list[Record] = []
        self._now: Instant = 0

    @property
    def plan(self) -> Plan:
        """The plan that was active in the end."""
        return self._memory.plan

    def fold(self, recorded: Iterable[Recorded]) -> None:
        """Fold records into the store, in order."""
        for one in recorded:
            event = placed(one.event(), self.places)
            position = self.places[one.position] = self._log.append([one.record])
            is_moved = tick(self._now, event.received_at) != one.now
            if is_moved or is_alone(event) or len(self._turn) == TURN_RECORDS:
                self._close()
                self._memory.now = one.now if is_moved else self._memory.now
            self._now = one.now
            self._turn.append((position, event))
            if is_alone(event):
                self._close()
        self._close()

    def _close(self) -> None:
        if not self._turn:
            return
        turned = self._memory.apply(self._turn)
        self._store.commit(turned.turn())
        self._memory.keep(turned)
        self._turn = []
        for _, delivery in turned.deliveries:
            self.decided[delivery.delivery_id] = delivery.destination


def placed(event: Event, places: Mapping[int, int]) -> Event:
    """Return a record as it reads in a log where positions are others."""
    if isinstance(event, EventRecalled):
        return replace(event, position=places.get(event.position, 0))
    if isinstance(event, PastMeasured):
        return replace(event, plans=tuple(places[one] for one in event.plans if one in places))
    return event


def live(  # noqa: PLR0913 - a part has a before, a since, and a place of its own
    log: Log,
    store: WorldStore,
    since: Sequence[Recorded],
    *,
    before: Folded,
    plan: Plan | None,
    span: Span,
    lapsed: Lapsed | None = None,
) -> Lived:
    """Live through a span: under `plan`, or None: as it was, plan by plan.

    `lapsed`: the alarms that did not ring as it was. They are as late here, where nothing else
    overtakes them.
    """
    is_whole = plan is None
    tape = Tape(since, start=span.start, plan=before.plan, is_whole=is_whole, lapsed=lapsed)
    providers = dict[str, Provider]()
    world = World(None, log, store, Scene(start=span.start, providers=providers), tape)
    world.decided.update(before.decided)
    for (person_id, due_at), until in tape.lapsed.items():
        world.at(until + 1, partial(world.ring, person_id, due_at))
    if plan is not None:
        _change_plan(world, log, store, plan)
        world.rounds.look()
    happens = _always if plan is None else _Happens(tape)
    reading = None if plan is None else Reading(plan, first=before.plan)
    places, dropped = dict(before.places), 0
    for (position, recorded), now in tape:
        world.run_until(max(world.now, recorded.received_at))
        read = recorded if reading is None else reading.read(recorded)
        if not happens(world, recorded):
            dropped += told_of(recorded) is not None
            continue
        _take_answer(world, providers, recorded)
        world.set_clock(now)
        world.feed(placed(read, places))
        places[position] = world.position()
    world.run_until(max(world.now, span.end))
    tape.end(world.now)
    return Lived(
        notes=world.notes,
        dropped=dropped,
        record_count=world.position(),
        lapsed=tape.lapsed,
    )


def _change_plan(world: World, log: Log, store: WorldStore, plan: Plan) -> None:
    if plan_digest(plan) == plan_digest(world.plan):
        return
    people = tuple(person_id for person_id, _ in store.people(PersonId(""), PEOPLE_MAX))
    _measure_past(world, log, plan, people)
    world.activate(retire(world.plan, with_births(plan, world.plan), ()))
    for person_id in people:
        world.feed(PersonTouched(received_at=world.now, person_id=person_id))


def _measure_past(world: World, log: Log, plan: Plan, people: tuple[PersonId, ...]) -> None:
    """Make good what the plan measures anew, as it is before a plan becomes active."""
    backfill = backfill_of(world.plan, plan)
    if backfill.slots:
        plans = tuple(log.tagged(["plan"], 0, log.last_position()))
        world.feed(BackfillBegan(received_at=world.now, backfill=backfill))
        world.feed(
            PastMeasured(received_at=world.now, backfill=backfill.id, people=people, plans=plans)
        )


def _always(_world: World, _event: Event) -> bool:
    return True


class _Happens:
    """Says whether something on record happens here too, under another plan."""

    def __init__(self, tape: Tape) -> None:
        self._called = Called(tape)

    def __call__(self, world: World, event: Event) -> bool:
        match event:
            case PlanActivated() | PersonTouched() | BackfillBegan() | PastMeasured():
                return False
            case TimerFired():
                return world.alarm_of(event.person_id) == event.due_at
            case JourneyCalled():
                return self._called.happens(world, event)
            case ScheduleTaken():
                return self._called.ends(world, event)
            case _:
                told = told_of(event)
                return told is None or told in world.decided


def _take_answer(world: World, providers: dict[str, Provider], event: Event) -> None:
    """Remember what a destination answers calls with: whoever is asked anew answers so too."""
    if isinstance(event, DeliveryReported) and event.answer:
        destination = world.decided.get(event.delivery_id)
        if destination is not None:
            providers[destination] = Provider(answer=event.answer)
