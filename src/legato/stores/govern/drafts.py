"""Drafts in `govern.db`."""

from __future__ import annotations

from legato.ports.drafts import DraftRow
from legato.stores.sqlite.file import SqliteFile


class SqliteDrafts:
    """ports.drafts.DraftStore on a disk."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def put(self, row: DraftRow) -> None:
        """Store a draft; see ports.drafts."""
        with self._file.writing() as writer:
            writer.execute(
                "INSERT OR REPLACE INTO draft(name, value, files) VALUES (?, ?, ?)", tuple(row)
            )

    def get(self, name: str) -> DraftRow | None:
        """Return a draft."""
        with self._file.reading() as reader:
            rows = reader.execute("SELECT name, value, files FROM draft WHERE name = ?", (name,))
            return next((DraftRow(*row) for row in rows), None)

    def remove(self, name: str) -> None:
        """Remove a draft."""
        with self._file.writing() as writer:
            writer.execute("DELETE FROM draft WHERE name = ?", (name,))

    def all(self) -> list[bytes]:
        """Return all drafts without their texts."""
        with self._file.reading() as reader:
            return [value for (value,) in reader.execute("SELECT value FROM draft ORDER BY name")]
