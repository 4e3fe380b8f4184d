"""The manifests that come with Legato, as texts: name of the connector -> YAML."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files


def read_catalog() -> Mapping[str, str]:
    """Return every manifest of the catalog."""
    folder = files("legato.connectors") / "catalog"
    return {
        entry.name.removesuffix(".yaml"): entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda one: one.name)
        if entry.name.endswith(".yaml")
    }
