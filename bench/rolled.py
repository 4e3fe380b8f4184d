"""What rolling records makes of the disk, and of asking for one person's.

Events are made up, and go through the real log and the real roll, with the notes that say whose
they are. Then all records of random people are read, through the log and by their notes, as a
backfill and the past do: before the roll and after. The first of them has the library loaded.

.venv/bin/python bench/rolled.py [--events 1000000] [--people 50000] [--asked 200]
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from pathlib import Path

from msgspec.structs import replace

from history import event, percentile
from legato.fold.past import Past
from legato.model.event import encode_event
from legato.model.ids import EventId, PersonId, derive
from legato.model.instant import SECOND
from legato.model.note import Admitted, encode_notes
from legato.ports.rolling import Made
from legato.ports.state_store import NoteRow, Turn
from legato.roll import outcome
from legato.runtime.rolling.sides import Work
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore

BATCH = 2_000
CONTEXT = (
    b'{"library": {"name": "analytics.js", "version": "4.2.1"}, "ip": "203.0.113.%d",'
    b' "page": {"url": "https://shop.example.com/orders/%d", "title": "Your order", "path":'
    b' "/orders/%d", "referrer": "https://shop.example.com/cart"}, "locale": "en-GB",'
    b' "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0"}'
)
"""As a browser sends it: half of what a record takes."""


def record(number: int, people: int) -> bytes:
    one = event(number, people, number * SECOND)
    return encode_event(replace(one, context=CONTEXT % (number % 250, number, number)))


def fill(log: SqliteLog, store: SqliteStore, count: int, people: int) -> None:
    for first in range(1, count + 1, BATCH):
        positions = range(first, min(first + BATCH, count + 1))
        log.append([record(each, people) for each in positions])
        rows = [
            NoteRow(
                position=each,
                person_id=PersonId(derive("person", str(each * 7919 % people))),
                at=each * SECOND,
                notes=encode_notes(
                    [Admitted(event_id=EventId(derive("event", f"m{each}")), name="n")]
                ),
            )
            for each in positions
        ]
        states = {row.person_id: b"" for row in rows}
        store.commit(
            Turn(position=positions[-1], now=first * SECOND, states=dict(states), notes=rows)
        )
        for each in (log, store):
            while each.wants_checkpoint and each.checkpoint():
                pass


def roll(folder: Path, log: SqliteLog) -> None:
    while True:
        serial = log.rolling.begin()
        work = Work(kind="roll", of="records", before=1 << 60, serial=serial)
        made: Made | None = outcome(folder, work).made
        if made is None:
            log.rolling.give_up()
            break
        assert log.rolling.adopt(made)
        while log.rolling.trim():
            pass
    log.file.purge()


def rest_of(folder: Path) -> tuple[int, int, int]:
    """Return the bytes of the log's file, of those pages that are free, and of rolled files."""
    path = folder / "log.db"
    log = SqliteLog(path, is_writer=False)
    with log.file.reading() as reader:
        free = reader.execute("PRAGMA freelist_count").get * 4096
    log.close()
    rolled = sum(each.stat().st_size for each in (folder / "records").glob("*"))
    return path.stat().st_size, free, rolled


def read_bytes() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(lines[0].partition(": ")[2])  # through read calls, whatever the disk's cache had


def ask(folder: Path, people: int, asked: int) -> None:
    chance = random.Random(3)
    store = SqliteStore(folder / "state.db", is_writer=False)
    log = SqliteLog(folder / "log.db", is_writer=False)
    past = Past(log, store, store.pointers)
    took, read, count = list[float](), list[int](), 0
    for _ in range(asked):
        person_id = PersonId(derive("person", str(chance.randrange(people))))
        positions = [story.position for story in store.story(person_id, 0, 10_000)]
        began, before = time.perf_counter(), read_bytes()
        records = [past.get(each) for each in positions]
        took.append(time.perf_counter() - began)
        read.append(read_bytes() - before)
        count += len(records)
    log.close()
    store.close()
    print(
        f"    {asked} people, {count / asked:.0f} records each: the first {took[0] * 1e3:.1f} ms,"
        f" p50 {percentile(took, 0.5):.1f} ms, p95 {percentile(took, 0.95):.1f} ms;"
        f" {sum(read) / asked / 1e6:.2f} MB read"
    )


def read_all(folder: Path) -> None:
    log, began, after = SqliteLog(folder / "log.db", is_writer=False), time.perf_counter(), 0
    while rows := log.read(after, 256):
        after = rows[-1][0]
    print(f"    all, in order: {after:,} records in {time.perf_counter() - began:.1f} s")
    log.close()


def main(arguments: argparse.Namespace, folder: Path) -> None:
    log, store = SqliteLog(folder / "log.db"), SqliteStore(folder / "state.db")
    fill(log, store, arguments.events, arguments.people)
    log.file.purge()
    print(f"{arguments.events:,} events of {arguments.people:,} people")
    for state in ("before", "after"):
        if state == "after":
            began = time.perf_counter()
            roll(folder, log)
            print(f"  rolled in {time.perf_counter() - began:.0f} s")
        own, free, rolled = (size / 1e6 for size in rest_of(folder))
        print(f"  {state}: log.db {own:.0f} MB, of that free {free:.0f} MB; files {rolled:.0f} MB")
        ask(folder, arguments.people, arguments.asked)
        read_all(folder)
    log.close()
    store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--asked", type=int, default=200)
    place = Path(tempfile.mkdtemp())
    try:
        main(parser.parse_args(), place)
    finally:
        shutil.rmtree(place)
