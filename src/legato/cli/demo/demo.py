"""`legato demo`: the example shop on its real history, with stand-in providers, live.

Three parts: the stand-ins in a process of their own, so that what they cost is not counted as
Legato's; Legato itself in this one, exactly as `legato up` runs it, on a copy of the example; and
the replay, which posts the history to it over HTTP as the shop's SDKs would.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec
from rich.console import Console

from legato.app.app import App
from legato.app.config import Config
from legato.app.example import clear_data
from legato.cli.begin.init import write_starter
from legato.cli.client import CLIENT_FILE, Client, Connection, Failure
from legato.cli.demo.replay import Replay, Sender, load_history
from legato.cli.demo.standins import LAG_MS_MIN
from legato.cli.demo.visitors import let_in
from legato.cli.live import SENTENCES, show_live
from legato.cli.up import OpenDoors, run
from legato.cli.watch import Overview
from legato.insight.status import Activity
from legato.model.instant import HOUR, MILLISECOND, MINUTE, SECOND, format_duration, parse_duration
from legato.model.noun import Noun
from legato.model.problem import LegatoError

PORT = 8000
"""Where Legato listens, and where the example's letters lead."""
HTTP_PORT, SMTP_PORT = 8790, 8725
"""Where the example's destinations look for the stand-ins; the copy is told the real ports."""
SENDERS = {
    "web": Sender(write_key="shop-web-key"),
    "app": Sender(write_key="shop-app-key", time_field="originalTimestamp"),
}
CRM_KEY = "shop-crm-key"
SECRETS = ("EMAIL_API_KEY", "SMS_TOKEN", "PUSH_TOKEN", "ADS_TOKEN", "CRM_TOKEN")
CRM_LAG = 30 * MINUTE
PHONE = "+447700900574"
"""Of a customer who comes in the first minutes of the history."""
CLEAN = "workspace"
"""What is left beside the data once the example is removed."""
STOP_SECONDS = 5.0
REFUSALS_SHOWN = 3
_PORTS = re.compile(r"http://[\d.]+:(\d+)/received +smtp://[\d.]+:(\d+)")


class Providers(Noun, frozen=True, kw_only=True):
    """Where the stand-ins listen."""

    http_port: int
    smtp_port: int


@click.command()
@click.option(
    "--speed",
    default=3_600,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="How many times as fast as life. 3600: an hour passes in a second.",
)
@click.option("--port", default=PORT, show_default=True, help="Where Legato listens.")
@click.option("--for", "lasting", default="", help="Stop by itself after, say, 60s.")
@click.option("--plain", is_flag=True, help="Print a line now and then instead of a live view.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that keeps the copy of the workspace and its data.  [default: a temporary one]",
)
@click.pass_obj
def demo(  # noqa: PLR0913 - one parameter for each option, as click hands them over
    doors: OpenDoors, *, speed: int, port: int, lasting: str, plain: bool, keep: Path | None
) -> None:
    """Run the example shop on real history, live, with stand-in providers."""
    seconds = _seconds(lasting)
    console = Console(highlight=False, force_terminal=False if plain else None)
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(TemporaryDirectory(prefix="legato-demo-")))
        providers = stack.enter_context(standins(f"http://127.0.0.1:{port}", speed=speed))
        config = prepare(folder, providers, speed=speed, port=port)
        os.environ.update({f"LEGATO_SECRET_{name}": "stand-in" for name in SECRETS})
        show = Show(console, config, seconds=seconds)
        _announce(console, providers, speed=speed, data=config.data)
        is_removed = False
        try:
            is_removed = run(config, doors(), host="127.0.0.1", port=port, ready=show.begin)
        finally:
            show.end()
        if is_removed:
            clean = clear(config)
            run(clean, doors(), host="127.0.0.1", port=port, ready=partial(_begun_anew, console))


def find_example() -> Path:
    """Return the folder of the example shop: beside the sources, or inside the installation."""
    package = Path(__file__).parents[2]
    places = (package.parents[1] / "examples" / "shop", package / "examples" / "shop")
    for place in places:
        if (place / "legato.yaml").is_file():
            return place
    raise LegatoError(
        f"The example shop is not where it should be: {places[0]}.",
        fix="Run `make up` in a clone of the repository.",
    )


