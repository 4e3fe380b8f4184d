"""How a turn is written to the state file. Runs inside one transaction, which its caller owns."""

from __future__ import annotations

from legato.model.effect import Settle
from legato.model.ids import DeliveryId, PersonId
from legato.model.noun import to_bytes
from legato.ports.state_store import Turn
from legato.stores.connection import Connection
from legato.stores.rolled.reader import SegmentReader
from legato.stores.rows import write_rows
from legato.stores.sqlite.erasing import write_erasing
from legato.stores.sqlite.known import KnownPeople, Rows
from legato.stores.sqlite.parting import write_parting
from legato.stores.sqlite.stories import NOTE_KEY_SHIFT
from legato.stores.suppression import address_digest

BACKFILL = "backfill"
"""In place of a digest: what is measured for a plan to come."""


def apply_turn(writer: Connection, turn: Turn, segments: SegmentReader, known: KnownPeople) -> Rows:
    """Write everything that a turn changes, but for what it has seen. Return what `known` keeps."""
    if turn.parted:
        write_parting(writer, turn.parted, segments)
    rows = known.take(writer, turn)
    _write_notes(writer, turn, rows.threads)
    _write_people(writer, turn, rows)
    _write_identity(writer, turn)
    _write_threads(writer, turn, rows)
    _write_outbox(writer, turn)
    _write_quarantine(writer, turn)
    if turn.erasing is not None:
        write_erasing(writer, turn.erasing, segments)
    _write_head(writer, turn)
    return rows


def _write_notes(writer: Connection, turn: Turn, threads: dict[PersonId, int]) -> None:
    """Append the notes, each to the thread of its person."""
    if not turn.notes:
        return
    key: int = writer.execute("SELECT coalesce(max(key), 0) FROM note").get
    rows: list[tuple[int, int, int, str, int, bytes]] = []
    for row in turn.notes:
        key = max(key + 1, row.position << NOTE_KEY_SHIFT)
        before = threads.get(row.person_id, 0)
        rows.append((key, row.position, before, row.person_id, row.at, row.notes))
        if row.person_id:
            threads[row.person_id] = key
    write_rows(writer, "INSERT INTO note", rows)


def _write_people(writer: Connection, turn: Turn, rows: Rows) -> None:
    """Write who was changed, each at their place: no index is asked where a known row stands."""
    alarms, places, threads = turn.alarms, rows.places, rows.threads
    both: list[tuple[int | None, PersonId, int, bytes, int | None]] = []
    states: list[tuple[int | None, PersonId, int, bytes]] = []
    gone: list[tuple[PersonId]] = []
    for person_id, state in turn.states.items():
        if state is None:
            gone.append((person_id,))
            continue
        row = places.get(person_id), person_id, threads.get(person_id, 0), state
        if person_id in alarms:
            both.append((*row, alarms[person_id]))
        else:
            states.append(row)
    if gone:
        writer.executemany("DELETE FROM person WHERE person_id = ?", gone)
    before = writer.total_changes()
    if both:
        write_rows(
            writer,
            "INSERT INTO person(rowid, person_id, note, state, due_at)",
            both,
            "ON CONFLICT (rowid) DO UPDATE SET due_at = excluded.due_at, note = excluded.note,"
            " state = excluded.state WHERE person_id = excluded.person_id",
        )
    if states:
        write_rows(
            writer,
            "INSERT INTO person(rowid, person_id, note, state)",
            states,
            "ON CONFLICT (rowid) DO UPDATE SET note = excluded.note, state = excluded.state"
            " WHERE person_id = excluded.person_id",
        )
    written = writer.total_changes() - before
    assert written == len(both) + len(states), "a row stands where it is known to stand"
    alone = [(due_at, key) for key, due_at in alarms.items() if turn.states.get(key) is None]
    if alone:
        writer.executemany("UPDATE person SET due_at = ? WHERE person_id = ?", alone)
        writer.executemany(
            "INSERT INTO person(due_at, person_id) SELECT ?1, ?2 WHERE ?1 IS NOT NULL"
            " ON CONFLICT DO NOTHING",
            alone,
        )


