"""A rehearsed world: the production engine under a virtual clock, with rehearsed providers.

Theory of operation. Time is a heap of what is still to happen (events on their way, attempts,
answers) beside the alarms of the store; `advance` takes the earliest again and again. Every
happening becomes a record of the log and is folded by `legato.fold.memory`, as in every other host,
one record a turn. A delivery is attempted after the gates were read again, as a lane does it, and
what the provider makes of it is drawn by digest from the seed: one seed is one world, byte for
byte.

Nothing here can reach the network: a provider is a function.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from legato.core.gate import Clearance
from legato.fold.cache import Room
from legato.fold.clearance import clear_to_send
from legato.fold.memory import Memory
from legato.fold.past import Past
from legato.fold.turn import Turned
from legato.model.definitions.journey import Journey
from legato.model.delivery import Delivery, Outcome
from legato.model.event import (
    NAME_OF_KIND,
    CustomerEvent,
    CustomerEventKind,
    DeliveryReported,
    Event,
    PersonTouched,
    PlanActivated,
    TimerFired,
    encode_event,
)
from legato.model.ids import DeliveryId, EventId, PersonId, derive
from legato.model.instant import INSTANT_MAX, Duration, Instant
from legato.model.note import Note, Story
from legato.model.plan import Destination, Plan
from legato.model.state import State
from legato.ports.log import Log
from legato.ports.state_store import FoldStore, NoteRow, Outbox, Records, Timers
from legato.simulate.bells import Bells
from legato.simulate.lane import START, Lanes, Scene, Sent
from legato.simulate.programs import CORE, PROGRAMS
from legato.simulate.provider import Desk, Drawn
from legato.simulate.rounds import Rounds

__all__ = ["PEOPLE_MAX", "START", "STEADY_SCENE", "Scene", "Sent", "World", "WorldStore"]

PEOPLE_MAX = 200_000
OUTBOX_MAX = 1_000_000
ALARMS_MAX = 10_000_000
AFTER_ALL = 1 << 62
"""More than ever happens in a world."""

STEADY_SCENE = Scene()


class WorldStore(FoldStore, Timers, Outbox, Records, Protocol):
    """What a world needs of a store; stores have all these sides."""


class Script(Protocol):
    """What is known of a time before it is rehearsed: it was lived through once already."""

    def rings(self, person_id: PersonId, due_at: Instant | None, now: Instant) -> bool:
        """Be told of somebody's alarm, or of its end.

        Return whether it rings when it is said to, and not by itself.
        """
        ...

    def reports(self, delivery_id: DeliveryId) -> bool:
        """Return whether what becomes of a delivery is said, and not drawn."""
        ...

    def calls(self, journey: Journey, due_at: Instant) -> bool:
        """Return whether it is said who is called in when a schedule comes round."""
        ...


class Unscripted:
    """Nothing is known: alarms and schedules are on time, providers do what they are like."""

    def rings(self, person_id: PersonId, due_at: Instant | None, now: Instant) -> bool:  # noqa: ARG002 - as promised
        """Return that no alarm is."""
        return False

    def reports(self, delivery_id: DeliveryId) -> bool:  # noqa: ARG002 - as promised
        """Return that no delivery is."""
        return False

    def calls(self, journey: Journey, due_at: Instant) -> bool:  # noqa: ARG002 - as promised
        """Return that nobody's calls are."""
        return False


UNSCRIPTED = Unscripted()


