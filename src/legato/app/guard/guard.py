"""The app's guard: watches what comes in, raises alerts, and says what rests on what."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from msgspec import structs

from legato.app.config import Config
from legato.app.guard.destinations import DestinationWatch
from legato.app.guard.healing import Healed, Sick, Written, heal, written
from legato.app.guard.intake import WatchedIntake
from legato.app.guard.kept import Drift, Kept, KeptFile
from legato.app.guard.shapes import ShapeWatch
from legato.app.guard.sources import SourceSeen, SourceWatch
from legato.insight.dependence import Degraded, degraded, sending_by
from legato.insight.shown import ShownReason, shown_reason
from legato.model.event import Event, Noticed
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.ports.clock import Clock
from legato.ports.intake import Busy, FrontIntake
from legato.runtime.lanes.status import LaneStatus

RESTART_SECONDS = 5.0
"""Until the watch is started again after a fault."""


class Alert(Noun, frozen=True, kw_only=True):
    """Something about what comes in or goes out that is not as it should be, now."""

    topic: str
    reason: ShownReason
    since: Instant
    journeys: tuple[Degraded, ...] = ()
    """What rests on it."""


class Home(Sick, Protocol):
    """What the guard needs of the app."""

    @property
    def clock(self) -> Clock:
        """Time."""
        ...

    @property
    def config(self) -> Config:
        """Where the folders are."""
        ...

    def lanes(self) -> Mapping[str, LaneStatus]:
        """Return each destination's lane as it is now."""
        ...


