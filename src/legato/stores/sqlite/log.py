"""The log in one SQLite file: an append is one transaction and one fsync."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from legato.model.event import tag_mark
from legato.stores.rows import write_rows
from legato.stores.sqlite.file import Format, SqliteFile

LOG_FORMAT = Format(
    title="a Legato log",
    application_id=0x4C47_4C31,
    version=1,
    page_bytes=4096,
    # What has been acknowledged must survive a power cut.
    synchronous="FULL",
    schema="CREATE TABLE log(position INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;",
    remedy="Restore it from a backup: the log is the one file that cannot be made again.",
)

_CACHE_BYTES = 8 << 20
"""Appends touch the last pages only; reads mostly follow them."""


class SqliteLog:
    """ports.log.Log on a disk. One thread appends; any may read, of other processes too."""

    def __init__(self, path: Path, *, is_writer: bool = True) -> None:
        """Open the log at `path`, made if there is none."""
        self.file = SqliteFile(path, LOG_FORMAT, cache_bytes=_CACHE_BYTES, is_writer=is_writer)
        with self.file.reading() as reader:
            self._last: int = reader.execute("SELECT coalesce(max(position), 0) FROM log").get

    def append(self, records: Sequence[bytes]) -> int:
        with self.file.writing() as writer:
            first = self._last + 1
            write_rows(writer, "INSERT INTO log", list(enumerate(records, first)))
        # Only now: a raise above leaves positions as they were.
        self._last = first + len(records) - 1
        return self._last

    def read(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        with self.file.reading() as reader:
            return reader.execute(
                "SELECT position, record FROM log WHERE position > ? ORDER BY position LIMIT ?",
                (after, limit),
            ).fetchall()

    def rewrite(self, records: Sequence[tuple[int, bytes]]) -> None:
        with self.file.writing() as writer:
            writer.executemany(
                "UPDATE log SET record = ?2 WHERE position = ?1",
                records,
            )
        self.file.purge()

    def get(self, position: int) -> bytes | None:
        with self.file.reading() as reader:
            return reader.execute("SELECT record FROM log WHERE position = ?", (position,)).get

    def tagged(self, tag: str, after: int, until: int) -> list[int]:
        mark = tag_mark(tag)
        with self.file.reading() as reader:
            rows = reader.execute(
                "SELECT position FROM log WHERE position > ?1 AND position <= ?2"
                " AND ?3 IN (substr(record, 2, ?4), substr(record, 4, ?4)) ORDER BY position",
                (after, until, mark, len(mark)),
            )
            return [position for (position,) in rows]

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
        self.file.close()
