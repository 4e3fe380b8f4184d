"""A story, lived through: people are made known, things happen, time passes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Protocol, TypeAlias, assert_never

import msgspec

from legato.connectors.inbound.call import Call, read_call
from legato.connectors.inbound.compile import compile_source
from legato.connectors.inbound.events import events_of
from legato.connectors.inbound.hear import items_of
from legato.connectors.inbound.settings import public_settings
from legato.core.identifiers import address_of
from legato.model.consent import CONFIRMED, ConsentLine, Evidence, Scope
from legato.model.event import (
    SMS_RECEIVED,
    ConsentSaid,
    CustomerEvent,
    Event,
    JourneyCalled,
    JourneySwitched,
)
from legato.model.ids import EventId, derive, share
from legato.model.instant import MINUTE, SECOND, Duration, Instant
from legato.model.note import Story
from legato.model.plan import Plan
from legato.model.state import State
from legato.plan.diff import retire
from legato.plan.scenarios.people import event_of, introduction, pointers_of
from legato.plan.scenarios.scenario import (
    Applies,
    Calls,
    Crashes,
    Does,
    Happening,
    Lag,
    Person,
    Posts,
    ProviderTurns,
    Replies,
    Said,
    Says,
    Scenario,
    SourceTurns,
    Switches,
)
from legato.simulate.lane import Scene, Sent
from legato.simulate.provider import Desk
from legato.simulate.scenario.desk import Left, StoryDesk
from legato.simulate.world import World

INTRODUCED: Duration = MINUTE
"""How long before the first thing that happens people are made known."""
Z_99 = 2.326_347_874
"""Of a normal distribution, 99 in 100 lie below so many deviations."""


class OpenWorld(Protocol):
    """Opens an empty world."""

    def __call__(self, plan: Plan, scene: Scene, desk: Desk) -> World:
        """Return a world of its own."""
        ...


Changes: TypeAlias = Mapping[str, Plan]
"""Name -> another plan, which a story may activate."""


class Lived(msgspec.Struct, kw_only=True):
    """What came of a story."""

    scenario: Scenario
    plan: Plan
    """The last one that was active."""
    states: dict[str, State | None]
    """By the person's name, at the end."""
    stories: list[Story]
    """Everybody's, in order."""
    sent: list[Sent]
    left: list[Left]
    quarantined: list[tuple[Instant, str, str]]
    """When, which event, and why."""
    decision_digest: str
    alarms: dict[str, Instant | None] = {}
    """By the person's name, when something wakes them next."""

    def sent_to(self, person: str) -> list[Sent]:
        """Return the messages that somebody got since the story began, in order."""
        ids = self.ids_of(person)
        return [
            one
            for one in self.sent
            if one.delivery.person_id in ids
            and one.at >= self.scenario.start
            and one.delivery.operation == "send"
        ]

    def story_of(self, person: str) -> list[Story]:
        """Return all notes about somebody, history included."""
        ids = self.ids_of(person)
        return [row for row in self.stories if row.person_id in ids]

    def ids_of(self, person: str) -> tuple[str, ...]:
        """Return the ids that somebody goes by."""
        state = self.states.get(person)
        return () if state is None else (state.person_id, *state.merged)


def live(
    scenario: Scenario, plan: Plan, open_world: OpenWorld, changes: Changes | None = None
) -> Lived:
    """Let a story happen from its beginning to its end.

    It is told of what journeys do, not of who is drawn for them: all are rolled out to everybody.
    """
    others = {name: _for_everybody(each) for name, each in (changes or {}).items()}
    return _Stage(scenario, _for_everybody(plan), open_world, others).run()


def _for_everybody(plan: Plan) -> Plan:
    return msgspec.structs.replace(plan, rollouts={}) if plan.rollouts else plan


