"""Old notes and records, rolled out of the state file and the log into files of their own.

A file is made beside everything else and then taken in, by one transaction of the file that its
rows came from: from that instant they are read from it and no longer from where they came. So a
stop at any moment loses nothing and shows nothing twice.
"""

from __future__ import annotations

from typing import Protocol

from legato.model.instant import Instant
from legato.model.noun import Noun


class Segment(Noun, frozen=True, kw_only=True):
    """One file of rolled notes, or records."""

    name: str
    first: int
    """The key of its oldest step, and of its newest; of records, the positions."""
    last: int
    first_at: Instant
    last_at: Instant
    row_count: int
    """Steps, of which each has one note or more; or records."""
    byte_count: int
    epoch: int
    """When it was made: it holds nothing of who was gone by then, or of what was overwritten."""


class Made(Noun, frozen=True, kw_only=True):
    """What is to be taken in. None: nothing is left of the segments that it replaces."""

    segment: Segment | None
    replaces: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    """Segments that were looked through and hold nothing of who is gone."""
    floor: int = 0
    """Up to which key what was not rolled yet is in it; 0: it is made of segments alone."""
    epoch: int
    """When it was read: who was erased or parted, and what was overwritten since, is in it."""
    places: bytes = b""
    """Of records: where in the file each position is."""


class Standing(Noun, frozen=True, kw_only=True):
    """What is rolled."""

    segments: tuple[Segment, ...] = ()
    stale_count: int = 0
    """What segments hold though nothing shows it any more: people, or records, until those files
    are made anew."""
    is_trimmed: bool = True
    """Whether what was rolled is out of the file that it came from."""


class Rolling(Protocol):
    """The side of the file that notes, or records, are rolled out of."""

    def standing(self) -> Standing:
        """Return what is rolled."""
        ...

    def adopt(self, made: Made) -> bool:
        """Take a file in, whole or not at all; False: what it was made of has changed since."""
        ...

    def trim(self) -> bool:
        """Delete some of what is read from segments by now; True while more is left."""
        ...


class RecordRolling(Rolling, Protocol):
    """The log's side: its writer's."""

    def begin(self) -> int:
        """Give a file that is about to be made its number.

        Until it is taken in or given up, what is overwritten is not taken from it.
        """
        ...

    def give_up(self) -> None:
        """Say that no file is being made."""
        ...
