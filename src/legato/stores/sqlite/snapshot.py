"""The files of a data folder as they are at one instant, for who reads all of them.

In a process of its own (see legato.query): whoever reads a whole file would otherwise take the
interpreter from doors and lanes. Nothing is written, and nobody waits.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from legato.model.event import tag_mark
from legato.model.ids import EventId, PersonId
from legato.model.instant import Instant
from legato.model.note import Admitted, mark_of
from legato.model.problem import LegatoError
from legato.stores.connection import Connection
from legato.stores.rolled.manifest import FOLDER, read_manifest
from legato.stores.rolled.parquet import relation
from legato.stores.rolled.reader import Row
from legato.stores.rolled.records.manifest import FOLDER as RECORDS
from legato.stores.rolled.records.manifest import floor_of
from legato.stores.rolled.records.manifest import read_manifest as read_records
from legato.stores.sqlite.file import Format, SqliteFile
from legato.stores.sqlite.log import LOG_FORMAT
from legato.stores.sqlite.schema import STATE_FORMAT

_CACHE_BYTES = 8 << 20
_ADMITTED = mark_of(Admitted(event_id=EventId(""), name=""))
_CUSTOMER = tag_mark("customer")


Part: TypeAlias = tuple[str, list[Any]]
"""What stands in a FROM of DuckDB's, and what it is to be given."""


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

    def own_events(self) -> Iterator[tuple[int, bytes]]:
        """Yield customer events that are in the log itself, in order."""
        return iter(
            self._log.execute(
                "SELECT position, record FROM log"
                " WHERE ?1 IN (substr(record, 2, ?2), substr(record, 4, ?2)) ORDER BY position",
                (_CUSTOMER, len(_CUSTOMER)),
            )
        )

    def own_admitted(self) -> Iterator[tuple[int, PersonId]]:
        """Yield what the state file's notes say was admitted, and of whom, each position once."""
        last = 0
        for _, position, person_id, _, notes in self._own(_ADMITTED):
            if person_id and position != last and _ADMITTED in notes:
                last = position
                yield position, person_id

    def rolled_events(self) -> tuple[Part, Sequence[int]] | None:
        """Return where DuckDB finds records that were rolled, and positions that count no more."""
        segments = read_records(self._log).segments
        if not segments:
            return None
        paths = [str(self._folder / RECORDS / each.name) for each in segments]
        standing = self._log.execute(
            "SELECT position FROM log WHERE position <= ?", (floor_of(self._log),)
        )
        return ("read_parquet(?)", [paths]), [position for (position,) in standing]

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

    def _own(self, mark: bytes = b"") -> Iterator[Row]:
        return iter(
            self._state.execute(
                "SELECT key, position, person_id, at, notes FROM note"
                " WHERE key > ?1 AND (?2 = x'' OR instr(notes, ?2)) ORDER BY key",
                (self.manifest.floor, mark),
            )
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
