"""How doors hand events to the host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from legato.model.event import Event
from legato.model.instant import Duration


class Busy(Exception):  # noqa: N818 - a state of the host, not a fault of the caller
    """Nothing was taken: the waiting room or the engine's backlog is full, or the disk is."""

    def __init__(self, what: str, *, retry_after: Duration) -> None:
        super().__init__(what)
        self.what = what
        self.retry_after = retry_after


Done: TypeAlias = Callable[[int | Busy], None]
"""Told the position of the last event once all are on disk, or why none is."""


class Intake(Protocol):
    """The way into the log."""

    async def accept(self, events: Sequence[Event]) -> int:
        """Store events and return the position of the last, once all are on disk.

        Raises Busy with none stored, or none acknowledged.
        """
        ...


class FrontIntake(Intake, Protocol):
    """The way into the log for doors that answer thousands of requests a second."""

    def submit(self, events: Sequence[Event], done: Done) -> None:
        """Store events like `accept`, and call `done` on the loop, once and never from within.

        For one event a request, a task and a future cost more than the event. Raises Busy when
        nothing is taken at all; `done` is not called then.
        """
        ...
