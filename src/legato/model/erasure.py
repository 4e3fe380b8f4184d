"""Erasure: what is kept of it while it goes on, and what is left of a person afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from legato.model.delivery import Outcome
from legato.model.ids import DeliveryId, EventId, PersonId
from legato.model.instant import Instant
from legato.model.noun import Noun

Tomb: TypeAlias = bytes
"""What is kept of an erased identifier: its digest, never the identifier."""


def tomb_of(pointer_key: str) -> Tomb:
    """Return the tombstone of an identifier, given as core.identifiers.pointer_key names it."""
    return hashlib.blake2b(pointer_key.encode(), digest_size=16, person=b"tomb").digest()


class Told(Noun, frozen=True, kw_only=True, array_like=True):
    """One destination that had to be told, and what became of it."""

    delivery_id: DeliveryId
    destination: str
    outcome: Outcome | None = None
    """None: it is being told."""
    receipt: str = ""
    reason: str = ""
    """Code of why it could not be told."""
    at: Instant | None = None


class Searched(Noun, frozen=True, kw_only=True, array_like=True):
    """A search of every file of the data folder for what the person was known by."""

    at: Instant
    file_count: int
    byte_count: int
    found: Mapping[str, int]
    """File -> how often something was found in it. Empty: nothing anywhere."""


class Findings(Noun, frozen=True, kw_only=True, array_like=True):
    """What the log's writer has to say of an erasure, once everything is overwritten."""

    counts: Mapping[str, int] = {}
    told: tuple[Told, ...] = ()
    """For a replay, which does not know."""
    searched: Searched | None = None
    """None: destinations are still being told, or the files are too large for a search."""
    is_last: bool = True
    """All destinations have been told, or could not be."""


class Erasure(Noun, frozen=True, kw_only=True, array_like=True):
    """One erasure, as stores keep it."""

    erasure_id: EventId
    position: int
    """Of its request in the log."""
    person_id: PersonId
    requested_at: Instant
    by: str
    reason: str
    tombs: tuple[Tomb, ...] = ()
    keys: tuple[str, ...] = ()
    """What the person was known by, as `kind:value`: only until the log is overwritten."""
    told: tuple[Told, ...] = ()
    counts: Mapping[str, int] = {}
    """What was removed, by where it was."""
    overwritten_at: Instant | None = None
    """When nothing here told of the person any more."""
    searched: Searched | None = None
    completed_at: Instant | None = None
    """When every destination had been told as well, or could not be."""
    closed: tuple[bytes, ...] = ()
    """Digests of the person's addresses that must not be contacted."""
    apart: tuple[PersonId, ...] = ()
    """Persons who were taken for this one, and parted from them."""
    beside: tuple[int, ...] = ()
    """Where in the log these stand: some of it may name both. Until it is overwritten."""

    @property
    def is_telling(self) -> bool:
        """Return whether some destination has not answered yet."""
        return any(each.outcome is None for each in self.told)

    def telling(self, told: Told) -> Erasure:
        """Return this with what became of telling one destination."""
        known = (told if one.delivery_id == told.delivery_id else one for one in self.told)
        return msgspec.structs.replace(self, told=tuple(known))

    def certified(self, at: Instant, findings: Findings) -> Erasure:
        """Return this with what was found and removed beside the state."""
        return msgspec.structs.replace(
            self,
            counts={**self.counts, **findings.counts},
            told=self.told or findings.told,
            overwritten_at=self.overwritten_at or at,
            searched=findings.searched or self.searched,
            completed_at=at if findings.is_last else None,
        )


_ERASURE: msgspec.msgpack.Decoder[Erasure] = msgspec.msgpack.Decoder(Erasure)


def decode_erasure(data: bytes) -> Erasure:
    """Read a stored erasure back."""
    return _ERASURE.decode(data)
