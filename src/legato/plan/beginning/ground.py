"""What a workspace has that a template may name: its definitions, by kind and name.

Only heads are read, and the few definitions that are asked for: a workspace may be large.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from legato.model.noun import Noun
from legato.plan.beginning.cut import Part, parts_of
from legato.plan.findings import Findings
from legato.plan.load import ENDINGS, SCENARIOS
from legato.plan.source import plain, read_documents

COUNTED_AS = {"computed": "trait"}
"""Whoever reads a trait does not mind how it is made."""


class Ground(Noun, frozen=True, kw_only=True):
    """The definitions of a workspace's texts."""

    parts: Mapping[tuple[str, str], Part]
    """By kind and name."""
    purposes: Mapping[str, tuple[str, bool]]
    """Purpose -> its legal basis, and whether it is promotional."""

    def has(self, kind: str, name: str) -> bool:
        """Return whether something of a name is there."""
        if kind == "purpose":
            return name in self.purposes
        return (COUNTED_AS.get(kind, kind), name) in self.parts

    def value(self, kind: str, name: str) -> Mapping[str, Any]:
        """Return a definition as it stands in YAML; empty where it is none."""
        part = self.parts.get((COUNTED_AS.get(kind, kind), name))
        return {} if part is None else value_of(part)

    def purpose_like(self, wanted: tuple[str, bool]) -> str:
        """Return the one purpose of a basis and kind; empty: there is none, or several."""
        found = [name for name, each in self.purposes.items() if each == wanted]
        return found[0] if len(found) == 1 else ""


def ground_of(files: Mapping[str, str]) -> Ground:
    """Read what a workspace has."""
    definitions = {
        file: text
        for file, text in files.items()
        if file.endswith(ENDINGS) and not file.startswith(SCENARIOS)
    }
    parts = parts_of(definitions)
    return Ground(
        parts={(COUNTED_AS.get(each.kind, each.kind), _word(each.name)): each for each in parts},
        purposes={
            name: value
            for each in parts
            if each.kind == "purposes"
            for name, value in _purposes_in(value_of(each)).items()
        },
    )


def value_of(part: Part) -> Mapping[str, Any]:
    """Read a definition; empty where it is no YAML."""
    found = read_documents("part.yaml", part.text, Findings())
    return _mapping(plain(found[0].tree)) if found and found[0].tree is not None else {}


def _purposes_in(value: Mapping[str, Any]) -> dict[str, tuple[str, bool]]:
    return {
        name: (str(_mapping(each).get("basis")), bool(_mapping(each).get("promotional", True)))
        for name, each in _mapping(value.get("purposes")).items()
    }


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _word(name: str) -> str:
    """Return a name without quotes, and without a comment behind it."""
    return name.partition(" #")[0].strip().strip("\"'")
