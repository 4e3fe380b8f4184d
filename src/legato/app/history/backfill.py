"""The backfill before a plan becomes active, and how far it has come."""

from __future__ import annotations

import asyncio
from typing import Literal, Protocol

from msgspec.structs import replace

from legato.fold.lookback import backfill_of
from legato.model.event import BackfillBegan
from legato.model.ids import derive
from legato.model.noun import Noun
from legato.model.plan import Backfill, Plan, plan_digest
from legato.ports.clock import Clock
from legato.ports.state_store import Records
from legato.runtime.local import LocalHost


class BackfillRun(Noun, frozen=True, kw_only=True):
    """How far a backfill has come."""

    phase: Literal["none", "measuring", "done", "failed", "given up"] = "none"
    done: int = 0
    total: int = 0
    """People."""
    slots: int = 0
    """New measurements."""
    plan: str = ""
    """Digest of the plan that is to read them."""
    problem: str = ""


class Home(Protocol):
    """What backfills need of the app."""

    @property
    def clock(self) -> Clock: ...

    @property
    def host(self) -> LocalHost: ...

    @property
    def records(self) -> Records: ...

    def plan(self) -> Plan: ...


class Backfills:
    """Of a running app. Everything is called on the loop."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._looking = asyncio.Event()
        self.last = BackfillRun()

    async def wanted(self, after: Plan) -> Backfill | None:
        """Return what has to be measured before a plan may run; None: nothing."""
        home = self._home
        if not home.host.applied.digest and not home.host.room.position:
            return None  # nothing has ever happened
        found = await asyncio.to_thread(
            backfill_of, home.plan(), after, str(home.host.room.position)
        )
        return found if found.slots else None

    async def run(self, backfill: Backfill, after: Plan) -> None:
        """Measure everybody's past. Raises LegatoError."""
        people = (await asyncio.to_thread(self._home.records.counts))["people"]
        self._see(
            BackfillRun(
                phase="measuring",
                total=people,
                slots=len(backfill.slots),
                plan=plan_digest(after),
            )
        )
        try:
            await self._home.host.backfiller().run(
                backfill, lambda done: self._see(replace(self.last, done=min(done, people)))
            )
        except asyncio.CancelledError:
            self._see(replace(self.last, phase="given up"))
            raise
        except Exception as error:
            self._see(replace(self.last, phase="failed", problem=str(error)))
            raise

    def ended(self, problem: str = "") -> None:
        """Say that the plan runs, or why it does not."""
        phase = "failed" if problem else "done"
        done = self.last.done if problem else self.last.total
        self._see(replace(self.last, phase=phase, done=done, problem=problem))

    async def measure_nothing(self) -> None:
        """Have the engine measure for no plan to come any more."""
        host = self._home.host
        nothing = Backfill(id=derive("backfill", "nothing", str(host.room.position)), slots=())
        await host.settle(BackfillBegan(received_at=self._home.clock.now(), backfill=nothing))

    async def look(self, seconds: float) -> BackfillRun:
        """Return how far it has come: at once, or when that changes within a time."""
        if self.last.phase == "measuring":
            changed = self._looking
            try:
                await asyncio.wait_for(changed.wait(), seconds)
            except TimeoutError:
                return self.last
        return self.last

    def _see(self, run: BackfillRun) -> None:
        self.last = run
        self._looking.set()
        self._looking = asyncio.Event()
