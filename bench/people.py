"""What it costs the Studio to count, list and find among very many people, in CPU time.

.venv/bin/python bench/people.py [--people 100000]

The people are made up, and written into a state file as an engine leaves them: some traits, two
identifiers, ten measurements, messages, and eight segments, of which the rarest has one in a
thousand. As many events stand in quarantine, as many deliveries wait, and as many are dead. Then it
is asked what the routes of segments, customers, journeys, consents and connections ask.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from legato.core.program import Program
from legato.insight.consents.answers import count_answers
from legato.insight.matching.matching import count_matching
from legato.insight.segments.gathering import count_gatherings, count_overlap, members_of
from legato.insight.traffic.crowd import count_crowds
from legato.model.delivery import Delivery
from legato.model.effect import Quarantine, Settle
from legato.model.ids import DeliveryId, EventId, PersonId, derive
from legato.model.instant import DAY, SECOND
from legato.model.noun import to_bytes
from legato.model.plan import Plan
from legato.model.problem import Reason
from legato.model.rule import Rule, Test, TraitIs
from legato.model.state import Contact, State, Tally, Trait, encode_state
from legato.stores.sqlite.state import SqliteStore

NOW = 1_767_225_600 * SECOND
SHARES = {
    "everybody": 1,
    "half": 2,
    "fifth": 5,
    "tenth": 10,
    "twentieth": 20,
    "rare": 100,
    "rarer": 500,
    "rarest": 1_000,
}
T = TypeVar("T")
SLOTS, CONTACTS, LOOKUPS, PAGE = 10, 4, 1_000, 50


def main() -> None:
    """Make a crowd, and print what each question costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "state.db")
        fill(store, arguments.people)
        ask(store, arguments.people)
        store.close()


def fill(store: SqliteStore, count: int) -> None:
    """Write people as they stand after some months."""
    with store.file.writing() as writer:
        writer.executemany(
            "INSERT INTO person(person_id, state) VALUES(?, ?)",
            ((person_of(number), encode_state(state_of(number))) for number in range(count)),
        )
        writer.executemany(
            "INSERT INTO pointer(key, person_id) VALUES(?, ?)",
            ((f"email:{number}@crowd.example", person_of(number)) for number in range(count)),
        )
        writer.executemany(
            "INSERT INTO quarantine(position, source, message_id, body) VALUES(?, 'web', ?, ?)",
            ((1 + number, f"m{number}", to_bytes(refused_of(number))) for number in range(count)),
        )
        writer.executemany(
            "INSERT INTO delivery(delivery_id, destination, position, body) VALUES(?, ?, ?, ?)",
            (waiting_of(number) for number in range(count)),
        )
        writer.execute(
            "INSERT INTO dead(delivery_id, destination, position, at, settle, body)"
            " SELECT 'dead' || delivery_id,"
            " iif(position % 500000 = 1, 'post', destination), position, ?, ?, body FROM delivery",
            (NOW, to_bytes(Settle(delivery_id=DeliveryId("dead"), outcome="failed"))),
        )


def person_of(number: int) -> PersonId:
    return PersonId(derive("person", str(number)))


def state_of(number: int) -> State:
    """Return somebody who has been about for a while."""
    email = f"{number}@crowd.example"
    traits = {"email": email, "country": "GB", "plan": "basic", "first_name": "Ada"}
    state = State(person_id=person_of(number), first_seen=NOW - 90 * DAY, last_seen=NOW)
    state.identifiers = {"email": {email: NOW}, "user_id": {str(number): NOW}}
    state.traits = {name: Trait(value, NOW) for name, value in traits.items()}
    state.history = {
        f"slot{slot}": Tally(entries=tuple((NOW - each * DAY, 1.0) for each in range(3)))
        for slot in range(SLOTS)
    }
    state.segments = {name: NOW for name, one_in in SHARES.items() if number % one_in == 0}
    state.contacts = [
        Contact(NOW, DeliveryId(derive("delivery", f"{number} {each}")), "email", "marketing")
        for each in range(CONTACTS)
    ]
    return state


def refused_of(number: int) -> Quarantine:
    return Quarantine(
        event_id=derive("event", str(number)),
        source="web",
        message_id=f"m{number}",
        name="Order Completed",
        received_at=NOW,
        reason=Reason(code="event.shape", what="the total is no number"),
    )


def waiting_of(number: int) -> tuple[str, str, int, bytes]:
    delivery = Delivery(
        delivery_id=DeliveryId(derive("waiting", str(number))),
        person_id=person_of(number),
        operation="send",
        destination="mail",
        channel="email",
        purpose="marketing",
        message="welcome",
        address=f"{number}@crowd.example",
        content={"subject": "Hello", "body": "Hello Ada"},
        decided_at=NOW,
        expires_at=NOW + DAY,
        trace=EventId(derive("event", str(number))),
        captured_at=NOW,
        plan="bench",
    )
    return delivery.delivery_id, "mail", 1 + number, to_bytes(delivery)


def ask(store: SqliteStore, count: int) -> None:
    """Ask what the routes ask."""
    print(f"{count:,} people")
    told("sizes of all segments", lambda: count_gatherings(store, NOW))
    told("overlap of one segment", lambda: count_overlap(store, "half", NOW))
    for name in ("half", "rare", "rarest"):
        page = told(
            f"first {PAGE} people of `{name}`",
            lambda name=name: members_of(store, name, after=PersonId(""), limit=PAGE),
        )
        print(f"{'':34}{len(page.people)} found, {'more' if page.after else 'no more'}")
    keys = [f"email:{number * (count // LOOKUPS)}@crowd.example" for number in range(LOOKUPS)]
    told(f"{LOOKUPS:,} people by identifier", lambda: [store.pointers([key]) for key in keys])
    told("how many people there are", store.counts)
    told("a person's whole state", lambda: store.states([person_of(count // 2)]))
    told("crowds of all journeys", lambda: count_crowds(store, NOW))
    told("consents of everybody", lambda: count_answers(store, Plan(name="bench"), NOW))
    program, rules = (
        Program(Plan(name="bench")),
        (rule_of("plan", "basic"), rule_of("city", "Rome")),
    )
    told("whom a rule meets", lambda: count_matching(store, program, rules, NOW, as_runs=same))
    half = count // 2
    told("quarantine, from the middle", lambda: store.quarantine(half, PAGE))
    told("waiting deliveries, likewise", lambda: store.waiting("mail", half, PAGE))
    told("dead ones, likewise", lambda: store.dead("", half, PAGE))
    told("dead ones of a destination", lambda: store.dead("post", 0, PAGE))
    told("what waits, by destination", store.destinations)


def same(rule: Rule) -> Rule:
    return rule


def rule_of(trait: str, value: str) -> Rule:
    return TraitIs(name=trait, test=Test(operator="is", value=value))


def told(what: str, deed: Callable[[], T]) -> T:
    begun = time.process_time()
    found = deed()
    print(f"{what:32}{(time.process_time() - begun) * 1_000:8.0f} ms")
    return found


if __name__ == "__main__":
    main()
