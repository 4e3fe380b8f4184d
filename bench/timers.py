"""Five million people who wait: how punctual they are woken, what it costs while they do not.

.venv/bin/python bench/timers.py [--people 5000000]

Waiting for half an hour five million times over would take days, so the state is filled here, with
copies of one person whom a started Legato has made wait. Most are due in the next month; WOKEN of
them within a minute of the start, by alarms like any others. Each is sent a message at once, which
says when it was due; the sink sees how late that was.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import uvloop

import load
import workspace
from legato.model.event import TimerFired, decode_event
from legato.model.ids import EnrollmentId, PersonId
from legato.model.instant import HOUR, SECOND
from legato.model.state import State, decode_state, encode_state
from legato.ports.state_store import Turn
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore
from started import PORT, Legato, Table, machine, milliseconds

WOKEN = 20_000
BEGIN, LASTING = 40 * SECOND, 60 * SECOND
"""From the end of the filling: time for a start, and for measuring what waiting costs."""
TURN = 5_000
LATER = """
journey: later
title: Later
owner: bench
purpose: service
enter: {on: Signed In, again: once}
steps:
  - wait: 30m
  - send: {message: thanks, on: hook, expires: 1d}
"""


async def wait_one(legato: Legato) -> None:
    """Make somebody wait."""
    item = {
        "type": "track",
        "event": "Signed In",
        "userId": "user-0",
        "messageId": "wait-0",
        "writeKey": workspace.WRITE_KEY,
        "properties": {"order_id": "one", "sku": "sku-1", "sent_us": 0},
    }
    body = msgspec.json.encode(item)
    head = f"POST /v1/track HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    (connection,) = await load.connect(PORT, 1)
    answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    connection.answered = answered.set_result
    connection.transport.write(head.encode() + body)
    assert await answered == 200
    connection.answered = lambda _: None
    connection.transport.close()
    await asyncio.to_thread(legato.settle)


def copy_of(state: State, number: int, due: int) -> tuple[PersonId, bytes]:
    """Return another person who waits in the same way until `due`."""
    person_id = PersonId(f"person_{number:024x}")
    (enrollment,) = state.enrollments
    state.person_id, state.alarm_at = person_id, due
    enrollment.enrollment_id = EnrollmentId(f"enrollment_{number:024x}")
    enrollment.due_at = due
    enrollment.entry = msgspec.json.encode({"order_id": "one", "sku": "sku-1", "sent_us": due})
    return person_id, encode_state(state)


def fill(folder: Path, people: int) -> None:
    """Put copies of the one who waits beside them."""
    store = SqliteStore(folder / "data" / "state.db")
    head = store.head()
    ((_, data),) = store.people(PersonId(""), 1)
    state = decode_state(data)
    start = int(time.time() * 1e6)
    began = time.perf_counter()
    for first in range(0, people, TURN):
        copies: dict[PersonId, bytes | None] = {}
        alarms: dict[PersonId, int | None] = {}
        for number in range(first, min(first + TURN, people)):
            later = HOUR + number * (30 * 24 * HOUR // people)
            person_id, data = copy_of(state, number, start + later)
            copies[person_id], alarms[person_id] = data, start + later
        store.commit(Turn(position=head.position, now=head.now, states=copies, alarms=alarms))
        if store.wants_checkpoint:
            store.checkpoint()
        spent = time.perf_counter() - began
        print(f"\r{min(first + TURN, people):,} people, {spent:.0f} s", end="", file=sys.stderr)
    print(file=sys.stderr)
    soon = int(time.time() * 1e6) + BEGIN
    copies, alarms = {}, {}
    for number in range(WOKEN):
        due = soon + number * (LASTING // WOKEN)
        # Spread over everybody: neighbours would share pages.
        person_id, data = copy_of(state, number * (people // WOKEN), due)
        copies[person_id], alarms[person_id] = data, due
    store.commit(Turn(position=head.position, now=head.now, states=copies, alarms=alarms))
    store.close()


def fired_late(folder: Path) -> list[float]:
    """Return how late each alarm became a record, in ms."""
    log = SqliteLog(folder / "data" / "log.db")
    late: list[float] = []
    position = 0
    while rows := log.read(position, 2_048):
        position = rows[-1][0]
        events = (decode_event(data) for _, data in rows)
        late += [
            (one.received_at - one.due_at) / 1e3 for one in events if isinstance(one, TimerFired)
        ]
    log.close()
    return late


async def measure(people: int) -> Table:
    table = Table()
    folder = Path(tempfile.mkdtemp(prefix="legato-timers-"))
    sink = load.Sink()
    await sink.start()
    workspace.write(folder / "workspace", sink.port)
    (folder / "workspace" / "later.yaml").write_text(LATER)
    legato = Legato(folder)
    await asyncio.to_thread(legato.start)
    await wait_one(legato)
    _, empty = legato.usage()
    legato.stop()
    try:
        await asyncio.to_thread(fill, folder, people)
        filled = time.time()
        await asyncio.to_thread(legato.start)
        table.add(f"start with {people:,} waiting", f"{legato.started_s:.1f} s")
        await asyncio.sleep(max(filled + BEGIN / SECOND - 12 - time.time(), 1))
        before, resident = legato.usage()
        await asyncio.sleep(8)
        after, _ = legato.usage()
        table.add("while nobody is due", f"{(after - before) / 8 * 100:.2f} % of a core")
        more = max(resident - empty, 0)
        table.add(
            "memory", f"{resident:.0f} MB, {more:.0f} more, {more * 1e6 / people:.0f} bytes each"
        )
        while sink.count < WOKEN and time.time() < filled + (BEGIN + LASTING) / SECOND + 60:  # noqa: ASYNC110 - a count
            await asyncio.sleep(0.2)
        table.add(f"{WOKEN:,} due in a minute: sent late by", milliseconds(sink.latencies_ms))
    finally:
        legato.stop()
    table.add("due alarm to record", milliseconds(fired_late(folder)))
    table.add("messages", f"{sink.count:,}")
    shutil.rmtree(folder)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description="How punctually five million people are woken.")
    parser.add_argument("--people", type=int, default=5_000_000)
    args = parser.parse_args()
    print(machine(), flush=True)
    uvloop.run(measure(args.people))


if __name__ == "__main__":
    main()
