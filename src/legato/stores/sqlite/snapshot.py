"""The files of a data folder as they are at one instant, for who reads all of them.

In a process of its own (see legato.query): whoever reads a whole file would otherwise take the
interpreter from doors and lanes. Nothing is written, and nobody waits.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import Any

from legato.model.event import tag_mark
from legato.model.ids import EventId, PersonId
from legato.model.instant import Instant
from legato.model.note import Admitted, mark_of
from legato.model.problem import LegatoError
from legato.stores.connection import Connection
from legato.stores.rolled.manifest import FOLDER, read_manifest
from legato.stores.rolled.parquet import Vanished, relation
from legato.stores.rolled.reader import STRETCH_ROWS, Row, SegmentReader
from legato.stores.rolled.records.manifest import FOLDER as RECORDS
from legato.stores.rolled.records.manifest import floor_of
from legato.stores.rolled.records.reader import RecordReader
from legato.stores.sqlite.file import Format, SqliteFile
from legato.stores.sqlite.log import LOG_FORMAT
from legato.stores.sqlite.schema import STATE_FORMAT
from legato.stores.sqlite.stories import KEY_MAX

_CACHE_BYTES = 8 << 20
_PAGE = 5_000
"""Rolled records in a list at once."""
_ADMITTED = mark_of(Admitted(event_id=EventId(""), name=""))
_CUSTOMER = tag_mark("customer")


class Snapshot:
    """An instant of a data folder."""

    def __init__(self, log: Connection, state: Connection, folder: Path) -> None:
        self._log = log
        self._state = state
        self._folder = folder
        self.manifest = read_manifest(state)
        self._became: dict[PersonId, PersonId] | None = None

    def head(self) -> tuple[Instant, bytes | None]:
        """Return the engine's clock and the active plan."""
        row = self._state.execute(
            "SELECT now, (SELECT body FROM plan WHERE digest = head.plan) FROM head"
        ).get
        return row[0], row[1]

    def own_notes(self) -> Iterator[tuple[int, PersonId, Instant, bytes]]:
        """Yield the state file's notes in order, each of whom its person has become."""
        became = self.became()
        for _, position, person_id, at, notes in self._own():
            yield position, became.get(person_id, person_id), at, notes

    def rolled_notes(self) -> tuple[str, list[Any]] | None:
        """Return where DuckDB finds the notes that were rolled: see warehouse.sql.tables."""
        if not self.manifest.segments:
            return None
        return relation(self._folder / FOLDER, self.manifest, self.manifest.segments)

    def events(self) -> Iterator[tuple[int, PersonId, bytes]]:
        """Yield the record of every admitted customer event, and whose it is."""
        became = self.became()
        owners = (
            (position, person_id)
            for _, position, person_id, _, notes in self._steps(_ADMITTED)
            if person_id and _ADMITTED in notes
        )
        owner = next(owners, None)
        for position, record in chain(self._rolled_records(), self._own_records()):
            while owner is not None and owner[0] < position:
                owner = next(owners, None)
            if owner is None:
                return
            if owner[0] == position:
                yield position, became.get(owner[1], owner[1]), record

    def people(self) -> Iterator[tuple[PersonId, bytes]]:
        """Yield everybody's state."""
        yield from self._state.execute(
            "SELECT person_id, state FROM person WHERE state IS NOT NULL ORDER BY person_id"
        )

    def became(self) -> dict[PersonId, PersonId]:
        """Return whom those who were merged have become."""
        if self._became is None:
            self._became = dict(self._state.execute("SELECT gone, target FROM forward"))
        return self._became

    def _steps(self, mark: bytes = b"") -> Iterator[Row]:
        """Yield all steps in order of their keys; of the state file's, those that hold a mark."""
        own = self._own(mark)
        if not self.manifest.segments:
            return own
        return merge(self._rolled(), own)

    def _own(self, mark: bytes = b"") -> Iterator[Row]:
        return iter(
            self._state.execute(
                "SELECT key, position, person_id, at, notes FROM note"
                " WHERE key > ?1 AND (?2 = x'' OR instr(notes, ?2)) ORDER BY key",
                (self.manifest.floor, mark),
            )
        )

    def _own_records(self) -> Iterator[tuple[int, bytes]]:
        return iter(
            self._log.execute(
                "SELECT position, record FROM log WHERE position > ?3"
                " AND ?1 IN (substr(record, 2, ?2), substr(record, 4, ?2)) ORDER BY position",
                (_CUSTOMER, len(_CUSTOMER), floor_of(self._log)),
            )
        )

    def _rolled_records(self) -> Iterator[tuple[int, bytes]]:
        records, after, floor = RecordReader(self._folder / RECORDS), 0, floor_of(self._log)
        try:
            while after < floor:
                rows = records.read(self._log, after, min(_PAGE, floor - after))
                yield from (row for row in rows if _is_of_customer(row[1]))
                after = rows[-1][0]
        except Vanished as error:
            raise _replaced() from error
        finally:
            records.close()

    def _rolled(self) -> Iterator[Row]:
        segments = SegmentReader(self._folder / FOLDER)
        try:
            first = 0
            while rows := segments.onward(self.manifest, first, KEY_MAX, STRETCH_ROWS):
                yield from rows
                first = rows[-1][0] + 1
        except Vanished as error:
            raise _replaced() from error
        finally:
            segments.close()


def _is_of_customer(record: bytes) -> bool:
    return record.startswith(_CUSTOMER, 1) or record.startswith(_CUSTOMER, 3)


def _replaced() -> LegatoError:
    return LegatoError(
        "What was rolled was written anew while it was read.", fix="Ask again.", can_retry=True
    )


@contextmanager
def snapshot_of(folder: Path) -> Generator[Snapshot]:
    """Hold an instant of a data folder. Raises LegatoError where there is none."""
    for name in ("log.db", "state.db"):
        if not (folder / name).exists():
            raise LegatoError(
                f"{folder} holds no data: there is no {name}.",
                fix="Name the data folder of a workspace that has run: --data DIR.",
            )
    # The state first: every record that it has applied is then in the log.
    with state_of(folder) as state, log_of(folder) as log:
        yield Snapshot(log=log, state=state, folder=folder)


@contextmanager
def state_of(folder: Path) -> Generator[Connection]:
    """Hold an instant of a data folder's state file alone."""
    with _held(folder / "state.db", STATE_FORMAT) as state:
        yield state


@contextmanager
def log_of(folder: Path) -> Generator[Connection]:
    """Hold an instant of a data folder's log alone."""
    with _held(folder / "log.db", LOG_FORMAT) as log:
        yield log


@contextmanager
def _held(path: Path, file_format: Format) -> Generator[Connection]:
    file = SqliteFile(path, file_format, cache_bytes=_CACHE_BYTES, is_writer=False)
    try:
        with file.reading() as reader, _instant(reader):
            yield reader
    finally:
        file.close()


@contextmanager
def _instant(reader: Connection) -> Generator[None]:
    """Hold one snapshot: it is taken by the first reading in it."""
    with reader:
        reader.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
        yield
