"""What an engine is told and what it tells: plain values, so that it may live in another process.

An engine never receives a record this way. Whoever runs it says how far the log goes, and the
engine reads it there: one way for recovery and for the running, and nothing to hold in memory for
an engine that is behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

import msgspec

from legato.core.gate import Clearance
from legato.model.delivery import Delivery
from legato.model.ids import DeliveryId, EventId, PersonId
from legato.model.instant import Instant
from legato.model.problem import LegatoError, Reason
from legato.ports.rolling import Made

# -- To the engine -----------------------------------------------------------------------------


class Logged(msgspec.Struct, frozen=True, array_like=True, tag="logged"):
    """The log holds everything up to here."""

    position: int


class ToClear(msgspec.Struct, frozen=True, array_like=True):
    """A delivery that is about to leave."""

    delivery_id: DeliveryId
    person_id: PersonId
    redriven: Delivery | None = None
    """Given for one that was dead, which the person's state no longer knows."""
    by: str = ""
    """The destination that takes over."""


class Clear(msgspec.Struct, frozen=True, array_like=True, tag="clear"):
    """May these leave? Answered by Cleared; those that may are on record as begun."""

    deliveries: list[ToClear]


class EndAttempts(msgspec.Struct, frozen=True, array_like=True, tag="end_attempts"):
    """Put on record that attempts failed for now, and when the next are due."""

    ends: list[tuple[DeliveryId, Instant]]
    taken_back: list[tuple[DeliveryId, bool]] = []
    """Of these no attempt was made; with each goes whether one before may have arrived."""


class Redrive(msgspec.Struct, frozen=True, array_like=True, tag="redrive"):
    """Put a dead delivery back into the outbox. Answered by Redriven."""

    delivery_id: DeliveryId
    now: Instant


class Release(msgspec.Struct, frozen=True, array_like=True, tag="release"):
    """Forget quarantined records that have been replayed."""

    positions: list[int]


class Struck(msgspec.Struct, frozen=True, array_like=True, tag="struck"):
    """The log holds nothing any more at these positions; of this erasure, if it names one."""

    positions: list[int]
    erasure_id: EventId


class Purge(msgspec.Struct, frozen=True, array_like=True, tag="purge"):
    """Leave nothing of what was removed in the state's files."""


class Adopt(msgspec.Struct, frozen=True, array_like=True, tag="adopt"):
    """Read notes from this file from now on. Answered by Adopted."""

    made: Made


class Trim(msgspec.Struct, frozen=True, array_like=True, tag="trim"):
    """Delete some of what is read from files. Answered by Trimmed."""


class Watched(msgspec.Struct, frozen=True, array_like=True, tag="watched"):
    """What has been seen of the notes? Answered by Seen."""

    sentence_count: int


Question: TypeAlias = (
    Clear | EndAttempts | Redrive | Release | Struck | Purge | Adopt | Trim | Watched
)


class Ask(msgspec.Struct, frozen=True, array_like=True, tag="ask"):
    """A question, answered from committed state once the record at `after` is applied."""

    number: int
    after: int
    question: Question


class Stop(msgspec.Struct, frozen=True, array_like=True, tag="stop"):
    """Apply what you have been told of, and end."""


ToEngine: TypeAlias = Logged | Ask | Stop

# -- From the engine ---------------------------------------------------------------------------


class Recovered(msgspec.Struct, frozen=True, array_like=True, tag="recovered"):
    """Where the engine stands, told once: everything the log held is applied."""

    position: int
    now: Instant
    plan: tuple[str, bytes] | None
    """Digest and bytes of the active plan."""
    switches: dict[str, bool]
    schedules: dict[str, Instant]
    replayed: int
    """How many records the state was behind the log."""


class News(msgspec.Struct, frozen=True, array_like=True, tag="news"):
    """What a committed turn changed, as far as others act on it."""

    position: int
    count: int
    """Records applied in it."""
    now: Instant
    deliveries: list[tuple[int, Delivery]] = []
    revoked: list[tuple[DeliveryId, Reason]] = []
    settled: list[DeliveryId] = []
    alarm: Instant | None = None
    """The earliest of those set in it."""
    plan: tuple[str, bytes] | None = None
    switches: dict[str, bool] = {}
    schedules: dict[str, Instant] = {}
    has_notes: bool = False
    has_strikes: bool = False
    """Records of the log are to be overwritten."""


class Cleared(msgspec.Struct, frozen=True, array_like=True, tag="cleared"):
    """In the order of the question; words where the gates of one could not be read."""

    clearances: list[Clearance | str]


class Redriven(msgspec.Struct, frozen=True, array_like=True, tag="redriven"):
    delivery: Delivery | None
    """None: it was not dead."""


class Done(msgspec.Struct, frozen=True, array_like=True, tag="done"):
    """It is so, and on the disk."""


class Adopted(msgspec.Struct, frozen=True, array_like=True, tag="adopted"):
    is_taken: bool
    """False: what it was made of has changed since."""


class Trimmed(msgspec.Struct, frozen=True, array_like=True, tag="trimmed"):
    is_more: bool


class Seen(msgspec.Struct, frozen=True, array_like=True, tag="seen"):
    """What the observer made of the notes, encoded by it."""

    report: bytes


class Refused(msgspec.Struct, frozen=True, array_like=True, tag="refused"):
    """There is no answer."""

    what: str
    fix: str
    can_retry: bool

    def error(self) -> LegatoError:
        return LegatoError(self.what, fix=self.fix, can_retry=self.can_retry)


Answer: TypeAlias = Cleared | Redriven | Done | Adopted | Trimmed | Seen | Refused


class Answered(msgspec.Struct, frozen=True, array_like=True, tag="answered"):
    number: int
    answer: Answer


class Trouble(msgspec.Struct, frozen=True, array_like=True, tag="trouble"):
    """Why the engine does not get on, in words; empty once it does again."""

    what: str


class Ended(msgspec.Struct, frozen=True, array_like=True, tag="ended"):
    """The engine applies nothing more. Empty: it was told to stop."""

    fault: str


FromEngine: TypeAlias = Recovered | News | Answered | Trouble | Ended


class Inbox(Protocol):
    """Where an engine hears."""

    def take(self, seconds: float | None) -> Sequence[ToEngine]:
        """Return what has been said; wait so long at most for the first word (None: for ever).

        Raises Abandoned once nobody is left to work for.
        """
        ...


class Line(Protocol):
    """An engine, as the host has it at the other end. Every method is the loop's."""

    async def start(self, hear: Callable[[FromEngine], None]) -> Recovered:
        """Let it recover and begin; `hear` is called with all it says afterwards.

        Raises LegatoError when it cannot.
        """
        ...

    def say(self, message: ToEngine) -> None:
        """Tell it something."""
        ...

    async def close(self, seconds: float) -> None:
        """Let it end, within a time. What is not applied then is replayed at a start."""
        ...


class Abandoned(Exception):  # noqa: N818 - the end of the engine's work, not a fault
    """Nobody listens any more; what is not committed is replayed at the next start."""
