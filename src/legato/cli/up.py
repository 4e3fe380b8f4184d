"""`legato up`: one process on one workspace. Also how anything else starts one: `serve`."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Generator, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypedDict, Unpack

import click
import msgspec
import uvicorn
from rich.console import Console
from rich.markup import escape

from legato import __version__
from legato.app.app import App, open_app
from legato.app.config import Config
from legato.cli.client import CLIENT_FILE, DATA_NAME, Connection
from legato.model.plan import Plan
from legato.model.problem import LegatoError
from legato.runtime.engine.cores import part
from legato.runtime.faults import on_loop_fault, print_places_only

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

BACKLOG = 2_048
"""Connections the kernel may hold while the loop is busy."""
KEEP_ALIVE_SECONDS = 75
"""Longer than load balancers keep theirs: they close first, so no request meets a closed door."""
TAKEN_SECONDS = 2.0
"""How long to wait for a port. Of a process that was killed while it started its engine, what was
to become the engine holds on to it for a moment: on a busy machine, past the next start."""
TAKEN_PAUSE_SECONDS = 0.05
SHUTDOWN_SECONDS = 10
"""For requests under way; then their connections are closed."""
_WAIT = b'{"code":"host.starting","message":"Legato is starting or stopping.","fix":"Try again."}'


class Doors(Protocol):
    """What the command line cannot build itself: the doors beside it."""

    def mount(self, app: App) -> tuple[Asgi, str]:
        """Return collection and API as one application, and an admin token for this run."""
        ...

    def protocol(self) -> type[asyncio.Protocol]:
        """Return what serves a connection: uvicorn's protocol, which may know shorter ways."""
        ...

    def unmount(self) -> None:
        """Leave every request to the application; the app is about to stop."""
        ...


OpenDoors: TypeAlias = Callable[[], Doors]
"""What the entry point gives: they are there once they are called for."""


class Options(TypedDict):
    """What `legato up` may be told."""

    port: int
    host: str
    data: Path | None
    proxies: int
    allow_host: tuple[str, ...]
    cache_mb: int
    one_process: bool
    own_core: bool


@click.command()
@click.argument(
    "workspace", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--port", default=8000, show_default=True, help="Where to listen.")
@click.option("--host", default="127.0.0.1", show_default=True, help="On which address.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the log and the state.  [default: WORKSPACE/.legato]",
)
@click.option(
    "--proxies", default=0, help="Proxies in front whose X-Forwarded-For is believed.  [default: 0]"
)
@click.option(
    "--allow-host",
    multiple=True,
    metavar="NAME",
    help="A name that calls may have for this host, as `legato.example.com`; again for more.",
)
@click.option(
    "--cache-mb",
    type=click.IntRange(min=1),
    default=512,
    show_default=True,
    help="Memory for people, in megabytes; those used last take twice as much besides.",
)
@click.option(
    "--one-process",
    is_flag=True,
    default=(os.cpu_count() or 1) == 1,
    help="Keep the engine in this process: less memory, two thirds of the throughput.",
)
@click.option(
    "--own-core",
    is_flag=True,
    help="Leave the engine a processor core to itself: for a machine that runs little else.",
)
@click.pass_obj
def up(doors: OpenDoors, workspace: Path, **options: Unpack[Options]) -> None:
    """Run Legato on a WORKSPACE folder, until Ctrl-C."""
    console = Console(stderr=True, highlight=False)
    folder = options["data"] or workspace / DATA_NAME

    def ready(app: App, url: str) -> None:
        _announce(console, app, url, workspace=workspace, folder=folder)

    config = Config(
        workspace=workspace,
        data=folder,
        cache_megabytes=options["cache_mb"],
        proxy_count=options["proxies"],
        names=options["allow_host"],
        is_one_process=options["one_process"],
        engine_core=_own_core(options),
    )
    run(config, doors(), host=options["host"], port=options["port"], ready=ready)
    console.print("Stopped. Everything acknowledged is on disk.")


def _own_core(options: Options) -> int | None:
    if not options["own_core"]:
        return None
    if options["one_process"]:
        raise LegatoError(
            "--own-core is for an engine in a process of its own.", fix="Leave --one-process out."
        )
    return part()


def run(
    config: Config,
    doors: Doors,
    *,
    host: str,
    port: int,
    ready: Callable[[App, str], None] = lambda _app, _url: None,
) -> bool:
    """Open the app and answer HTTP until a signal; `ready` is called once events are taken.

    Returns whether it ended because somebody has removed the example.
    """
    print_places_only()
    listener = listen(host, port)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(config, doors, listener, ready))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    return uvicorn.Config(_nothing, loop="auto").get_loop_factory()


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    return


