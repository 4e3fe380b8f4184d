"""The inputs of a route, read from an event or a content, and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.language.frame import Frame
from legato.connectors.language.functions.numbers import number_of
from legato.connectors.language.value import MISSING, Read, Value, as_text
from legato.connectors.spec import Input, Route, ValueType

TYPES: Mapping[ValueType, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list, tuple),
    "any": (object,),
}


def read_inputs(
    route: Route, frame: Frame, given: Mapping[str, Any] | None, own: Mapping[str, Read]
) -> dict[str, Value]:
    """Return the route's inputs. `given` are taken as they are; else each is read by its mapping.

    Raises RefusalError for one that is needed and missing, or is not what it should be.
    """
    found: dict[str, Value] = {}
    for name, declared in route.inputs.items():
        value = _value(route, name, frame, given, own)
        if value is MISSING or value is None or value == "":
            default = _default(route, name, declared, frame)
            if default is not MISSING and default is not None:
                found[name] = default
                continue
            if declared.required:
                raise RefusalError("content", f"{_where(route)} has no `{name}`")
            if value is not MISSING:
                found[name] = value
            continue
        found[name] = _checked(route, name, declared, value)
    return found


def _value(
    route: Route,
    name: str,
    frame: Frame,
    given: Mapping[str, Any] | None,
    own: Mapping[str, Read],
) -> Value:
    if given is not None:
        return given.get(name, MISSING)
    read = own.get(name)
    if read is None:
        source = route.sources.get(name)
        if source is None:
            return MISSING if route.on == "event" else frame["content"].get(name, MISSING)
        read = source.read
    return read(frame)


def _default(route: Route, name: str, declared: Input, frame: Frame) -> Value:
    node = route.defaults.get(name)
    if node is None:
        return declared.default
    value = node.read(frame)
    return value if value is MISSING or value is None else _checked(route, name, declared, value)


def _checked(route: Route, name: str, declared: Input, value: Value) -> Value:
    if not is_of_type(declared.type, value):
        value = _converted(declared.type, value) if route.on == "event" else MISSING
        if value is MISSING:
            what = f"`{name}` of {_where(route)} is not of type {declared.type}"
            raise RefusalError("content", what)
    if declared.enum and value not in declared.enum:
        raise RefusalError("content", f"`{name}` of {_where(route)} is none of the choices")
    if declared.pattern and not _pattern(declared.pattern).fullmatch(as_text(value)[:4_096]):
        raise RefusalError("content", f"`{name}` of {_where(route)} does not look right")
    return value


def is_of_type(wanted: ValueType, value: object) -> bool:
    """Return whether a value is of a type; a boolean is a number to Python, not to people."""
    if type(value) in TYPES[wanted]:
        return True
    is_bool = isinstance(value, bool) and wanted in ("integer", "number")
    return isinstance(value, TYPES[wanted]) and not is_bool


def _converted(wanted: ValueType, value: Value) -> Value:
    """Make of an event's value what is wanted, where nothing is lost by that."""
    match wanted:
        case "string":
            return as_text(value) if isinstance(value, int | float) else MISSING
        case "number" | "integer":
            number = None if isinstance(value, bool) else number_of(value)
            if number is None or (wanted == "integer" and not isinstance(number, int)):
                return MISSING
            return number
        case "object":
            return {} if value == [] else MISSING  # how PHP writes it
        case "boolean":
            return {"true": True, "false": False}.get(str(value).lower(), MISSING)
        case _:
            return MISSING


def _where(route: Route) -> str:
    return "the event" if route.on == "event" else "the content"


@lru_cache(maxsize=1_024)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)
