"""What events and deliveries cost the process that serves: CPU microseconds, without the engine.

The app is the real one, in this process, with its log on the disk. Beside it run a load generator
with a sink, and in the engine's place a process that folds nothing: it says of every record that it
is applied, decides a delivery for each order, clears them all and settles what is reported.

.venv/bin/python bench/serving.py [--batch 50] [--profile]
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uvloop

import legato.app.data
import load
import workspace
from legato.app.app import App
from legato.app.config import Config
from legato.cli import up
from legato.core.gate import Clearance
from legato.doors import Doors
from legato.insight.status import Watch
from legato.model.delivery import Delivery
from legato.model.event import CustomerEvent, DeliveryReported, PlanActivated, decode_event
from legato.model.ids import DeliveryId, EventId, PersonId, derive
from legato.model.instant import HOUR
from legato.runtime.engine.dialogue import (
    Abandoned,
    Answer,
    Answered,
    Ask,
    Clear,
    Cleared,
    Done,
    FromEngine,
    Logged,
    News,
    Recovered,
    Seen,
    Stop,
    Watched,
)
from legato.runtime.engine.process import EngineProcess, SocketInbox
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore
from started import PORT

PASSES = 5
"""Of which the cheapest counts: what disturbs a machine only ever adds."""
CONNECTIONS = {1: 32, 50: 4}
"""About what 5,000 and 20,000 events a second have under way."""
PEOPLE = 10_000
ORDERS_BY = 5
"""Every fifth event is an order, as load.Events has it."""


class Decider:
    """In the engine's place, in a process of its own."""

    def __init__(self, folder: Path, inbox: SocketInbox) -> None:
        SqliteStore(folder / "state.db").close()  # it is to be there: the app reads it
        self._log = SqliteLog(folder / "log.db", is_writer=False)
        self._inbox = inbox
        self._position = 0

    def run(self) -> None:
        self._inbox.tell([Recovered(0, 0, None, {}, {}, 0)])
        is_wanted = True
        while is_wanted:
            messages = self._inbox.take(None)
            logged = max((one.position for one in messages if isinstance(one, Logged)), default=0)
            said: list[FromEngine] = [self._news(logged)] if logged > self._position else []
            said += [_answered(one) for one in messages if isinstance(one, Ask)]
            if said:
                self._inbox.tell(said)
            is_wanted = not any(isinstance(one, Stop) for one in messages)

    def _news(self, until: int) -> News:
        rows = self._log.read(self._position, until - self._position)
        records = [(position, decode_event(data)) for position, data in rows]
        self._position = until
        plans = [event for _, event in records if isinstance(event, PlanActivated)]
        return News(
            position=until,
            count=len(records),
            now=records[-1][1].received_at,
            deliveries=[
                (position, _thanks(event))
                for position, event in records
                if isinstance(event, CustomerEvent) and event.name == load.EVENTS[load.ORDER]
            ],
            settled=[one.delivery_id for _, one in records if isinstance(one, DeliveryReported)],
            plan=(plans[-1].digest, plans[-1].plan) if plans else None,
            has_notes=True,
        )


def _answered(ask: Ask) -> Answered:
    answer: Answer
    match ask.question:
        case Clear(deliveries):
            answer = Cleared([Clearance(is_clear=True)] * len(deliveries))
        case Watched():
            answer = Seen(Watch().report(0))
        case _:
            answer = Done()
    return Answered(ask.number, answer)


def _thanks(event: CustomerEvent) -> Delivery:
    now = event.received_at
    return Delivery(
        delivery_id=DeliveryId(derive("delivery", event.event_id)),
        person_id=PersonId(derive("person", event.user_id or "")),
        operation="send",
        destination="sink",
        channel="hook",
        purpose="service",
        message="thanks",
        address=event.user_id or "",
        content={"body": event.message_id, "sent_us": str(now)},
        decided_at=now,
        expires_at=now + HOUR,
        trace=EventId(event.event_id),
        captured_at=now,
        plan="bench",
        journey="thanks",
    )


