"""How the process is doing: what is wrong with it, and its figures."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from legato.app.config import Status
from legato.app.guard.guard import Guard
from legato.model.instant import SECOND, Instant
from legato.model.problem import Problem
from legato.ports.clock import Clock
from legato.ports.state_store import Records
from legato.runtime.local import LocalHost

COUNTS_SECONDS = 0.5
"""How long a status waits for its counts; counting very many people takes longer."""


class Home(Protocol):
    """What vitals need of the app."""

    @property
    def clock(self) -> Clock: ...

    @property
    def host(self) -> LocalHost: ...

    @property
    def records(self) -> Records: ...

    @property
    def guard(self) -> Guard: ...

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong with the definitions last given."""
        ...


class Vitals:
    """Those of a running app. Everything but `status` needs the loop."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._started_at = home.clock.now()
        self._is_running = False
        self._counts: Mapping[str, int] = {}
        self._counted_at: Instant = 0
        self._counting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Count, and be ready."""
        await self._count()
        self._is_running = True

    def wane(self) -> None:
        """Be ready no more."""
        self._is_running = False

    async def stop(self) -> None:
        """Return once nothing is counted any more."""
        if self._counting is not None:
            await self._counting

    def status(self) -> Status:
        """Return how the process is doing now, with the counts of last time."""
        home, host = self._home, self._home.host
        return Status(
            is_ready=self._is_running and bool(host.applied.plan.sources) and not host.faults(),
            is_failing=bool(host.faults()),
            faults=self._faults(),
            started_at=self._started_at,
            plan=host.applied.digest,
            position=host.room.position,
            applied=host.applied.position,
            backlog=host.room.backlog(),
            event_count=host.rate.total,
            events_per_second=host.rate.per_second(home.clock.now()),
            latency_p50_us=host.latency.quantile(0.5),
            latency_p99_us=host.latency.quantile(0.99),
            counts=self._counts,
        )

    async def counted(self) -> None:
        """Wait a moment for counts that are not older than a second.

        Counting a million people takes long: it goes on beside the loop, and nobody waits for all
        of it.
        """
        is_old = self._home.clock.now() - self._counted_at >= SECOND
        is_counting = self._counting is not None and not self._counting.done()
        if self._is_running and is_old and not is_counting:
            self._counting = asyncio.create_task(self._count())
        if self._counting is not None and not self._counting.done():
            await asyncio.wait([self._counting], timeout=COUNTS_SECONDS)

    def _faults(self) -> tuple[str, ...]:
        host, problems = self._home.host, self._home.problems()
        faults = host.faults() + host.overdue()
        if self._home.guard.fault:
            faults += (self._home.guard.fault,)
        if problems:
            word = "problem" if len(problems) == 1 else "problems"
            faults += (f"The workspace has {len(problems)} {word}; see `legato apply`.",)
        return faults

    async def _count(self) -> None:
        self._counts = await asyncio.to_thread(self._home.records.counts)
        self._counted_at = self._home.clock.now()
