"""What the retention of records remembers, in a small file beside the log."""

from __future__ import annotations

from pathlib import Path

import msgspec

from legato.model.problem import LegatoError
from legato.ports.retention import Kept

FILE_NAME = "retention.json"


class RetentionFile:
    """ports.retention.RetentionBook."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def read(self) -> Kept:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except (OSError, msgspec.MsgspecError):
            return Kept()  # the log is looked through anew, which changes nothing

    def write(self, kept: Kept) -> None:
        draft = self._path.with_name(f"{FILE_NAME}.new")
        try:
            draft.write_bytes(msgspec.json.encode(kept))
            draft.chmod(0o600)
            draft.replace(self._path)
        except OSError as error:
            raise LegatoError(
                f"{self._path} cannot be written.",
                fix="Let the user that runs Legato own the data folder, with free space on it.",
                can_retry=True,
            ) from error