class Guard:
    """One of a running app. Everything is called on the loop."""

    def __init__(self, home: Home, settle: Callable[[Event], Awaitable[None]]) -> None:
        self._home = home
        self._settle = settle
        self._file = KeptFile(home.config.data)
        self._kept: Kept = self._file.read()
        self._sources = SourceWatch(
            home.clock, home.plan, silent=self._kept.silent, changed=self._told
        )
        self._destinations = DestinationWatch(
            home.clock,
            home.plan,
            lanes=home.lanes,
            troubles=self._kept.troubles,
            changed=self._told,
        )
        self._shapes = ShapeWatch(
            home.clock,
            home.plan,
            drifts=self._kept.drifts,
            rejected=self._kept.rejected,
            changed=self._told,
        )
        self._news: asyncio.Queue[Noticed] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self.fault = ""
        """Why it does not watch, in words."""

    def intake(self, inner: FrontIntake) -> FrontIntake:
        """Return the way in through which everything is seen."""
        return WatchedIntake(inner, self._see)

    async def start(self) -> None:
        """Read back when sources were heard, and begin to watch."""
        await asyncio.to_thread(self._sources.look_back, self._home.log)
        await asyncio.to_thread(self._shapes.look_back, self._home.log)
        self._tasks = [
            asyncio.create_task(self._keep_running(run), name=name)
            for name, run in (
                ("sources", self._sources.run),
                ("destinations", self._destinations.run),
                ("shapes", self._shapes.run),
                ("alerts", self._record),
            )
        ]

    async def stop(self) -> None:
        """Watch no more. Idempotent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def plan_changed(self) -> None:
        """Look at the plan anew."""
        self._sources.wake()
        self._destinations.wake()

    def renewed(self) -> None:
        """Look anew at destinations: an account was put right."""
        self._destinations.wake()

    def ended(self, destination: str) -> None:
        """Note that a delivery has ended at a destination."""
        self._destinations.ended(destination)

    def sources(self) -> list[SourceSeen]:
        """Return every source, as it is heard."""
        return self._sources.seen()

    @property
    def ears(self) -> SourceWatch:
        """Who knows when each source was heard last."""
        return self._sources

    def alerts(self) -> tuple[Alert, ...]:
        """Return what is not as it should be, and what rests on it."""
        sources = [alert for seen in self.sources() if (alert := _missed(seen)) is not None]
        troubled = self.troubled().values()
        return (*sources, *troubled, *(self._drifted(drift) for drift in self.drifts()))

    def troubled(self) -> Mapping[str, Alert]:
        """Return the alert of each destination that has one, and what rests on it."""
        plan = self._home.plan()
        return {
            name: Alert(
                topic=f"destination:{name}",
                reason=shown_reason(structs.replace(one.reason, definition=f"destinations/{name}")),
                since=one.since,
                journeys=sending_by(plan, name),
            )
            for name, one in sorted(self._kept.troubles.items())
        }

    def drifts(self) -> tuple[Drift, ...]:
        """Return what has drifted and is not decided, the oldest first."""
        return tuple(sorted(self._kept.drifts.values(), key=lambda drift: drift.since))

    def drift(self, drift_id: str) -> Drift | None:
        """Return one of them."""
        return next((each for each in self.drifts() if each.drift_id == drift_id), None)

    def proposed(self, drift: Drift) -> Written | None:
        """Return the definition that approving would write; None where none is proposed."""
        finding = drift.finding
        if finding.mapping is None:
            return None
        return written(finding, finding.mapping, self._home.plan())

    async def approve(self, drift: Drift, *, by: str) -> Healed:
        """Write the mapping into the folder, apply it, and replay what it heals, in order.

        Raises Unapplied, or LegatoError; then nothing is changed.
        """
        new = self.proposed(drift)
        assert new is not None, "it has a mapping"
        healed = await heal(self._home, self._home.config.workspace, new, by=by)
        if drift.finding.topic in self._kept.drifts:
            self._shapes.close(drift.finding.topic, f"is read by {healed.file} now")
            await self._file.write(self._kept)
        return healed

    async def reject(self, drift: Drift) -> None:
        """Propose it no more."""
        self._shapes.reject(drift)
        await self._file.write(self._kept)

    async def look_at_shapes(self) -> None:
        """Judge what came in at once; it does so by itself within seconds."""
        await self._shapes.look()

    def _drifted(self, drift: Drift) -> Alert:
        finding = drift.finding
        event = finding.event if finding.mapping is None else finding.mapping.event
        return Alert(
            topic=finding.topic,
            reason=ShownReason(
                code="event.drifted",
                what=f"'{finding.event}' from {finding.source} has drifted: see `legato drift`",
                definition=f"catalog/{event}",
            ),
            since=drift.since,
            journeys=degraded(self._home.plan(), [event]),
        )

    def _see(self, events: Sequence[Event]) -> None:
        self._sources.see(events)
        self._shapes.see(events)

    def _told(self, noticed: Noticed) -> None:
        self._news.put_nowait(noticed)

    async def _record(self) -> None:
        """Put into the log what was noticed, so that it stands in the notes, and keep it."""
        while True:
            noticed = await self._news.get()
            try:
                await self._settle(noticed)
            except (Busy, LegatoError):
                self._news.put_nowait(noticed)
                raise
            await self._file.write(self._kept)

    async def _keep_running(self, run: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await run()
            except Exception as fault:  # noqa: BLE001 - a task's entry: watching must go on
                self.fault = f"Watching what comes in failed: {type(fault).__name__}; tried again."
                await asyncio.sleep(RESTART_SECONDS)
                self.fault = ""


def _missed(seen: SourceSeen) -> Alert | None:
    """Return why nothing comes from a source; None where it may be so, or something comes."""
    if seen.broken_since is not None:
        what = f"source {seen.source} is out of order, its manifest is broken: {seen.broken}"
        return _alert(seen, ShownReason(code="source.broken", what=what), since=seen.broken_since)
    if seen.silent_since is not None:
        what = f"source {seen.source} is silent"
        return _alert(seen, ShownReason(code="source.silent", what=what), since=seen.silent_since)
    return None


def _alert(seen: SourceSeen, reason: ShownReason, *, since: Instant) -> Alert:
    return Alert(
        topic=f"source:{seen.source}",
        reason=structs.replace(reason, definition=f"sources/{seen.source}"),
        since=since,
        journeys=seen.journeys,
    )
