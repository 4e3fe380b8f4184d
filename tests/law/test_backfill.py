"""A measurement that is born late is what it would be, had it been there from the beginning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import msgspec
import pytest

from legato.core.program import Program
from legato.expr.facts import Facts
from legato.expr.path import scalars
from legato.expr.sql import PRELUDE, person_measurement
from legato.expr.tally import canonical as canonical_json
from legato.model.event import (
    BackfillBegan,
    CustomerEvent,
    PastMeasured,
    PersonSplit,
    PersonTouched,
    PlanActivated,
    decode_event,
)
from legato.model.ids import EventId, PersonId
from legato.model.instant import DAY, HOUR, SECOND, Instant
from legato.model.note import Admitted
from legato.model.plan import Backfill, Plan
from legato.model.state import State, decode_state
from legato.simulate.dice import Dice
from legato.simulate.world import START, World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.law.test_identity import COMPUTED, OPEN, canonical, happening
from tests.sim.shopkeeping import compile_plan

HISTORIES = 120
ARRIVAL = START + 10 * DAY
WEB = "source: web\nwrite_keys: [none]\n"
BORN = """
segment: keen
title: Keen
owner: growth
when: {did: Product Viewed, at_least: 2}
---
segment: spender
title: Spender
owner: growth
when: {trait: {sum_lately: {at_least: 9}}}
---
segment: returning
title: Returning
owner: growth
when: {all: [{in_segment: keen}, {sequence: [Product Viewed, Product Viewed], within: 3d}]}
"""


@pytest.fixture(scope="module")
def late() -> Plan:
    return compile_plan(identity=OPEN)


@pytest.fixture(scope="module")
def early() -> Plan:
    return compile_plan(identity=OPEN, computed=COMPUTED, segments=BORN)


class Life:
    """A world, and what happens in it."""

    def __init__(self, plan: Plan, seed: int, store: MemoryStore | None = None) -> None:
        self.dice = Dice(seed)
        self.log, self.store = MemoryLog(), store or MemoryStore()
        self.world = World(plan, self.log, self.store)
        self.number = 0

    def live(self, count: int) -> None:
        """Let events come, some of them twice, some late."""
        for _ in range(count):
            event = happening(self.dice, self.number)
            event = msgspec.structs.replace(
                event, received_at=ARRIVAL + self.number * 2 * HOUR, occurred_at=event.occurred_at
            )
            self.number += 1
            self.world.feed(event)
            if self.dice.is_hit(0.1, "twice", self.number):
                self.world.feed(msgspec.structs.replace(event, received_at=event.received_at + 1))

    def people(self) -> list[State]:
        return [decode_state(data) for _, data in self.store.people(PersonId(""), 1_000)]

    def begin(self, backfill: Backfill) -> None:
        self.world.feed(BackfillBegan(received_at=self.now, backfill=backfill))

    def measure(self, backfill: Backfill, people: Sequence[PersonId]) -> None:
        self.world.feed(
            PastMeasured(received_at=self.now, backfill=backfill.id, people=tuple(people))
        )

    def look_at_everybody(self) -> None:
        """Time has passed for everybody: alarms are not rung in this world."""
        self.world.feed(
            *(PersonTouched(received_at=self.now, person_id=one.person_id) for one in self.people())
        )

    def split_somebody(self) -> None:
        for state in self.people():
            for gone in state.merged[:1]:
                self.world.feed(
                    PersonSplit(
                        event_id=EventId(f"split {gone}"),
                        received_at=self.now,
                        person_id=state.person_id,
                        gone=gone,
                        by="token:privacy",
                    )
                )
                return

    @property
    def now(self) -> Instant:
        return ARRIVAL + self.number * 2 * HOUR + SECOND


def backfill_of(before: Plan, after: Plan) -> Backfill:
    known = Program(before).slots
    return Backfill(
        id="b1",
        slots=tuple(slot for slot_id, slot in Program(after).slots.items() if slot_id not in known),
    )


def backfilled(late: Plan, early: Plan, seed: int) -> Life:
    """Return a world in which the rules are born in the midst of what happens."""
    life, backfill = Life(late, seed), backfill_of(late, early)
    life.live(life.dice.between(3, 12, "before"))
    life.begin(backfill)
    step = 0
    while undone := [one.person_id for one in life.people() if one.measured != backfill.id]:
        step += 1
        life.live(life.dice.between(0, 2, "meanwhile", step))
        life.measure(backfill, undone[: life.dice.between(1, 3, "some", step)])
        if life.dice.is_hit(0.3, "crash", step):
            life.world.crash()
        if life.dice.is_hit(0.2, "again", step):
            life.measure(backfill, undone[:1])
    life.world.activate(early)
    life.look_at_everybody()
    life.live(life.dice.between(0, 4, "after"))
    life.look_at_everybody()
    return life


def twin(early: Plan, life: Life, seed: int) -> Life:
    """Return a world that had the rules from the beginning."""
    other = Life(early, seed)
    other.live(life.number)
    other.look_at_everybody()
    return other


def test_random_histories_measured_late_are_as_if_measured_from_the_beginning(
    late: Plan, early: Plan
) -> None:
    for seed in range(HISTORIES):
        life = backfilled(late, early, seed)
        other = twin(early, life, seed)

        mine, theirs = (
            sorted(canonical(early, state, life.now) for state in each.people())
            for each in (life, other)
        )

        assert mine == theirs, seed


def test_what_was_measured_late_is_what_sql_measures_for_everybody(late: Plan, early: Plan) -> None:
    seen = 0
    for seed in range(8):
        life = backfilled(late, early, seed)
        seen += len(life.people())

        assert otherwise_in_sql(life, early) == [], seed
    assert seen > 15


def test_two_who_are_parted_while_the_past_is_measured_have_each_their_own(
    late: Plan, early: Plan
) -> None:
    backfill, parted = backfill_of(late, early), 0
    for seed in range(HISTORIES // 4):
        life, other = Life(late, seed), Life(early, seed)
        for each in (life, other):
            each.live(10)
        life.begin(backfill)
        life.measure(backfill, [one.person_id for one in life.people()][::2])
        count = len(life.people())
        for each in (life, other):
            each.split_somebody()
        parted += len(life.people()) > count
        life.measure(backfill, [one.person_id for one in life.people()])
        life.world.activate(early)
        for each in (life, other):
            each.look_at_everybody()

        assert sorted(canonical(early, one, life.now) for one in life.people()) == sorted(
            canonical(early, one, life.now) for one in other.people()
        )
    assert parted > 3


def test_a_backfill_that_was_given_up_leaves_nothing_that_is_believed_later(
    late: Plan, early: Plan
) -> None:
    for seed in range(HISTORIES // 4):
        life, first = Life(late, seed), backfill_of(late, early)
        life.live(6)
        life.begin(first)
        life.measure(first, [one.person_id for one in life.people()][:2])
        life.live(2)
        life.world.activate(late)  # somebody thought better of it
        life.live(4)
        second = msgspec.structs.replace(first, id="b2")
        life.begin(second)
        life.measure(first, [one.person_id for one in life.people()])  # too late for it
        life.live(1)
        life.measure(second, [one.person_id for one in life.people()])
        life.world.activate(early)
        life.look_at_everybody()

        other = twin(early, life, seed)

        assert sorted(canonical(early, one, life.now) for one in life.people()) == sorted(
            canonical(early, one, life.now) for one in other.people()
        )


def test_an_event_that_was_read_by_a_mapping_is_measured_as_it_was_read_then() -> None:
    mapping = """
