"""The log in one SQLite file: an append is one transaction and one fsync.

Old records may be rolled out of it into Parquet files (see stores.rolled.records). Nothing of that
is looked at as long as the file itself has what is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from legato.model.event import tag_mark
from legato.model.problem import LegatoError
from legato.stores.connection import Connection
from legato.stores.rolled.parquet import Vanished
from legato.stores.rolled.records.manifest import FOLDER, SCHEMA, floor_of, write_records
from legato.stores.rolled.records.reader import RecordReader
from legato.stores.rows import write_rows
from legato.stores.sqlite.file import Format, SqliteFile
from legato.stores.sqlite.log_rolling import SqliteRecordRolling

LOG_FORMAT = Format(
    title="a Legato log",
    application_id=0x4C47_4C31,
    version=2,
    page_bytes=4096,
    # What has been acknowledged must survive a power cut.
    synchronous="FULL",
    schema="CREATE TABLE log(position INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;" + SCHEMA,
    remedy="Restore it from a backup: the log is the one file that cannot be made again.",
    gives_back=True,
    steps=(SCHEMA,),
    steps_from=1,
)

_CACHE_BYTES = 8 << 20
"""Appends touch the last pages only; reads mostly follow them."""
_TRIES = 5

T = TypeVar("T")


class SqliteLog:
    """ports.log.Log on a disk. One thread appends; any may read, of other processes too."""

    def __init__(self, path: Path, *, is_writer: bool = True) -> None:
        """Open the log at `path`, made if there is none."""
        self.file = SqliteFile(path, LOG_FORMAT, cache_bytes=_CACHE_BYTES, is_writer=is_writer)
        self._rolled = RecordReader(path.parent / FOLDER)
        self.rolling = SqliteRecordRolling(self.file, self._rolled.folder)
        """The writer's side of rolling."""
        try:
            self.rolling.open(is_writer=is_writer)
        except BaseException:
            self.file.close()
            raise
        with self.file.reading() as reader, reader:
            newest: int = reader.execute("SELECT ifnull(max(position), 0) FROM log").get
            self._last = max(newest, floor_of(reader))

    def append(self, records: Sequence[bytes]) -> int:
        with self.file.writing() as writer:
            first = self._last + 1
            write_rows(writer, "INSERT INTO log", list(enumerate(records, first)))
        # Only now: a raise above leaves positions as they were.
        self._last = first + len(records) - 1
        return self._last

    def read(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        with self.file.reading() as reader:
            rows: list[tuple[int, bytes]] = reader.execute(
                "SELECT position, record FROM log WHERE position > ? ORDER BY position LIMIT ?",
                (after, limit),
            ).fetchall()
        if rows and rows[-1][0] == after + len(rows):
            return rows
        # Positions have no gaps: what is not here was rolled, or there is nothing more.
        return self._look(lambda reader: self._rolled.read(reader, after, limit))

    def rewrite(self, records: Sequence[tuple[int, bytes]]) -> None:
        with self.file.writing() as writer:
            write_records(writer, records)
        self.file.purge()

    def get(self, position: int) -> bytes | None:
        with self.file.reading() as reader:
            record: bytes | None = reader.execute(
                "SELECT record FROM log WHERE position = ?", (position,)
            ).get
        if record is not None:
            return record
        return self._look(lambda reader: self._rolled.get(reader, position))

    def tagged(self, tags: Sequence[str], after: int, until: int) -> list[int]:
        marks = [tag_mark(tag) for tag in tags]
        is_one = " OR ".join(
            f"?{index} IN (substr(record, 2, {len(mark)}), substr(record, 4, {len(mark)}))"
            for index, mark in enumerate(marks, start=3)
        )

        def look(reader: Connection) -> list[int]:
            rows = reader.execute(
                "SELECT position FROM log WHERE position > ?1 AND position <= ?2"  # noqa: S608 - numbers
                f" AND ({is_one}) ORDER BY position",
                (after, until, *marks),
            )
            own = [position for (position,) in rows]
            return sorted([*self._rolled.tagged(reader, tags, after, until), *own])

        return self._look(look)

    def last_position(self) -> int:
        return self._last

    @property
    def wants_checkpoint(self) -> bool:
        """Whether checkpoint() has enough to do; cheap to ask after every append."""
        return self.file.wants_checkpoint

    def checkpoint(self) -> None:
        """Fold the WAL into the file, beside the writer. For a thread of the host's own."""
        self.file.checkpoint()

    def close(self) -> None:
        self._rolled.close()
        self.file.close()

    def _look(self, read: Callable[[Connection], T]) -> T:
        """Read of one instant; again, where a segment was replaced meanwhile."""
        for _ in range(_TRIES):
            try:
                with self.file.reading() as reader, reader:
                    return read(reader)
            except Vanished:
                continue
        raise LegatoError(
            f"Rolled records are missing: a file in {self._rolled.folder} is not there.",
            fix="Put the folder back that belongs to this log, from the same backup.",
        )
