"""Change requests in `govern.db`."""

from __future__ import annotations

from collections.abc import Sequence

from legato.ports.changes import ChangeRow
from legato.stores.sqlite.file import SqliteFile

_NUMBER_MAX = 2**63 - 1


class SqliteChanges:
    """ports.changes.ChangeStore on a disk."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def last(self) -> int:
        """Return the highest number."""
        with self._file.reading() as reader:
            return reader.execute("SELECT coalesce(max(number), 0) FROM change").get

    def put(
        self, row: ChangeRow, *, files: bytes | None = None, former: bytes | None = None
    ) -> None:
        """Store a request; see ports.changes."""
        with self._file.writing() as writer:
            if files is None:
                update = "UPDATE change SET state = ?, value = ? WHERE number = ?"
                writer.execute(update, (row.state, row.value, row.number))
            else:
                columns = "INSERT OR REPLACE INTO change(number, state, value, files)"
                writer.execute(f"{columns} VALUES (?, ?, ?, ?)", (*row, files))
            if former is not None:
                update = "UPDATE change SET former = ? WHERE number = ?"
                writer.execute(update, (former, row.number))

    def get(self, number: int) -> bytes | None:
        """Return a request."""
        with self._file.reading() as reader:
            return reader.execute("SELECT value FROM change WHERE number = ?", (number,)).get

    def files(self, number: int) -> bytes | None:
        """Return the texts of one."""
        with self._file.reading() as reader:
            return reader.execute("SELECT files FROM change WHERE number = ?", (number,)).get

    def former(self, number: int) -> bytes | None:
        """Return the texts that one took the place of."""
        with self._file.reading() as reader:
            return reader.execute("SELECT former FROM change WHERE number = ?", (number,)).get

    def list(self, states: Sequence[str], before: int, limit: int) -> list[bytes]:
        """Return requests, newest first; see ports.changes."""
        wanted = f"AND state IN ({', '.join('?' * len(states))})" if states else ""
        with self._file.reading() as reader:
            rows = reader.execute(
                f"SELECT value FROM change WHERE number < ? {wanted} "  # noqa: S608 - our own texts
                "ORDER BY number DESC LIMIT ?",
                (before or _NUMBER_MAX, *states, limit),
            )
            return [value for (value,) in rows]
