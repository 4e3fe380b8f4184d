"""Rehearsals of a running app: a few at a time, kept for a while, in memory alone.

What comes of a rehearsal that reads the history is made of what people did. Nothing of it may
outlive somebody who is erased, and nobody can pick out of sums and stories what was theirs. So at
every erasure all that is made of the history goes, what is still under way included: it is quickly
done again. In memory nothing has to be overwritten; what a process puts down while it works lies in
a folder of its own, which is removed with it, and at the start with whatever a crash has left.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple, Protocol, TypeAlias

import msgspec
from msgspec.structs import replace

from legato.app.config import Config
from legato.app.rehearse.jobs.crowd import CrowdFound
from legato.app.rehearse.jobs.found import Found, Said
from legato.app.rehearse.jobs.task import Job, Relive, Task, nobodys, reads_history
from legato.app.rehearse.jobs.walks import Walks
from legato.govern.access.denial import Denial
from legato.model.ids import derive
from legato.model.instant import HOUR, Duration, Instant
from legato.model.noun import Noun
from legato.ports.audit import Audit, AuditEntry
from legato.ports.clock import Clock

AT_ONCE = 2
"""Rehearsals that run at one time: each takes a processor, a backtest some hundred megabytes."""
WAITING_MAX = 20
KEPT_MAX = 40
"""Rehearsals that are kept after their end; the oldest go first."""
KEPT_FOR = 12 * HOUR
SECONDS_MAX = 1_800.0
FOUND_BYTES_MAX = 16 << 20
"""Of what comes of one; a workspace of a thousand scenarios gives a fourth of it."""
FOLDER = "rehearsing"
"""In the data folder: what processes put down while they work."""

State: TypeAlias = Literal[
    "waiting",  # for others to end
    "running",
    "done",
    "failed",
    "stopped",  # by somebody
    "gone",  # somebody was erased since, so nothing made of the history is kept
]
_LIVE: tuple[State, ...] = ("waiting", "running")
_OF_OTHERS = "Somebody was erased, so nothing that was made of the history is kept."


class Subject(Noun, frozen=True, kw_only=True):
    """What is rehearsed: a draft, or a change, or else what runs."""

    draft: str = ""
    etag: str = ""
    """The state of the draft."""
    change: int = 0
    plan: str = ""
    """The plan that ran then."""


class Rehearsal(Noun, frozen=True, kw_only=True):
    """One that was asked for."""

    rehearsal_id: str
    task: Task
    subject: Subject
    by: str
    asked_at: Instant
    state: State = "waiting"
    doing: str = ""
    done: int = 0
    total: int = 0
    left: Duration | None = None
    """How much longer it takes if it goes on as it went; None: nobody knows yet."""
    has_page: bool = False
    """Whether what came of it can be had as a file."""
    ended_at: Instant | None = None
    found: Found | None = None
    failure: str = ""
    fix: str = ""

    @property
    def is_live(self) -> bool:
        """Return whether it is not over."""
        return self.state in _LIVE


class Home(Protocol):
    """What rehearsals need of the app."""

    @property
    def config(self) -> Config: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def audit(self) -> Audit: ...


class Rehearsals:
    """Those of a running app. Everything is called on the loop."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._folder = home.config.data / FOLDER
        self._kept: dict[str, Rehearsal] = {}
        self._pages: dict[str, str] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changed: dict[str, asyncio.Event] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._count = 0
        self.walks = Walks()

    # -- Life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Remove what a crash has left."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def stop(self) -> None:
        """End all. Idempotent."""
        for rehearsal_id in list(self._tasks):
            await self._end(rehearsal_id)
        await self.walks.stop()

    # -- What people do --------------------------------------------------------------------------

    async def begin(self, job: Job, subject: Subject, *, by: str) -> Rehearsal:
        """Begin, or wait for others to end. Raises Denial where too many wait."""
        self._tidy()
        if sum(one.is_live for one in self._kept.values()) >= WAITING_MAX:
            raise Denial(
                "taken",
                "rehearsal.too_many",
                f"{WAITING_MAX} rehearsals wait already.",
                fix="Stop one, or wait until some have ended.",
            )
        now = self._home.clock.now()
        self._count += 1
        made = Rehearsal(
            rehearsal_id=derive("rehearsal", str(now), str(self._count)),
            task=job.task,
            subject=subject,
            by=by,
            asked_at=now,
        )
        await self._record(made, "rehearsal.begin", by)
        self._kept[made.rehearsal_id] = made
        self._changed[made.rehearsal_id] = asyncio.Event()
        self._tasks[made.rehearsal_id] = asyncio.create_task(
            self._run(made.rehearsal_id, job), name="rehearsal"
        )
        return made

    async def halt(self, rehearsal_id: str, *, by: str) -> Rehearsal:
        """Stop one that is not over. Raises Denial."""
        made = self.get(rehearsal_id)
        if made.is_live:
            await self._record(made, "rehearsal.stop", by)
            await self._end(rehearsal_id)
        return self.get(rehearsal_id)

    async def forget(self) -> None:
        """Let go of all that is made of the history: somebody of it is erased."""
        for made in list(self._kept.values()):
            if not _is_of_history(made) or made.state == "gone":
                continue
            await self._end(made.rehearsal_id)
            gone = replace(
                made,
                task=nobodys(made.task),
                state="gone",
                found=None,
                failure=_OF_OTHERS,
                fix="Run it again.",
            )
            self._pages.pop(made.rehearsal_id, None)
            gone = replace(gone, has_page=False)
            self._put(replace(gone, ended_at=gone.ended_at or self._home.clock.now()))

    # -- What people read ------------------------------------------------------------------------

    def list(self) -> list[Rehearsal]:
        """Return all, the newest first, without what came of them."""
        self._tidy()
        return [replace(one, found=None) for one in reversed(self._kept.values())]

    def get(self, rehearsal_id: str) -> Rehearsal:
        """Return one. Raises Denial."""
        self._tidy()
        made = self._kept.get(rehearsal_id)
        if made is None:
            raise Denial(
                "missing",
                "rehearsal.unknown",
                "There is no such rehearsal, or it is not kept any longer.",
                fix="Run it again.",
            )
        return made

    def page(self, rehearsal_id: str) -> str:
        """Return what came of one as a file that needs nothing else. Raises Denial."""
        made = self.get(rehearsal_id)
        if not made.has_page:
            raise Denial(
                "missing",
                "rehearsal.no_page",
                "There is no file of this rehearsal.",
                fix="Only a simulation that is done has one: run one.",
            )
        return self._pages[rehearsal_id]

    async def wait(self, rehearsal_id: str, seconds: float) -> Rehearsal:
        """Return one when it is over, or when time is up. Raises Denial."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.get(rehearsal_id).is_live:
                    await self._changed[rehearsal_id].wait()
        return self.get(rehearsal_id)

    # -- Helpers ---------------------------------------------------------------------------------

    async def _run(self, rehearsal_id: str, job: Job) -> None:
        try:
            async with self._room:
                self._change(rehearsal_id, state="running")
                said = await self._ask(rehearsal_id, job)
            if said.found is not None:
                if said.page:
                    self._pages[rehearsal_id] = said.page
                has_page = bool(said.page)
                self._change(
                    rehearsal_id, state="done", found=said.found, has_page=has_page, left=None
                )
            else:
                self._change(rehearsal_id, state="failed", failure=said.failure, fix=said.fix)
        except asyncio.CancelledError:
            self._change(rehearsal_id, state="stopped")
            raise
        except OSError as error:
            said = f"Its process could not be started: {type(error).__name__}."
            self._change(rehearsal_id, state="failed", failure=said, fix="Run it again later.")
        finally:
            self._tasks.pop(rehearsal_id, None)

    async def _ask(self, rehearsal_id: str, job: Job) -> Said:
        """Have a process do it; return the last that it said."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as folder:
            process = await _started(Path(folder))
            try:
                return await self._heard(rehearsal_id, process, job)
            finally:
                await _killed(process)

    async def _heard(self, rehearsal_id: str, process: Process, job: Job) -> Said:
        assert process.stdin is not None, "it was asked for"
        assert process.stdout is not None, "it was asked for"
        process.stdin.write(msgspec.json.encode(job) + b"\n")
        with contextlib.suppress(ConnectionError):
            await process.stdin.drain()
        began = _Began(self._home.clock.now(), Said())
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # longer than the stream takes
                return Said(failure="More came of it than is kept.", fix="Rehearse a part of it.")
            if not line:
                return Said(
                    failure="The process of the rehearsal ended without an answer.",
                    fix="Rehearse less at once; it may have been ended for want of memory or time.",
                )
            said = msgspec.json.decode(line, type=Said)
            if not said.doing:
                return said
            now = self._home.clock.now()
            if said.doing != began.said.doing:
                began = _Began(now, said)
            left = began.left(said, now)
            self._change(
                rehearsal_id, doing=said.doing, done=said.done, total=said.total, left=left
            )

    async def _end(self, rehearsal_id: str) -> None:
        task = self._tasks.pop(rehearsal_id, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if self._kept[rehearsal_id].is_live:  # it was never run
                self._change(rehearsal_id, state="stopped")

    def _change(self, rehearsal_id: str, **changes: object) -> None:
        made = msgspec.structs.replace(self._kept[rehearsal_id], **changes)
        if not made.is_live:
            made = replace(made, ended_at=self._home.clock.now())
        self._put(made)

    def _put(self, made: Rehearsal) -> None:
        self._kept[made.rehearsal_id] = made
        event, self._changed[made.rehearsal_id] = (
            self._changed[made.rehearsal_id],
            asyncio.Event(),
        )
        event.set()

    def _tidy(self) -> None:
        """Let go of the oldest that are over, and of all that are old."""
        over = [one for one in self._kept.values() if not one.is_live]
        oldest = self._home.clock.now() - KEPT_FOR
        spare = len(over) - KEPT_MAX
        for number, one in enumerate(over):
            if number < spare or (one.ended_at or one.asked_at) < oldest:
                del self._kept[one.rehearsal_id]
                self._pages.pop(one.rehearsal_id, None)
                del self._changed[one.rehearsal_id]

    async def _record(self, made: Rehearsal, action: str, by: str) -> None:
        subject = made.subject
        detail = {"person": made.task.person} if isinstance(made.task, Relive) else {}
        about = f"draft:{subject.draft}" if subject.draft else f"change:{subject.change}"
        entry = AuditEntry(
            actor=by,
            action=action,
            subject=about if subject.draft or subject.change else "plan",
            detail={
                "kind": str(made.task.__struct_config__.tag),
                "rehearsal": made.rehearsal_id,
                "reads_history": "yes" if reads_history(made.task) else "no",
                **detail,
            },
        )
        await self._home.audit.record(entry)


class _Began(NamedTuple):
    """When a part of the work began, and what was said then."""

    at: Instant
    said: Said

    def left(self, said: Said, now: Instant) -> Duration | None:
        """Return how much longer the part takes, as fast as it went; None: it has not moved yet."""
        done = said.done - self.said.done
        if done <= 0 or said.total <= 0:
            return None
        return max(0, (now - self.at) * (said.total - said.done) // done)


def _is_of_history(made: Rehearsal) -> bool:
    """Return whether what comes of one is made of what people did, or might be."""
    if isinstance(made.found, CrowdFound):
        return made.found.is_recorded
    return reads_history(made.task)


async def _started(folder: Path) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "legato.app.rehearse.jobs.process", str(SECONDS_MAX)),
        stdin=PIPE,
        stdout=PIPE,
        limit=FOUND_BYTES_MAX,
        env={**os.environ, "TMPDIR": str(folder)},
    )


async def _killed(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await process.wait()
