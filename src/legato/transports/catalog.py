"""The manifests that come with Legato, as texts: name of the connector -> YAML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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