def _write_identity(writer: Connection, turn: Turn) -> None:
    for gone, wanted in turn.forwards.items():
        target = writer.execute("SELECT target FROM forward WHERE gone = ?", (wanted,)).get
        target = wanted if target is None else target
        assert target != gone, "a person cannot be merged into itself"
        writer.execute("UPDATE forward SET target = ? WHERE target = ?", (target, gone))
        writer.execute("INSERT OR REPLACE INTO forward VALUES (?, ?, 0)", (gone, target))
    if turn.pointers:
        write_rows(
            writer,
            "INSERT INTO pointer",
            list(turn.pointers.items()),
            "ON CONFLICT DO UPDATE SET person_id = excluded.person_id",
        )


def _write_threads(writer: Connection, turn: Turn, rows: Rows) -> None:
    """Keep the threads of those whose row was not written with their state, or who have gone."""
    elsewhere = [
        (note, person_id)
        for person_id, note in rows.threads.items()
        if note and (turn.states.get(person_id) is None or person_id in rows.gone)
    ]
    if elsewhere:
        writer.executemany("UPDATE forward SET note = ? WHERE gone = ?", elsewhere)
        writer.executemany(
            "INSERT INTO person(note, person_id) SELECT ?1, ?2"
            " WHERE NOT EXISTS (SELECT 1 FROM forward WHERE gone = ?2)"
            " ON CONFLICT DO UPDATE SET note = excluded.note",
            elsewhere,
        )


def _write_outbox(writer: Connection, turn: Turn) -> None:
    if turn.deliveries:
        write_rows(
            writer,
            "INSERT INTO delivery(delivery_id, destination, position, body) SELECT * FROM (",
            [
                (delivery.delivery_id, delivery.destination, position, to_bytes(delivery))
                for position, delivery in turn.deliveries
            ],
            ") WHERE NOT EXISTS (SELECT 1 FROM dead WHERE delivery_id = column1)"
            " ON CONFLICT DO NOTHING",
        )
    if turn.settled:
        # The first word on a delivery is the one that counts.
        settled: dict[DeliveryId, Settle] = {}
        for settle in turn.settled:
            settled.setdefault(settle.delivery_id, settle)
        dead = [
            (delivery_id, turn.now, to_bytes(settle))
            for delivery_id, settle in settled.items()
            if settle.outcome == "failed"
        ]
        if dead:
            writer.executemany(
                "INSERT INTO dead(delivery_id, destination, position, at, settle, body)"
                " SELECT ?1, destination, position, ?2, ?3, body"
                " FROM delivery WHERE delivery_id = ?1",
                dead,
            )
        write_rows(
            writer,
            "DELETE FROM delivery WHERE delivery_id IN (",
            [(each,) for each in settled],
            ")",
        )
    if turn.suppressed:
        _write_suppressed(writer, turn)


def _write_suppressed(writer: Connection, turn: Turn) -> None:
    """Write the last word on each address: what comes first may be taken back in the same turn."""
    last = {address_digest(each.channel, each.address): each for each in turn.suppressed}
    kept = [(one, turn.now) for one, each in last.items() if not each.is_lifted]
    lifted = [(one,) for one, each in last.items() if each.is_lifted]
    if kept:
        writer.executemany("INSERT OR IGNORE INTO suppressed VALUES (?, ?)", kept)
    if lifted:
        writer.executemany("DELETE FROM suppressed WHERE digest = ?", lifted)


def _write_quarantine(writer: Connection, turn: Turn) -> None:
    if turn.quarantined:
        writer.executemany(
            "INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?, ?)",
            [
                (position, row.source, row.message_id, to_bytes(row))
                for position, row in turn.quarantined
            ],
        )


def _write_head(writer: Connection, turn: Turn) -> None:
    position = writer.execute("SELECT position FROM head").get
    assert turn.position >= position, "a turn goes on from the head"
    writer.execute("UPDATE head SET position = ?, now = ?", (turn.position, turn.now))
    if turn.plan is not None:
        writer.execute("INSERT OR REPLACE INTO plan VALUES (?, ?)", turn.plan)
        writer.execute("UPDATE head SET plan = ?", (turn.plan[0],))
        writer.execute("DELETE FROM plan WHERE digest = ?", (BACKFILL,))
    if turn.backfill is not None:
        writer.execute("INSERT OR REPLACE INTO plan VALUES (?, ?)", (BACKFILL, turn.backfill))
    if turn.switches:
        writer.executemany("INSERT OR REPLACE INTO switch VALUES (?, ?)", turn.switches.items())
    if turn.schedules:
        writer.executemany("INSERT OR REPLACE INTO schedule VALUES (?, ?)", turn.schedules.items())
