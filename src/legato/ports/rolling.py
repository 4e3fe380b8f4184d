"""Old notes, rolled out of the state file into files of their own: what each holds, and the switch.

A file is made beside everything else and then taken in, by one transaction of the state file: from
that instant its rows are read from it and no longer from where they came. So a stop at any moment
loses nothing and shows nothing twice.
"""

from __future__ import annotations

from typing import Protocol

from legato.model.instant import Instant
from legato.model.noun import Noun


class Segment(Noun, frozen=True, kw_only=True):
    """One file of rolled notes."""

    name: str
    first: int
    """The key of its oldest step, and of its newest."""
    last: int
    first_at: Instant
    last_at: Instant
    row_count: int
    """Steps, of which each has one note or more."""
    byte_count: int
    epoch: int
    """Of the state when it was made: it holds nothing of who was gone by then."""


class Made(Noun, frozen=True, kw_only=True):
    """What is to be taken in. None: nothing is left of the segments that it replaces."""

    segment: Segment | None
    replaces: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    """Segments that were looked through and hold nothing of who is gone."""
    floor: int = 0
    """Up to which key the notes of the state file are in it; 0: it is made of segments alone."""
    epoch: int
    """Of the state when it was read: who was erased or parted since would be in it."""


class Standing(Noun, frozen=True, kw_only=True):
    """What is rolled."""

    segments: tuple[Segment, ...] = ()
    gone_count: int = 0
    """People of whom segments hold notes that nothing shows any more, until they are rewritten."""
    is_trimmed: bool = True
    """Whether what was rolled is out of the state file."""


class Rolling(Protocol):
    """The state file's side of it."""

    def standing(self) -> Standing:
        """Return what is rolled."""
        ...

    def adopt(self, made: Made) -> bool:
        """Take a file in, whole or not at all; False: what it was made of has changed since."""
        ...

    def trim(self) -> bool:
        """Delete some of what is read from segments by now; True while more is left."""
        ...
