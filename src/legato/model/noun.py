"""The base of every value that crosses a floor or is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec


class Noun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """An immutable value. Subclasses restate `frozen=True, kw_only=True`: neither is inherited.

    The collector need not look at it: what is made of values that were there before makes no ring.
    """


ENCODER = msgspec.msgpack.Encoder(order="deterministic")
"""How stored values become bytes: the same value is the same bytes in every process."""


def to_bytes(value: object) -> bytes:
    """Encode a Noun (or a working state) for a store."""
    return ENCODER.encode(value)


def shown(value: msgspec.Struct) -> Mapping[str, Any]:
    """Return any stored value as an object; `type` holds the tag of a union's case."""
    fields = {name: _member(getattr(value, name)) for name in value.__struct_fields__}
    tag = value.__struct_config__.tag
    return fields if tag is None else {"type": tag, **fields}


def _member(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        return shown(value)
    if isinstance(value, tuple):
        return [_member(each) for each in cast("tuple[object, ...]", value)]
    return value
