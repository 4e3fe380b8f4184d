"""An independent reader of the files: it shares no code with what it judges but the codec."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path
from typing import Any

import msgspec

from tests.door.kill.sink import Sink

ADMITTED = "admitted"
# Places in the array of a stored customer event.
MESSAGE_ID, NAME, BODY = 5, 7, 12
# Place of the history in the array of a stored person, and of the numbers in a tally: packed pairs
# of when and how many millionths.
HISTORY, NUMBERS = 7, 4
MILLIONTHS = 1_000_000


class Files:
    """The log and the state, opened for reading."""

    def __init__(self, data: Path) -> None:
        self.log = sqlite3.connect(f"file:{data / 'log.db'}?mode=ro", uri=True)
        self.state = sqlite3.connect(f"file:{data / 'state.db'}?mode=ro", uri=True)

    def close(self) -> None:
        self.log.close()
        self.state.close()

    def is_settled(self) -> bool:
        """Whether everything in the log has been applied, and every effect performed."""
        last = self.log.execute("SELECT max(position) FROM log").fetchone()[0]
        applied = self.state.execute("SELECT position FROM head").fetchone()[0]
        waiting = self.state.execute("SELECT count(*) FROM delivery").fetchone()[0]
        due = "SELECT count(*) FROM person WHERE due_at IS NOT NULL"
        return (last, waiting, self.state.execute(due).fetchone()[0]) == (applied, 0, 0)

    def customer_events(self) -> list[list[Any]]:
        """Return every customer event of the log, in order; positions must have no gap."""
        events: list[list[Any]] = []
        rows = self.log.execute("SELECT position, record FROM log ORDER BY position")
        for expected, (position, record) in enumerate(rows, 1):
            assert position == expected, f"the log has a gap before {position}"
            event = msgspec.msgpack.decode(record)
            if event[0] == "customer":
                events.append(event)
        return events

    def admitted(self) -> dict[str, int]:
        """Return how often each event id was applied, as the notes tell it."""
        counts: dict[str, int] = {}
        for (notes,) in self.state.execute("SELECT notes FROM note"):
            for note in msgspec.msgpack.decode(notes):
                if note[0] == ADMITTED:
                    counts[note[1]] = counts.get(note[1], 0) + 1
        return counts

    def spent(self) -> list[int]:
        """Return the value of every order that a person's state has counted."""
        values: list[int] = []
        for (state,) in self.state.execute("SELECT state FROM person WHERE state IS NOT NULL"):
            for tally in msgspec.msgpack.decode(state)[HISTORY].values():
                numbers = struct.iter_unpack("=qq", tally[NUMBERS])
                values += [value // MILLIONTHS for _, value in numbers]
        return values


def check(data: Path, acknowledged: dict[str, None], sink: Sink) -> dict[str, int]:
    """Judge a run; return what there was to judge."""
    files = Files(data)
    events = files.customer_events()
    unique = {event[MESSAGE_ID]: event for event in events}

    lost = [one for one in acknowledged if one not in unique]
    assert not lost, f"{len(lost)} acknowledged events are not in the log, {lost[:3]}"

    applied = files.admitted()
    assert set(applied) == {event[1] for event in unique.values()}, "an event was never applied"
    twice = [event_id for event_id, count in applied.items() if count != 1]
    assert not twice, f"{len(twice)} events were applied twice, {twice[:3]}"

    bodies = {one: msgspec.json.decode(event[BODY]) for one, event in unique.items()}
    spent = [bodies[one]["value"] for one, event in unique.items() if event[NAME][0] == "O"]
    assert sorted(files.spent()) == sorted(spent), "a state counts what did not happen once"

    orders = {body["order"] for body in bodies.values()}
    missing = orders - set(sink.orders)
    assert not missing, f"{len(missing)} effects were lost, {sorted(missing)[:3]}"
    assert set(sink.orders) == orders, "something was sent that nobody asked for"
    split = [order for order, keys in sink.orders.items() if len(keys) != 1]
    assert not split, f"{len(split)} effects went out under several ids, {split[:3]}"
    mixed = [key for key, digests in sink.bodies.items() if len(digests) != 1]
    assert not mixed, f"{len(mixed)} ids carried different effects, {mixed[:3]}"
    files.close()
    return {
        "records": len(events),
        "acknowledged": len(acknowledged),
        "unique": len(unique),
        "effects": len(sink.bodies),
        "requests": sink.count,
    }
