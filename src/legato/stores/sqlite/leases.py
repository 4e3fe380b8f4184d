"""Rates that processes of one machine share: a small file that all of them may write.

A row says until when a rate's time has been given out. Nothing in it outlives the machine's
uptime, so nothing is forced to the disk; the file may be deleted while no process runs.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import apsw

from legato.model.problem import LegatoError
from legato.stores.connection import Connection, connect
from legato.stores.folder import make_private

FILE_NAME = "rates.db"
BUSY_MS = 1_000
"""Others hold the file for some ten microseconds; longer is a fault."""
AHEAD_SLICES_MAX = 1_000
"""No more slices are ever given out: what is further ahead is of before the machine started."""
_SCHEMA = "CREATE TABLE IF NOT EXISTS rate(name TEXT PRIMARY KEY, next_at REAL NOT NULL) STRICT;"
_LEASE = """
INSERT INTO rate(name, next_at) VALUES(?1, ?2 + ?3)
ON CONFLICT(name) DO UPDATE SET next_at =
  CASE WHEN next_at BETWEEN ?2 AND ?2 + ?4 THEN next_at ELSE ?2 END + ?3
RETURNING next_at
"""


class SqliteRateLeases:
    """ports.accounts.rates.RateLeases over a file, which is opened by the first lease."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._opened: Connection | None = None
        self._lock = threading.Lock()

    async def lease(self, name: str, *, earliest: float, seconds: float) -> float:
        """Reserve the next free time of a rate; see ports.accounts.rates."""
        return await asyncio.to_thread(self.lease_now, name, earliest, seconds)

    def lease_now(self, name: str, earliest: float, seconds: float) -> float:
        """Do what `lease` does, on this thread."""
        with self._lock:
            try:
                bindings = (name, earliest, seconds, AHEAD_SLICES_MAX * seconds)
                end: float = self._connection().execute(_LEASE, bindings).get
            except (apsw.Error, OSError) as error:
                self._close()
                raise LegatoError(
                    f"{self._path}, which processes share rates by, cannot be used "
                    f"({type(error).__name__}).",
                    fix="Let the user that runs Legato own it, or delete it.",
                    can_retry=True,
                ) from error
        return end - seconds

    async def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._close()

    def _connection(self) -> Connection:
        if self._opened is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            make_private(self._path)
            opened = connect(self._path)
            opened.set_busy_timeout(BUSY_MS)
            # Not a WAL: to change to one waits for nobody, and fails beside another that opens.
            opened.execute("PRAGMA journal_mode=PERSIST")
            opened.execute("PRAGMA synchronous=OFF")
            opened.execute(_SCHEMA)
            self._opened = opened
        return self._opened

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None
