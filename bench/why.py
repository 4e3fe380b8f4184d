"""How long `why` takes where millions of notes are on the disk, most of them rolled.

Notes are made up, and go through the real store and the real roll: each step has three, as an event
that leads to a decision has. Then random people are asked about, as the route does.

.venv/bin/python bench/why.py [--notes 10000000] [--people 20000] [--asked 300] [--bare]
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from pathlib import Path

from history import ROOT, percentile
from legato.insight.story import whole_story
from legato.insight.why.why import Question, why
from legato.model.ids import DeliveryId, EventId, PersonId, derive
from legato.model.instant import SECOND, Instant
from legato.model.note import (
    Admitted,
    Candidate,
    Decided,
    GateSeen,
    TraitWritten,
    encode_notes,
)
from legato.model.plan import Plan
from legato.ports.rolling import Made
from legato.ports.state_store import NoteRow, Turn
from legato.stores.rolled.maker import BARE, Maker, Shape
from legato.stores.rolled.manifest import FOLDER
from legato.stores.sqlite.snapshot import state_of
from legato.stores.sqlite.state import SqliteStore
from legato.warehouse.sql.rolled import READABLE, spread
from legato.workspace import check_files, read_workspace

NOTES_A_STEP = 3
TURN_STEPS = 2_000
LIVE_STEPS = 20_000
"""That are too young to be rolled."""
GATES = ("consent", "suppression", "state", "reachable", "cap", "quiet_hours", "expiry", "holdout")


def notes_of(position: int) -> bytes:
    """Return what an event leaves behind that leads to a decision."""
    gates = tuple(GateSeen(gate=gate, verdict="pass", seen="as it should be") for gate in GATES)
    return encode_notes(
        [
            Admitted(event_id=EventId(derive("event", str(position))), name="Signed Up"),
            TraitWritten(name="plan"),
            Decided(
                delivery_id=DeliveryId(derive("delivery", str(position))),
                message="welcome",
                journey="welcome",
                enrollment_id=None,
                step="send",
                plan="p",
                version="1",
                verdict="pass",
                channel="email",
                candidates=(Candidate(channel="email", cost_micros=10, gates=gates),),
            ),
        ]
    )


def fill(store: SqliteStore, people: list[PersonId], steps: int) -> None:
    chance = random.Random(7)
    for first in range(1, steps + 1, TURN_STEPS):
        last = min(first + TURN_STEPS, steps + 1)
        rows = [
            NoteRow(
                position=position,
                person_id=chance.choice(people),
                at=position * SECOND,
                notes=notes_of(position),
            )
            for position in range(first, last)
        ]
        states = {row.person_id: b"" for row in rows}
        store.commit(Turn(position=last - 1, now=last * SECOND, states=dict(states), notes=rows))
        while store.wants_checkpoint and store.checkpoint():
            pass


def made_of(folder: Path, before: Instant, shape: Shape) -> Made | None:
    with state_of(folder) as state:
        return Maker(state, folder / FOLDER, shape).roll(before)


def roll(folder: Path, store: SqliteStore, steps: int, shape: Shape) -> None:
    before = (steps - LIVE_STEPS) * SECOND
    while (made := made_of(folder, before, shape)) is not None:
        assert store.rolling.adopt(made)
        while store.rolling.trim():
            pass
    store.checkpoint()


def asked(store: SqliteStore, plan: Plan, people: list[PersonId], count: int) -> list[float]:
    chance = random.Random(11)
    took: list[float] = []
    for person_id in chance.choices(people, k=count):
        began = time.perf_counter()
        story = whole_story(store, person_id)
        answer = why(story, Question(person_id=person_id, message="welcome"), plan=plan, stopped=[])
        took.append(time.perf_counter() - began)
        assert story, answer
    return took


def main(arguments: argparse.Namespace, folder: Path) -> None:
    loaded = check_files(read_workspace(ROOT / "src/legato/cli/starter"))
    plan = loaded.plan or Plan(name="")
    people = [PersonId(derive("person", str(number))) for number in range(arguments.people)]
    shape = BARE if arguments.bare else Shape(READABLE, spread)
    steps = arguments.notes // NOTES_A_STEP
    store = SqliteStore(folder / "state.db")
    for name, do in (
        ("noted", lambda: fill(store, people, steps)),
        ("rolled", lambda: roll(folder, store, steps, shape)),
    ):
        began = time.perf_counter()
        do()
        print(f"{name} in {time.perf_counter() - began:.0f} s", flush=True)
    standing = store.rolling.standing()
    store.close()
    size = sum(each.byte_count for each in standing.segments) / 1_000_000
    rows = sum(each.row_count for each in standing.segments)
    print(
        f"{steps * NOTES_A_STEP:,} notes in {steps:,} steps of {arguments.people:,} people;"
        f" {rows:,} steps in {len(standing.segments)} files of {size:,.0f} MB"
    )
    store = SqliteStore(folder / "state.db", is_writer=False)
    for name, count in (("the first", 1), ("then", arguments.asked)):
        took = asked(store, plan, people, count)
        told = ", ".join(
            f"p{share * 100:.0f} {percentile(took, share):.0f} ms" for share in (0.5, 0.95, 0.99)
        )
        print(f"  why, {name} {count}: {told}")
    store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", type=int, default=10_000_000)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--asked", type=int, default=300)
    parser.add_argument("--bare", action="store_true", help="without the readable columns")
    place = Path(tempfile.mkdtemp())
    try:
        main(parser.parse_args(), place)
    finally:
        shutil.rmtree(place)