def listen(host: str, port: int) -> socket.socket:
    """Take a port, waiting a little for one that is taken. Raises LegatoError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    give_up_at = time.monotonic() + TAKEN_SECONDS
    while True:
        try:
            return socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < give_up_at:
                time.sleep(TAKEN_PAUSE_SECONDS)
                continue
            raise LegatoError(
                f"Cannot listen on {host}:{port}: {os.strerror(error.errno or 0).lower()}.",
                fix="Stop what is there, or choose another: `legato up --port 8001`.",
            ) from error


class _Server(uvicorn.Server):
    """Leaves signals to us: its own handling would end the process before the app has stopped."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Stop taking requests; told a second time, do not wait for those under way."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        """Sleep until told to end, where uvicorn wakes ten times a second: idle is 0 % CPU."""
        await self.on_tick(0)
        await self._ending.wait()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def _serve(
    config: Config, doors: Doors, listener: socket.socket, ready: Callable[[App, str], None]
) -> bool:
    app = open_app(config)
    gate = _Gate()
    server = _Server(
        uvicorn.Config(
            gate,
            http=doors.protocol(),
            ws="none",
            lifespan="off",
            log_level="warning",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,  # is written by the tick that we do without
            proxy_headers=False,  # doors decide themselves whom they believe an address
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(on_loop_fault)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.end)
    url = _url(listener)  # before it is served: told to end while it starts, it is closed
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    connection_file = config.data / CLIENT_FILE
    try:
        await app.start()
        gate.door, token = doors.mount(app)
        _write_connection(connection_file, Connection(url=url, token=token))
        ready(app, url)
        fault = asyncio.create_task(app.engine_fault())
        removed = asyncio.create_task(app.example.removed())
        await asyncio.wait((serving, fault, removed), return_when=asyncio.FIRST_COMPLETED)
        removed.cancel()
        if fault.done():
            raise LegatoError(
                fault.result(), fix="Start it again: everything acknowledged is on the disk."
            )
        fault.cancel()
    finally:
        gate.door = None
        doors.unmount()
        if not server.should_exit:
            server.end()
        connection_file.unlink(missing_ok=True)
        await serving
        await app.stop()
    return app.example.is_removed


class _Gate:
    """Answers 503 while the app recovers or stops, so that readiness is told and not refused."""

    def __init__(self) -> None:
        self.door: Asgi | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.door is not None:
            await self.door(scope, receive, send)
            return
        is_alive = scope["path"] == "/healthz"
        body = b'{"is_alive":true}' if is_alive else _WAIT
        headers = [(b"content-type", b"application/json"), (b"retry-after", b"1")]
        status = 200 if is_alive else 503
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _url(listener: socket.socket) -> str:
    name: tuple[str, int] = listener.getsockname()[:2]
    host, port = name
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _write_connection(path: Path, connection: Connection) -> None:
    """Leave a way in for this user's own commands, for as long as the process runs."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as file:  # noqa: PTH123 - a handle whose mode was right from the start
        file.write(msgspec.json.encode(connection))


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _announce(console: Console, app: App, url: str, *, workspace: Path, folder: Path) -> None:
    plan = app.plan()
    problems = app.problems()
    sizes = f"{_many(len(plan.journeys), 'journey')}, {_many(len(plan.segments), 'segment')}"
    console.print(f"[bold]Legato {__version__}[/] is up.")
    console.print(f"  workspace   {workspace} ({sizes})")
    console.print(f"  data        {folder}")
    console.print(f"  collect     {url}/v1/track, /v1/batch, ...")
    console.print(f"  Studio      {url}/studio/")
    console.print(f"  API         {url}/api/openapi.json")
    if not app.access.users.has_admin():
        console.print("  first user  legato users add YOU@EXAMPLE.COM --first")
    console.print("  next        legato live, legato status, legato why PERSON")
    for line in _out_of_order(plan):
        console.print(f"[yellow]{escape(line)}[/]")
    if problems:
        count = _many(len(problems), "problem")
        console.print(f"[yellow]The workspace has {count}; run `legato check {workspace}`.[/]")
        if not plan.sources:
            console.print("[yellow]There is no plan before it: no event is taken.[/]")


def _out_of_order(plan: Plan) -> Iterator[str]:
    for one in plan.destinations.values():
        if one.broken:
            what = f"The destination {one.name} is out of order, and what is to go there waits"
            yield f"{what}: {one.broken}"
    for one in plan.sources.values():
        if one.broken is not None:
            what = f"The source {one.name} is out of order, and what is sent to it is refused"
            yield f"{what}: {one.broken.in_one_line()}"
