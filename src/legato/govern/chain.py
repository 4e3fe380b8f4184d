"""The arithmetic of the audit chain: each entry's digest is of the one before it and of itself.

So an entry cannot be changed, left out, put in or moved without every later digest being wrong.
What a chain alone cannot show is that its end was cut off: for that a head is kept elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.ports.audit import AuditEntry, AuditRow, Head

DIGEST_BYTES = 32
ORIGIN = bytes(DIGEST_BYTES)
"""What stands before the first entry."""
START = Head(number=0, digest=ORIGIN.hex())

_JSON = msgspec.json.Encoder(order="deterministic")
_DETAIL = msgspec.json.Decoder(dict[str, str])


class Followed(Noun, frozen=True, kw_only=True):
    """How far a chain holds."""

    head: Head
    """Of the last entry that is as it was written."""
    broken: int | None = None
    """The number at which the first that is not was expected."""


def link(previous: bytes, *, number: int, at: Instant, entry: AuditEntry) -> AuditRow:
    """Return an entry as the next link after a digest."""
    row = AuditRow(
        number,
        at,
        entry.actor,
        entry.action,
        entry.subject,
        _JSON.encode(entry.detail).decode(),
        entry.outcome,
        b"",
    )
    return row._replace(digest=_digest(previous, row))


def follow(head: Head, rows: Iterable[AuditRow]) -> Followed:
    """Recompute a chain from a head on, up to the first entry that is not as it was written."""
    number, digest = head.number, bytes.fromhex(head.digest)
    for row in rows:
        if row.number != number + 1 or row.digest != _digest(digest, row):
            return Followed(head=Head(number=number, digest=digest.hex()), broken=number + 1)
        number, digest = row.number, row.digest
    return Followed(head=Head(number=number, digest=digest.hex()))


def head_of(row: AuditRow | None) -> Head:
    """Return the head of a chain that ends with an entry, or with none."""
    return START if row is None else Head(number=row.number, digest=row.digest.hex())


def entry_of(row: AuditRow) -> AuditEntry:
    """Return what was recorded. Raises LegatoError for what nobody of ours has written."""
    try:
        return AuditEntry(
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            detail=_DETAIL.decode(row.detail),
            outcome="refused" if row.outcome == "refused" else "done",
        )
    except msgspec.MsgspecError as error:
        raise LegatoError(
            f"The audit's entry {row.number} is not as it was written.",
            fix="Run `legato audit verify`, and look who may write to the data folder.",
        ) from error


def _digest(previous: bytes, row: AuditRow) -> bytes:
    # All digests are of one length, so nothing of a row can pass for a part of its predecessor.
    return hashlib.blake2b(previous + _JSON.encode(row[:-1]), digest_size=DIGEST_BYTES).digest()
