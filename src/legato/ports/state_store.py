"""The state store: the fold of the log. One commit a turn, readable from any thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from legato.model.delivery import Delivery
from legato.model.effect import Quarantine, Settle, Suppress
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import Instant
from legato.model.note import Story
from legato.model.noun import Noun
from legato.ports.erasure import Erasing, Graves


class NoteRow(Noun, frozen=True, kw_only=True):
    """One step's notes, encoded by model.note.encode_notes."""

    position: int
    person_id: PersonId
    at: Instant
    notes: bytes


class Turn(Noun, frozen=True, kw_only=True):
    """Everything that one turn of the engine changes. Committed as one, or not at all."""

    position: int
    """Of the last record applied."""
    now: Instant
    """The engine's clock after it; goes back only where the machine's was set back by much."""
    states: dict[PersonId, bytes | None] = {}
    """None: merged into another; see `forwards`."""
    forwards: dict[PersonId, PersonId] = {}
    pointers: dict[str, PersonId] = {}
    seen: dict[bytes, Instant] = {}
    """Message digests of events applied, with their instant: deduplication."""
    alarms: dict[PersonId, Instant | None] = {}
    deliveries: Sequence[tuple[int, Delivery]] = ()
    """(position of the cause, delivery). One already in the outbox is left as it is."""
    settled: Sequence[Settle] = ()
    quarantined: Sequence[tuple[int, Quarantine]] = ()
    """(position of the record, why). Of one message, only the latest is kept."""
    suppressed: Sequence[Suppress] = ()
    notes: Sequence[NoteRow] = ()
    plan: tuple[str, bytes] | None = None
    """A plan activated in this turn: digest and bytes. It ends a backfill."""
    backfill: bytes | None = None
    """One begun in this turn."""
    switches: dict[str, bool] = {}
    """Journeys paused (True) or resumed."""
    schedules: dict[str, Instant] = {}
    """Journey -> the occurrence of its schedule that was taken last."""
    erasing: Erasing | None = None
    parted: Mapping[PersonId, Sequence[int]] = {}
    """Persons who were one until now, and the positions of the notes that are each one's."""


class Head(Noun, frozen=True, kw_only=True):
    """Where the fold stands."""

    position: int = 0
    """Of the last record applied."""
    now: Instant = 0
    """The engine's clock then."""
    plan: tuple[str, bytes] | None = None
    """The active plan's digest and bytes."""
    backfill: bytes | None = None
    """What is measured for a plan to come."""
    switches: dict[str, bool] = {}
    schedules: dict[str, Instant] = {}


class StateStore(Protocol):
    """What the engine's turn needs. One writer."""

    def head(self) -> Head:
        """Return where the last committed turn left off."""
        ...

    def states(self, ids: Sequence[PersonId]) -> dict[PersonId, bytes]:
        """Return the states there are. A merged person's id is not among them."""
        ...

    def pointers(self, keys: Sequence[str]) -> dict[str, PersonId]:
        """Return the persons that identifiers lead to, with forwards already followed."""
        ...

    def seen(self, digests: Sequence[bytes], since: Instant) -> set[bytes]:
        """Return those message digests seen at or after `since`."""
        ...

    def resolve(self, person_id: PersonId) -> PersonId:
        """Follow merges to the person that this one became; itself when never merged."""
        ...

    def is_suppressed(self, channel: str, address: str) -> bool:
        """Return whether this address must not be contacted, whoever owns it."""
        ...

    def commit(self, turn: Turn) -> None:
        """Apply a turn atomically. Raises LegatoError with nothing applied."""
        ...

    def close(self) -> None:
        """Release the files. Idempotent."""
        ...


class Thread(Protocol):
    """What was noted, person by person."""

    def story(self, person_id: PersonId, after: int, limit: int) -> list[Story]:
        """Return a person's notes in order, those of persons merged into them included.

        A step that changed somebody has a row, though it noted nothing. What concerns no person
        is found by `tail` alone.
        """
        ...