mapping: views
event: Product Viewed
source: web
called: Viewed
rename: {amount: value}
"""
    late = compile_plan(identity=OPEN, mappings=mapping, web=WEB)
    early = compile_plan(identity=OPEN, computed=COMPUTED, segments=BORN)
    life, backfill = Life(late, 1), backfill_of(late, early)
    for number in range(3):
        event = happening(life.dice, number)
        life.world.feed(
            msgspec.structs.replace(
                event,
                kind="track",
                name="Viewed",
                user_id="ana",
                body=b'{"amount": 5}',
                source="web",
            )
        )
    life.world.activate(compile_plan(identity=OPEN, web=WEB))  # the mapping is gone by now
    life.begin(backfill)
    plans = tuple(
        position
        for position, data in life.log.read(0, 100)
        if isinstance(decode_event(data), PlanActivated)
    )
    people = tuple(one.person_id for one in life.people())

    life.world.feed(
        PastMeasured(received_at=life.now, backfill=backfill.id, people=people, plans=plans)
    )

    (ana,) = life.people()
    facts = Facts(ana, life.now, "UTC", computed=Program(early).computed)
    assert facts.trait("sum_ever") == 15


def otherwise_in_sql(life: Life, plan: Plan) -> list[tuple[PersonId, str]]:
    """Return of whom SQL measures something else than the engine has, and what."""
    warehouse, found = warehouse_of(life), list[tuple[PersonId, str]]()
    people = {state.person_id: state for state in life.people()}
    for name, slot in Program(plan).computed.items():
        question = f"SELECT person_id, {person_measurement(slot, life.now)} FROM people p"
        for person_id, values in warehouse.execute(question).fetchall():
            facts = Facts(people[person_id], life.now, "UTC", computed={})
            mine = scalars(facts.measure(slot))
            theirs = [msgspec.json.decode(value) for value in values or () if value]
            if sorted(map(str, map(canonical_json, mine))) != sorted(
                map(str, map(canonical_json, theirs))
            ):
                found.append((person_id, name))
    return found


def warehouse_of(life: Life) -> duckdb.DuckDBPyConnection:
    """Return every admitted event of the log, and everybody, as SQL sees them."""
    connection = duckdb.connect()
    connection.execute(PRELUDE)
    connection.execute("""
        CREATE TABLE people (person_id TEXT, zone TEXT);
        CREATE TABLE events (person_id TEXT, name TEXT, occurred_at BIGINT, body JSON);
    """)
    for state in life.people():
        connection.execute("INSERT INTO people VALUES (?, 'UTC')", [state.person_id])
    for person_id, event in admitted(life):
        connection.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?)",
            [person_id, event.name, event.occurred_at, event.body.decode()],
        )
    return connection


def admitted(life: Life) -> Iterator[tuple[PersonId, CustomerEvent]]:
    for story in life.store.tail(0, 10_000):
        if any(isinstance(note, Admitted) for note in story.notes):
            data = life.log.get(story.position)
            event = None if data is None else decode_event(data)
            if isinstance(event, CustomerEvent):
                yield life.store.resolve(story.person_id), event
