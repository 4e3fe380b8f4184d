"""How destinations and sources have been doing, in a file of its own: encoded, by kind and name.

Losing the last seconds of it in a power cut is no harm, so nothing is forced to the disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from legato.model.instant import Instant
from legato.stores.sqlite.file import Format, SqliteFile

FILE_NAME = "figures.db"
_CACHE_BYTES = 1 << 20
_FIGURES = """
CREATE TABLE figure(
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY(kind, name, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE begun(
  at INTEGER NOT NULL
) STRICT;
"""
_FORMAT = Format(
    title="the figures of Legato's connections",
    application_id=0x4C47_4631,
    version=1,
    page_bytes=4096,
    synchronous="NORMAL",
    schema=_FIGURES,
    remedy="Move it away: figures are counted anew from now on.",
)


class FigureRow(NamedTuple):
    kind: str
    name: str
    at: Instant
    """When its stretch of time began; 0: it is of all time."""
    data: bytes


class FigureFile:
    """Any thread may call."""

    def __init__(self, folder: Path) -> None:
        self.file = SqliteFile(folder / FILE_NAME, _FORMAT, cache_bytes=_CACHE_BYTES)

    def begun(self, now: Instant) -> Instant:
        """Return since when figures are kept here: from now on, where there were none."""
        with self.file.writing() as writer:
            writer.execute(
                "INSERT INTO begun SELECT ? WHERE NOT EXISTS(SELECT 1 FROM begun)", (now,)
            )
            ((at,),) = writer.execute("SELECT at FROM begun").fetchall()
        return at

    def read(self) -> list[FigureRow]:
        """Return everything that is kept."""
        with self.file.reading() as reader:
            rows = reader.execute("SELECT kind, name, at, data FROM figure").fetchall()
        return [FigureRow._make(row) for row in rows]

    def write(self, rows: Sequence[FigureRow], keep: Mapping[str, Instant]) -> None:
        """Put figures in the place of theirs. `keep`: from when on those of a kind are kept."""
        with self.file.writing() as writer:
            writer.executemany("INSERT OR REPLACE INTO figure VALUES(?, ?, ?, ?)", rows)
            old = list(keep.items())
            writer.executemany("DELETE FROM figure WHERE kind = ? AND at < ?", old)
        if self.file.wants_checkpoint:
            self.file.checkpoint()

    def close(self) -> None:
        """Close the file. Idempotent."""
        self.file.close()
