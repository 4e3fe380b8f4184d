"""Erasures, as stores keep them: what was asked for, what is still to be overwritten, the proof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from legato.model.delivery import Delivery
from legato.model.effect import Certify, Erase, Tell
from legato.model.erasure import Erasure, Tomb
from legato.model.ids import EventId
from legato.model.instant import Instant
from legato.model.noun import Noun


class Erasing(Noun, frozen=True, kw_only=True):
    """What a turn has to do with erasures. Most turns have nothing."""

    begun: Sequence[tuple[int, Erase]] = ()
    """(position of the request, what is to go). A turn has one at most, and nothing else then."""
    told: Sequence[Tell] = ()
    certified: Sequence[Certify] = ()
    strikes: Sequence[int] = ()
    """Positions of the log to be overwritten."""
    strays: Sequence[int] = ()
    """Positions of records that belong to nobody: refused before it was known whose they are."""


class Graves(Protocol):
    """What the engine asks before it takes an identifier for a new one."""

    def tombs(self, digests: Sequence[Tomb]) -> dict[Tomb, Instant]:
        """Return which of these were erased, and when."""
        ...

    def has_tombs(self) -> bool:
        """Return whether anybody ever was erased."""
        ...


class Erasures(Protocol):
    """The erasures there are, and what the log's writer has to do for them."""

    def open(self) -> list[Erasure]:
        """Return those that are not completed, oldest first."""
        ...

    def list(self, before: int, limit: int) -> list[Erasure]:
        """Return those requested before a position, the newest first."""
        ...

    def get(self, erasure_id: EventId) -> Erasure | None:
        """Return one."""
        ...

    def strikes(self, limit: int) -> list[int]:
        """Return positions of the log that are to be overwritten, in order."""
        ...

    def strays(self, after: int, limit: int) -> list[int]:
        """Return positions of records that belong to nobody, in order."""
        ...

    def telling(self, erasure_id: EventId) -> list[Delivery]:
        """Return by which deliveries destinations are still being told of an erasure."""
        ...

    def struck(self, positions: Sequence[int], erasure_id: EventId) -> None:
        """Take in that the log holds nothing any more at these positions.

        Quarantine and strays are forgotten with them; and, if an erasure is named, what its person
        was known by.
        """
        ...

    def purge(self) -> None:
        """Leave nothing of what was removed in the files. Raises LegatoError, to be tried again."""
        ...
