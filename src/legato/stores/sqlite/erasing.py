"""Erasures in the state file: what a turn removes of a person, and what is kept about it.

A person's records are known from the thread of their notes: where a note stands in the log, there
stands a record that tells of them. The notes go with the turn; the positions wait as strikes for
whoever writes the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from legato.model.delivery import Delivery, decode_delivery
from legato.model.effect import Certify, Erase, Tell
from legato.model.erasure import Erasure, decode_erasure
from legato.model.ids import DeliveryId, EventId, PersonId
from legato.model.note import (
    AudienceChanged,
    Called,
    Decided,
    HandedOn,
    Note,
    Settled,
    decode_notes,
)
from legato.model.noun import to_bytes
from legato.ports.erasure import Erasing
from legato.stores.connection import Connection
from legato.stores.rolled.manifest import write_gone
from legato.stores.rolled.reader import SegmentReader
from legato.stores.sqlite.file import SqliteFile
from legato.stores.sqlite.stories import everybody_of, threads_of
from legato.stores.suppression import address_digest


class SqliteErasures:
    """ports.erasure.Erasures."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def open(self) -> list[Erasure]:
        with self._file.reading() as reader:
            rows = reader.execute("SELECT body FROM erasure WHERE is_open ORDER BY position")
            return [decode_erasure(body) for (body,) in rows]

    def list(self, before: int, limit: int) -> list[Erasure]:
        with self._file.reading() as reader:
            rows = reader.execute(
                "SELECT body FROM erasure WHERE position < ? ORDER BY position DESC LIMIT ?",
                (before, limit),
            )
            return [decode_erasure(body) for (body,) in rows]

    def get(self, erasure_id: EventId) -> Erasure | None:
        with self._file.reading() as reader:
            return _erasure(reader, erasure_id)

    def strikes(self, limit: int) -> list[int]:
        with self._file.reading() as reader:
            return _positions(reader.execute("SELECT position FROM strike LIMIT ?", (limit,)))

    def strays(self, after: int, limit: int) -> list[int]:
        with self._file.reading() as reader:
            return _positions(
                reader.execute(
                    "SELECT position FROM stray WHERE position > ? LIMIT ?", (after, limit)
                )
            )

    def telling(self, erasure_id: EventId) -> list[Delivery]:
        with self._file.reading() as reader:
            erasure = _erasure(reader, erasure_id)
            told = () if erasure is None else erasure.told
            bodies = [
                reader.execute(
                    "SELECT body FROM delivery WHERE delivery_id = ?", (one.delivery_id,)
                ).get
                for one in told
                if one.outcome is None
            ]
        return [decode_delivery(body) for body in bodies if body is not None]

    def struck(self, positions: Sequence[int], erasure_id: EventId) -> None:
        with self._file.writing() as writer:
            rows = [(position,) for position in positions]
            for table in ("strike", "stray", "quarantine"):
                writer.executemany(f"DELETE FROM {table} WHERE position = ?", rows)  # noqa: S608 - our own names
            erasure = _erasure(writer, erasure_id)
            if erasure is not None:
                _write(writer, msgspec.structs.replace(erasure, keys=(), beside=()))

    def purge(self) -> None:
        self._file.purge()


def write_erasing(writer: Connection, erasing: Erasing, segments: SegmentReader) -> None:
    """Write what a turn has to do with erasures. Last of all: it takes away what others wrote."""
    for table, positions in (("stray", erasing.strays), ("strike", erasing.strikes)):
        _add(writer, table, positions)
    for position, erase in erasing.begun:
        _begin(writer, position, erase, segments)
    for tell in erasing.told:
        _tell(writer, tell)
    for certified in erasing.certified:
        _certify(writer, certified)


