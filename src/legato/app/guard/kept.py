"""What the guard must know after a restart: which alerts it has raised, and what was decided.

Names, counts and shapes only, never a value. When sources were last heard is read from the log.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec

from legato.govern.drift.proposal import Finding
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.problem import LegatoError, Reason

FILE_NAME = "guard.json"


class Drift(Noun, frozen=True, kw_only=True):
    """What has drifted, since when."""

    drift_id: str
    since: Instant
    finding: Finding


class Trouble(Noun, frozen=True, kw_only=True):
    """What an alert was raised for at a destination."""

    since: Instant
    """When the alert was raised."""
    reason: Reason


class Kept(msgspec.Struct, kw_only=True):
    """Written whole at every change."""

    silent: dict[str, Instant] = {}
    """Source -> since when it is silent, of those that an alert was raised for."""
    troubles: dict[str, Trouble] = {}
    """Destination -> what is the matter there, of those that an alert was raised for."""
    drifts: dict[str, Drift] = {}
    """Topic -> what has drifted and is not decided."""
    rejected: dict[str, Instant] = {}
    """Drift id -> when somebody rejected it: it is not proposed again."""


class KeptFile:
    """The file in the data folder. One writer."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._writing = asyncio.Lock()

    def read(self) -> Kept:
        """Return what was kept. A file that cannot be read is as good as none: alerts come anew."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except (OSError, msgspec.MsgspecError):
            return Kept()

    async def write(self, kept: Kept) -> None:
        """Replace it at once, one write after the other. Raises LegatoError."""
        async with self._writing:
            data = msgspec.json.format(msgspec.json.encode(kept), indent=1)
            await asyncio.to_thread(self._replace, data)

    def _replace(self, data: bytes) -> None:
        beside = self._path.with_suffix(".new")
        try:
            number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(number, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            raise LegatoError(
                f"{self._path.name} cannot be written.",
                fix="Look at the disk of the data folder.",
                can_retry=True,
            ) from error
