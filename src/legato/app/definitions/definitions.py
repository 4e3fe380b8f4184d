"""The app's definitions: what is active, what is wrong with them, and making others active."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec.structs import replace

from legato.app.audit import AuditBook
from legato.app.changes.changes import Changes
from legato.app.config import Applied, Config
from legato.app.definitions.objections import (
    CHECKS,
    Judged,
    judge,
    meant,
    waived_entries,
)
from legato.app.definitions.retired import with_retired
from legato.app.guard.guard import Guard
from legato.app.history.backfill import BackfillRun, Backfills
from legato.app.inbound.providers import Providers
from legato.model.definitions.property import Waiver
from legato.model.event import PlanActivated
from legato.model.noun import Noun
from legato.model.plan import Backfill, Plan, encode_plan, plan_digest
from legato.model.problem import LegatoError, Problem
from legato.plan.births.segments import with_births
from legato.plan.retirement.effect import with_effect
from legato.plan.scale import scale_plan
from legato.ports.audit import AuditEntry
from legato.ports.clock import Clock
from legato.ports.state_store import Records
from legato.runtime.local import LocalHost
from legato.workspace import check_files

PATIENCE_SECONDS = 40.0
"""How long whoever applies definitions waits for a backfill: less than a client waits."""


class Home(Protocol):
    """What definitions need of the app."""

    @property
    def config(self) -> Config: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def host(self) -> LocalHost: ...

    @property
    def records(self) -> Records: ...

    @property
    def audit(self) -> AuditBook: ...

    @property
    def changes(self) -> Changes: ...

    @property
    def guard(self) -> Guard: ...

    @property
    def providers(self) -> Providers: ...

    @property
    def backfills(self) -> Backfills: ...


class _Wish(Noun, frozen=True, kw_only=True):
    """Definitions that somebody wants to be active."""

    files: Mapping[str, str]
    by: str
    change: int = 0
    waivers: tuple[Waiver, ...] = ()
    is_start: bool = False
    """Nobody waits for the answer, who could mend what is wrong and ask again."""


class _Draft(Noun, frozen=True, kw_only=True):
    """The plan that they make, and what the checks say of it."""

    plan: Plan
    judged: Judged
    problems: tuple[Problem, ...] = ()
    """Why some destinations of it are out of order."""


class Definitions:
    """Those of a running app. Everything is called on the loop."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.problems: tuple[Problem, ...] = ()
        """What is wrong with the definitions last given."""
        self.texts: Mapping[str, str] = {}
        """Those that the active plan is of; none where the plan is of an earlier run's."""
        self._applying = asyncio.Lock()
        self._later: asyncio.Task[Applied] | None = None
        """A plan that becomes active once the past is measured for it."""

    def plan(self) -> Plan:
        """Return the active plan."""
        return self._home.host.applied.plan

    def digest(self) -> str:
        """Return the digest of the active plan; empty before the first."""
        return self._home.host.applied.digest

    async def begin(self, files: Mapping[str, str]) -> None:
        """Activate the definitions of a start; where the past is to be measured first, later.

        Where nothing runs yet, a broken manifest stops none but its own destinations.
        """
        await self._apply(_Wish(files=files, by="system", is_start=True), patience=0.0)

    async def apply(
        self, files: Mapping[str, str], *, by: str, change: int, waivers: Sequence[Waiver] = ()
    ) -> Applied:
        """Check definitions and activate them, where nothing stands against it.

        Where nothing runs yet, what harm they might do is no reason to run nothing. What they
        measure that nobody measured before is made of the past first, while the plan before runs
        on; where that takes long, this returns and they become active afterwards. Others that are
        applied meanwhile take their place.
        """
        wish = _Wish(files=files, by=by, change=change, waivers=tuple(waivers))
        return await self._apply(wish, patience=PATIENCE_SECONDS)

    async def stop(self) -> None:
        """Give up what is to become active later: the next start begins it again. Idempotent."""
        async with self._applying:  # what is being activated at this moment is left to its end
            later, self._later = self._later, None
            if later is not None:
                later.cancel()
        if later is not None:
            await asyncio.gather(later, return_exceptions=True)

    async def stop_backfill(self, *, by: str) -> BackfillRun | None:
        """Give up the plan that is to become active; None where there is none to be given up."""
        if self._later is None or self._later.done():
            return None
        backfills = self._home.backfills
        await self.stop()
        if backfills.last.phase != "given up":
            return None
        await backfills.measure_nothing()
        audited = AuditEntry(
            actor=by,
            action="backfill.stop",
            subject=backfills.last.plan,
            detail={"done": str(backfills.last.done), "people": str(backfills.last.total)},
        )
        await self._home.audit.record(audited)
        return backfills.last

    async def _apply(self, wish: _Wish, *, patience: float) -> Applied:
        await self.stop()
        async with self._applying:
            draft = await self._draft(wish)
            if isinstance(draft, Applied):
                return draft
            backfill = await self._home.backfills.wanted(draft.plan)
            if backfill is None:
                return await self._activated(draft, wish)
            async with self._judging(draft, wish) as objections:
                self.problems = objections
            if objections:  # known before the work
                return Applied(problems=objections, digest=self.digest())
            measuring = self._measured(backfill, draft.plan, wish)
            later = self._later = asyncio.create_task(measuring, name="backfill")
        done, _ = await asyncio.wait([later], timeout=patience)
        if done and not later.cancelled():
            return later.result()
        later.add_done_callback(_told_elsewhere)
        return Applied(digest=self.digest(), is_waiting=True)

    async def _measured(self, backfill: Backfill, plan: Plan, wish: _Wish) -> Applied:
        """Measure the past for a plan, then activate it."""
        backfills = self._home.backfills
        await backfills.run(backfill, plan)
        async with self._applying:
            draft = await self._draft(wish)
            is_plan = isinstance(draft, _Draft)
            applied = await self._activated(draft, wish) if is_plan else draft
        backfills.ended(str(applied.problems[0]) if applied.problems else "")
        return applied

    async def _draft(self, wish: _Wish) -> _Draft | Applied:
        """Return the plan that definitions make; or what stands against it, or that it runs."""
        loaded = await asyncio.to_thread(check_files, wish.files)
        self.problems = loaded.problems
        if loaded.plan is None and wish.is_start and not self.digest():
            loaded = replace(loaded, plan=loaded.rest)
        if loaded.plan is None:
            return Applied(problems=loaded.problems, digest=self.digest())
        plan = await self.prepared(loaded.plan)
        if plan_digest(plan) == self.digest():
            if encode_plan(plan) != encode_plan(self.plan()):  # steps stand in other lines
                await self._settle(plan, by=wish.by)
            self.texts = dict(wish.files)
            return Applied(digest=self.digest())
        whole = meant(loaded, self.plan(), speed=self._home.config.speed)
        judged = await asyncio.to_thread(judge, wish.files, whole, wish.waivers, CHECKS)
        if judged.problems and self.digest():
            self.problems = judged.problems
            return Applied(problems=judged.problems, digest=self.digest())
        return _Draft(plan=plan, judged=judged, problems=loaded.problems)

    async def _activated(self, draft: _Draft, wish: _Wish) -> Applied:
        before, digest = self.plan(), plan_digest(draft.plan)
        async with self._judging(draft, wish) as objections:
            self.problems = objections or draft.problems
            if objections:
                return Applied(problems=objections, digest=self.digest())
            for entry in waived_entries(draft.judged, by=wish.by, plan=digest):
                await self._home.audit.record(entry)
            await self._activate(before, draft.plan, by=wish.by)
            self.texts = dict(wish.files)
        return Applied(digest=digest, is_changed=True)

    def _judging(
        self, draft: _Draft, wish: _Wish
    ) -> AbstractAsyncContextManager[tuple[Problem, ...]]:
        return self._home.changes.judging(draft.plan, wish.files, change=wish.change, by=wish.by)

    async def prepared(self, plan: Plan) -> Plan:
        """Return a plan as `apply` would activate it: with dates, and versions people are in."""
        active = self.plan()
        scaled = scale_plan(plan, self._home.config.speed)
        dated = with_births(with_effect(scaled, active, self._home.clock.now()), active)
        return await asyncio.to_thread(with_retired, dated, active, self._home.records)

    async def _activate(self, before: Plan, plan: Plan, *, by: str) -> None:
        await self._settle(plan, by=by)
        await self._home.audit.note_plan(before, plan, actor=by)
        self._home.guard.plan_changed()
        self._home.providers.plan_changed()

    async def _settle(self, plan: Plan, *, by: str) -> None:
        now, digest = self._home.clock.now(), plan_digest(plan)
        await self._home.host.settle(
            PlanActivated(received_at=now, digest=digest, plan=encode_plan(plan), by=by)
        )
        if self.digest() != digest:
            raise LegatoError(
                "The engine could not run on this plan; it keeps the one before.",
                fix="See the quarantine for the place that failed, and report the bug.",
            )


def _told_elsewhere(later: asyncio.Task[Applied]) -> None:
    """Let a failure be: the run of the backfill says it."""
    if not later.cancelled():
        later.exception()
