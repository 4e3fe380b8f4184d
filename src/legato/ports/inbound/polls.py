"""How far each source that is polled has been asked: durable, and never ahead of the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from legato.model.instant import Instant
from legato.model.noun import Noun


class Mark(Noun, frozen=True, kw_only=True):
    """Everything up to here is in the log."""

    cursor: int
    """An instant, or a number, as the manifest says."""
    asked_at: Instant
    """When a round was last finished: after a downtime, the next one is due at once."""


class Marks(Protocol):
    """Where marks are kept."""

    def read(self) -> Mapping[str, Mark]:
        """Return source -> mark. What cannot be read is none: sources are asked anew."""
        ...

    def write(self, marks: Mapping[str, Mark]) -> None:
        """Replace all, whole or not at all, durable on return. Raises LegatoError."""
        ...
