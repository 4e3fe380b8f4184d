"""Where somebody can be in a journey, and how they got there."""

from __future__ import annotations

from typing import Literal, TypeAlias

from legato.model.instant import Duration
from legato.model.noun import Noun
from legato.simulate.proof.guards import NOTHING, Known

Counts: TypeAlias = tuple[tuple[str, int], ...]


class Recent(Noun, frozen=True, kw_only=True):
    """A message that was decided not long ago."""

    message: str
    step: str
    ago: Duration
    until: Duration
    """From when on it is of no account."""
    is_undone: bool = False
    """Its step is forgotten by a late event; the engine still knows its id."""


class Spot(Noun, frozen=True, kw_only=True):
    """A state of the product: the step about to be taken, and all that bears on what follows."""

    step: str
    known: Known = NOTHING
    counts: Counts = ()
    """How often bounded ways were taken; which arm of a split the person is in."""
    recents: tuple[Recent, ...] = ()
    raced: tuple[str, Duration] = ("", 0)
    """A wait that a time limit ended, and how long ago: an event may still come late."""
    is_flagged: bool = False
    """What the property at hand watches for has happened."""


class Move(Noun, frozen=True, kw_only=True):
    """How one spot follows another, as a story tells it."""

    kind: Literal[
        "enter", "pass", "event", "guard", "arm", "send", "answer", "late", "again", "go", "case"
    ]
    journey: str = ""
    """Of which journey, where a story has two; empty: the only one."""
    step: str = ""
    """The step that is left."""
    to: str = ""
    event: str = ""
    same: str = ""
    source: str = ""
    passes: Duration = 0
    minute: int | None = None
    """Passes until this minute of the day."""
    holds: bool = True
    name: str = ""
    """Of an arm, a message or an answer."""
    channel: str = ""
    known: Known = NOTHING
    """What is known then."""


Step: TypeAlias = tuple[Move, Spot]
