"""Keeps the figures of destinations and sources over a restart: puts them down every BEAT.

Only what has changed is written: a few short rows for each connection in use. A process that is
killed loses what it had counted since the last beat; nothing is made up for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol, TypeVar

import msgspec

from legato.model.instant import SECOND, Duration, Instant
from legato.model.problem import LegatoError
from legato.ports.clock import Clock
from legato.runtime.pulse import (
    DAY_BY,
    DAY_COUNT,
    HOUR_BY,
    HOUR_COUNT,
    Change,
    Pulses,
    Stretch,
    Tally,
)
from legato.stores.figure_file import FigureFile, FigureRow

_T = TypeVar("_T")

BEAT: Duration = 10 * SECOND
KEPT: Mapping[str, Duration] = {"minute": HOUR_BY * HOUR_COUNT, "quarter": DAY_BY * DAY_COUNT}
"""Kind -> how long its stretches are kept. Totals are kept for as long as the folder is."""


class LastHeard(msgspec.Struct, frozen=True, array_like=True):
    """When a source was heard last, and what has come from it."""

    at: Instant
    names: tuple[str, ...] = ()


class Ears(Protocol):
    """Who hears sources."""

    def heard(self) -> Mapping[str, LastHeard]:
        """Return when each source was heard last."""
        ...

    def recall(self, heard: Mapping[str, LastHeard]) -> None:
        """Take over what was heard before."""
        ...


class Doorkeeper(Protocol):
    """Who counts calls that are not believed."""

    def refused_counts(self) -> Mapping[tuple[str, str], int]:
        """Return how many, by source and code."""
        ...

    def restore(self, source: str, counts: Mapping[str, int]) -> None:
        """Take over what was counted before, by code."""
        ...


class Figures:
    """Of a running app. Everything is called on the loop."""

    def __init__(self, file: FigureFile, clock: Clock, *, ears: Ears, hooks: Doorkeeper) -> None:
        self._file = file
        self.pulses = Pulses(clock.now())
        self._ears = ears
        self._hooks = hooks
        self._refused: dict[str, dict[str, int]] = {}
        self._clock = clock
        self._heard: dict[str, LastHeard] = {}
        """As it stands in the file; `_refused` likewise."""
        self._pending: dict[tuple[str, str, Instant], Change] = {}
        self._beating = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take over what was counted before, and begin to keep what is."""
        self.pulses.since = await asyncio.to_thread(self._file.begun, self._clock.now())
        for row in await asyncio.to_thread(self._file.read):
            self._take(row)
        self._ears.recall(self._heard)
        self._task = asyncio.create_task(self._run(), name="figures")

    async def stop(self) -> None:
        """Put down what is left. Idempotent."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        await self.beat()

    async def beat(self) -> None:
        """Put down what has changed. A disk that takes nothing is met again at the next beat."""
        async with self._beating:
            now = self._clock.now()
            keep = {kind: now - time for kind, time in KEPT.items()}
            for change in self.pulses.changes():
                self._pending[change.kind, change.destination, change.at] = change
            self._pending = {
                key: one for key, one in self._pending.items() if one.at >= keep.get(one.kind, 0)
            }
            heard = _others(self._ears.heard(), self._heard)
            refused = _others(_by_source(self._hooks.refused_counts()), self._refused)
            rows = [_row_of(change) for change in self._pending.values()]
            rows += [_row("heard", name, last) for name, last in heard.items()]
            rows += [_row("refused", name, counts) for name, counts in refused.items()]
            if not rows:
                return
            with suppress(LegatoError):
                await asyncio.to_thread(self._file.write, rows, keep)
                self._pending.clear()
                self._heard.update(heard)
                self._refused.update(refused)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(BEAT / SECOND)
            await self.beat()

    def _take(self, row: FigureRow) -> None:
        """Take a row over; one that cannot be read is as good as none."""
        with suppress(msgspec.MsgspecError):
            match row.kind:
                case "heard":
                    self._heard[row.name] = msgspec.msgpack.decode(row.data, type=LastHeard)
                case "refused":
                    counts = msgspec.msgpack.decode(row.data, type=dict[str, int])
                    self._refused[row.name] = counts
                    self._hooks.restore(row.name, counts)
                case "total":
                    total = msgspec.msgpack.decode(row.data, type=Tally)
                    self.pulses.restore(Change("total", row.name, 0, total))
                case "minute" | "quarter":
                    stretch = msgspec.msgpack.decode(row.data, type=Stretch)
                    self.pulses.restore(Change(row.kind, row.name, row.at, stretch))
                case _:
                    return


def _row_of(change: Change) -> FigureRow:
    data = msgspec.msgpack.encode(change.figures)
    return FigureRow(change.kind, change.destination, change.at, data)


def _row(kind: str, name: str, value: object) -> FigureRow:
    return FigureRow(kind, name, 0, msgspec.msgpack.encode(value))


def _others(now: Mapping[str, _T], kept: Mapping[str, _T]) -> dict[str, _T]:
    """Return what is not as it is kept."""
    return {name: one for name, one in now.items() if kept.get(name) != one}


def _by_source(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (source, code), count in counts.items():
        found.setdefault(source, {})[code] = count
    return found
