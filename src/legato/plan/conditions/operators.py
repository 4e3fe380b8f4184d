"""Tests as people write them: `PT`, `[PT, ES]`, `{over: 40, under: 100}`."""

from __future__ import annotations

from typing import cast

from legato.model.rule import Operator, Scalar, Test
from legato.plan.findings import Findings, listed, nearest
from legato.plan.source import Field, Fields, Items, Leaf, Value

OPERATORS: tuple[str, ...] = (
    "is",
    "is_not",
    "over",
    "at_least",
    "under",
    "at_most",
    "one_of",
    "none_of",
    "contains",
    "starts_with",
    "ends_with",
    "exists",
)


def read_tests(findings: Findings, value: Value, what: str) -> list[Test]:
    """Read what a value is compared with. All of the tests must hold."""
    match value:
        case Leaf():
            return [Test(operator="is", value=value.value)]
        case Items():
            return [Test(operator="one_of", value=_scalars(findings, value, what))]
        case Fields(fields=()):
            findings.report(
                "R405", value.place, f"`{what}` is compared with nothing", f"write `{what}: value`"
            )
            return [Test(operator="exists")]
        case Fields():
            return [read_test(findings, field, what) for field in value.fields]


def read_test(findings: Findings, field: Field, what: str) -> Test:
    """Read one operator and its value; a broken one is reported and read as `exists`."""
    if field.key not in OPERATORS:
        return _unknown_operator(findings, field, what)
    operator = cast("Operator", field.key)
    value = field.value.value if isinstance(field.value, Leaf) else None
    if operator in ("one_of", "none_of"):
        return Test(operator=operator, value=_scalars(findings, field.value, field.key))
    if operator == "exists":
        if not isinstance(value, bool):
            _wrong_value(findings, field, "true or false")
        return Test(operator="missing" if value is False else "exists")
    wanted = _wanted(operator, value, is_leaf=isinstance(field.value, Leaf))
    return _wrong_value(findings, field, wanted) if wanted else Test(operator=operator, value=value)


def _wanted(operator: Operator, value: Scalar, *, is_leaf: bool) -> str:
    """Return what the operator is compared with, where `value` is not that."""
    if operator in ("contains", "starts_with", "ends_with"):
        return "" if isinstance(value, str) else "a text"
    if operator in ("over", "at_least", "under", "at_most"):
        is_right = isinstance(value, str | int | float) and not isinstance(value, bool)
        return "" if is_right else "a number or a text"
    return "" if is_leaf else "one value; `one_of` takes a list"


def _scalars(findings: Findings, value: Value, what: str) -> tuple[Scalar, ...]:
    if not isinstance(value, Items) or not value.items:
        findings.report(
            "R405", value.place, f"`{what}` must be a list of values", f"write `{what}: [a, b]`"
        )
        return ()
    found: list[Scalar] = []
    for item in value.items:
        if isinstance(item, Leaf):
            found.append(item.value)
        else:
            findings.report(
                "R405",
                item.place,
                f"`{what}` can only list texts, numbers, true and false",
                f"write `{what}: [a, b]`",
            )
    return tuple(found)


def _unknown_operator(findings: Findings, field: Field, what: str) -> Test:
    near = nearest(field.key, OPERATORS)
    findings.report(
        "R405",
        field.place,
        f"`{field.key}` is no way to compare `{what}` with something",
        f"did you mean `{near}`?"
        if near
        else f"use {listed(OPERATORS)}; a property inside another is written `{what}.{field.key}`",
    )
    return Test(operator="exists")


def _wrong_value(findings: Findings, field: Field, wanted: str) -> Test:
    findings.report(
        "R405",
        field.value.place,
        f"`{field.key}` must be compared with {wanted}",
        f"write `{field.key}: ` and {wanted}",
    )
    return Test(operator="exists")
