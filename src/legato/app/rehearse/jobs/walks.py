"""Walks of a running app: a few processes that have read some texts, and wait for the next line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping

import msgspec

from legato.app.rehearse.jobs.found import Mistakes, Said, WalkFound
from legato.app.rehearse.jobs.task import Walk
from legato.model.ids import digest
from legato.model.problem import LegatoError

PROCESSES_MAX = 4
"""Drafts that people walk through at one time; each takes some fifty megabytes."""
IDLE_SECONDS = 300.0
READ_SECONDS_MAX = 120.0
"""The first walk of some texts: a process begins for it and reads them, on a busy machine too."""
SECONDS_MAX = 20.0
"""One walk takes some hundredths of a second: a year of a circle, some."""
FOUND_BYTES_MAX = 8 << 20


class _Path:
    """A process, and whoever is just asking it."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lock = asyncio.Lock()
        self.has_read = False


class Walks:
    """Those of a running app. Everything is called on the loop."""

    def __init__(self) -> None:
        self._paths: dict[str, _Path] = {}
        self._beginning = asyncio.Lock()

    async def stop(self) -> None:
        """End all processes. Idempotent."""
        for texts in list(self._paths):
            await self._end(texts)

    async def go(self, files: Mapping[str, str], walk: Walk) -> WalkFound | Mistakes:
        """Go a walk through some texts. Raises LegatoError."""
        data = msgspec.json.encode(files, order="deterministic")
        texts = digest(data)
        path = await self._path(texts, data)
        try:
            async with path.lock:
                seconds = SECONDS_MAX if path.has_read else READ_SECONDS_MAX
                async with asyncio.timeout(seconds):
                    said = await _asked(path.process, walk)
                path.has_read = True
        except (TimeoutError, OSError, EOFError, ValueError) as error:
            await self._end(texts)
            raise LegatoError(
                "This walk did not come to its end.",
                fix="Take lines away from it, or let less time pass.",
                can_retry=True,
            ) from error
        if isinstance(said.found, WalkFound | Mistakes):
            return said.found
        raise LegatoError(said.failure, fix=said.fix)

    async def _path(self, texts: str, data: bytes) -> _Path:
        """Return the process of some texts; the one that was asked longest ago makes room."""
        async with self._beginning:
            known = self._paths.pop(texts, None)
            if known is not None and known.process.returncode is None:
                self._paths[texts] = known
                return known
            while len(self._paths) >= PROCESSES_MAX:
                await self._end(next(iter(self._paths)))
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "legato.app.rehearse.jobs.walking"),
                str(IDLE_SECONDS),
                stdin=PIPE,
                stdout=PIPE,
                limit=FOUND_BYTES_MAX,
                env=dict(os.environ),
            )
            made = self._paths[texts] = _Path(process)
            assert process.stdin is not None, "it was asked for"
            process.stdin.write(data + b"\n")
            return made

    async def _end(self, texts: str) -> None:
        path = self._paths.pop(texts, None)
        if path is None:
            return
        with contextlib.suppress(ProcessLookupError):
            path.process.kill()
        await path.process.wait()


async def _asked(process: Process, walk: Walk) -> Said:
    assert process.stdin is not None, "it was asked for"
    assert process.stdout is not None, "it was asked for"
    process.stdin.write(msgspec.json.encode(walk) + b"\n")
    await process.stdin.drain()
    line = await process.stdout.readline()
    if not line:
        raise EOFError
    return msgspec.json.decode(line, type=Said)
