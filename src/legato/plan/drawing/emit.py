"""Values as YAML text, in the layout that people write: short mappings on one line, steps apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

WIDTH = 100
INDENT = 2

_PLAIN = re.compile(r"[^\W\d][\w .%+'()/-]*")
_LENGTH = re.compile(r"\d+(ms|s|m|h|d|w|%)( \d+(ms|s|m|h|d|w))*")
_WORDS = ("true", "false", "null")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_BYTE, _PLANE = 0xFF, 0xFFFF


def flow(value: Any) -> str:  # noqa: ANN401 - JSON
    """Write a value on one line."""
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return "{" + ", ".join(f"{scalar(key)}: {flow(each)}" for key, each in fields.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(each) for each in cast("Sequence[Any]", value)) + "]"
    return scalar(value)


def scalar(value: Any) -> str:  # noqa: ANN401 - JSON
    """Write a text, number, boolean or nothing."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return _text(str(value))


def item(value: Any, column: int) -> list[str]:  # noqa: ANN401 - JSON
    """Write an item of a list as lines, the dash at `column`; no line ends."""
    first, *others = content(value, column + INDENT)
    return [" " * column + "- " + first, *others]


def content(value: Any, column: int) -> list[str]:  # noqa: ANN401 - JSON
    """Write what stands at `column` as lines, the first without the spaces before it."""
    if isinstance(value, Mapping) and value and not is_short(value, column):
        fields = cast("Mapping[str, Any]", value)
        lines = [line for key, each in fields.items() for line in entry(key, each, column)]
        return [lines[0][column:], *lines[1:]]
    if isinstance(value, list) and value and not is_short(value, column):
        lines = [line for each in cast("list[Any]", value) for line in item(each, column)]
        return [lines[0][column:], *lines[1:]]
    return [flow(value)]


def entry(key: str, value: Any, column: int) -> list[str]:  # noqa: ANN401 - JSON
    """Write a key and its value as lines, the key at `column`."""
    start = " " * column + f"{scalar(key)}:"
    if is_inline(value, len(start)):
        return [f"{start} {flow(value)}"]
    inner = content(value, column + INDENT)
    return [start, " " * (column + INDENT) + inner[0], *inner[1:]]


def is_inline(value: Any, column: int) -> bool:  # noqa: ANN401 - JSON
    """Return whether a value stands on the line of its key."""
    if isinstance(value, Mapping | list) and value:
        return is_short(value, column)
    return True


def is_short(value: Any, column: int) -> bool:  # noqa: ANN401 - JSON
    """Return whether a list or mapping is written on one line: it holds no steps, and fits."""
    if _has_steps(value) or (_is_step(value) and isinstance(value, Mapping)):
        return False
    return column + len(flow(value)) < WIDTH


_STEPS = ("then", "else", "stale", "late", "failed", "steps", "arms", "answers", "wait_for")
_STEP = ("send", "call", "wait", "wait_until", "await_confirmation", "when", "split", "go_to")
_STEP_MORE = ("set", "join", "leave_audience", "leave", "label")


def _has_steps(value: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return any(
            (key in _STEPS and each != [] and isinstance(each, list)) or _has_steps(each)
            for key, each in fields.items()
        )
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return any(_is_step(each) or _has_steps(each) for each in items)
    return False


def _is_step(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Return whether a mapping looks like a step: steps begin with their own word."""
    first = next(iter(cast("Mapping[str, Any]", value)), "") if isinstance(value, Mapping) else ""
    return first in _STEP or first in _STEP_MORE


def _text(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) is not None and text == text.strip()
    if (is_plain and text.lower() not in _WORDS) or _LENGTH.fullmatch(text):
        return text
    return '"' + "".join(_letter(letter) for letter in text) + '"'


def _letter(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter.isprintable():
        return letter
    code = ord(letter)
    if code <= _BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _PLANE else f"\\U{code:08x}"
