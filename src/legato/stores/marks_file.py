"""How far sources have been asked, in a small file beside the log."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from legato.model.problem import LegatoError
from legato.ports.inbound.polls import Mark
from legato.stores.folder import write_private

FILE_NAME = "polls.json"


class MarksFile:
    """ports.inbound.polls.Marks."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def read(self) -> Mapping[str, Mark]:
        """Return what is kept; see ports.inbound.polls."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Mark])
        except (OSError, msgspec.MsgspecError):
            return {}

    def write(self, marks: Mapping[str, Mark]) -> None:
        """Replace all; see ports.inbound.polls."""
        try:
            write_private(self._path, msgspec.json.encode(marks))
        except OSError as error:
            raise LegatoError(
                f"{self._path} cannot be written.",
                fix="Let the user that runs Legato own the data folder, with free space on it.",
                can_retry=True,
            ) from error
