"""What is noticed of a drift, and the mapping that is proposed: names, counts and shapes only."""

from __future__ import annotations

import msgspec

from legato.model.ids import digest
from legato.model.noun import Noun, to_bytes
from legato.model.plan import FieldMapping

ID_LENGTH = 8


class Finding(Noun, frozen=True, kw_only=True):
    """One event of one source that comes in another shape than declared."""

    source: str
    event: str
    """The name under which it arrives."""
    is_unknown: bool = False
    """The catalog does not know it."""
    problems: tuple[str, ...]
    """What differs, in words: '`total` is missing in 48 of 50'."""
    evidence: tuple[str, ...] = ()
    """Why the mapping is proposed."""
    unresolved: tuple[str, ...] = ()
    """For what no mapping is proposed, and why."""
    mapping: FieldMapping | None = None
    looked_at: int = 0
    broken: int = 0
    healed: int = 0
    """Of the broken, how many the mapping gives the declared shape."""

    @property
    def topic(self) -> str:
        """What the alert is about."""
        return f"drift:{self.source}/{self.event}"

    @property
    def drift_id(self) -> str:
        """The same mapping, or the same problem without one, has the same id."""
        about = to_bytes(self.mapping) if self.mapping else "\n".join(self.kinds()).encode()
        return digest(self.topic.encode() + about)[:ID_LENGTH]

    def kinds(self) -> list[str]:
        """Return the problems without their counts."""
        return [problem.rpartition(" in ")[0] or problem for problem in self.problems]


def mapping_text(mapping: FieldMapping) -> str:
    """Write a mapping as a definition. JSON is YAML, so values are written as JSON."""
    lines = [f"mapping: {mapping.name}", f"event: {_json(mapping.event)}"]
    if mapping.source:
        lines.append(f"source: {_json(mapping.source)}")
    if mapping.called:
        lines.append(f"called: {_json(mapping.called)}")
    parts = (
        ("rename", mapping.rename),
        ("multiply", mapping.multiply),
        ("convert", mapping.convert),
        ("map", mapping.values),
        ("default", mapping.default),
        ("drop_null", mapping.drop_null),
    )
    lines += [f"{word}: {_json(part)}" for word, part in parts if part]
    return "\n".join(lines) + "\n"


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=0).decode()
