"""Who may do what in `govern.db`, and the file in which an older Legato kept its tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from legato.model.problem import LegatoError
from legato.ports.access import AccessRow, AccessTable
from legato.stores.folder import sync_folder
from legato.stores.rows import write_rows
from legato.stores.sqlite.file import SqliteFile

OLD_NAME = "tokens.json"
ASIDE_NAME = "tokens.json.moved"


class SqliteAccess:
    """ports.access.AccessStore on a disk. Any thread may call."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def load(self, table: AccessTable) -> Mapping[str, bytes]:
        """Return a whole table; see ports.access."""
        with self._file.reading() as reader:
            query = "SELECT key, value FROM access WHERE kind = ? ORDER BY key"
            return dict(reader.execute(query, (table,)))

    def write(self, rows: Sequence[AccessRow]) -> None:
        """Put rows in place; see ports.access."""
        kept = [(row.table, row.key, row.value) for row in rows if row.value is not None]
        gone = [(row.table, row.key) for row in rows if row.value is None]
        with self._file.writing() as writer:
            if gone:
                writer.executemany("DELETE FROM access WHERE kind = ? AND key = ?", gone)
            if kept:
                write_rows(writer, "INSERT OR REPLACE INTO access(kind, key, value)", kept)


class OldTokens:
    """The tokens of an older Legato, until they are in `govern.db`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / OLD_NAME

    def read(self) -> bytes | None:
        """Return what the file holds; None where there is none. Raises LegatoError."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LegatoError(
                f"{self.path} cannot be read ({type(error).__name__}).",
                fix="Let the user that runs Legato own the folder and every file in it.",
            ) from error

    def set_aside(self) -> None:
        """Keep the file under another name, where it is not read again."""
        self.path.replace(self.path.with_name(ASIDE_NAME))
        sync_folder(self.path.parent)
