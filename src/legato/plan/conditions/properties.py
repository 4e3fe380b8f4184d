"""Whether a test can ever match: paths and values against the shapes that the catalog declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from legato.expr.path import parse_path
from legato.model.problem import Place
from legato.model.rule import Scalar, Test
from legato.plan.findings import listed, nearest
from legato.plan.scope import Scope

Schema = Mapping[str, Any]
"""A JSON Schema, or a part of one."""
ANYTHING: Schema = {}

_ORDERED = ("over", "at_least", "under", "at_most")
_IN_TEXT = ("contains", "starts_with", "ends_with")
_TYPES_OF_COMPUTED: Mapping[str, Schema] = {
    "count": {"type": "number"},
    "sum": {"type": "number"},
    "min": {"type": "number"},
    "max": {"type": "number"},
    "average": {"type": "number"},
    "sequence": {"type": "number"},
}


def schema_of_function(function: str) -> Schema:
    """Return the shape of what a measurement gives."""
    return _TYPES_OF_COMPUTED.get(function, ANYTHING)


def property_schema(scope: Scope, event: str, path: str, place: Place) -> Schema:
    """Return the declared shape at a path of an event; report a path that the event cannot have."""
    schema = scope.event_schemas.get(event)
    if schema is None:
        return ANYTHING
    here = schema
    reached: list[str] = []
    for key, _ in parse_path(path):
        here = _element(here)
        properties = _mapping(here.get("properties"))
        if key in properties:
            here = _mapping(properties[key])
            reached.append(key)
            continue
        if properties and not _is_open(here):
            _report_unknown(scope, event, (*reached, key), place=place, known=properties)
        return ANYTHING
    return _element(here)


def check_test(scope: Scope, test: Test, schema: Schema, what: str, place: Place) -> None:
    """Report a test that no value of the declared shape can meet."""
    types = _types(schema) or _types_of(_allowed(schema))
    if not types or test.operator in ("exists", "missing"):
        return
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    if test.operator in _IN_TEXT and "string" not in types:
        _report_mismatch(scope, test, what, types, place)
    elif test.operator in _ORDERED or test.operator not in _IN_TEXT:
        if not any(_fits(value, types) for value in values):
            _report_mismatch(scope, test, what, types, place)
        elif test.operator not in _ORDERED:
            _check_enum(scope, values, schema, what, place)


def _check_enum(
    scope: Scope, values: Iterable[Scalar], schema: Schema, what: str, place: Place
) -> None:
    allowed = _allowed(schema)
    if not allowed:
        return
    for value in values:
        if value not in allowed:
            words = [str(item) for item in allowed]
            near = nearest(str(value), words)
            scope.findings.report(
                "R401",
                place,
                f"{what} is declared to be {listed(words)}, so it is never `{value}`",
                f"did you mean `{near}`?" if near else "use a declared value, or declare this one",
            )


def _report_mismatch(
    scope: Scope, test: Test, what: str, types: tuple[str, ...], place: Place
) -> None:
    operator = test.operator.replace("_", " ")
    wanted = "a text" if test.operator in _IN_TEXT else _kind_of_values(test)
    scope.findings.report(
        "R401",
        place,
        f"{what} is declared as {listed(types)}; `{operator}` {wanted} can never match it",
        "compare it with a value of its type, or correct its schema in the catalog",
    )


def _kind_of_values(test: Test) -> str:
    value = test.value[0] if isinstance(test.value, tuple) and test.value else test.value
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case _:
            return "nothing"


def _report_unknown(
    scope: Scope, event: str, wanted: tuple[str, ...], *, place: Place, known: Mapping[str, Any]
) -> None:
    near = nearest(wanted[-1], known)
    path = ".".join(wanted)
    there = [".".join([*wanted[:-1], name]) for name in known]
    scope.findings.report(
        "R402",
        place,
        f"`{event}` has no property `{path}`",
        f"did you mean `{'.'.join([*wanted[:-1], near])}`?"
        if near
        else f"use {listed(there)}, or declare it in the catalog",
    )


def _is_open(schema: Schema) -> bool:
    """Say whether the author allows properties that are not named."""
    return bool(schema.get("additionalProperties", False)) or any(
        key in schema for key in ("patternProperties", "$ref", "anyOf", "oneOf", "allOf")
    )


def _element(schema: object) -> Schema:
    """Return the shape of an array's elements: a path leads to them, with `[]` or without."""
    here = _mapping(schema)
    while "array" in _types(here):
        here = _mapping(here.get("items"))
    return here


def _mapping(value: object) -> Schema:
    """Return a schema; `true`, `false` and what is none allow anything here."""
    return cast("Schema", value) if isinstance(value, Mapping) else ANYTHING


def _allowed(schema: Schema) -> list[Scalar]:
    if "const" in schema:
        return [cast("Scalar", schema["const"])]
    return cast("list[Scalar]", schema.get("enum", []))


def _types(schema: Schema) -> tuple[str, ...]:
    if any(key in schema for key in ("$ref", "anyOf", "oneOf")):
        return ()
    declared = schema.get("type", ())
    return (declared,) if isinstance(declared, str) else tuple(cast("list[str]", declared))


def _fits(value: Scalar, types: tuple[str, ...]) -> bool:
    match value:
        case None:
            return "null" in types
        case bool():
            return "boolean" in types
        case int() | float():
            return "number" in types or "integer" in types
        case str():
            return "string" in types


def _types_of(values: list[Scalar]) -> tuple[str, ...]:
    """Return every type, where no type but values are declared: the values are then compared."""
    return ("string", "number", "boolean", "null") if values else ()
