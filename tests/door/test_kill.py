"""SIGKILL at random moments under load, hundreds of times: nothing lost, nothing twice.

LEGATO_KILLS says how often (150), LEGATO_KILL_SEED which moments.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

import legato
from legato.insight.status import Watch
from legato.model.ids import PersonId, share
from legato.runtime.engine.engine import Engine
from legato.runtime.engine.parts import Parts
from legato.runtime.engine.thread import QueueInbox
from legato.stores.memory import MemoryStore
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore
from legato.transports.clock import SystemClock
from tests.door.kill.checker import Files, check
from tests.door.kill.load import Load
from tests.door.kill.sink import Sink
from tests.services.process import free_port

KILLS = int(os.environ.get("LEGATO_KILLS", "150"))
SEED = os.environ.get("LEGATO_KILL_SEED", "1")
CLIENTS = 6
LIFE_STARTS = (0.1, 2.6)
"""How long a life lasts, in starts of this machine: some end in the middle of a recovery."""
ENGINE_SHARE = 0.25
"""Of the lives, those whose engine alone is killed."""
EXIT_FAILED = 1 << 8
"""As waitpid tells an exit with 1."""
START_SECONDS_MAX = 60
SETTLE_SECONDS = 60

HERE = Path(__file__).parent / "kill"


class Zygote:
    """The process that forks Legatos."""

    def __init__(self, process: Process, arguments: str) -> None:
        self._process = process
        self._arguments = arguments
        self._pid = 0

    @classmethod
    async def open(cls, workspace: Path, data: Path, port: int) -> Zygote:
        """Start one. What its Legatos say is shown by the test, if it fails."""
        source = str(Path(legato.__file__).parents[1])
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(HERE / "zygote.py"),
            stdin=PIPE,
            stdout=PIPE,
            env={**os.environ, "PYTHONPATH": source},
        )
        return cls(process, f"{workspace} {data} {port}")

    async def ask(self, line: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n".encode())
        return int(await self._process.stdout.readline())

    async def start(self) -> None:
        self._pid = await self.ask(f"start {self._arguments}")

    async def end(self, number: signal.Signals) -> int:
        os.kill(self._pid, number)
        return await self.ended()

    async def ended(self) -> int:
        status = await self.ask("wait")
        self._pid = 0
        return status

    def kill_engine(self) -> bool:
        """Kill the engine's process alone; False where there is none yet."""
        tasks = Path(f"/proc/{self._pid}/task").iterdir()
        children = " ".join((task / "children").read_text() for task in tasks).split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        return bool(children)

    async def close(self) -> None:
        assert self._process.stdin is not None
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
        self._process.stdin.close()
        await self._process.wait()


async def _story(folder: Path) -> tuple[Load, Sink]:
    sink = Sink()
    await sink.start()
    workspace, data = folder / "workspace", folder / "data"
    workspace.mkdir()
    text = (HERE / "workspace" / "all.yaml").read_text()
    (workspace / "all.yaml").write_text(text.replace("SINK_PORT", str(sink.port)))
    port = free_port()
    zygote = await Zygote.open(workspace, data, port)
    load = Load(port, seed=SEED)
    clients = asyncio.create_task(load.run(CLIENTS))
    try:
        await _start_seconds(zygote, load)  # the first makes its files
        await _kill_often(zygote, start_seconds=await _start_seconds(zygote, load))
        await zygote.start()
        await asyncio.sleep(1)
        load.is_over = True
        await clients
        await _until_settled(data)
        assert await zygote.end(signal.SIGTERM) == 0, "it did not stop in order"
    finally:
        clients.cancel()
        await zygote.close()
        await sink.stop()
    return load, sink


async def _start_seconds(zygote: Zygote, load: Load) -> float:
    """Let one live until it has acknowledged something; return how many seconds that took."""
    before, begin = len(load.acknowledged), time.monotonic()
    await zygote.start()
    async with asyncio.timeout(START_SECONDS_MAX):
        while len(load.acknowledged) == before:  # noqa: ASYNC110 - the clients do not tell
            await asyncio.sleep(0.01)
    seconds = time.monotonic() - begin
    await zygote.end(signal.SIGKILL)
    return seconds


async def _kill_often(zygote: Zygote, *, start_seconds: float) -> None:
    shortest, longest = LIFE_STARTS
    for life in range(KILLS):
        await zygote.start()
        starts = shortest + share(f"life {SEED}", str(life)) * (longest - shortest)
        await asyncio.sleep(starts * start_seconds)
        if share(f"who {SEED}", str(life)) < ENGINE_SHARE and zygote.kill_engine():
            assert await zygote.ended() == EXIT_FAILED, "it went on without its engine"
        else:
            assert await zygote.end(signal.SIGKILL) == signal.SIGKILL, "it ended by itself"


async def _until_settled(data: Path) -> None:
    files = Files(data)
    async with asyncio.timeout(SETTLE_SECONDS):
        while not files.is_settled():  # noqa: ASYNC110 - another process's files say nothing
            await asyncio.sleep(0.2)
    files.close()


@pytest.mark.kill
def test_a_process_killed_at_any_moment_loses_nothing_and_does_nothing_twice(
    tmp_path: Path,
) -> None:
    load, sink = asyncio.run(_story(tmp_path))

    seen = check(tmp_path / "data", load.acknowledged, sink)

    print(f"{KILLS} kills: {seen}")  # noqa: T201 - the figures of the run, shown with -s
    assert seen["acknowledged"] > KILLS
    _replay_gives_the_same(tmp_path / "data")


def _replay_gives_the_same(data: Path) -> None:
    """The log alone, in a host that was never killed, gives the same bytes for everybody."""
    log, killed, fresh = SqliteLog(data / "log.db"), SqliteStore(data / "state.db"), MemoryStore()
    parts = Parts(
        log=log,
        state=fresh,
        outbox=fresh,
        records=fresh,
        erasures=fresh.erasures,
        clock=SystemClock(),
        observer=Watch(),
    )
    Engine(parts, QueueInbox(), lambda _: None).recover()
    everybody = sys.maxsize
    assert dict(fresh.people(PersonId(""), everybody)) == dict(
        killed.people(PersonId(""), everybody)
    )
    assert fresh.head() == killed.head()
    log.close()
    killed.close()
