"""Hand each event on to seven destinations, with all of them well and with one of them dead.

.venv/bin/python bench/one_dead.py [--rounds 4] [--round-seconds 15] [--round-rate 50]
make bench ARGS="--only one_dead"

Rounds take turns, so that both see the same machine: all seven are well, one refuses connections,
all are well, one takes requests and never answers. Between rounds nothing waits. The figures are
those of the other six, from capture to arrival.

Exits with 1 if their p99 beside a dead one is more than 10 % over that beside a well one.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

import chaos
import load
import workspace
from sinks import Sink
from started import PORT, Legato, Table, machine, milliseconds

WELL = tuple(f"well{number}" for number in range(1, 7))
SEVENTH = "seventh"
WAYS = ("refuses connections", "never answers")
ALLOWED = 1.10

HEAD = f"""
workspace: seven
zone: UTC
---
source: web
title: Load generator
kind: segment
write_keys: [{workspace.WRITE_KEY}]
---
identity:
  - {{kind: user_id, from: [user_id], unique: true}}
---
purposes:
  service: {{basis: contract, promotional: false, title: Service}}
"""
DESTINATION = """
destination: {name}
connector: plain
settings: {{url: "http://127.0.0.1:{port}/in"}}
allow_private: true
concurrency: 32
timeout: 5s
retry: {{first: 500ms, factor: 2, longest: 4s, give_up: 6h}}
events: {{purpose: service}}
"""


def write_workspace(folder: Path, ports: dict[str, int]) -> None:
    texts = [HEAD, *(chaos.EVENT.format(name=name) for name in workspace.EVENTS)]
    texts += [DESTINATION.format(name=name, port=port) for name, port in ports.items()]
    chaos.write_files(folder, texts)


async def send(args: argparse.Namespace, sinks: Sequence[load.Sink]) -> list[float]:
    """Send events for a round; return how long each took to each of those that are well."""
    for sink in sinks:
        sink.reset()
    events = load.Events(args.people, 1, f"round-{int(time.time() * 1e3)}")
    outcome = await load.open_loop(PORT, events, args.round_rate, args.round_seconds)
    async with asyncio.timeout(30):
        await asyncio.gather(*(_has_all(sink, outcome.events) for sink in sinks))
    return [each for sink in sinks for each in sink.latencies_ms]


async def _has_all(sink: load.Sink, count: int) -> None:
    while sink.count < count:  # noqa: ASYNC110 - it is counted between the loop's turns
        await asyncio.sleep(0.05)


async def measure(args: argparse.Namespace) -> tuple[Table, bool]:
    """Take turns with a Legato of its own."""
    table = Table()
    folder = Path(tempfile.mkdtemp(prefix="legato-seven-"))
    sinks, seventh = [load.Sink() for _ in WELL], Sink({})
    for sink in sinks:
        await sink.start()
    await seventh.up()
    ports = dict(zip(WELL, (sink.port for sink in sinks), strict=True))
    write_workspace(folder / "workspace", {**ports, SEVENTH: seventh.port})
    legato = Legato(folder)
    well: list[float] = []
    dead: dict[str, list[float]] = {way: [] for way in WAYS}
    try:
        await asyncio.to_thread(legato.start)
        await send(args, sinks)  # a running product, not its first seconds
        for number in range(args.rounds):
            way = WAYS[number % len(WAYS)]
            well += await send(args, sinks)
            _die(seventh, way)
            dead[way] += await send(args, sinks)
            await seventh.revive()
            assert await chaos.drained(legato) is not None, "what waited for the seventh stayed"
    finally:
        legato.stop()
        shutil.rmtree(folder)
    return table, judge(table, well, dead)


def _die(seventh: Sink, way: str) -> None:
    if way == "never answers":
        seventh.fall_silent()
    else:
        seventh.down()


def judge(table: Table, well: list[float], dead: dict[str, list[float]]) -> bool:
    beside_a_dead_one = [each for found in dead.values() for each in found]
    table.add("six of seven, all seven well", milliseconds(well))
    for way, found in dead.items():
        table.add(f"six of seven, the seventh {way}", milliseconds(found))
    ratio = load.percentile(beside_a_dead_one, 0.99) / load.percentile(well, 0.99)
    table.add("p99 beside a dead one, to that beside a well one", f"{ratio - 1:+.1%}")
    return ratio <= ALLOWED


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=4, help="with one dead; as many without")
    parser.add_argument("--round-seconds", type=float, default=15.0)
    parser.add_argument("--round-rate", type=float, default=50.0, help="events a second")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_options(parser)
    parser.add_argument("--people", type=int, default=2_000)
    args = parser.parse_args()
    print(machine(), flush=True)
    _, is_right = uvloop.run(measure(args))
    raise SystemExit(0 if is_right else 1)


if __name__ == "__main__":
    main()
