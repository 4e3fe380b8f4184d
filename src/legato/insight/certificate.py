"""The certificate of an erasure: what was removed where, who was told, and what is not covered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from legato.core.program import destinations_with
from legato.model.erasure import Erasure, Told
from legato.model.instant import SECOND, Instant, to_datetime
from legato.model.noun import Noun
from legato.model.plan import Plan

Stage: TypeAlias = Literal["erasing", "erased", "completed"]

NOT_COVERED = (
    "Backup copies of the data folder, and files that were copied out of it, are not searched."
)


class ToldDestination(Noun, frozen=True, kw_only=True):
    """One destination, and whether it knows."""

    destination: str
    outcome: str
    """`pending`, `accepted`, or why it could not be told; `cannot be told`: it has no such call."""
    receipt: str = ""
    reason: str = ""
    at: str | None = None


class SearchedFiles(Noun, frozen=True, kw_only=True):
    """Every file of the data folder, searched for what the person was known by."""

    at: str
    file_count: int
    byte_count: int
    found: Mapping[str, int]
    """Empty: nothing was found in any of them."""


class Certificate(Noun, frozen=True, kw_only=True):
    """Says nothing that the person could be known by again, but for digests."""

    erasure_id: str
    person_id: str
    stage: Stage
    """`erased`: nothing here tells of the person; `completed`: destinations are through as well."""
    requested_at: str
    erased_at: str | None
    completed_at: str | None
    seconds: float | None
    """From the request until nothing told of the person any more."""
    by: str
    reason: str
    removed: Mapping[str, int]
    destinations: tuple[ToldDestination, ...]
    files: SearchedFiles | None
    tombstones: tuple[str, ...]
    not_covered: str
    digest: str = ""
    """BLAKE2b over all of the above, as JSON with sorted names."""


_ENCODER = msgspec.json.Encoder(order="sorted")


def certificate_of(erasure: Erasure, plan: Plan) -> Certificate:
    """Return the certificate as far as it goes; with every destination that answers it is another.

    The digest of each goes into the audit.
    """
    bare = Certificate(
        erasure_id=erasure.erasure_id,
        person_id=erasure.person_id,
        stage=_stage(erasure),
        requested_at=_text(erasure.requested_at),
        erased_at=_text_or_none(erasure.overwritten_at),
        completed_at=_text_or_none(erasure.completed_at),
        seconds=_seconds(erasure),
        by=erasure.by,
        reason=erasure.reason,
        removed=dict(sorted(erasure.counts.items())),
        destinations=(*map(_told, erasure.told), *_untold(erasure, plan)),
        files=_searched(erasure),
        tombstones=tuple(tomb.hex() for tomb in erasure.tombs),
        not_covered=NOT_COVERED,
    )
    return msgspec.structs.replace(bare, digest=digest_of(bare))


def digest_of(certificate: Certificate) -> str:
    """Return what `digest` has to be."""
    bare = msgspec.structs.replace(certificate, digest="")
    return hashlib.blake2b(_ENCODER.encode(bare), digest_size=32).hexdigest()


def _stage(erasure: Erasure) -> Stage:
    if erasure.completed_at is not None:
        return "completed"
    return "erasing" if erasure.overwritten_at is None else "erased"


def _seconds(erasure: Erasure) -> float | None:
    if erasure.overwritten_at is None:
        return None
    return max(erasure.overwritten_at - erasure.requested_at, 0) / SECOND


def _told(told: Told) -> ToldDestination:
    return ToldDestination(
        destination=told.destination,
        outcome=told.outcome or "pending",
        receipt=told.receipt,
        reason=told.reason,
        at=_text_or_none(told.at),
    )


def _untold(erasure: Erasure, plan: Plan) -> list[ToldDestination]:
    """Return the destinations whose connector knows no such call: somebody has to see to them."""
    known = (*destinations_with(plan, "erase"), *(told.destination for told in erasure.told))
    return [
        ToldDestination(destination=name, outcome="cannot be told")
        for name in sorted(plan.destinations)
        if name not in known
    ]


def _searched(erasure: Erasure) -> SearchedFiles | None:
    searched = erasure.searched
    if searched is None:
        return None
    return SearchedFiles(
        at=_text(searched.at),
        file_count=searched.file_count,
        byte_count=searched.byte_count,
        found=searched.found,
    )


def _text(at: Instant) -> str:
    return to_datetime(at).isoformat()


def _text_or_none(at: Instant | None) -> str | None:
    return None if at is None else _text(at)
