"""Where secrets come from: the environment, then the workspace's `.secrets` file.

The file holds `NAME=value` lines and is read again when it has changed, so that a token can be
renewed under a running process.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from legato.model.problem import LegatoError

PREFIX = "LEGATO_SECRET_"
FILE_NAME = ".secrets"


class WorkspaceSecrets:
    """Looked up for every attempt: one dictionary, and one look at the file's date."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._environment = environment
        self._path = folder / FILE_NAME
        self._name = str(self._path)
        self._read_at: tuple[int, int, int] | None = None
        self._values: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        value = self._environment.get(PREFIX + name)
        if value is not None:
            return value
        try:
            found = os.stat(self._name)  # noqa: PTH116 - a Path takes as long again, for each attempt
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LegatoError(
                f"the secrets file cannot be read ({type(error).__name__}).",
                fix=f"Make {self._path} readable for this process.",
                can_retry=True,
            ) from error
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise LegatoError(
                "the secrets file can be read by other users of this machine.",
                fix=f"Run: chmod 600 {self._path}",
            )
        version = (found.st_mtime_ns, found.st_size, found.st_ino)
        if version != self._read_at:
            self._values = _parse(self._path)
            self._read_at = version
        return self._values.get(name)


def _parse(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LegatoError(
            f"the secrets file cannot be read ({type(error).__name__}).",
            fix=f"Make {path} a UTF-8 text of NAME=value lines.",
            can_retry=True,
        ) from error
    values: dict[str, str] = {}
    for line in lines:
        name, equals, value = line.partition("=")
        if equals and not name.lstrip().startswith("#"):
            values[name.strip()] = value.strip()
    return values
