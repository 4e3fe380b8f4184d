"""The base of every value that crosses a floor or is stored."""

from __future__ import annotations

import msgspec


class Noun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An immutable value. Subclasses restate `frozen=True, kw_only=True`: neither is inherited."""


ENCODER = msgspec.msgpack.Encoder(order="deterministic")
"""How stored values become bytes: the same value is the same bytes in every process."""


def to_bytes(value: object) -> bytes:
    """Encode a Noun (or a working state) for a store."""
    return ENCODER.encode(value)
