"""Looks for bloat when somebody asks: reads the log and everybody once, in small steps."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec
from msgspec.structs import replace

from legato.app.changes.people import people_in
from legato.insight.bloat.past import Past
from legato.insight.bloat.report import BloatReport, report_of
from legato.insight.bloat.weigh import Scales, Weighed
from legato.model.ids import PersonId
from legato.model.instant import Duration, Instant
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.problem import LegatoError
from legato.ports.clock import Clock
from legato.ports.log import Log
from legato.ports.state_store import Records

STEP_RECORDS = 500
"""Read and weighed at once: a few milliseconds."""
STEP_PEOPLE = 100
PAUSE_SECONDS = 0.005
"""Between two steps: about as long as one, so that doors and lanes are hardly felt to slow."""


class Weighing(Noun, frozen=True, kw_only=True):
    """How far weighing has come."""

    phase: Literal["none", "records", "people", "done", "failed"] = "none"
    done: int = 0
    total: int = 0
    problem: str = ""


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the last weighing found."""

    at: Instant
    plan: Plan
    weighed: Weighed
    past: Past


class Home(Protocol):
    """What looking for bloat needs of the app."""

    @property
    def clock(self) -> Clock: ...

    @property
    def log(self) -> Log: ...

    @property
    def records(self) -> Records: ...

    def plan(self) -> Plan: ...


class BloatFinder:
    """Of a running app. One weighing at a time, beside the loop."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._run = Weighing()
        self._found: _Found | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> Weighing:
        """Weigh everything; where that goes on already, let it."""
        if self._task is None or self._task.done():
            self._run = Weighing(phase="records", total=self._home.log.last_position())
            self._task = asyncio.create_task(self._weigh(), name="weighing")
        return self._run

    async def ended(self, seconds: float) -> Weighing:
        """Return how the weighing ended; how far it is, if that takes longer than this."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)
        return self._run

    async def report(self, since: Duration) -> BloatReport | None:
        """Return what the last weighing shows; None before the first."""
        found, now = self._found, self._home.plan()
        if found is None:
            return None
        priced = replace(
            found.plan, currency=now.currency, storage_price_micros=now.storage_price_micros
        )
        return await asyncio.to_thread(
            report_of, priced, found.weighed, found.past, since=since, now=found.at
        )

    async def stop(self) -> None:
        """Give a weighing up. Idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _weigh(self) -> None:
        try:
            self._found = await self._look()
            self._run = replace(self._run, phase="done", done=self._run.total)
        except LegatoError as error:
            self._run = replace(self._run, phase="failed", problem=f"{error.what} {error.fix}")
        finally:
            if self._run.phase != "done":
                self._run = replace(self._run, phase="failed")

    async def _look(self) -> _Found:
        home, plan = self._home, self._home.plan()
        at, last = home.clock.now(), home.log.last_position()
        people = (await asyncio.to_thread(home.records.counts)).get("people", 0)
        versions = [journey.version for journey in plan.retired]
        inside: Mapping[str, int] = {}
        if versions:
            inside = await asyncio.to_thread(people_in, home.records, versions)
        scales = Scales(plan, records=last, people=people, inside=inside)
        position = 0
        while position < last:
            self._run = Weighing(phase="records", done=position, total=last)
            position = await asyncio.to_thread(self._records, scales, position, last)
            await asyncio.sleep(PAUSE_SECONDS)
        after, count = PersonId(""), 0
        while (end := await asyncio.to_thread(self._people, scales, after)) is not None:
            after, count = end, count + STEP_PEOPLE
            self._run = Weighing(phase="people", done=min(count, people), total=people)
            await asyncio.sleep(PAUSE_SECONDS)
        return _Found(at=at, plan=plan, weighed=scales.weighed(), past=scales.past)

    def _records(self, scales: Scales, after: int, last: int) -> int:
        position = last
        for position, data in self._home.log.read(after, STEP_RECORDS):
            scales.record(position, data)
        return position

    def _people(self, scales: Scales, after: PersonId) -> PersonId | None:
        end = None
        for end, data in self._home.records.people(after, STEP_PEOPLE):
            scales.person(end, data)
        return end
