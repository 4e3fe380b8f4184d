"""DuckDB as what reads and writes the segments: brought in when there is a segment, never before.

It is an extra. Whoever rolls needs it from then on, and is told so when a folder is opened.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from legato.model.ids import PersonId
from legato.model.problem import LegatoError
from legato.ports.rolling import Segment
from legato.stores.rolled.manifest import Manifest

MEMORY = "1GB"
LACKS = "What reads and writes Parquet is not installed: duckdb."
INSTALL = "Install it where Legato runs: pip install 'legato[duckdb]'."
COLUMNS: Mapping[str, str] = {
    "note_key": "BIGINT",
    "position": "BIGINT",
    "at": "TIMESTAMP",
    "person_id": "VARCHAR",
    "ordinal": "BIGINT",
    "notes": "BLOB",
}
"""Of every segment. `notes` is what the state file had; of a step with several rows, number 0 has
it."""
STEP = '"note_key", "position", "person_id", epoch_us("at"), "notes"'
"""A step as the state file gives it."""


class Driver(Protocol):
    """The part of a DuckDB connection that is used: the library may not be there to name it."""

    def execute(self, sql: str, bindings: Sequence[Any] = (), /) -> Driver: ...
    def fetchall(self) -> list[Any]: ...
    def fetchmany(self, count: int, /) -> list[Any]: ...
    def fetchone(self) -> Any: ...  # noqa: ANN401 - a row of what was asked for
    def close(self) -> None: ...


class Vanished(Exception):  # noqa: N818 - it is answered by looking again
    """A segment was replaced between its naming and its reading."""


def is_installed() -> bool:
    """Whether segments can be read and written here."""
    return find_spec("duckdb") is not None


def check_installed() -> None:
    """Raise LegatoError where it is not."""
    if not is_installed():
        raise LegatoError(LACKS, fix=INSTALL)


def connect(spill: Path | None = None) -> Driver:
    """Open DuckDB on nothing, to reach segments from. Raises LegatoError where there is none.

    `spill`: the folder for what does not fit into memory while it is sorted; gone when closed.
    """
    try:
        driver = import_module("duckdb")
    except ImportError as error:
        raise LegatoError(LACKS, fix=INSTALL) from error
    connection = driver.connect(":memory:")
    folder = "" if spill is None else str(spill).replace("'", "''")
    connection.execute(
        f"SET memory_limit = '{MEMORY}'; SET threads = 2;"
        f" SET temp_directory = '{folder}';"
        " SET parquet_metadata_cache = true; SET TimeZone = 'UTC';"
        " SET autoinstall_known_extensions = false"
    )
    return connection


class Desk:
    """A connection for who reads: opened with the first question. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Driver | None = None

    def fetch(self, sql: str, bindings: Sequence[Any]) -> list[Any]:
        """Return all rows of an answer. Raises LegatoError, or Vanished."""
        with self._lock:
            if self._connection is None:
                self._connection = connect()
            try:
                return self._connection.execute(sql, bindings).fetchall()
            except Exception as error:
                raise worded(error) from error

    def close(self) -> None:
        """Let go of the connection. Idempotent."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def relation(
    folder: Path, manifest: Manifest, segments: Sequence[Segment]
) -> tuple[str, list[Any]]:
    """Return, for a FROM, the rows of some segments that count, and what it is to be given."""
    parts: list[str] = []
    bindings: list[Any] = []
    for epoch in dict.fromkeys(segment.epoch for segment in segments):
        paths = [str(folder / each.name) for each in segments if each.epoch == epoch]
        part = "SELECT * FROM read_parquet(?, union_by_name = true)"
        bindings.append(paths)
        gone = gone_from(manifest, epoch)
        if gone:
            part += " WHERE person_id NOT IN (SELECT unnest(?::VARCHAR[]))"
            bindings.append(gone)
        parts.append(part)
    return "(" + " UNION ALL BY NAME ".join(parts) + ")", bindings


def gone_from(manifest: Manifest, epoch: int) -> list[PersonId]:
    """Return who is left out of segments of an epoch."""
    return [person_id for person_id, since in manifest.gone.items() if since > epoch]


def worded(error: Exception) -> Exception:
    """Put what DuckDB raised into words; none of them quotes a row."""
    kinds = [kind.__name__ for kind in type(error).__mro__]
    if kinds[0] == "IOException" and "No files found" in str(error):
        return Vanished()
    if "Error" not in kinds or isinstance(error, LegatoError):
        return error
    return LegatoError(
        f"What was rolled cannot be read or written ({kinds[0]}).",
        fix="Look at the folders `history` and `records` of the data folder: the disk, the owner.",
        can_retry=True,
    )