class _Stage:
    """One story on its way."""

    def __init__(
        self, scenario: Scenario, plan: Plan, open_world: OpenWorld, changes: Changes
    ) -> None:
        self._scenario = scenario
        self._plan = plan
        self._changes = changes
        self._desk = StoryDesk()
        self._lags: dict[str, Lag] = {}
        self._count = 0
        self._people = {person.name: person for person in scenario.people}
        earliest = min((one.at for one in scenario.happenings), default=scenario.start)
        self._begin = min(earliest, scenario.start) - INTRODUCED
        scene = Scene(seed=scenario.seed, start=self._begin)
        self._world = open_world(plan, scene, self._desk)

    def run(self) -> Lived:
        world = self._world
        for person in self._scenario.people:
            self._introduce(person)
        for happening in self._scenario.happenings:
            world.at(happening.at, partial(self._happen, happening))
        world.run_until(self._scenario.end)
        states = {name: self._state(person) for name, person in self._people.items()}
        return Lived(
            scenario=self._scenario,
            plan=self._plan,
            states=states,
            stories=world.stories,
            sent=world.sent,
            left=self._desk.left,
            quarantined=world.quarantined,
            decision_digest=world.decision_digest(),
            alarms={
                name: None if state is None else world.alarm_of(state.person_id)
                for name, state in states.items()
            },
        )

    def _introduce(self, person: Person) -> None:
        source = next(
            (s.name for s in self._plan.sources.values() if s.hook is None and s.inbound is None),
            "web",
        )
        self._world.feed(introduction(person, self._begin, source))
        if person.consents:
            self._say(person, person.consents, "given", scope="channel")

    def _state(self, person: Person) -> State | None:
        return self._world.known_by(pointers_of(self._plan, person))

    def _happen(self, one: Happening) -> None:
        match one:
            case Does():
                self._do(one)
            case Says():
                self._say(self._people[one.person], one.lines, str(one.place))
            case Replies():
                self._reply(one)
            case Posts():
                self._post(one)
            case ProviderTurns():
                self._desk.turn(one.destination, one.behaviour)
            case SourceTurns():
                self._lags[one.source] = one.lag
            case Switches():
                self._switch(one)
            case Calls():
                self._call(one)
            case Crashes():
                self._world.crash()
            case Applies():
                self._apply(one)
            case _:
                assert_never(one)

    def _do(self, one: Does) -> None:
        """Let an event happen now, and arrive when its source hands it over."""
        event = event_of(
            self._people[one.person],
            one.event,
            one.body,
            at=self._world.now,
            source=one.source,
            message_id=self._name("event"),
        )
        lag = self._lags.get(one.source, Lag())
        if lag.until is not None and self._world.now >= lag.until:
            lag = Lag()
        delay = self._delay(lag, event.message_id)
        for copy in range(lag.copies):
            self._arrive(event, delay + copy * SECOND, is_behind=lag.is_behind)

    def _delay(self, lag: Lag, name: str) -> Duration:
        seed = self._scenario.seed
        delay = lag.late + round(share(f"{seed}:shuffled", name) * lag.shuffled)
        if lag.late_p99:
            spread = math.log(lag.late_p99 / lag.late_p50) / Z_99
            delay += round(lag.late_p50 * math.exp(spread * _normal(f"{seed}:late", name)))
        return delay

    def _arrive(self, event: CustomerEvent, delay: Duration, *, is_behind: bool) -> None:
        at = self._world.now + delay
        occurred_at = at if is_behind else event.occurred_at
        arriving = msgspec.structs.replace(event, received_at=at, occurred_at=occurred_at)
        if delay:
            self._world.at(at, partial(self._feed, arriving))
        else:
            self._feed(arriving)

    def _say(
        self, person: Person, lines: tuple[Said, ...], cause: str, *, scope: Scope = ""
    ) -> None:
        """Let somebody agree or withdraw; what has to be confirmed has been."""
        state = self._state(person)
        if state is None:
            return
        event_id = EventId(derive("said", person.name, cause))
        self._feed(
            ConsentSaid(
                event_id=event_id,
                received_at=self._world.now,
                occurred_at=self._world.now,
                person_id=state.person_id,
                lines=tuple(
                    ConsentLine(purpose=one.purpose, channel=one.channel, is_granted=one.is_granted)
                    for one in lines
                ),
                source="api",
                evidence=Evidence(method=CONFIRMED),
                scope=scope,
            )
        )

    def _reply(self, one: Replies) -> None:
        """Let a reply come in as the gateway's own call is read."""
        channel = self._plan.channels.get(_channel_of(self._plan, one.source))
        state = self._state(self._people[one.person])
        if channel is None or state is None:
            return
        message_id = self._name("reply")
        body = {
            "from": address_of(state, channel.address),
            "to": "+447700900000",
            "body": one.text,
            "message_id": message_id,
        }
        self._feed(
            CustomerEvent(
                event_id=EventId(derive("event", one.source, message_id)),
                received_at=self._world.now,
                occurred_at=self._world.now,
                source=one.source,
                message_id=message_id,
                kind="track",
                name=SMS_RECEIVED,
                body=msgspec.json.encode(body),
            )
        )

    def _post(self, one: Posts) -> None:
        """Let a provider post something, read by the connector of the source."""
        inbound = self._plan.sources[one.source].inbound
        spec = compile_source(inbound.manifest).spec if inbound is not None else None
        if inbound is None or spec is None:
            return
        settings = public_settings(spec, inbound.settings)
        at = self._world.now
        headers = {"content-type": "application/json"}
        call = Call(
            url="https://legato.example/",
            headers=headers,
            body=msgspec.json.encode(one.body),
            received_at=at,
        )
        items = items_of(spec, read_call(call, spec.head.body), settings)
        for item in items if not isinstance(items, str) else ():
            for event in events_of(spec, item, settings, source=one.source, received_at=at):
                self._feed(event)

    def _switch(self, one: Switches) -> None:
        self._feed(
            JourneySwitched(
                received_at=self._world.now, journey=one.journey, is_paused=one.is_paused
            )
        )
        self._world.touch_everybody()

    def _call(self, one: Calls) -> None:
        state = self._state(self._people[one.person])
        if state is not None:
            self._feed(
                JourneyCalled(
                    event_id=EventId(derive("called", one.journey, self._name("call"))),
                    received_at=self._world.now,
                    person_id=state.person_id,
                    journey=one.journey,
                    body=msgspec.json.encode(one.body),
                )
            )

    def _apply(self, one: Applies) -> None:
        self._plan = retire(self._plan, self._changes[one.change], ())
        self._world.activate(self._plan)
        self._world.touch_everybody()

    def _feed(self, event: Event) -> None:
        self._world.feed(event)

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind} {self._count}"


def _channel_of(plan: Plan, source: str) -> str:
    opt_outs = plan.sources[source].opt_outs
    return opt_outs.channel if opt_outs is not None else ""


def _normal(seed: str, name: str) -> float:
    """Draw from a normal distribution, by digest."""
    angle = 2 * math.pi * share(seed, f"{name} angle")
    length = math.sqrt(-2 * math.log(1 - share(seed, f"{name} length")))
    return length * math.cos(angle)