def decide(folder: str, number: str) -> None:
    """Be the process in the engine's place."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    with socket.socket(fileno=int(number)) as end:
        try:
            Decider(Path(folder), SocketInbox(end)).run()
        except Abandoned:
            return


async def generate(port: int) -> None:
    """Be the process of load and sink: a line in is a pass to drive, a line out says it is over."""
    sink = load.Sink()
    await sink.start()
    print(sink.port, flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        batch, count, has_orders = (int(word) for word in line.split())
        load.ORDER = load.EVENTS.index("Order Completed") if has_orders else load.OTHERS[0]
        sink.reset()
        events = load.Events(PEOPLE, batch, f"serving-{time.time_ns()}")
        await asyncio.gather(
            *(_drive(one, events, count) for one in await load.connect(port, CONNECTIONS[batch]))
        )
        while has_orders and sink.count < events.number // ORDERS_BY:  # noqa: ASYNC110 - once a pass
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)  # reports are logged and settled
        print(events.number, flush=True)


async def _drive(connection: load.Connection, events: load.Events, count: int) -> None:
    while events.number < count:
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        connection.answered = answered.set_result
        connection.transport.write(events.request(int(time.time() * 1e6)))
        status = await answered
        assert status == 200, status
    connection.answered = lambda _status: None
    connection.transport.close()


class Generator:
    """The process of load and sink, as this one has it."""

    def __init__(self) -> None:
        command = [sys.executable, __file__, "--as", "generator", "--port", str(PORT)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.sink_port = self._heard()

    def drive(self, batch: int, count: int, *, has_orders: bool) -> int:
        """Have some events sent; return how many were, once all that follows is over."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{batch} {count} {has_orders:d}\n")
        self.process.stdin.flush()
        return self._heard()

    def _heard(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


async def measure(generator: Generator, args: argparse.Namespace) -> list[tuple[str, str]]:
    """Return rows of (what, microseconds)."""

    async def spent(*, has_orders: bool) -> float:
        begin = time.process_time()
        events = await asyncio.to_thread(
            generator.drive, args.batch, args.events, has_orders=has_orders
        )
        return (time.process_time() - begin) / events * 1e6

    await spent(has_orders=True)  # connections made, caches warm
    if args.profile:
        profiler = cProfile.Profile()
        with profiler:
            await spent(has_orders=True)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(60)
    alone = [await spent(has_orders=False) for _ in range(PASSES)]
    both = [await spent(has_orders=True) for _ in range(PASSES)]
    return [
        ("an event", f"{min(alone):.1f} us"),
        (f"an event, a delivery for every {ORDERS_BY}th", f"{min(both):.1f} us"),
        ("so a delivery", f"{(min(both) - min(alone)) * ORDERS_BY:.0f} us"),
    ]


def serve(args: argparse.Namespace) -> list[tuple[str, str]]:
    """Run the app until it is measured."""
    os.environ["LEGATO_SECRET_SINK_KEY"] = "bench-signing-key"
    folder = Path(tempfile.mkdtemp(prefix="legato-serving-"))
    generator = Generator()
    workspace.write(folder / "workspace", generator.sink_port)
    data = folder / "data"
    command = [sys.executable, __file__, "--as", "decider", "--folder", str(data), "--number"]

    def decider(_: object) -> EngineProcess:
        return EngineProcess(lambda number: [*command, str(number)])

    legato.app.data.EngineProcess = decider
    begun: list[asyncio.Task[list[tuple[str, str]]]] = []

    def ready(_app: App, _url: str) -> None:
        task = asyncio.get_running_loop().create_task(measure(generator, args))
        task.add_done_callback(lambda _task: os.kill(os.getpid(), signal.SIGTERM))
        begun.append(task)

    config = Config(workspace=folder / "workspace", data=data)
    try:
        up.run(config, Doors(), host="127.0.0.1", port=PORT, ready=ready)
    finally:
        generator.process.kill()
        shutil.rmtree(folder)
    return begun[0].result()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--batch", type=int, choices=CONNECTIONS, default=1)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--as", dest="role", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--number", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.role == "decider":
        decide(args.folder, args.number)
    elif args.role == "generator":
        uvloop.run(generate(args.port))
    else:
        for what, figure in serve(args):
            print(f"{what:<42} {figure}")


if __name__ == "__main__":
    main()
