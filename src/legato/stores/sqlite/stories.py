"""Notes as they are asked for: those of the state file's threads, and those that were rolled out.

Both are looked at in one instant of the state file. A segment that is replaced meanwhile has its
file deleted: then all of it is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeAlias, TypeVar

import msgspec

from legato.model.ids import PersonId
from legato.model.note import Story, decode_notes
from legato.model.problem import LegatoError
from legato.stores.connection import Connection
from legato.stores.rolled.manifest import Manifest, read_manifest, write_trimmed
from legato.stores.rolled.parquet import Vanished
from legato.stores.rolled.reader import Row, SegmentReader

NOTE_KEY_SHIFT = 24
"""Room for 16 million steps at one position, and for 5 * 10^11 positions."""
KEY_MAX = (1 << 63) - 1

_TRIES = 5
_TAIL = (
    "SELECT key, position, person_id, at, notes FROM note WHERE key BETWEEN ?1 AND ?2"
    " ORDER BY key LIMIT ?3"
)
_STORY = (
    "WITH RECURSIVE thread(key) AS ("
    " SELECT note FROM person WHERE person_id = ?4 AND note >= ?1"
    " UNION ALL SELECT note FROM forward WHERE target = ?4 AND note >= ?1"
    " UNION ALL SELECT before FROM thread JOIN note USING (key) WHERE before >= ?1)"
    " SELECT key, position, person_id, at, notes FROM thread JOIN note USING (key)"
    " WHERE key <= ?2 ORDER BY key LIMIT ?3"
)
_MENTIONS = (
    "WITH RECURSIVE whose(id) AS (VALUES (?)), least(key) AS (VALUES (?)), thread(key) AS ("
    " SELECT note FROM person, whose, least WHERE person_id = id AND note > key"
    " UNION ALL SELECT note FROM forward, whose, least WHERE target = id AND note > key"
    " UNION ALL SELECT before FROM thread JOIN note USING (key), least WHERE before > least.key)"
    " SELECT key, position, person_id, at, notes FROM thread JOIN note USING (key)"
    " WHERE {} ORDER BY key LIMIT ?"
)
_THREADS = (
    "WITH RECURSIVE thread(key) AS ("
    " SELECT note FROM person WHERE person_id IN (SELECT value FROM json_each(?1))"
    " UNION SELECT note FROM forward WHERE target IN (SELECT value FROM json_each(?1))"
    " UNION SELECT before FROM thread JOIN note USING (key))"
    " SELECT key, position, note.person_id, at, notes FROM thread JOIN note USING (key)"
    " ORDER BY key"
)

Fetch: TypeAlias = Callable[[int, int, int], list[Row]]
"""(first key, last key, limit) -> the oldest rows between them."""
Reading: TypeAlias = Callable[[], AbstractContextManager[Connection]]
T = TypeVar("T")


class SqliteStories:
    """ports.state_store.Stories, and `tail`."""

    def __init__(self, reading: Reading, segments: SegmentReader) -> None:
        self._reading = reading
        self._segments = segments

    def story(self, person_id: PersonId, after: int, limit: int) -> list[Story]:
        def read(reader: Connection, manifest: Manifest) -> list[Story]:
            present = resolve(reader, person_id)
            people = [present, *_merged(reader, [present])] if present else []

            def fetch(first: int, last: int, count: int) -> list[Row]:
                rolled = self._segments.of(manifest, people, first, last) if people else []
                own = (max(first, manifest.floor + 1), last, count, present)
                return _both(rolled, reader.execute(_STORY, own).fetchall(), count)

            return _page(fetch, after, limit)

        return self._look(read)

    def mentions(self, person_id: PersonId, marks: Sequence[bytes], limit: int) -> list[Story]:
        def read(reader: Connection, manifest: Manifest) -> list[Story]:
            present = resolve(reader, person_id)
            people = [present, *_merged(reader, [present])]
            found = [
                row
                for row in self._segments.of(manifest, people, 0, KEY_MAX)
                if any(mark in row[4] for mark in marks)
            ]
            which = " OR ".join(["instr(notes, ?)"] * len(marks))
            own = (present, manifest.floor, *marks, limit)
            rows = reader.execute(_MENTIONS.format(which), own).fetchall()
            return [_story(row) for row in _both(found, rows, limit)]

        return self._look(read)

    def tail(self, after: int, limit: int) -> list[Story]:
        def read(reader: Connection, manifest: Manifest) -> list[Story]:
            def fetch(first: int, last: int, count: int) -> list[Row]:
                rolled = self._segments.onward(manifest, first, last, count)
                own = (max(first, manifest.floor + 1), last, count)
                return _both(rolled, reader.execute(_TAIL, own).fetchall(), count)

            return _page(fetch, after, limit)

        return self._look(read)

    def _look(self, read: Callable[[Connection, Manifest], T]) -> T:
        for _ in range(_TRIES):
            try:
                with self._reading() as reader, reader:
                    return read(reader, read_manifest(reader))
            except Vanished:
                continue
        raise LegatoError(
            "Rolled notes are missing: a file in the folder `history` is not there.",
            fix="Put the folder back that belongs to the state file.",
        )


def threads_of(
    writer: Connection, segments: SegmentReader, people: Sequence[PersonId]
) -> tuple[list[Row], list[Row]]:
    """Return the notes of some people and of all merged into them: the state file's, the rolled.

    For the writer: what only waits for its deletion is deleted first.
    """
    write_trimmed(writer)
    manifest = read_manifest(writer)
    own: list[Row] = writer.execute(_THREADS, (_json(people),)).fetchall()
    everybody = [*people, *_merged(writer, people)]
    try:
        return own, segments.of(manifest, everybody, 0, KEY_MAX) if everybody else []
    except Vanished as error:
        raise LegatoError(
            "Rolled notes are missing: a file in the folder `history` is not there.",
            fix="Put the folder back that belongs to the state file.",
            can_retry=True,
        ) from error


def everybody_of(reader: Connection, people: Sequence[PersonId]) -> list[PersonId]:
    """Return some people and all who were merged into them."""
    return [*people, *_merged(reader, people)]


def resolve(reader: Connection, person_id: PersonId) -> PersonId:
    """Follow merges to whom somebody became."""
    target = reader.execute("SELECT target FROM forward WHERE gone = ?", (person_id,)).get
    return person_id if target is None else target


def _merged(reader: Connection, people: Sequence[PersonId]) -> list[PersonId]:
    rows = reader.execute(
        "SELECT gone FROM forward WHERE target IN (SELECT value FROM json_each(?))",
        (_json(people),),
    )
    return [gone for (gone,) in rows]


def _page(fetch: Fetch, after: int, limit: int) -> list[Story]:
    """Read up to `limit` notes and all others of the last one's position: none is paged over."""
    rows = fetch((after + 1) << NOTE_KEY_SHIFT, KEY_MAX, limit)
    if rows and len(rows) >= limit:
        key, position = rows[-1][:2]
        rows += fetch(key + 1, ((position + 1) << NOTE_KEY_SHIFT) - 1, -1)
    return [_story(row) for row in rows]


def _both(rolled: list[Row], own: list[Row], limit: int) -> list[Row]:
    if not rolled:
        return own
    # What a split has taken back into the state file may be older than what is rolled.
    rows = sorted([*rolled, *own])
    return rows if limit < 0 else rows[:limit]


def _story(row: Row) -> Story:
    _, position, person_id, at, notes = row
    return Story(position=position, person_id=person_id, at=at, notes=decode_notes(notes))


def _json(people: Sequence[PersonId]) -> str:
    return msgspec.json.encode(people).decode()
