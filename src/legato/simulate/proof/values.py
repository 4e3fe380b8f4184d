"""Whether one value can meet and fail given tests, shown by naming such a value.

Tests compare with constants, so the constants, the points between and beyond them and a few texts
made of them stand for every value there is: of two values with the same relation to all constants
no test tells one from the other. What is found is a witness, which the story of a counter-example
uses as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias, TypeGuard

from legato.model.rule import Scalar, Test

MISSING = "\x00missing"
"""Stands for no value at all."""
Asked: TypeAlias = tuple[Test, bool]
"""A test, and whether it is met."""
BEYOND = 1


def witness(asked: Sequence[Asked], *, is_whole: bool = False) -> Scalar:
    """Return a value of which each test is as asked, MISSING for none; raise LookupError."""
    for value in candidates([test for test, _ in asked], is_whole=is_whole):
        if all(meets(test, value) is wanted for test, wanted in asked):
            return value
    raise LookupError("no value is so")


def meets(test: Test, value: Scalar) -> bool:
    """Answer a test of one value as the engine's compiled rules do."""
    match test.operator:
        case "missing":
            return value is None or value == MISSING
        case "is_not":
            return not _equals(test.value, value)
        case "none_of":
            return not any(_equals(option, value) for option in _options(test))
        case "exists":
            return value is not None and value != MISSING
        case "is":
            return _equals(test.value, value)
        case "one_of":
            return any(_equals(option, value) for option in _options(test))
        case "contains" | "starts_with" | "ends_with":
            return _matches(test, value)
        case _:
            return _compares(test, value)


def _options(test: Test) -> tuple[Scalar, ...]:
    return test.value if isinstance(test.value, tuple) else (test.value,)


def _equals(constant: Scalar | tuple[Scalar, ...], value: Scalar) -> bool:
    if value is None or value == MISSING or isinstance(constant, tuple):
        return False
    if isinstance(constant, bool) or isinstance(value, bool):
        return constant is value
    if isinstance(constant, str) or isinstance(value, str):
        return isinstance(constant, str) and constant == value
    return constant == value


def _matches(test: Test, value: Scalar) -> bool:
    part = test.value
    if not isinstance(value, str) or value == MISSING or not isinstance(part, str):
        return False
    match test.operator:
        case "contains":
            return part in value
        case "starts_with":
            return value.startswith(part)
        case _:
            return value.endswith(part)


def _compares(test: Test, value: Scalar) -> bool:
    constant = test.value
    if isinstance(constant, str) and isinstance(value, str) and value != MISSING:
        return _is_ordered(test, (value > constant) - (value < constant))
    if not _is_number(constant) or not _is_number(value):
        return False
    return _is_ordered(test, (value > constant) - (value < constant))


def _is_ordered(test: Test, sign: int) -> bool:
    match test.operator:
        case "over":
            return sign > 0
        case "at_least":
            return sign >= 0
        case "under":
            return sign < 0
        case _:
            return sign <= 0


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def candidates(tests: Iterable[Test], *, is_whole: bool = False) -> Iterator[Scalar]:
    """Return values that stand for all there are; what reads best in a story comes first."""
    listed = list(tests)
    constants = [value for test in listed for value in _options(test)]
    numbers = sorted(dict.fromkeys(float(v) for v in constants if _is_number(v)))
    texts = sorted(dict.fromkeys(value for value in constants if isinstance(value, str)))
    yield from _numbers(numbers, is_whole=is_whole)
    if is_whole:
        return
    yield from texts
    yield from _texts(listed, texts)
    yield from (True, False)
    if not numbers:
        yield 7
    if not texts:
        yield "something"
    yield MISSING


def _numbers(constants: Sequence[float], *, is_whole: bool) -> Iterator[Scalar]:
    if not constants:
        return
    found: list[float] = [constants[-1] + BEYOND, *constants, constants[0] - BEYOND]
    for low, high in pairwise(constants):
        # Of whole numbers there may be none between two constants.
        inner = (low + high) / 2 if not is_whole else float(int(low) + 1)
        if low < inner < high:
            found.append(inner)
    if is_whole:
        found = [value for value in found if value == int(value) and value >= 0]
    for value in found:
        yield int(value) if value == int(value) else value


def _texts(tests: Sequence[Test], texts: Sequence[str]) -> Iterator[str]:
    """Return texts made of the parts that are asked for, and texts around the constants."""
    parts = dict.fromkeys(("starts_with", "contains", "ends_with"), "")
    for test in tests:
        if test.operator in parts and isinstance(test.value, str):
            parts[test.operator] = max(parts[test.operator], test.value, key=len)
    joined = "".join(parts.values())
    if joined:
        yield joined
        yield f"{parts['starts_with']}-{parts['contains']}-{parts['ends_with']}"
    for text in texts:
        yield f"{text}~"
        yield text[:-1]
    if texts:
        yield "another"
