"""The shape of values: of which kind, how written, how large. Never the values themselves."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, cast

FIELDS_MAX = 300
"""Looked at in one body."""
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("uuid", re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    ("date", re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")),
    ("digits after a zero", re.compile(r"0\d+")),
    ("digits", re.compile(r"-?\d+")),
    ("decimal", re.compile(r"-?\d+\.\d+")),
    ("address", re.compile(r"\S+@\S+\.\S+")),
    ("code", re.compile(r"[A-Z]{1,5}")),
    ("word", re.compile(r"[\w\-]+")),
)


def kind_of(value: object) -> str:
    """Name the JSON type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
        case list():
            return "list"
        case _:
            return "object"


def form_of(value: object) -> str:
    """Say how a value is written."""
    if not isinstance(value, str):
        return kind_of(value)
    return next((name for name, form in _FORMS if form.fullmatch(value)), "free text")


def walk(body: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Return every field of a body with its path; elements of lists are all `[]`."""
    waiting: list[tuple[str, object]] = [("", body)]
    count = 0
    while waiting and count < FIELDS_MAX:
        path, value = waiting.pop()
        if isinstance(value, dict):
            for key, inner in cast("dict[str, object]", value).items():
                where = f"{path}.{key}" if path else key
                count += 1
                yield where, inner
                waiting.append((where, inner))
        elif isinstance(value, list):
            waiting += [(f"{path}[]", each) for each in cast("list[object]", value)]


class Trace:
    """What the values of one field look like, in counts."""

    def __init__(self) -> None:
        self.count = 0.0
        self.forms: Counter[str] = Counter()
        self._logs = 0.0
        self._log_count = 0.0

    def add(self, value: object) -> None:
        self.count += 1
        self.forms[form_of(value)] += 1
        if kind_of(value) == "number" and value:
            self._logs += math.log10(abs(float(cast("float", value))))
            self._log_count += 1

    def halve(self) -> None:
        """Let what was seen long ago count for less."""
        self.count /= 2
        self.forms = Counter({form: count // 2 for form, count in self.forms.items()})
        self._logs, self._log_count = self._logs / 2, self._log_count / 2

    @property
    def form(self) -> str:
        """How most of them are written; empty where they differ."""
        total = sum(self.forms.values())
        form, count = max(self.forms.items(), key=lambda item: item[1], default=("", 0))
        return form if total and count >= 0.6 * total else ""

    @property
    def magnitude(self) -> float | None:
        """The mean power of ten of the numbers."""
        return self._logs / self._log_count if self._log_count else None


def trace_of(values: list[Any]) -> Trace:
    """Return the shape of some values."""
    trace = Trace()
    for value in values:
        trace.add(value)
    return trace
