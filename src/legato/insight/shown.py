"""Stored values as objects with named fields: their own encoding is positional, for machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from legato.model.noun import Noun
from legato.model.problem import Reason


class ShownReason(Noun, frozen=True, kw_only=True):
    """A Reason with its fields named."""

    code: str
    what: str
    definition: str = ""


def shown_reason(reason: Reason) -> ShownReason:
    """Name a reason's fields."""
    return ShownReason(code=reason.code, what=reason.what, definition=reason.definition)


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
