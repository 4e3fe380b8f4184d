"""Memory and SQLite, taken through the same random turns, answer alike at every moment."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from legato.model.delivery import Delivery, Outcome
from legato.model.effect import Quarantine, Settle, Suppress
from legato.model.ids import DeliveryId, EventId, PersonId, message_digest
from legato.model.note import Admitted, encode_notes
from legato.model.problem import Reason
from legato.ports.state_store import NoteRow, Turn
from legato.stores.memory import MemoryStore
from legato.stores.sqlite.state import SqliteStore
from tests.conformance.rolling import roll

PEOPLE = [PersonId(f"p{number}") for number in range(6)]
KEYS = [f"email:{number}" for number in range(4)]
MESSAGES = [f"m{number}" for number in range(5)]
DIGESTS = [message_digest("web", each) for each in MESSAGES]
DELIVERIES = [DeliveryId(f"d{number}") for number in range(6)]
DESTINATIONS = ["mail", "sms"]
WINDOW = 20
"""Short, so that generations turn over and over."""
REASON = Reason(code="a.b", what="why")
OUTCOMES: list[Outcome] = ["accepted", "failed"]

people = st.sampled_from(PEOPLE)
blobs = st.binary(max_size=3)
pasts = st.integers(min_value=0, max_value=3)
delays = st.integers(min_value=0, max_value=15)


def few(*columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.tuples(*columns), max_size=3)


def delivery(delivery_id: DeliveryId, destination: str) -> Delivery:
    return Delivery(
        delivery_id=delivery_id,
        person_id=PEOPLE[0],
        operation="call",
        destination=destination,
        channel="",
        purpose="service",
        message="crm",
        address="a",
        content={"of": delivery_id},
        decided_at=1,
        expires_at=2,
        trace=EventId("e"),
        captured_at=1,
        plan="d",
    )


class InStep(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.model = MemoryStore(seen_window=WINDOW)
        self.store = SqliteStore(self.folder / "state.db", seen_window=WINDOW)
        self.position = 0
        self.now = 0

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    def commit(self, **changes: Any) -> None:  # noqa: ANN401 - the fields of a Turn
        turn = Turn(position=self.position, now=self.now, **changes)
        raised = [self.raises(store, turn) for store in (self.model, self.store)]
        assert raised[0] == raised[1]

    def raises(self, store: MemoryStore | SqliteStore, turn: Turn) -> bool:
        try:
            store.commit(turn)
        except AssertionError:
            return True
        return False

    @rule(by=st.integers(min_value=1, max_value=3), passed=delays)
    def go_on(self, by: int, passed: int) -> None:
        self.position += by
        self.now += passed

    @rule(
        states=few(people, st.none() | blobs),
        alarms=few(people, st.none() | delays),
        pointers=few(st.sampled_from(KEYS), people),
        seen=few(st.sampled_from(DIGESTS), pasts),
        forwards=few(people, people),
        notes=few(people, st.text("ab", max_size=2)),
    )
    def take_a_turn(  # noqa: PLR0913, PLR0917 - a turn has many parts, and they must be drawn together
        self,
        states: list[tuple[PersonId, bytes | None]],
        alarms: list[tuple[PersonId, int | None]],
        pointers: list[tuple[str, PersonId]],
        seen: list[tuple[bytes, int]],
        forwards: list[tuple[PersonId, PersonId]],
        notes: list[tuple[PersonId, str]],
    ) -> None:
        self.commit(
            states=dict(states),
            alarms={each: None if at is None else self.now + at for each, at in alarms},
            pointers=dict(pointers),
            seen={digest: max(0, self.now - past) for digest, past in seen},
            forwards=dict(forwards),
            notes=[
                NoteRow(
                    position=self.position,
                    person_id=each,
                    at=self.now,
                    notes=encode_notes([Admitted(event_id=EventId("e"), name=name)]),
                )
                for each, name in notes
            ],
        )

    @rule(
        given=few(st.sampled_from(DELIVERIES), st.sampled_from(DESTINATIONS)),
        over=few(st.sampled_from(DELIVERIES), st.sampled_from(OUTCOMES)),
        suppressed=few(st.sampled_from(["A@b.c", "a@B.c", "x@y.z"])),
    )
    def deliver(
        self,
        given: list[tuple[DeliveryId, str]],
        over: list[tuple[DeliveryId, Outcome]],
        suppressed: list[tuple[str]],
    ) -> None:
        self.commit(
            deliveries=[(self.position, delivery(*each)) for each in given],
            settled=[Settle(delivery_id=each, outcome=outcome) for each, outcome in over],
            suppressed=[
                Suppress(channel="email", address=address, reason=REASON)
                for (address,) in suppressed
            ],
        )

    @rule(message=st.sampled_from(MESSAGES), released=st.integers(min_value=0, max_value=9))
    def put_in_quarantine(self, message: str, released: int) -> None:
        row = Quarantine(
            event_id="e",
            source="web",
            message_id=message,
            name="n",
            received_at=self.now,
            reason=REASON,
        )
        self.commit(quarantined=[(self.position, row)])
        for store in (self.model, self.store):
            store.release([released])

    @rule(
        plan=st.sampled_from([None, ("d1", b"1"), ("d2", b"2")]),
        switches=st.dictionaries(st.sampled_from("ab"), st.booleans()),
        schedules=st.dictionaries(st.sampled_from("ab"), delays),
    )
    def activate(
        self,
        plan: tuple[str, bytes] | None,
        switches: dict[str, bool],
        schedules: dict[str, int],
    ) -> None:
        self.commit(plan=plan, switches=switches, schedules=schedules)

    @rule(ids=st.lists(st.sampled_from(DELIVERIES), max_size=3), ended=st.sampled_from(DELIVERIES))
    def attempt(self, ids: list[DeliveryId], ended: DeliveryId) -> None:
        for store in (self.model, self.store):
            store.begin_attempt(ids, self.now)
            store.end_attempts([(ended, self.now + 5)])

    @rule(each=st.sampled_from(DELIVERIES))
    def redrive(self, each: DeliveryId) -> None:
        assert self.model.redrive(each, self.now) == self.store.redrive(each, self.now)

    @rule()
    def checkpoint(self) -> None:
        self.store.checkpoint()

    @rule(ago=delays, rows_max=st.integers(min_value=1, max_value=5))
    def roll(self, ago: int, rows_max: int) -> None:
        roll(self.store, self.now - ago, rows_max)

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = SqliteStore(self.folder / "state.db", seen_window=WINDOW)

    @invariant()
    def they_answer_alike(self) -> None:
        assert self.answers(self.model) == self.answers(self.store)

    def answers(self, store: MemoryStore | SqliteStore) -> list[Any]:
        since = self.now - WINDOW
        return [
            store.head(),
            store.states(PEOPLE),
            store.pointers(KEYS),
            [store.resolve(each) for each in PEOPLE],
            store.seen(DIGESTS, since),
            store.due(self.now + 8, 3),
            store.next_due(),
            store.count(),
            store.counts(),
            store.destinations(),
            [store.waiting(each, self.position - 9, 2) for each in DESTINATIONS],
            [store.dead(each, 0, 9) for each in ("", *DESTINATIONS)],
            [store.is_suppressed("email", each) for each in ("a@b.c", "x@y.z")],
            store.quarantine(2, 3),
            store.verdicts("web", MESSAGES),
            list(store.people(PEOPLE[0], 4)),
            store.tail(self.position - 9, 3),
            store.tail(0, 4),
            [store.mentions(each, [b"b"], 3) for each in PEOPLE],
            [store.story(each, self.position - 9, 2) for each in PEOPLE],
        ]


TestInStep = InStep.TestCase
TestInStep.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
