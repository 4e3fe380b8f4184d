"""The embedded host as `legato up` wires it, with a clock and a gatekeeper that a test may hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Self

import msgspec

from legato.fold.memory import CORE, DUPLICATES_WINDOW, Core
from legato.govern.links.keys import Keys
from legato.govern.links.linker import Linker
from legato.insight.status import Watch
from legato.model.delivery import Delivery
from legato.model.event import (
    NAME_OF_KIND,
    CustomerEvent,
    CustomerEventKind,
    Event,
    PlanActivated,
)
from legato.model.ids import EventId, derive, share
from legato.model.instant import HOUR, Duration, Instant
from legato.model.plan import Plan, encode_plan, plan_digest
from legato.ports.clearance import Clearance, Ends, TakenBack
from legato.runtime.engine.engine import Engine
from legato.runtime.engine.parts import Observer, Parts
from legato.runtime.engine.thread import EngineThread
from legato.runtime.lanes.lanes import Lanes
from legato.runtime.lanes.world import World
from legato.runtime.local import LocalHost, Stores
from legato.stores.govern.keys import Keys as VaultKeys
from legato.stores.govern.link_keys import SealedKeys
from legato.stores.govern.vault import Vault
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore
from legato.transports.clock import SystemClock
from legato.transports.secrets import EnvironmentSecrets
from legato.transports.ways import Ways
from legato.workspace import check_files

SYSTEM = SystemClock()


class OwnClock:
    """A clock that goes as time does, and that a test may set."""

    def __init__(self, start: Instant) -> None:
        self._ahead: Duration = start - SYSTEM.monotonic()

    def now(self) -> Instant:
        return SYSTEM.monotonic() + self._ahead

    def set(self, now: Instant) -> None:
        self._ahead = now - SYSTEM.monotonic()


class Gatekeeper:
    """The host's own, with a note of when each attempt asked to begin."""

    def __init__(self, host: LocalHost) -> None:
        self._host = host
        self.asked: dict[str, list[Duration]] = {}
        """Delivery id -> when its attempts asked, by the monotonic count."""

    async def clear(self, delivery: Delivery, by: str = "") -> Clearance:
        self.asked.setdefault(delivery.delivery_id, []).append(SYSTEM.monotonic())
        return await self._host.clear(delivery, by)

    async def end_attempts(self, ends: Ends, taken_back: TakenBack = ()) -> None:
        await self._host.end_attempts(ends, taken_back)


class Embedded:
    """One process's host on real files, with real lanes and the real ways out."""

    def __init__(
        self,
        folder: Path,
        clock: OwnClock,
        *,
        core: Core = CORE,
        observer: Observer | None = None,
        secrets: Mapping[str, str] = {},
    ) -> None:
        self.clock = clock
        self.log = SqliteLog(folder / "log.db")
        self.store = SqliteStore(folder / "state.db", seen_window=DUPLICATES_WINDOW + HOUR)
        parts = Parts(
            log=self.log,
            state=self.store,
            outbox=self.store,
            records=self.store,
            erasures=self.store.erasures,
            clock=clock,
            observer=observer or Watch(),
            core=core,
        )
        self.host = LocalHost(
            Stores(
                log=self.log,
                state=self.store,
                timers=self.store,
                records=self.store,
                outbox=self.store,
                erasures=self.store.erasures,
            ),
            EngineThread(partial(Engine, parts)),
            clock=clock,
        )
        self.gatekeeper = Gatekeeper(self.host)
        vault = Vault(folder, VaultKeys({}, folder / "keys", apart_from=folder / "workspace"))
        self.keys = Keys(SealedKeys(vault, folder), clock.now)
        self.keys.open()
        self.linker = Linker(self.keys, lambda: self.host.applied.plan)
        self.ways = Ways(folder, clock)
        self._environment = {f"LEGATO_SECRET_{name}": value for name, value in secrets.items()}
        self._message_count = 0

    async def start(self, plan: Plan) -> None:
        await self.host.start()
        self.lanes = Lanes(
            World(
                outbox=self.store,
                senders=self.ways.senders,
                secrets=EnvironmentSecrets(self._environment),
                gatekeeper=self.gatekeeper,
                intake=self.host.room.inner,
                clock=self.clock,
                links=self.linker,
            )
        )
        self.lanes.change_plan(plan)
        self.lanes.start()
        self.host.run(self.lanes)
        await self.apply(plan)

    async def apply(self, plan: Plan) -> None:
        digest = plan_digest(plan)
        now = self.clock.now()
        await self.feed(PlanActivated(received_at=now, digest=digest, plan=encode_plan(plan)))

    async def stop(self) -> None:
        await self.host.quiet()
        await self.lanes.close()
        await self.host.stop()
        await self.ways.close()
        self.log.close()
        self.store.close()

    async def feed(self, *events: Event) -> int:
        """Store events and wait until they are applied."""
        position = await self.host.room.inner.accept(events)
        await self.host.progress.reached(position)
        return position

    def event(
        self,
        who: str,
        name: str,
        body: object = None,
        *,
        kind: CustomerEventKind = "track",
        context: object = None,
    ) -> CustomerEvent:
        """Make a customer event of now."""
        self._message_count += 1
        now = self.clock.now()
        message_id = f"m{self._message_count} {now}"
        return CustomerEvent(
            event_id=EventId(derive("event", "web", message_id)),
            received_at=now,
            occurred_at=now,
            source="web",
            message_id=message_id,
            kind=kind,
            name=name or NAME_OF_KIND[kind],
            user_id=who,
            body=msgspec.json.encode(body or {}),
            context=msgspec.json.encode(context or {}),
        )


