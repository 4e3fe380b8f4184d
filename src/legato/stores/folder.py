"""The data folder: private to its owner, and held by one process at a time."""

from __future__ import annotations

import os
from pathlib import Path

import apsw

from legato.model.problem import LegatoError
from legato.stores.connection import connect

_OWNER_ONLY_FOLDER = 0o700
_OWNER_ONLY_FILE = 0o600


SPEED_FILE = "speed"
ENGINE_HOLD = "engine.lock"
"""What the engine's process holds of the folder, beside the one that serves."""
ENGINE_WAIT_SECONDS = 20.0
"""How long the engine of a process that was killed may take to notice."""


class Folder:
    """An open data folder. The hold ends with close(), or with the process however that ends."""

    def __init__(self, path: Path, *, hold: str = "lock", wait_seconds: float = 0) -> None:
        """Make the folder if there is none, and hold it. Raises LegatoError when another does.

        `hold` names what is held of it: two processes may share a folder if each holds another.
        """
        self.path = path
        try:
            path.mkdir(mode=_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
            path.chmod(_OWNER_ONLY_FOLDER)
            make_private(path / hold)
            self._hold = connect(path / hold)
            self._hold.set_busy_timeout(round(wait_seconds * 1_000))
            # SQLite's own lock, because it holds on every system, also within one process,
            # and the kernel drops it with the process.
            self._hold.execute("BEGIN EXCLUSIVE")
        except apsw.BusyError as error:
            raise LegatoError(
                f"The data folder {path} is in use by another process.",
                fix="Stop the other process, or give this one a folder of its own.",
            ) from error
        except (OSError, apsw.Error) as error:
            raise LegatoError(
                f"The data folder {path} cannot be used: {type(error).__name__}.",
                fix="Make it a folder that this user owns and may write to.",
            ) from error

    def close(self) -> None:
        """Let go of the folder. Idempotent."""
        self._hold.close()


def wait_for_engine(path: Path) -> None:
    """Return once no engine's process has the files open. Raises LegatoError after a while."""
    Folder(path, hold=ENGINE_HOLD, wait_seconds=ENGINE_WAIT_SECONDS).close()


def make_private(path: Path) -> None:
    """Create a file that only its owner reads, or make an existing one so."""
    if not path.exists():
        # Never opened when it is there: closing a file drops the locks that this process holds
        # on it through any other handle (POSIX).
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY_FILE))
    path.chmod(_OWNER_ONLY_FILE)


def write_private(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, for its owner only; durable on return. Raises OSError."""
    fresh = path.with_name(f"{path.name}.new")
    make_private(fresh)
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable: a rename is only on the disk after this."""
    force(path)


def force(path: Path) -> None:
    """Make a file's bytes durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def keep_speed(path: Path, speed: int) -> None:
    """Note in a data folder that its plan runs in time-lapse, for whoever reads its history."""
    note = path / SPEED_FILE
    if speed == 1:
        note.unlink(missing_ok=True)
    else:
        note.write_text(f"{speed}\n", encoding="ascii")


def speed_of(path: Path) -> int:
    """Return how many times as fast as life the plan of a data folder ran last."""
    try:
        return max(1, int((path / SPEED_FILE).read_text(encoding="ascii")))
    except (OSError, ValueError):
        return 1
