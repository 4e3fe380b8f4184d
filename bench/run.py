"""Measure a started Legato over loopback; print a table and, with --write, record it.

make bench                       # the short round: saturation and latency at 1, 5, 10 k/s
make bench ARGS="--full"         # also people at 10^4, 10^5 and 10^6, idle and recovery
make bench ARGS="--only latency --seconds 600 --rate 5000"
make bench ARGS="--only consent --races 10000"   # people who say no; see bench/consent.py
make bench ARGS="--only erasure --erase 100"     # people who are erased; see bench/erasure.py
make bench ARGS="--only chaos"    # two minutes of failures, nothing lost; see bench/chaos.py
make bench ARGS="--only one_dead" # the others beside a dead destination; see bench/one_dead.py
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import uvloop

import chaos
import consent
import erasure
import load
import one_dead
import workspace
from started import PORT, Legato, Table, machine, milliseconds

HERE = Path(__file__).parent


async def saturation(
    legato: Legato, sink: load.Sink, table: Table, args: argparse.Namespace
) -> None:
    for batch, connections in ((1, 64), (50, 16)):
        sink.reset()
        before, _ = legato.usage()
        events = load.Events(args.people, batch, f"sat{batch}")
        begin = time.perf_counter()
        outcome = await load.closed_loop(PORT, events, connections, args.seconds)
        behind = await asyncio.to_thread(legato.settle)
        elapsed = time.perf_counter() - begin
        after, resident = legato.usage()
        kind = "single calls" if batch == 1 else f"batches of {batch}"
        table.add(
            f"saturation, {kind}: acknowledged",
            f"{outcome.events / outcome.seconds:,.0f} events/s  {outcome.statuses}",
        )
        table.add(
            f"saturation, {kind}: applied and delivered",
            f"{outcome.events / elapsed:,.0f} events/s, {behind:.1f} s behind at the end, "
            f"{(after - before) / outcome.events * 1e6:.0f} us CPU/event, {resident:.0f} MB",
        )
        table.add(f"saturation, {kind}: acknowledgement", milliseconds(outcome.latencies_ms))


async def meet(legato: Legato, args: argparse.Namespace) -> None:
    """Have everybody known: what is measured is a running product, not its first seconds."""
    events = load.Events(args.people, 50, f"meet-{int(time.time())}")
    while events.number < args.people:  # a multiplicative hash: everybody once
        await load.open_loop(PORT, events, 3_000, 1)
    await asyncio.to_thread(legato.settle)


async def latency(legato: Legato, sink: load.Sink, table: Table, args: argparse.Namespace) -> None:
    await meet(legato, args)
    for rate in args.rate:
        sink.reset()
        before, _ = legato.usage()
        events = load.Events(args.people, args.batch, f"lat{rate}-{int(time.time())}")
        outcome = await load.open_loop(PORT, events, rate, args.seconds)
        await asyncio.to_thread(legato.settle)
        await asyncio.sleep(0.5)
        after, resident = legato.usage()
        table.add(
            f"{rate:,}/s for {args.seconds:g} s: capture to delivery",
            f"{milliseconds(sink.latencies_ms)}  ({len(sink.latencies_ms):,} deliveries)",
        )
        table.add(
            f"{rate:,}/s: acknowledgement",
            f"{milliseconds(outcome.latencies_ms)}  {outcome.statuses}  "
            f"{(after - before) / outcome.seconds * 100:.0f} % of a core, {resident:.0f} MB",
        )


async def reads(legato: Legato, sink: load.Sink, table: Table, args: argparse.Namespace) -> None:
    sink.reset()
    events = load.Events(args.people, 50, f"reads-{int(time.time())}")
    ingest = asyncio.create_task(load.open_loop(PORT, events, 5_000, args.seconds))
    outcome = await load.read_loop(PORT, legato.reader(), args.people, 1_000, args.seconds)
    await ingest
    table.add(
        "profile reads, 1,000/s beside 5,000 events/s",
        f"{milliseconds(outcome.latencies_ms)}  {outcome.statuses}",
    )


async def idle(legato: Legato, _sink: load.Sink, table: Table, _args: argparse.Namespace) -> None:
    await asyncio.to_thread(legato.settle)
    await asyncio.sleep(3)
    before, _ = legato.usage()
    await asyncio.sleep(20)
    after, resident = legato.usage()
    table.add("idle for 20 s", f"{(after - before) / 20 * 100:.2f} % CPU, {resident:.0f} MB")


async def recovery(legato: Legato, sink: load.Sink, table: Table, args: argparse.Namespace) -> None:
    sink.reset()
    events = load.Events(args.people, 50, f"rec-{int(time.time())}")
    driving = asyncio.create_task(load.closed_loop(PORT, events, 16, 5))
    await asyncio.sleep(4)
    await asyncio.to_thread(legato.stop, signal.SIGKILL)
    await driving
    await asyncio.to_thread(legato.start)
    status = legato.status()
    table.add(
        "kill -9 at saturation: ready again after",
        f"{legato.started_s:.2f} s at position {status['position']}",
    )


async def crowds(legato: Legato, _sink: load.Sink, table: Table, args: argparse.Namespace) -> None:
    """Cost an event with more and more people known."""
    for people in (10_000, 100_000, 1_000_000):
        fill = load.Events(people, 50, f"fill{people}")
        while fill.number < people:  # a multiplicative hash: everybody once
            await load.closed_loop(PORT, fill, 16, min(args.seconds, 5))
        await asyncio.to_thread(legato.settle)
        known = legato.status()["counts"]["people"]
        before, _ = legato.usage()
        events = load.Events(people, 50, f"crowd{people}")
        outcome = await load.closed_loop(PORT, events, 16, args.seconds)
        behind = await asyncio.to_thread(legato.settle)
        after, resident = legato.usage()
        table.add(
            f"{known:,} people, batches of 50",
            f"{outcome.events / (outcome.seconds + behind):,.0f} events/s, "
            f"{(after - before) / outcome.events * 1e6:.0f} us CPU/event, {resident:.0f} MB",
        )


PARTS = {
    "idle": idle,
    "latency": latency,
    "reads": reads,
    "saturation": saturation,
    "recovery": recovery,
    "crowds": crowds,
    "erasure": erasure.measure,
}
OWN = {"consent": consent, "chaos": chaos, "one_dead": one_dead}
"""Measured with a workspace of their own, and right or wrong."""
SHORT = ("idle", "latency", "reads", "saturation", "recovery")


async def measure(args: argparse.Namespace) -> Table:
    table = Table()
    folder = Path(tempfile.mkdtemp(prefix="legato-bench-"))
    sink = load.Sink()
    await sink.start()
    workspace.write(folder / "workspace", sink.port)
    options = ["--cache-mb", str(args.cache_mb)]
    legato = Legato(folder, options=[*options, "--own-core"] if args.own_core else options)
    try:
        await asyncio.to_thread(legato.start)
        table.add("start on an empty folder", f"{legato.started_s:.2f} s")
        for name in [args.only] if args.only else PARTS if args.full else SHORT:
            await PARTS[name](legato, sink, table, args)
    finally:
        legato.stop()
        shutil.rmtree(folder)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="everything, some 15 minutes")
    parser.add_argument("--only", choices=(*PARTS, *OWN), help="one part")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--rate", type=int, nargs="*", default=[1_000, 5_000, 10_000])
    parser.add_argument("--batch", type=int, default=1, help="events a request in `latency`")
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--own-core", action="store_true", help="as `legato up --own-core`")
    parser.add_argument("--cache-mb", type=int, default=512, help="as `legato up --cache-mb`")
    parser.add_argument("--write", action="store_true", help="append to bench/RESULTS.md")
    for part in (*OWN.values(), erasure):
        part.add_options(parser)
    args = parser.parse_args()
    print(machine(), flush=True)
    is_right = True
    if args.only in OWN:
        table, is_right = uvloop.run(OWN[args.only].measure(args))
    else:
        table = uvloop.run(measure(args))
    if args.write:
        write(table, sys.argv[1:])
    raise SystemExit(0 if is_right else 1)


def write(table: Table, arguments: list[str]) -> None:
    """Append what was measured to RESULTS.md, with day, machine and command."""
    given = " ".join(one for one in arguments if one != "--write")
    command = f'make bench ARGS="{given}"' if given else "make bench"
    rows = "\n".join(f"| {what} | {figure} |" for what, figure in table.rows)
    with (HERE / "RESULTS.md").open("a") as results:
        results.write(
            f"\n## {time.strftime('%Y-%m-%d')}\n\n{machine()}\n\n`{command}`\n\n"
            f"| what | figure |\n|---|---|\n{rows}\n"
        )


if __name__ == "__main__":
    main()
