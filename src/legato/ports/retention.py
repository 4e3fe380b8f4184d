"""How far records were looked at that are not to be kept for ever, and what was removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from legato.model.instant import Instant
from legato.model.noun import Noun


class Removed(Noun, frozen=True, kw_only=True):
    """Of one event."""

    count: int = 0
    last_at: Instant | None = None
    """When the last were removed."""


class Kept(Noun, frozen=True, kw_only=True):
    """What is remembered from one step to the next."""

    cursors: Mapping[str, int] = {}
    """For all events with the same time: up to which position of the log they were looked at."""
    removed: Mapping[str, Removed] = {}
    """By event, and by retired thing, as `event Order Completed` or `trait plan`."""
    told: tuple[str, ...] = ()
    """Retired things of which it is on record that they are gone for good."""


class RetentionBook(Protocol):
    """Where that is kept. It may be lost: then the log is looked through anew."""

    def read(self) -> Kept:
        """Return what was written last."""
        ...

    def write(self, kept: Kept) -> None:
        """Keep this instead. Raises LegatoError."""
        ...
