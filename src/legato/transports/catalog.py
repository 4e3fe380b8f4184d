"""The manifests that come with Legato, as texts: name of the connector -> YAML.

What a text was read as is kept beside it, as Python keeps what it compiled: reading YAML with every
line's place takes a fortieth of a second, which is much for a list of a hundred.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

CATALOG = Path(__file__).resolve().parents[1] / "connectors" / "catalog"
SOURCES = CATALOG.with_name("sources")


def read_catalog() -> Mapping[str, str]:
    """Return every manifest of the catalog."""
    return _texts(CATALOG)


def read_source_catalog() -> Mapping[str, str]:
    """Return every manifest of what providers post."""
    return _texts(SOURCES)


def _texts(folder: Path) -> Mapping[str, str]:
    return {
        entry.stem: entry.read_text(encoding="utf-8") for entry in sorted(folder.glob("*.yaml"))
    }


class Kept:
    """What the texts of a folder were read as. Where nothing can be written, nothing is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "__pycache__"

    def get(self, name: str, text: str) -> Any | None:  # noqa: ANN401 - foreign YAML
        """Return what this very text was read as; None: it is not known."""
        try:
            digest, found = msgspec.msgpack.decode(self._path(name).read_bytes())
        except (OSError, ValueError, TypeError):
            return None
        return found if digest == _digest(text) else None

    def put(self, name: str, text: str, found: object) -> None:
        """Keep what a text was read as, if it comes back as it is."""
        written = msgspec.msgpack.encode((_digest(text), found))
        if msgspec.msgpack.decode(written)[1] != found:
            return
        try:
            self._folder.mkdir(exist_ok=True)
            fresh = self._path(f"{name}.{os.getpid()}")
            fresh.write_bytes(written)
            fresh.replace(self._path(name))
        except OSError:
            return

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.msgpack"


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