class World:
    """Feed it events, let time pass, look at what became of everybody."""

    def __init__(
        self,
        plan: Plan | None,
        log: Log,
        store: WorldStore,
        scene: Scene = STEADY_SCENE,
        script: Script = UNSCRIPTED,
    ) -> None:
        """Begin with a plan and nobody; without a plan, go on where the store stands."""
        self.now = scene.start
        self.scene = scene
        self._script = script
        self._lanes = Lanes(self, Drawn(scene.providers, scene.seed))
        self.stories: list[Story] = []
        """Everybody's notes, in order, step by step."""
        self._notes: list[tuple[PersonId, Instant, Note]] = []
        self._read_count = 0
        """Stories whose notes stand there too."""
        self.quarantined: list[tuple[Instant, str, str]] = []
        """When, which event, and why."""
        self._log = log
        self._store = store
        self._memory = Memory(
            store, Past(log, store, store.pointers), core=CORE, room=Room(people=PEOPLE_MAX)
        )
        self._coming: list[tuple[Instant, int, Callable[[], None]]] = []
        self._count = 0
        self._messages = 0
        self._decisions = hashlib.blake2b(digest_size=16)
        self.decided: dict[DeliveryId, str] = {}
        """Every delivery handed to a lane, and its destination."""
        self._bells = Bells()
        self.rounds = Rounds(self, script.calls)
        if plan is None:
            self._go_on()
        else:
            self.activate(plan)

    def _go_on(self) -> None:
        self.now = max(self.now, self._memory.now)
        for due_at, person_id in self._store.due(INSTANT_MAX, ALARMS_MAX):
            self._set_bell(person_id, due_at)
        self._fill_lanes()

    @property
    def sent(self) -> list[Sent]:
        """What providers accepted, in order."""
        return self._lanes.sent

    @property
    def repeated(self) -> list[Sent]:
        """What providers were asked again, and had accepted already."""
        return self._lanes.repeated

    @property
    def outcomes(self) -> dict[DeliveryId, Outcome]:
        """What became of every delivery that is over."""
        return self._lanes.outcomes

    @property
    def notes(self) -> list[tuple[PersonId, Instant, Note]]:
        """Everybody's notes, in order."""
        for story in self.stories[self._read_count :]:
            self._notes += [(story.person_id, story.at, note) for note in story.notes]
        self._read_count = len(self.stories)
        return self._notes

    def activate(self, plan: Plan) -> None:
        """Let decisions follow a plan from now on."""
        written = PROGRAMS.written(plan)
        self.feed(PlanActivated(received_at=self.now, digest=written.digest, plan=written.data))
        self.rounds.look()

    def feed(self, *events: Event) -> None:
        """Let events be received now, one after the other."""
        for event in events:
            position = self._log.append([encode_event(event)])
            turned = self._memory.apply([(position, event)])
            self._store.commit(turned.turn())
            self._memory.keep(turned)
            self._perform(turned)

    def track(self, who: str, name: str, body: Mapping[str, Any] | None = None) -> CustomerEvent:
        """Let a person do something now."""
        return self.receive(self.event(who, "track", body or {}, name=name))

    def identify(
        self, who: str, traits: Mapping[str, Any], context: Mapping[str, Any] | None = None
    ) -> CustomerEvent:
        """Let a person tell about themselves now."""
        event = self.event(who, "identify", traits)
        context_bytes = msgspec.json.encode(context or {})
        return self.receive(msgspec.structs.replace(event, context=context_bytes))

    def receive(self, event: CustomerEvent) -> CustomerEvent:
        """Feed one customer event and give it back, to be fed again."""
        self.feed(event)
        return event

    def event(
        self, who: str, kind: CustomerEventKind, body: Mapping[str, Any], *, name: str = ""
    ) -> CustomerEvent:
        """Make a customer event of now without feeding it."""
        self._messages += 1
        message_id = f"m{self._messages}"
        return CustomerEvent(
            event_id=EventId(derive("event", "web", message_id)),
            received_at=self.now,
            occurred_at=self.now,
            source="web",
            message_id=message_id,
            kind=kind,
            name=name or NAME_OF_KIND[kind],
            user_id=who,
            body=msgspec.json.encode(body),
        )

    def at(self, instant: Instant, happening: Callable[[], None]) -> None:
        """Let something happen later."""
        self._count += 1
        heapq.heappush(self._coming, (instant, self._count, happening))

    def at_last(self, instant: Instant, happening: Callable[[], None]) -> None:
        """Let something happen later, after all that happens at the same instant."""
        self._count += 1
        heapq.heappush(self._coming, (instant, AFTER_ALL + self._count, happening))

    def advance(self, duration: Duration) -> None:
        """Let time pass, with all that happens in it."""
        self.run_until(self.now + duration)

    def run_until(self, end: Instant) -> None:
        """Let everything happen that is due up to `end`, in order of time."""
        while True:
            due_at = self._bells.next_due()
            alarm_at = None if due_at is None else max(due_at + 1, self.now)
            coming_at = self._coming[0][0] if self._coming else None
            if alarm_at is not None and alarm_at <= end and alarm_at < (coming_at or end + 1):
                self.now = alarm_at
                self._ring()
                continue
            if coming_at is None or coming_at > end:
                break
            self.now = max(self.now, coming_at)
            heapq.heappop(self._coming)[2]()
        self.now = max(self.now, end)

    def state(self, who: str) -> State | None:
        """Return a person by user id."""
        return self.known_by([f"user_id:{who}"])

    def known_by(self, pointers: Sequence[str]) -> State | None:
        """Return a person by any of some identifiers."""
        found = self._store.pointers(pointers)
        ids = (found[key] for key in pointers if key in found)
        return next((self._memory.person(person_id) for person_id in ids), None)

    def messages(self, who: str) -> list[str]:
        """Return the messages that providers accepted for a person, in order."""
        state = self.state(who)
        if state is None:
            return []
        ids = (state.person_id, *state.merged)
        return [sent.delivery.message for sent in self.sent if sent.delivery.person_id in ids]

    def notes_of(self, who: str) -> list[Note]:
        """Return all notes about a person, in order."""
        state = self.state(who)
        ids = (state.person_id, *state.merged) if state is not None else ()
        return [note for person_id, _, note in self.notes if person_id in ids]

    def let_answer(self, desk: Desk) -> None:
        """Let somebody else answer for the providers from now on."""
        self._lanes.desk = desk

    def touch_everybody(self) -> None:
        """Look at every person again, as a host does after a plan or a switch has changed."""
        for person_id in dict.fromkeys(person_id for person_id, _, _ in self.notes):
            self.feed(PersonTouched(received_at=self.now, person_id=person_id))

    def crash(self) -> None:
        """Lose everything that was only in memory, as a killed process does, and start again.

        Deliveries that were on their way are attempted again under the same id.
        """
        past = Past(self._log, self._store, self._store.pointers)
        self._memory = Memory(self._store, past, core=CORE, room=Room(people=PEOPLE_MAX))
        self._lanes.forget()
        self._fill_lanes()

    def _fill_lanes(self) -> None:
        for destination, _ in self._store.destinations():
            for row in self._store.waiting(destination, 0, OUTBOX_MAX):
                self._take(row.delivery)

    def decision_digest(self) -> str:
        """Return a digest over every note and every delivery so far, in order."""
        return self._decisions.copy().hexdigest()

    def _ring(self) -> None:
        due_at, person_id = self._bells.first()
        self.ring(person_id, due_at)

    def ring(self, person_id: PersonId, due_at: Instant) -> None:
        """Ring somebody's alarm, if it is still the one that is due then."""
        if self.alarm_of(person_id) == due_at:
            self.feed(TimerFired(received_at=self.now, person_id=person_id, due_at=due_at))

    def alarm_of(self, person_id: PersonId) -> Instant | None:
        """Return when somebody's alarm is due."""
        return self._bells.due_at(person_id)

    def _set_bell(self, person_id: PersonId, due_at: Instant | None) -> None:
        is_said = self._script.rings(person_id, due_at, self.now)
        self._bells.set(person_id, due_at, is_silent=is_said)

    # What lanes and schedules ask of their surroundings

    @property
    def plan(self) -> Plan:
        """The plan that decisions follow now."""
        return self._memory.plan

    def taken(self) -> Mapping[str, Instant]:
        """Return, by journey, the occurrence of its schedule that was taken last."""
        return self._memory.schedules

    def everybody(self) -> list[State]:
        """Return all people there are, in order of id. Not to be changed."""
        ids = [person_id for person_id, _ in self._store.people(PersonId(""), PEOPLE_MAX)]
        found = (self._memory.person(person_id) for person_id in ids)
        return [state for state in found if state is not None]

    def person(self, person_id: PersonId) -> State | None:
        """Return somebody, also by an id from before a merge."""
        return self._memory.person(person_id)

    def set_clock(self, now: Instant) -> None:
        """Let the engine's clock be where others, who are not in this world, have moved it."""
        self._memory.now = now

    def clock(self) -> Instant:
        """Return the present instant, never before the engine's: the clock may have jumped."""
        return max(self.now, self._memory.now)

    def position(self) -> int:
        """Return the position of the log's last record."""
        return self._memory.position

    def clear(self, delivery: Delivery) -> Clearance:
        """Read the gates of a delivery that is about to leave."""
        person = self._memory.person(delivery.person_id)
        program = self._memory.program
        return clear_to_send(self._store, program, person, delivery, now=self.clock())

    def destination(self, name: str) -> Destination:
        """Return a destination of the present plan."""
        return self._memory.plan.destinations[name]

    def after(self, delay: Duration, happening: Callable[[], None]) -> None:
        """Let something happen later."""
        self.at(self.now + delay, happening)

    def report(self, report: DeliveryReported) -> None:
        """Feed what became of a delivery."""
        self.feed(report)

    def _perform(self, turned: Turned) -> None:
        for row in turned.notes:
            self._decisions.update(row.notes)
        self.stories += _stories(turned)
        for person_id, due_at in turned.alarms.items():
            self._set_bell(person_id, due_at)
        for _, delivery in turned.deliveries:
            self._decisions.update(delivery.delivery_id.encode())
            self._take(delivery)
        for _, kept in turned.quarantined:
            self.quarantined.append((kept.received_at, kept.name, kept.reason.what))
        for revoke in turned.revoked:
            self._lanes.revoke(revoke.delivery_id, revoke.reason)

    def _take(self, delivery: Delivery) -> None:
        self.decided[delivery.delivery_id] = delivery.destination
        if not self._script.reports(delivery.delivery_id):
            self._lanes.take(delivery)


def _stories(turned: Turned) -> Sequence[Story]:
    """Return a turn's stories, those too that only say whose a record was."""
    told, rows = turned.stories, turned.notes
    if len(told) == len(rows):
        return told
    found = {story.position: story for story in told}
    return [found.get(row.position) or _empty(row) for row in rows]


def _empty(row: NoteRow) -> Story:
    return Story(position=row.position, person_id=row.person_id, at=row.at, notes=())
