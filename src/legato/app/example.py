"""The example that a demonstration runs on, and its removal.

Removing it asks the process to end. Whoever started it then leaves nothing of the example in the
data folder and starts anew on a clean workspace. Files are deleted and not emptied, after
everything is closed: nothing of the example can be left behind in a table that somebody forgot.
What is kept is who may sign in and what was done: that is not the example's.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from legato.ports.audit import Audit, AuditEntry
from legato.stores.folder import Folder, wait_for_engine
from legato.stores.govern.audit import ANCHOR_NAME, SALT_NAME
from legato.stores.govern.schema import FILE_NAME, open_govern
from legato.stores.govern.vault import FILE_NAME as VAULT_FILE

KEPT = (FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", ANCHOR_NAME, SALT_NAME, VAULT_FILE)
REQUESTS = ("change", "draft", "match")
"""Tables of `govern.db` that tell of definitions and people."""


class Example:
    """Whether a process runs on the example, until somebody removes it."""

    def __init__(self, audit: Audit, *, is_there: bool) -> None:
        self.is_there = is_there
        self.is_removed = False
        self._audit = audit
        self._removed = asyncio.Event()

    async def remove(self, *, by: str) -> None:
        """Put it on record, and have the process end and begin anew."""
        assert self.is_there, "the caller has looked"
        await self._audit.record(AuditEntry(actor=by, action="example.remove", subject="workspace"))
        self.is_removed = True
        self._removed.set()

    async def removed(self) -> None:
        """Wait until somebody has removed it."""
        await self._removed.wait()


def clear_data(data: Path) -> None:
    """Leave nothing in a data folder but who may sign in and what was done. Nothing may run on it.

    Raises LegatoError.
    """
    wait_for_engine(data)
    folder = Folder(data)
    try:
        _forget_requests(data)
        for path in sorted(data.rglob("*"), reverse=True):
            if path.is_dir():
                path.rmdir()
            elif path.parent != data or not _is_kept(path.name):
                path.unlink()
    finally:
        folder.close()


def _is_kept(name: str) -> bool:
    return name in KEPT or name.startswith(("lock", "engine.lock"))


def _forget_requests(data: Path) -> None:
    file = open_govern(data)
    try:
        with file.writing() as writer:
            for table in REQUESTS:
                writer.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        file.purge()
    finally:
        file.close()