def prepare(folder: Path, providers: Providers, *, speed: int, port: int = PORT) -> Config:
    """Copy the example into `folder`, pointed at the stand-ins, and say how to run it."""
    workspace = folder / "shop"
    shutil.copytree(find_example(), workspace, dirs_exist_ok=True)
    for file in (workspace / "destinations").glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        text = text.replace(f"127.0.0.1:{HTTP_PORT}", f"127.0.0.1:{providers.http_port}")
        text = text.replace(f"port: {SMTP_PORT}", f"port: {providers.smtp_port}")
        file.write_text(text, encoding="utf-8")
    head = workspace / "legato.yaml"
    text = head.read_text(encoding="utf-8")
    head.write_text(text.replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{port}"), encoding="utf-8")
    return Config(workspace=workspace, data=folder / "data", speed=speed, is_example=True)


def clear(config: Config) -> Config:
    """Leave nothing of the example, and say how to run the clean workspace in its place."""
    clear_data(config.data)
    shutil.rmtree(config.workspace)
    workspace = config.workspace.with_name(CLEAN)
    write_starter(workspace)
    return Config(workspace=workspace, data=config.data)


@contextmanager
def standins(legato_url: str, *, speed: int) -> Generator[Providers]:
    """Run the stand-ins in a process of their own, for as long as the block lasts."""
    lag_ms = max(CRM_LAG // speed // MILLISECOND, 2 * LAG_MS_MIN)
    command = [
        sys.executable,
        "-m",
        "legato.cli.demo.standins",
        "--attached",
        "--http=0",
        "--smtp=0",
    ]
    command += [f"--legato={legato_url}", f"--crm-key={CRM_KEY}", f"--lag-ms={lag_ms}"]
    # A session of its own: Ctrl-C is for Legato, which may still finish deliveries to them.
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        match = _PORTS.search(process.stdout.readline())
        if match is None:
            raise LegatoError(
                "The stand-in providers did not start.",
                fix="Run `python -m legato.cli.demo.standins` to see why.",
            )
        try:
            yield Providers(http_port=int(match[1]), smtp_port=int(match[2]))
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


class Show:
    """What goes on while Legato runs: the replay, and what is to be seen of it."""

    def __init__(self, console: Console, config: Config, *, seconds: float | None) -> None:
        self._console = console
        self._config = config
        self._seconds = seconds
        self._facts = load_history(find_example() / "history.jsonl.gz")
        self._app: App | None = None
        self._stop = threading.Event()
        self._replaying: asyncio.Task[None] | None = None
        self._view: threading.Thread | None = None

    def begin(self, app: App, url: str) -> None:
        """Start the replay and the view. Called on the running loop, once events are taken."""
        self._app = app
        loop = asyncio.get_running_loop()
        replay = Replay(url, SENDERS, clock=app.clock, speed=self._config.speed)
        self._replaying = loop.create_task(replay.run(self._facts))
        self._replaying.add_done_callback(_end_if_failed)
        if self._seconds is not None:
            loop.call_later(self._seconds, signal.raise_signal, signal.SIGINT)
        # The view asks over HTTP, as any watcher would, and so needs a thread beside the loop.
        self._view = threading.Thread(target=self._look, name="live view", daemon=True)
        self._view.start()

    def end(self) -> None:
        """Say how it ended; raise what ended it before its time."""
        if self._view is None or self._app is None:
            return  # it never began: what is raised says why
        self._stop.set()
        self._view.join(STOP_SECONDS)
        for line in summary(self._app.last_activity):
            self._console.print(line, soft_wrap=True)
        task = self._replaying
        if task is not None and task.done() and not task.cancelled():
            task.result()

    def _look(self) -> None:
        connection = msgspec.json.decode(
            (self._config.data / CLIENT_FILE).read_bytes(), type=Connection
        )
        client = Client(connection)

        def fetch() -> Overview:
            return client.get("/api/status", Overview, sentences=SENTENCES)

        title = f"{connection.url}  the example shop, {self._config.speed:,}x"
        for line in let_in(client).lines(connection.url):
            self._console.print(line, soft_wrap=True)
        # Legato may close its door while the view still asks: then there is nothing more to see.
        with suppress(Failure, OSError):
            show_live(fetch, self._console, self._stop, title=title)


def _end_if_failed(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        signal.raise_signal(signal.SIGINT)


def summary(activity: Activity) -> list[str]:
    """Return what happened in some lines."""
    lines = ["", "journeys"]
    lines += [
        f"  {it.journey:<20} {it.entered:>6,} entered {it.not_entered:>6,} turned away "
        f"{it.goals:>6,} reached the goal"
        for it in activity.journeys
    ]
    lines += ["messages"]
    for it in activity.messages:
        why = [refusal for refusal in activity.refusals if refusal.message == it.message]
        words = ", ".join(f"{one.code} {one.count:,}" for one in why[:REFUSALS_SHOWN])
        lines.append(f"  {it.message:<20} {it.sent:>6,} sent {it.failed:>6,} failed   {words}")
    if activity.quarantined:
        lines.append(f"quarantined {activity.quarantined:,}")
    return lines


def _announce(console: Console, providers: Providers, *, speed: int, data: Path) -> None:
    url = f"http://127.0.0.1:{providers.http_port}/received"
    console.print("[bold]The example shop[/]: real orders of 2011 (UCI Online Retail, CC BY 4.0),")
    console.print("made-up people, reconstructed clicks; examples/shop/README.md says which.")
    console.print("Stand-in providers deliver nothing, and show what they got:")
    console.print(f"  {url}", soft_wrap=True)
    console.print("Answer a text as one of its customers does (STOP, HELP, START):")
    replies = f"http://127.0.0.1:{providers.http_port}/sms/replies/{PHONE}"
    console.print(f"  curl -d STOP {replies}", soft_wrap=True)
    console.print("Ask it from another shell: legato tail, legato why PERSON, legato status, after")
    console.print(f"  export LEGATO_DATA={data}", soft_wrap=True)
    if speed > 1:
        wait, hour = format_duration(30 * MINUTE // speed), format_duration(HOUR // speed)
        console.print(f"Time runs {speed:,}x: 30 minutes are {wait}, an hour is {hour}.")
        console.print("Local hours (quiet hours, 'until 09:00') do not apply.")


def _begun_anew(console: Console, app: App, url: str) -> None:
    console.print("[bold]The example is removed.[/] Its users may still sign in:")
    console.print(f"  {url}/studio/", soft_wrap=True)
    console.print("A clean workspace is left, with a catalog, consent and a welcome journey:")
    console.print(f"  {app.config.workspace}", soft_wrap=True)


def _seconds(text: str) -> float | None:
    if not text:
        return None
    duration = parse_duration(text)
    if duration is None:
        raise click.BadParameter(f"{text!r} is no duration; write 60s or 5m", param_hint="--for")
    return duration / SECOND
