"""The scorecard's past, in a file of its own: encoded slots by span and beginning.

Losing the last seconds of it in a power cut is no harm, so nothing is forced to the disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from legato.model.instant import Instant
from legato.stores.sqlite.file import Format, SqliteFile

FILE_NAME = "score.db"
_CACHE_BYTES = 1 << 20
_SCORE = """
CREATE TABLE slot(
  span TEXT NOT NULL,
  start INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY(span, start)
) STRICT, WITHOUT ROWID;
CREATE TABLE beat(
  name TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""
_FORMAT = Format(
    title="the past of Legato's scorecard",
    application_id=0x4C47_5331,
    version=1,
    page_bytes=4096,
    synchronous="NORMAL",
    schema=_SCORE,
    remedy="Move it away: figures are counted anew from now on.",
)


class SlotRow(NamedTuple):
    span: str
    start: Instant
    data: bytes


class ScoreFile:
    """Any thread may call."""

    def __init__(self, folder: Path) -> None:
        self.file = SqliteFile(folder / FILE_NAME, _FORMAT, cache_bytes=_CACHE_BYTES)

    def beats(self) -> tuple[Instant, Instant] | None:
        """Return the first and the last instant of the record; None where there is none."""
        with self.file.reading() as reader:
            found: dict[str, int] = dict(reader.execute("SELECT name, at FROM beat").fetchall())
        return (found["first"], found["last"]) if found else None

    def read(self, span: str, since: Instant) -> list[SlotRow]:
        """Return the slots of a span that begin at or after an instant, in order."""
        sql = "SELECT span, start, data FROM slot WHERE span = ? AND start >= ? ORDER BY start"
        with self.file.reading() as reader:
            return [SlotRow._make(row) for row in reader.execute(sql, (span, since))]

    def write(self, rows: Sequence[SlotRow], keep: Mapping[str, Instant], *, at: Instant) -> None:
        """Put slots in the place of theirs, and `at` as the last of the record.

        `keep`: from when on the slots of each span are kept.
        """
        with self.file.writing() as writer:
            writer.executemany("INSERT OR REPLACE INTO slot VALUES(?, ?, ?)", rows)
            old = [(span, start) for span, start in keep.items()]
            writer.executemany("DELETE FROM slot WHERE span = ? AND start < ?", old)
            writer.execute("INSERT OR IGNORE INTO beat VALUES('first', ?)", (at,))
            writer.execute("INSERT OR REPLACE INTO beat VALUES('last', ?)", (at,))
        if self.file.wants_checkpoint:
            self.file.checkpoint()

    def close(self) -> None:
        """Close the file. Idempotent."""
        self.file.close()