def _begin(writer: Connection, position: int, erase: Erase, segments: SegmentReader) -> None:
    own, rolled = threads_of(writer, segments, erase.person_ids)
    notes = [*rolled, *own]
    deliveries = _deliveries(decode_notes(row[4]) for row in notes)
    positions = {row[1]: None for row in notes}
    writer.executemany("DELETE FROM note WHERE key = ?", [(row[0],) for row in own])
    write_gone(writer, everybody_of(writer, erase.person_ids))
    _add(writer, "strike", [*positions, position])
    counts = {"records": len(positions), "notes": len(notes)}
    closed = _closed(writer, erase)
    apart = [_present(writer, one) for one in erase.apart]
    besides = [row for some in threads_of(writer, segments, apart) for row in some]
    _forget_dead(writer, erase.keys, _deliveries(decode_notes(row[4]) for row in besides))
    for name, sql, keys in (
        ("profiles", "DELETE FROM person WHERE person_id = ?", erase.person_ids),
        ("", "DELETE FROM forward WHERE target = ?", erase.person_ids),
        ("identifiers", "DELETE FROM pointer WHERE key = ?", erase.keys),
        ("deliveries", "DELETE FROM delivery WHERE delivery_id = ?", deliveries),
        ("dead deliveries", "DELETE FROM dead WHERE delivery_id = ?", deliveries),
    ):
        count = _delete(writer, sql, keys)
        if name:
            counts[name] = count
    writer.executemany(
        "INSERT INTO tomb VALUES (?, ?) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)",
        [(tomb, erase.requested_at) for tomb in erase.tombs],
    )
    _write(
        writer,
        Erasure(
            erasure_id=erase.erasure_id,
            position=position,
            person_id=erase.person_ids[0],
            requested_at=erase.requested_at,
            by=erase.by,
            reason=erase.reason,
            tombs=erase.tombs,
            keys=erase.keys,
            told=erase.told,
            counts=counts,
            closed=closed,
            apart=tuple(apart),
            beside=tuple(dict.fromkeys(row[1] for row in besides)),
        ),
    )


def _present(reader: Connection, person_id: PersonId) -> PersonId:
    target = reader.execute("SELECT target FROM forward WHERE gone = ?", (person_id,)).get
    return person_id if target is None else target


def _closed(writer: Connection, erase: Erase) -> tuple[bytes, ...]:
    """Return which of the person's addresses must not be contacted; a replay is told them."""
    writer.executemany(
        "INSERT OR IGNORE INTO suppressed VALUES (?, ?)",
        [(one, erase.requested_at) for one in erase.closed],
    )
    digests = [address_digest(channel, address) for channel, address in erase.addresses]
    found = [
        one
        for one in dict.fromkeys(digests)
        if writer.execute("SELECT 1 FROM suppressed WHERE digest = ?", (one,)).get is not None
    ]
    return (*erase.closed, *found)


def _forget_dead(writer: Connection, keys: Sequence[str], deliveries: Sequence[DeliveryId]) -> None:
    """Forget what could not be delivered, was noted of somebody else, and names the erased."""
    values = [key.partition(":")[2].lower().encode() for key in keys]
    for delivery_id in deliveries:
        rows = writer.execute("SELECT body, settle FROM dead WHERE delivery_id = ?", (delivery_id,))
        texts = [bytes(part).lower() for row in rows for part in row]
        if any(value in text for value in values for text in texts):
            writer.execute("DELETE FROM dead WHERE delivery_id = ?", (delivery_id,))


def _tell(writer: Connection, tell: Tell) -> None:
    erasure = _erasure(writer, tell.erasure_id)
    if erasure is None:
        return
    erasure = erasure.telling(tell.told)
    _write(writer, erasure)
    if not erasure.is_telling:
        _add(writer, "strike", [erasure.position])  # once more, without what had to be told


def _certify(writer: Connection, certified: Certify) -> None:
    erasure = _erasure(writer, certified.erasure_id)
    if erasure is not None:
        _write(
            writer,
            erasure.certified(certified.at, certified.findings),
        )


def _write(writer: Connection, erasure: Erasure) -> None:
    writer.execute(
        "INSERT INTO erasure VALUES (?, ?, ?, ?)"
        " ON CONFLICT (position) DO UPDATE SET is_open = excluded.is_open, body = excluded.body",
        (
            erasure.erasure_id,
            erasure.position,
            erasure.completed_at is None,
            to_bytes(erasure),
        ),
    )


def _erasure(reader: Connection, erasure_id: EventId) -> Erasure | None:
    body = reader.execute("SELECT body FROM erasure WHERE erasure_id = ?", (erasure_id,)).get
    return None if body is None else decode_erasure(body)


def _deliveries(notes: Iterable[Sequence[Note]]) -> list[DeliveryId]:
    """Return every delivery that a person's notes name."""
    named: dict[DeliveryId, None] = {}
    for some in notes:
        for note in some:
            if isinstance(note, HandedOn):
                named.update({one.delivery_id: None for one in note.to})
            elif isinstance(note, Decided | Settled | AudienceChanged | Called):
                named[note.delivery_id] = None
    return list(named)


def _delete(writer: Connection, sql: str, keys: Iterable[str]) -> int:
    before = writer.total_changes()
    writer.executemany(sql, [(key,) for key in keys])
    return writer.total_changes() - before


def _add(writer: Connection, table: str, positions: Iterable[int]) -> None:
    writer.executemany(
        f"INSERT OR IGNORE INTO {table} VALUES (?)",  # noqa: S608 - our own names
        [(position,) for position in positions],
    )


def _positions(rows: Iterable[tuple[int]]) -> list[int]:
    return [position for (position,) in rows]
