"""What it costs the Studio to count, list and find among very many people, in CPU time.

.venv/bin/python bench/people.py [--people 100000]

The people are made up, and written into a state file as an engine leaves them: some traits, two
identifiers, ten measurements, messages, and eight segments, of which the rarest has one in a
thousand. Then each is asked what the routes of segments and customers ask.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from legato.insight.segments.gathering import count_gatherings, count_overlap, members_of
from legato.model.ids import DeliveryId, PersonId, derive
from legato.model.instant import DAY, SECOND
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
        f"slot{slot}": Tally(entries=[(NOW - each * DAY, 1.0) for each in range(3)])
        for slot in range(SLOTS)
    }
    state.segments = {name: NOW for name, one_in in SHARES.items() if number % one_in == 0}
    state.contacts = [
        Contact(NOW, DeliveryId(derive("delivery", f"{number} {each}")), "email", "marketing")
        for each in range(CONTACTS)
    ]
    return state


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


def told(what: str, deed: Callable[[], T]) -> T:
    begun = time.process_time()
    found = deed()
    print(f"{what:32}{(time.process_time() - begun) * 1_000:8.0f} ms")
    return found


if __name__ == "__main__":
    main()
