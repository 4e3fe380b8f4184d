"""The app's definitions: what is active, what is wrong with them, and making others active."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from legato.app.audit import AuditBook
from legato.app.changes.changes import Changes
from legato.app.config import Applied, Config
from legato.app.definitions.objections import CHECKS, judge, waived_entries
from legato.app.definitions.retired import with_retired
from legato.app.guard.guard import Guard
from legato.app.inbound.providers import Providers
from legato.model.definitions.property import Waiver
from legato.model.event import PlanActivated
from legato.model.plan import Plan, encode_plan, plan_digest
from legato.model.problem import LegatoError, Problem
from legato.plan.retirement.effect import with_effect
from legato.plan.scale import scale_plan
from legato.ports.clock import Clock
from legato.ports.state_store import Records
from legato.runtime.local import LocalHost
from legato.workspace import check_files


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


class Definitions:
    """Those of a running app. Everything is called on the loop."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.problems: tuple[Problem, ...] = ()
        """What is wrong with the definitions last given."""
        self._applying = asyncio.Lock()

    def plan(self) -> Plan:
        """Return the active plan."""
        return self._home.host.applied.plan

    def digest(self) -> str:
        """Return the digest of the active plan; empty before the first."""
        return self._home.host.applied.digest

    async def apply(
        self, files: Mapping[str, str], *, by: str, change: int, waivers: Sequence[Waiver] = ()
    ) -> Applied:
        """Check definitions and activate them, where nothing stands against it.

        Where nothing runs yet, what harm they might do is no reason to run nothing.
        """
        async with self._applying:
            loaded = await asyncio.to_thread(check_files, files)
            self.problems = loaded.problems
            if loaded.plan is None:
                return Applied(problems=loaded.problems, digest=self.digest())
            plan = await self.prepared(loaded.plan)
            before, digest = self.plan(), plan_digest(plan)
            if digest == self.digest():
                return Applied(digest=digest)
            judged = await asyncio.to_thread(judge, files, loaded, waivers, CHECKS)
            if judged.problems and self.digest():
                self.problems = judged.problems
                return Applied(problems=judged.problems, digest=self.digest())
            changes = self._home.changes
            async with changes.judging(plan, files, change=change, by=by) as objections:
                self.problems = objections
                if objections:
                    return Applied(problems=objections, digest=self.digest())
                for entry in waived_entries(judged, by=by, plan=digest):
                    await self._home.audit.record(entry)
                await self._activate(before, plan, by=by)
            return Applied(digest=digest, is_changed=True)

    async def prepared(self, plan: Plan) -> Plan:
        """Return a plan as `apply` would activate it: with dates, and versions people are in."""
        active = self.plan()
        scaled = scale_plan(plan, self._home.config.speed)
        dated = with_effect(scaled, active, self._home.clock.now())
        return await asyncio.to_thread(with_retired, dated, active, self._home.records)

    async def _activate(self, before: Plan, plan: Plan, *, by: str) -> None:
        home, digest = self._home, plan_digest(plan)
        await home.host.settle(
            PlanActivated(
                received_at=home.clock.now(), digest=digest, plan=encode_plan(plan), by=by
            )
        )
        if self.digest() != digest:
            raise LegatoError(
                "The engine could not run on this plan; it keeps the one before.",
                fix="See the quarantine for the place that failed, and report the bug.",
            )
        await home.audit.note_plan(before, plan, actor=by)
        home.guard.plan_changed()
        home.providers.plan_changed()