@asynccontextmanager
async def embedded(  # noqa: PLR0913 - what a test may hold of it
    folder: Path,
    plan: Plan,
    clock: OwnClock,
    *,
    core: Core = CORE,
    observer: Observer | None = None,
    secrets: Mapping[str, str] = {},
) -> AsyncGenerator[Embedded]:
    """Start a host on a folder, and stop it."""
    running = Embedded(folder, clock, core=core, observer=observer, secrets=secrets)
    await running.start(plan)
    try:
        yield running
    finally:
        await running.stop()


def compile_text(text: str) -> Plan:
    """Compile a workspace of one file."""
    loaded = check_files({"all.yaml": text})
    assert loaded.plan is not None, "\n".join(str(problem) for problem in loaded.problems)
    return loaded.plan


class Arrival(msgspec.Struct, frozen=True):
    """A request that a destination has taken."""

    operation: str
    key: str
    at: Duration
    """By the monotonic count, when its last byte was read."""


class Sink:
    """A destination on loopback. Every other first attempt at `/fails` fails, and every attempt at
    `/down`, `/throttled` and `/refuses`; `/names` gives each an id of its own."""

    def __init__(self, seconds: float = 0.002) -> None:
        self.port = 0
        self.arrivals: list[Arrival] = []
        self._seconds = seconds
        self._failed: dict[str, None] = {}
        self._server: asyncio.Server | None = None
        self._writers: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def hasten(self) -> None:
        """Answer at once from now on."""
        self._seconds = 0.0

    async def open(self) -> None:
        """Listen, at the port of before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        await asyncio.gather(*self._writers.values(), return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._writers[writer] = task
        try:
            while True:
                await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the host has stopped and its connections are gone
        finally:
            del self._writers[writer]
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, *lines = head.split("\r\n")
        headers = {
            name.lower(): value
            for name, _, value in (line.partition(": ") for line in lines if line)
        }
        await reader.readexactly(int(headers.get("content-length", "0")))
        path, key = request.split(" ")[1], headers["idempotency-key"]
        self.arrivals.append(Arrival(headers["legato-operation"], key, SYSTEM.monotonic()))
        await asyncio.sleep(self._seconds)
        named = f"x-request-id: its-{key}\r\n" if path == "/names" else ""
        status = b"HTTP/1.1 " + self._status(path, key) + b"\r\n" + named.encode()
        writer.write(status + b"content-length: 2\r\n\r\nok")
        await writer.drain()

    def _status(self, path: str, key: str) -> bytes:
        match path:
            case "/down":
                return b"503 Not Now"
            case "/throttled":
                return b"429 Not So Fast"
            case "/refuses":
                return b"400 Not Like This"
            case "/fails" if share("sink", key) < 0.5 and key not in self._failed:
                self._failed[key] = None
                return b"503 Not Now"
            case _:
                return b"200 OK"
