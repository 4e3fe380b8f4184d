"""What asking of the past costs those in front: acknowledgements beside queries and a backfill.

A process's host takes events at a steady rate. Their acknowledgements (the log's fsync) are timed
alone, then while SQL reads everything again and again, then while everybody's past is measured for
two new computed traits. Then stories of single persons are timed.

.venv/bin/python bench/history.py [--people 5000] [--events 100000] [--rate 200] [--seconds 10]
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Awaitable, Sequence
from pathlib import Path

from legato.app.app import App, open_app
from legato.app.config import Config
from legato.insight.story import whole_story
from legato.model.event import CustomerEvent
from legato.model.ids import EventId, PersonId, derive
from legato.workspace import read_workspace

ROOT = Path(__file__).parents[1]
BATCH = 2_000
QUERY = (
    "SELECT name, count(*), count(DISTINCT person_id), max(properties->>'value') FROM events"
    " GROUP BY ALL"
)
NEW = """
computed: spent
title: All that was ever paid
owner: shop
purpose: service
sum: value
of: Order Completed
---
computed: orders_ever
title: Orders
owner: shop
purpose: service
count: Order Completed
"""


def event(number: int, people: int, now: int) -> CustomerEvent:
    message_id = f"m{number}"
    return CustomerEvent(
        event_id=EventId(derive("event", message_id)),
        received_at=now,
        occurred_at=now,
        source="web",
        message_id=message_id,
        kind="track",
        name="Order Completed",
        user_id=f"user-{number * 7919 % people}",
        body=b'{"order_id": "o-%d", "value": %d}' % (number, number % 90),
    )


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] * 1_000


class Bench:
    def __init__(self, app: App, people: int) -> None:
        self.app, self.people, self.number = app, people, 0

    async def fill(self, count: int) -> None:
        while self.number < count:
            now = self.app.clock.now()
            upto = min(self.number + BATCH, count)
            events = [event(each, self.people, now) for each in range(self.number, upto)]
            self.number = upto
            await self.app.applied(await self.app.host.room.inner.accept(events))

    async def acknowledged(self, rate: float, until: Awaitable[object], seconds: float) -> None:
        """Send at a rate until something is over, and at least so long; print what they waited."""
        waited: list[float] = []

        async def send(one: CustomerEvent) -> None:
            began = time.perf_counter()
            await self.app.host.room.inner.accept([one])
            waited.append(time.perf_counter() - began)

        over = asyncio.ensure_future(until)
        began, sends = time.perf_counter(), list[asyncio.Task[None]]()
        while not over.done() or time.perf_counter() - began < seconds:
            self.number += 1
            one = event(self.number, self.people, self.app.clock.now())
            sends.append(asyncio.create_task(send(one)))
            await asyncio.sleep(max(0, began + len(sends) / rate - time.perf_counter()))
        await asyncio.gather(*sends)
        took = time.perf_counter() - began
        print(
            f"    {len(waited):,} events in {took:.1f} s: p50 {percentile(waited, 0.5):.1f} ms,"
            f" p99 {percentile(waited, 0.99):.1f} ms"
        )

    async def ask(self, seconds: float) -> None:
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            await self.app.queries.ask(QUERY, sight="whole", rows_max=10, by="system")
            count += 1
        each = (time.perf_counter() - began) / count
        print(f"    {count} queries, {each:.1f} s each")


async def main(arguments: argparse.Namespace, folder: Path) -> None:
    workspace = folder / "workspace"
    shutil.copytree(ROOT / "src/legato/cli/starter", workspace)
    app = open_app(Config(workspace=workspace, data=folder / "data", keys=folder / "keys"))
    await app.start()
    bench = Bench(app, arguments.people)
    await bench.fill(arguments.events)
    counts = app.records.counts()
    print(f"{arguments.events:,} events of {counts['people']:,} people")
    seconds = arguments.seconds
    print("  acknowledged, alone")
    await bench.acknowledged(arguments.rate, asyncio.sleep(0), seconds)
    print("  acknowledged, while SQL reads every event")
    await bench.acknowledged(arguments.rate, bench.ask(seconds), seconds)
    print("  acknowledged, while everybody's past is measured")
    files = {**read_workspace(workspace), "catalog/new.yaml": NEW}
    began = time.perf_counter()
    applying = asyncio.create_task(app.apply(files, by="system"))
    applying.add_done_callback(
        lambda _: print(f"    applied in {time.perf_counter() - began:.1f} s")
    )
    await bench.acknowledged(arguments.rate, applying, 0)
    told: list[float] = []
    for person_id, _ in list(app.records.people(PersonId(""), 200)):
        start = time.perf_counter()
        whole_story(app.records, person_id)
        told.append(time.perf_counter() - start)
    p50, p95 = percentile(told, 0.5), percentile(told, 0.95)
    print(f"  a person's story: p50 {p50:.1f} ms, p95 {p95:.1f} ms")
    await app.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5_000)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    place = Path(tempfile.mkdtemp())
    try:
        asyncio.run(main(parser.parse_args(), place))
    finally:
        shutil.rmtree(place)
