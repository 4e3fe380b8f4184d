"""Rolling old notes and records: the process that makes each file, and what people see of it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from legato.model.instant import Duration, Instant
from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.ports.audit import Audit, AuditEntry
from legato.ports.rolling import Made, Standing
from legato.runtime.local import LocalHost
from legato.runtime.rolling.roller import Rolled, Roller
from legato.runtime.rolling.sides import Work

SECONDS_MAX = 600.0
"""How long one file may take: it takes seconds, more beside much else."""


class Pile(Noun, frozen=True, kw_only=True):
    """What there is of rolled notes, or records."""

    file_count: int = 0
    row_count: int = 0
    """Steps, or records."""
    byte_count: int = 0
    until: Instant | None = None
    """The newest of them."""
    stale_count: int = 0
    """People, or records, that nothing shows any more, and whose files are to be made anew."""


class RollRun(Noun, frozen=True, kw_only=True):
    """What is rolled, and how far the rolling that was asked for last has come."""

    phase: Literal["none", "rolling", "done", "failed"] = "none"
    done: int = 0
    """Steps, since it began."""
    problem: str = ""
    fix: str = ""
    after: Duration = 0
    """How old notes and records become before they are rolled by themselves; 0: they are not."""
    records_done: int = 0
    notes: Pile = Pile()
    records: Pile = Pile()


class RollBusy(Exception):  # noqa: N818 - no fault
    """It is being done already."""


class Rolls:
    """Of a running app. Everything is called on the loop."""

    def __init__(self, host: LocalHost, audit: Audit) -> None:
        self._host = host
        self._audit = audit
        self._changed = asyncio.Event()
        self._run = RollRun()
        self._task: asyncio.Task[None] | None = None

    async def begin(self, older: Duration, *, by: str) -> RollRun:
        """Roll what is older than so long. Raises RollBusy."""
        if self._run.phase == "rolling":
            raise RollBusy
        self._see(RollRun(phase="rolling"))
        await self._audit.record(
            AuditEntry(
                actor=by, action="history.roll", subject="history", detail={"older": str(older)}
            )
        )
        self._task = asyncio.create_task(self._roll(self._host.clock.now() - older))
        return await self.look(0)

    async def look(self, seconds: float) -> RollRun:
        """Return what is rolled: at once, or when a rolling that goes on has come further."""
        if self._run.phase == "rolling" and seconds:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), seconds)
        notes, records = map(_pile, await self._roller.standing())
        return replace(
            self._run,
            after=self._host.applied.plan.roll_after,
            notes=notes,
            records=records,
        )

    async def stop(self) -> None:
        """Give up what is not done. Idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _roll(self, before: Instant) -> None:
        try:
            done = await self._roller.roll(before, told=self._count)
        except LegatoError as error:
            self._see(replace(self._run, phase="failed", problem=error.what, fix=error.fix))
        except BaseException as error:
            self._see(
                replace(self._run, phase="failed", problem=f"It ended: {type(error).__name__}.")
            )
            raise
        else:
            self._count(done)
            self._see(replace(self._run, phase="done"))

    @property
    def _roller(self) -> Roller:
        assert self._host.roller is not None, "an app's host has one"
        return self._host.roller

    def _count(self, done: Rolled) -> None:
        self._see(replace(self._run, done=done.steps, records_done=done.records))

    def _see(self, run: RollRun) -> None:
        self._run = run
        self._changed.set()
        self._changed = asyncio.Event()


def _pile(standing: Standing) -> Pile:
    return Pile(
        file_count=len(standing.segments),
        row_count=sum(each.row_count for each in standing.segments),
        byte_count=sum(each.byte_count for each in standing.segments),
        until=max((each.last_at for each in standing.segments), default=None),
        stale_count=standing.stale_count,
    )


class _Outcome(Noun, frozen=True, kw_only=True):
    """What the process says; see legato.roll."""

    made: Made | None = None
    failure: str = ""
    fix: str = ""


async def make(folder: Path, work: Work) -> Made | None:
    """Have one file made. Raises LegatoError."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "legato.roll", str(folder), str(SECONDS_MAX)),
        stdin=PIPE,
        stdout=PIPE,
    )
    try:
        data, _ = await process.communicate(msgspec.json.encode(work))
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        raise LegatoError(
            "The process that rolls ended without a file; nothing has changed.",
            fix="It is tried again; it may have been ended for want of memory.",
            can_retry=True,
        )
    outcome = msgspec.json.decode(data, type=_Outcome)
    if outcome.failure:
        raise LegatoError(outcome.failure, fix=outcome.fix, can_retry=True)
    return outcome.made
