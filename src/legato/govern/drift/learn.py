"""What events of one name from one source look like: in the last minute, and before it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from copy import deepcopy
from itertools import islice
from typing import Any

import jsonschema_rs
import msgspec

from legato.govern.drift.shape import Trace, walk
from legato.model.instant import MINUTE, Duration, Instant

WINDOW: Duration = MINUTE
WINDOW_MAX = 60
"""Bodies of a minute that are held; more say nothing new."""
WELL_MIN = 5
"""Events of a minute, all healthy, that end an alert."""
ERRORS_MAX = 32
"""Looked at of one body."""
BASELINE_MIN = 10
"""Healthy events from which it is known what they look like."""
BASELINE_MAX = 2_000
"""Events that the time before counts as at most: the older ones weigh less and less."""
PATHS_MAX = 400
"""Fields of one event that are remembered."""


class Violation(msgspec.Struct, frozen=True):
    """One way in which a body differs from its schema."""

    path: str
    """Of the field; elements of a list are all `[]`."""
    kind: str
    """`missing`, `null`, `type`, `enum`, `other`."""


class Seen(msgspec.Struct, frozen=True):
    """One body of the last minute. It is held in memory and nowhere else."""

    at: Instant
    body: dict[str, Any]
    violations: tuple[Violation, ...]


class Baseline:
    """What healthy events looked like before the last minute: counts, no values."""

    def __init__(self) -> None:
        self.count = 0.0
        self.fields: dict[str, Trace] = {}

    def add(self, body: Mapping[str, Any]) -> None:
        self.count += 1
        once: dict[str, None] = {}
        for path, value in walk(body):
            if path in self.fields or len(self.fields) < PATHS_MAX:
                trace = self.fields.setdefault(path, Trace())
                is_repeated = path in once
                once[path] = None
                trace.add(value)
                trace.count -= is_repeated
        if self.count >= BASELINE_MAX:
            self.count /= 2
            for trace in self.fields.values():
                trace.halve()

    def share(self, path: str) -> float:
        """Return the share of events that had a field."""
        trace = self.fields.get(path)
        return trace.count / self.count if trace is not None and self.count else 0.0


class Learner:
    """One event name of one source."""

    def __init__(self) -> None:
        self.window: deque[Seen] = deque()
        self.baseline = Baseline()

    def add(self, seen: Seen) -> None:
        """Take an event in; what has become old goes into the baseline if it was healthy."""
        self.window.append(seen)
        if len(self.window) > WINDOW_MAX:
            self._retire(self.window.popleft())

    def pass_time(self, now: Instant) -> None:
        """Let what is older than the window go."""
        while self.window and self.window[0].at <= now - WINDOW:
            self._retire(self.window.popleft())

    def is_well(self) -> bool:
        """Return whether it is certain that nothing is wrong any more."""
        return len(self.window) >= WELL_MIN and not any(seen.violations for seen in self.window)

    def before(self) -> Baseline:
        """Return what is known of the time before; for want of it, the healthy of this minute."""
        if self.baseline.count >= BASELINE_MIN:
            return self.baseline
        known = deepcopy(self.baseline)
        for seen in self.window:
            if not seen.violations:
                known.add(seen.body)
        return known

    def _retire(self, seen: Seen) -> None:
        if not seen.violations:
            self.baseline.add(seen.body)


def violations_of(
    validator: jsonschema_rs.Validator, body: Mapping[str, Any]
) -> tuple[Violation, ...]:
    """Return how a body differs from its schema."""
    if validator.is_valid(body):
        return ()
    errors = islice(validator.iter_errors(body), ERRORS_MAX)
    return tuple(dict.fromkeys(_violation(body, error) for error in errors))


def _violation(body: Mapping[str, Any], error: jsonschema_rs.ValidationError) -> Violation:
    path = written(error.instance_path)
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(property=name):
            return Violation(f"{path}.{name}" if path else str(name), "missing")
        case jsonschema_rs.ValidationErrorKind.Type():
            is_null = _at(body, error.instance_path) is None
            return Violation(path, "null" if is_null else "type")
        case (
            jsonschema_rs.ValidationErrorKind.Enum() | jsonschema_rs.ValidationErrorKind.Constant()
        ):
            is_null = _at(body, error.instance_path) is None
            return Violation(path, "null" if is_null else "enum")
        case _:
            return Violation(path, "other")


def written(path: list[str | int]) -> str:
    """Write a path as definitions do."""
    text = ""
    for key in path:
        text += "[]" if isinstance(key, int) else f".{key}" if text else key
    return text


def _at(body: Any, path: list[str | int]) -> object:  # noqa: ANN401 - JSON
    for key in path:
        body = body[key]
    return body