class Stories(Thread, Protocol):
    """Everybody's notes."""

    def mentions(self, person_id: PersonId, marks: Sequence[bytes], limit: int) -> list[Story]:
        """Return the oldest of a person's notes that hold one of the marks, in order.

        A mark is an id, or what `model.note.mark_of` gives: it is looked for in the stored bytes.
        """
        ...


class FoldStore(StateStore, Graves, Stories, Protocol):
    """What the fold needs: a state store that knows who was erased, and what was noted."""


class Timers(Protocol):
    """The alarms of the state store. Those soon due may be held in memory; none is polled for."""

    def due(self, now: Instant, limit: int) -> list[tuple[Instant, PersonId]]:
        """Return the earliest alarms due before `now` (strictly), earliest first."""
        ...

    def next_due(self) -> Instant | None:
        """Return when the earliest alarm is due."""
        ...

    def count(self) -> int:
        """Return how many alarms are set."""
        ...


class OutboxRow(Noun, frozen=True, kw_only=True):
    """A delivery as its lane finds it after a restart."""

    position: int
    delivery: Delivery
    attempt_count: int
    first_attempt_at: Instant | None
    next_attempt_at: Instant | None
    is_in_doubt: bool
    """An attempt was begun and nothing is known of its end."""
    is_by_other: bool = False
    """That one was made at the destination that takes over."""


class DeadRow(Noun, frozen=True, kw_only=True):
    """A delivery that failed for good, kept whole."""

    delivery: Delivery
    at: Instant
    settle: Settle


class Outbox(Protocol):
    """The lanes' side of the deliveries: what is not settled yet, in order of position."""

    def waiting(self, destination: str, after: int, limit: int) -> list[OutboxRow]:
        """Return unsettled deliveries of a destination, by position of their cause."""
        ...

    def destinations(self) -> list[tuple[str, int]]:
        """Return the destinations with unsettled deliveries, and how many."""
        ...

    def begin_attempt(
        self, ids: Sequence[DeliveryId], now: Instant, *, by_other: bool = False
    ) -> None:
        """Record that an attempt starts: after a crash it is in doubt."""
        ...

    def end_attempts(self, ends: Sequence[tuple[DeliveryId, Instant]]) -> None:
        """Record of attempts that they failed for now, and when the next is due."""
        ...

    def take_back_attempts(self, taken_back: Sequence[tuple[DeliveryId, bool]]) -> None:
        """Record that attempts were not made; one before that may have arrived stays in doubt."""
        ...

    def dead(self, destination: str, after: int, limit: int) -> list[tuple[int, DeadRow]]:
        """Return dead deliveries; '' for every destination."""
        ...

    def redrive(self, delivery_id: DeliveryId, now: Instant) -> Delivery | None:
        """Put a dead delivery back into the outbox; None if it is not dead."""
        ...


class QuarantineRow(Noun, frozen=True, kw_only=True):
    """A quarantined record: `position` finds it in the log."""

    position: int
    quarantine: Quarantine


class Records(Stories, Protocol):
    """What happened, for readers: notes, quarantine, counts."""

    def tail(self, after: int, limit: int) -> list[Story]:
        """Return everybody's notes with positions above `after`, in order."""
        ...

    def quarantine(self, after: int, limit: int) -> list[QuarantineRow]:
        """Return quarantined records not yet replayed, by position."""
        ...

    def release(self, positions: Sequence[int]) -> None:
        """Forget quarantined records that have been replayed."""
        ...

    def verdicts(self, source: str, message_ids: Sequence[str]) -> dict[str, QuarantineRow | None]:
        """Return, for messages known, None when accepted or its quarantine row."""
        ...

    def people(self, after: PersonId, limit: int) -> Iterator[tuple[PersonId, bytes]]:
        """Walk all persons' states in order of id."""
        ...

    def unmeasured(self, backfill: str, limit: int) -> list[PersonId]:
        """Return some whose past a backfill has not measured, all looked at in one instant."""
        ...

    def counts(self) -> dict[str, int]:
        """Return `people`, `deliveries_waiting`, `deliveries_dead`, `quarantined`, `alarms`."""
        ...
