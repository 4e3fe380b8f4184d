"""How a turn is written to the state file. Runs inside one transaction, which its caller owns."""

from __future__ import annotations

from legato.model.effect import Settle
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import Duration
from legato.model.noun import to_bytes
from legato.ports.state_store import Turn
from legato.stores.connection import Connection
from legato.stores.rows import write_rows
from legato.stores.suppression import address_digest

NOTE_KEY_SHIFT = 24
"""Room for 16 million steps at one position, and for 5 * 10^11 positions."""


def apply_turn(writer: Connection, turn: Turn, *, seen_window: Duration) -> None:
    """Write everything that a turn changes."""
    _write_people(writer, turn)
    _write_identity(writer, turn)
    _write_seen(writer, turn, seen_window)
    _write_outbox(writer, turn)
    _write_records(writer, turn)
    _write_head(writer, turn)


def _write_people(writer: Connection, turn: Turn) -> None:
    alarms = turn.alarms
    both: list[tuple[PersonId, int | None, bytes]] = []
    states: list[tuple[PersonId, bytes]] = []
    gone: list[tuple[PersonId]] = []
    for person_id, state in turn.states.items():
        if state is None:
            gone.append((person_id,))
        elif person_id in alarms:
            both.append((person_id, alarms[person_id], state))
        else:
            states.append((person_id, state))
    if gone:
        writer.executemany("DELETE FROM person WHERE person_id = ?", gone)
    if both:
        write_rows(
            writer,
            "INSERT INTO person(person_id, due_at, state)",
            both,
            "ON CONFLICT DO UPDATE SET due_at = excluded.due_at, state = excluded.state",
        )
    if states:
        write_rows(
            writer,
            "INSERT INTO person(person_id, state)",
            states,
            "ON CONFLICT DO UPDATE SET state = excluded.state",
        )
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
        writer.execute("INSERT OR REPLACE INTO forward VALUES (?, ?)", (gone, target))
    if turn.pointers:
        write_rows(
            writer,
            "INSERT INTO pointer",
            list(turn.pointers.items()),
            "ON CONFLICT DO UPDATE SET person_id = excluded.person_id",
        )


def _write_seen(writer: Connection, turn: Turn, window: Duration) -> None:
    generation, since = writer.execute("SELECT generation, generation_since FROM head").get
    if turn.now - since >= window:
        # All that the generation before this one holds is older than a window now.
        generation += 1
        writer.execute(
            "UPDATE head SET generation = ?, generation_since = ?", (generation, turn.now)
        )
    if turn.seen:
        write_rows(
            writer,
            "INSERT INTO seen",
            [(generation, digest, at) for digest, at in turn.seen.items()],
            "ON CONFLICT DO UPDATE SET at = excluded.at",
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
        writer.executemany(
            "INSERT OR IGNORE INTO suppressed VALUES (?, ?)",
            [(address_digest(each.channel, each.address), turn.now) for each in turn.suppressed],
        )


def _write_records(writer: Connection, turn: Turn) -> None:
    if turn.quarantined:
        writer.executemany(
            "INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?, ?)",
            [
                (position, row.source, row.message_id, to_bytes(row))
                for position, row in turn.quarantined
            ],
        )
    if turn.notes:
        key: int = writer.execute("SELECT coalesce(max(key), 0) FROM note").get
        rows: list[tuple[int, int, str, int, bytes]] = []
        for row in turn.notes:
            key = max(key + 1, row.position << NOTE_KEY_SHIFT)
            rows.append((key, row.position, row.person_id, row.at, row.notes))
        write_rows(writer, "INSERT INTO note", rows)


def _write_head(writer: Connection, turn: Turn) -> None:
    position = writer.execute("SELECT position FROM head").get
    assert turn.position >= position, "a turn goes on from the head"
    writer.execute("UPDATE head SET position = ?, now = ?", (turn.position, turn.now))
    if turn.plan is not None:
        writer.execute("INSERT OR REPLACE INTO plan VALUES (?, ?)", turn.plan)
        writer.execute("UPDATE head SET plan = ?", (turn.plan[0],))
    if turn.switches:
        writer.executemany("INSERT OR REPLACE INTO switch VALUES (?, ?)", turn.switches.items())
    if turn.schedules:
        writer.executemany("INSERT OR REPLACE INTO schedule VALUES (?, ?)", turn.schedules.items())
