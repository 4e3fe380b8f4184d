"""What expressions and nodes pass to each other: foreign JSON, or MISSING."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

import msgspec

Value: TypeAlias = Any
"""Foreign JSON, or MISSING."""
Scope: TypeAlias = Mapping[str, Value]
Read: TypeAlias = Callable[[Scope], Value]
Name: TypeAlias = tuple[str, ...]
"""What an expression looks at: (`settings`, `token`). One element: the whole of it."""

LISTS: Final[tuple[type, ...]] = (list, tuple)
OBJECTS: Final[tuple[type, ...]] = (dict, Mapping)
"""For `isinstance`: a union made anew, or an abstract class asked first, costs far more."""
PLAIN: Final[type] = dict
"""What nearly every object is."""

_TYPES: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "boolean",
    str: "string",
    int: "number",
    float: "number",
    dict: "object",
    list: "array",
}

MISSING: Final[Value] = object()
"""Not there. Differs from null, which some providers take for 'clear this field'."""


class ExpressionError(Exception):
    """An expression met a value it cannot work on. Says which function, never the value."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.fix = fix
        """What to do about it, where it is found when a manifest is loaded."""


def rows_of(value: Value) -> list[Any]:
    """Return a list as it is, and no rows of anything else."""
    return list(cast("Sequence[Any]", value)) if isinstance(value, LISTS) else []


def fields_of(value: Value) -> Mapping[str, Any]:
    """Return an object as it is, and no fields of anything else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, OBJECTS) else {}


def type_of(value: object) -> str:
    """Return what JMESPath calls the type of a value."""
    known = _TYPES.get(type(value))
    return known or ("object" if isinstance(value, OBJECTS) else "array")


def is_true(value: object) -> bool:
    """Return what counts as yes: everything but nothing, false, and what is empty."""
    if value:
        return value is not MISSING
    return not (value is None or value is False or value in ("", [], {}))


def is_empty(value: object) -> bool:
    """Return whether there is nothing in it; zero and false are something."""
    if value:
        return value is MISSING
    return value is None or value in ("", [], {})


def as_text(value: object) -> str:
    """Write any value as text, the way JSON writes what is no text."""
    if isinstance(value, str):
        return value
    match value:
        case True:
            return "true"
        case False:
            return "false"
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case _:
            return msgspec.json.encode(value).decode()
