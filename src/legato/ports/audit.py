"""The audit: who did what, and who saw personal data. Entries are only ever added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias

from legato.model.instant import Instant
from legato.model.noun import Noun

Outcome: TypeAlias = Literal["done", "refused"]


class AuditEntry(Noun, frozen=True, kw_only=True):
    """One thing that somebody did, or was refused.

    Never a personal value, a secret or a payload: entries outlive erasures.
    """

    actor: str
    """`token:NAME`, `user:ID`, `person` (by a link of their own) or `system`."""
    action: str
    """What was done, as `noun.verb`: `person.reveal`, `plan.apply`."""
    subject: str
    """A person id, a definition or a route."""
    detail: Mapping[str, str] = {}
    outcome: Outcome = "done"


class AuditRow(NamedTuple):
    """An entry as it is stored: one link of the chain."""

    number: int
    """From 1, without gaps."""
    at: Instant
    actor: str
    action: str
    subject: str
    detail: str
    """JSON with sorted names: the very text that the digest is of."""
    outcome: str
    digest: bytes


class AuditQuestion(Noun, frozen=True, kw_only=True):
    """Which entries are asked for; what is empty does not matter."""

    actor: str = ""
    action: str = ""
    """Whole, or its beginning up to a dot: `person` finds `person.reveal`."""
    subject: str = ""
    since: Instant = 0
    is_newest_first: bool = False


EVERYTHING = AuditQuestion()


class Head(Noun, frozen=True, kw_only=True):
    """How far a chain goes. Kept elsewhere, it proves that no later part was cut off."""

    number: int
    digest: str
    """64 hexadecimal digits."""


class Audit(Protocol):
    """Where everything that changes something, or shows personal data, is put on record."""

    async def record(self, entry: AuditEntry) -> None:
        """Store an entry; it is on the disk when this returns.

        Raises LegatoError when nothing can be stored. Who is about to show personal data must
        not show it then.
        """
        ...


class AuditStore(Protocol):
    """Where the chain is kept. One writer."""

    def append(self, rows: Sequence[AuditRow]) -> None:
        """Store the next links, all or none, durable on return. Raises LegatoError."""
        ...

    def read(self, after: int, limit: int, question: AuditQuestion = EVERYTHING) -> list[AuditRow]:
        """Return up to `limit` entries that meet a question, with numbers above `after`.

        Newest first: below `after`, or from the end where it is 0.
        """
        ...

    def last(self) -> AuditRow | None:
        """Return the newest entry."""
        ...


class Anchor(Protocol):
    """Where the head of the chain is noted, apart from the chain."""

    def read(self) -> Head | None:
        """Return what was noted last; None where nothing was. Raises LegatoError if unreadable."""
        ...

    def write(self, head: Head) -> None:
        """Note a head in place of the one before, whole or not at all. Raises LegatoError."""
        ...
