"""What a query over rolled events costs, by the columns that it names.

Events are made up and rolled, with the notes that say whose they are, as bench/rolled.py does it.
Then each query is answered once by a process of its own, whose processor time is counted.

.venv/bin/python bench/sql.py [--events 1000000] [--people 50000] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from legato.query import Answered, Inquiry
from legato.roll import outcome
from legato.runtime.rolling.sides import Work
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore
from rolled import fill, roll

QUERIES = (
    "SELECT count(*) FROM events",
    "SELECT name, count(*), count(DISTINCT person_id), min(occurred_at) FROM events GROUP BY ALL",
    "SELECT count(DISTINCT user_id), count(DISTINCT message_id) FROM events",
    "SELECT count(*), max(properties->>'value') FROM events",
)
SECONDS = 3_600


def make(folder: Path, events: int, people: int) -> None:
    log, store = SqliteLog(folder / "log.db"), SqliteStore(folder / "state.db")
    fill(log, store, events, people)
    roll(folder, log)
    while (made := outcome(folder, Work(kind="roll", before=1 << 60)).made) is not None:
        assert store.rolling.adopt(made)
        while store.rolling.trim():
            pass
    log.close()
    store.close()


def ask(folder: Path, query: str, sight: str) -> None:
    question = msgspec.convert(
        {"query": query, "sight": sight, "rows_max": 10}, Inquiry, strict=True
    )
    before = os.times()
    run = subprocess.run(
        [sys.executable, "-m", "legato.query", str(folder), str(SECONDS)],
        input=msgspec.json.encode(question),
        capture_output=True,
        check=True,
    )
    after = os.times()
    answered = msgspec.json.decode(run.stdout, type=Answered)
    assert answered.answer is not None, answered
    took = after.children_user + after.children_system
    took -= before.children_user + before.children_system
    print(f"  {took:7.1f} s  {sight:8} {query}")
    print(f"{'':13}{answered.answer.rows[0]}")


def main(arguments: argparse.Namespace, folder: Path) -> None:
    if not (folder / "log.db").exists():
        folder.mkdir(parents=True, exist_ok=True)
        make(folder, arguments.events, arguments.people)
    print(f"{arguments.events:,} rolled events, seconds of processor time a query")
    for sight in ("masked", "whole"):
        for query in QUERIES:
            ask(folder, query, sight)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--keep", type=Path, help="Make them here, or ask what was made here.")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        main(chosen, chosen.keep or Path(place))
