"""The file of the keys that links are signed with: for its owner's eyes only."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from legato.model.problem import LegatoError
from legato.ports.links import KeyRing
from legato.stores.folder import sync_folder

FILE_NAME = "links.keys"


class KeyFile:
    """ports.links.KeyStore as JSON in the data folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def read(self) -> KeyRing | None:
        """Return the keys; see ports.links."""
        try:
            data = self._path.read_bytes()
            return msgspec.json.decode(data, type=KeyRing)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise LegatoError(
                f"The keys of links cannot be read from {self._path}: {type(error).__name__}.",
                fix="Restore the file from a backup. Without it, no link sent so far works.",
            ) from error

    def write(self, ring: KeyRing) -> None:
        """Replace the keys; see ports.links."""
        fresh = self._path.with_suffix(".new")
        try:
            fresh.unlink(missing_ok=True)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "wb") as file:  # noqa: PTH123 - its mode must hold from the first byte
                file.write(msgspec.json.encode(ring))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            raise LegatoError(
                f"The keys of links cannot be stored in {self._path}: {type(error).__name__}.",
                fix="Make the data folder writable, with space left.",
                can_retry=True,
            ) from error
