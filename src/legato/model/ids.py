"""Typed ids. An id is derived from its cause, so that redoing a thing gives the same id."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import NewType

PersonId = NewType("PersonId", str)
EventId = NewType("EventId", str)
DeliveryId = NewType("DeliveryId", str)
EnrollmentId = NewType("EnrollmentId", str)

ID_BYTES = 12
"""96 bits: with 10^12 ids the chance of one collision is under 10^-5."""


def derive(kind: str, *causes: str) -> str:
    """Return the id of what `causes` brought about, as `kind_` and 24 hexadecimal digits."""
    # Lengths keep ("ab", "c") and ("a", "bc") apart.
    text = "\x1f".join([f"{len(cause)}:{cause}" for cause in causes])
    digest = _begun(kind).copy()
    digest.update(text.encode())
    return f"{kind}_{digest.hexdigest()}"


@lru_cache(64)
def _begun(kind: str) -> hashlib.blake2b:
    """Return the digest of nothing yet, of a kind: to copy it is cheaper than to make it."""
    return hashlib.blake2b(digest_size=ID_BYTES, person=kind.encode()[:16])


def digest(data: bytes) -> str:
    """Return the name of some bytes: 32 hexadecimal digits of BLAKE2b."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def message_digest(source: str, message_id: str) -> bytes:
    """Return what deduplication remembers of a message: 128 bits of BLAKE2b."""
    return hashlib.blake2b(f"{source}\x1f{message_id}".encode(), digest_size=16).digest()


def share(salt: str, subject: str) -> float:
    """Return where `subject` falls in [0, 1) under `salt`: the only chance the engine knows.

    The first 53 bits of BLAKE2b over `salt`, a zero byte and `subject`, as an exact float.
    Any language with BLAKE2b gives the same share.
    """
    raw = hashlib.blake2b(f"{salt}\x00{subject}".encode(), digest_size=8).digest()
    return (int.from_bytes(raw, "big") >> 11) / (1 << 53)
