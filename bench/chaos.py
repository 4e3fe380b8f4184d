"""Fail one attempt of five for two minutes, with one destination of five down in the middle.

.venv/bin/python bench/chaos.py [--chaos-seconds 120] [--chaos-rate 40]
make bench ARGS="--only chaos"

A Legato really started hands each event on to four destinations and answers each fifth with a
message by a fifth. All five fail in twelve ways; one refuses connections for a while. Two
(`on_doubt: skip`) are not to be told twice what may have arrived. What arrived is what the
destinations wrote down; nothing that Legato says of itself is counted but what it left in doubt.

Exits with 1 if less than 95 % arrived, something was lost or came twice, or a backlog stayed.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

import load
import workspace
from sinks import Fate, Sink
from started import PORT, Legato, Table, machine, milliseconds

FATES: dict[Fate, float] = {
    "unavailable": 0.04,
    "a page of HTML": 0.02,
    "throttled": 0.02,
    "denied": 0.02,
    "not HTTP": 0.02,
    "half an answer": 0.01,
    "cut off before": 0.015,
    "cut off after": 0.015,
    "no answer before": 0.01,
    "no answer after": 0.01,
    "gateway before": 0.01,
    "gateway after": 0.01,
}
ASKED_ONCE = ("analytics", "texts")
EVENT_DESTINATIONS = ("crm", "ads", "stream", "analytics")
MESSAGES = "texts"
DOWN = "crm"
DOWN_SHARES = (0.35, 0.55)
"""Of the run: when the one destination goes down, and when it is back."""
DRAIN_SECONDS_MAX = 300.0

HEAD = f"""
workspace: chaos
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
---
template: thanks
title: Thanks
purpose: service
text: {{order_id: "{{{{ event.order_id }}}}", sent_us: "{{{{ event.sent_us }}}}"}}
---
channel: text
destination: {MESSAGES}
address: identifier user_id
---
journey: thanks
title: Thanks for the order
owner: bench
purpose: service
enter: {{on: Order Completed, key: order_id, again: once}}
steps:
  - send: {{message: thanks, on: text, expires: 1h}}
"""
# Each delivery is a request of its own, under a key of its own: a webhook's events go in batches.
MANIFEST = """
manifest: 1
id: plain
name: Plain
category: stream
docs: d
settings: {url: {type: string, required: true, title: Where}}
routes:
  - {on: send, request: {url: "{{ settings.url }}", body: {content: =content}}}
  - {on: event, request: {url: "{{ settings.url }}", body: =event}}
delivery: {success: [200-299]}
"""
DESTINATION = """
destination: {name}
connector: plain
settings: {{url: "http://127.0.0.1:{port}/in"}}
allow_private: true
concurrency: 16
timeout: 2s
retry: {{first: 500ms, factor: 2, longest: 10s, give_up: 6h}}
on_doubt: {on_doubt}
{events}
"""
EVENT = """
event: {name}
title: {name}
owner: bench
purpose: service
schema:
  type: object
  additionalProperties: true
  properties: {{order_id: {{type: string}}, sent_us: {{type: integer}}}}
"""


@dataclass
class Run:
    """What was done, and to whom."""

    sinks: dict[str, Sink]
    sent_count: int = 0
    down_at: float = 0.0
    up_at: float = 0.0
    probed_after: float = 0.0
    drain_seconds: float | None = None
    expected: dict[str, int] = field(default_factory=dict)


def write_workspace(folder: Path, sinks: dict[str, Sink]) -> None:
    texts = [HEAD, *(EVENT.format(name=name) for name in workspace.EVENTS)]
    for name, sink in sinks.items():
        on_doubt = "skip" if name in ASKED_ONCE else "resend"
        events = "events: {purpose: service}" if name in EVENT_DESTINATIONS else ""
        texts.append(
            DESTINATION.format(name=name, port=sink.port, on_doubt=on_doubt, events=events)
        )
    write_files(folder, texts)


def write_files(folder: Path, texts: list[str]) -> None:
    (folder / "connectors").mkdir(parents=True)
    (folder / "connectors" / "plain.yaml").write_text(MANIFEST)
    (folder / "legato.yaml").write_text("\n---\n".join(texts))


async def outage(run: Run, seconds: float) -> None:
    """Take the one destination down for a while."""
    begins, ends = (share * seconds for share in DOWN_SHARES)
    await asyncio.sleep(begins)
    run.sinks[DOWN].down()
    run.down_at = time.time()
    await asyncio.sleep(ends - begins)
    await run.sinks[DOWN].up()
    run.up_at = time.time()


async def drive(legato: Legato, run: Run, args: argparse.Namespace) -> None:
    """Send events at a steady rate, and wait until nothing waits."""
    events = load.Events(args.people, 1, f"chaos-{int(time.time())}")
    failing = asyncio.create_task(outage(run, args.chaos_seconds))
    outcome = await load.open_loop(PORT, events, args.chaos_rate, args.chaos_seconds)
    await failing
    assert list(outcome.statuses) == [200], outcome.statuses
    run.sent_count = outcome.events
    orders = sum(number % 5 == 0 for number in range(1, events.number + 1))
    run.expected = {**dict.fromkeys(EVENT_DESTINATIONS, run.sent_count), MESSAGES: orders}
    run.drain_seconds = await drained(legato)
    first = run.sinks[DOWN].first_after_up
    run.probed_after = (first or time.time()) - run.up_at


async def drained(legato: Legato) -> float | None:
    """Return how long it took until the outbox was empty; None when it stayed."""
    begin = time.perf_counter()
    await asyncio.to_thread(legato.settle)
    while time.perf_counter() - begin < DRAIN_SECONDS_MAX:
        status = await asyncio.to_thread(legato.status)
        if not status["counts"]["deliveries_waiting"] and not status["backlog"]:
            return time.perf_counter() - begin
        await asyncio.sleep(0.25)
    return None


def judge(legato: Legato, run: Run, table: Table) -> bool:
    """Add the figures; return whether they are as they have to be."""
    lanes = legato.get("/api/status")["lanes"]
    expected, arrived = sum(run.expected.values()), 0
    lost = twice = doubted = repeated = 0
    for name, sink in run.sinks.items():
        missing = run.expected[name] - len(sink.arrivals)
        in_doubt = lanes[name]["failed_count"] if name in ASKED_ONCE else 0
        arrived += len(sink.arrivals)
        doubted += in_doubt
        lost += max(0, missing - in_doubt)
        repeats = sum(one.count - 1 for one in sink.arrivals.values())
        repeated += repeats
        under_keys = sum(len(one.keys) - 1 for one in sink.arrivals.values())
        twice += repeats if name in ASKED_ONCE else under_keys
        table.add(
            f"{name}: arrived",
            f"{len(sink.arrivals):,} of {run.expected[name]:,} "
            f"({len(sink.arrivals) / run.expected[name]:.2%}), {sink.attempt_count:,} attempts, "
            f"{sink.error_count / sink.attempt_count:.1%} failed, {in_doubt} left in doubt",
        )
    table.add("all: arrived", f"{arrived:,} of {expected:,} ({arrived / expected:.2%})")
    table.add("lost, twice", f"{lost}, {twice} ({repeated} repeats under a key that was known)")
    table.add(f"{DOWN}: probed after it was back", f"{run.probed_after:.1f} s")
    table.add(f"{DOWN}: what had waited for it was through", f"{caught_up(run):.1f} s after that")
    late = [
        (one.first_at - one.sent_at) * 1e3
        for name, sink in run.sinks.items()
        for one in sink.arrivals.values()
        if name != DOWN
    ]
    table.add("the others: capture to first arrival", milliseconds(late))
    drain = "never" if run.drain_seconds is None else f"{run.drain_seconds:.1f} s"
    table.add("outbox empty after the last event", drain)
    is_right = arrived / expected >= 0.95 and not lost and not twice
    return is_right and run.drain_seconds is not None


def caught_up(run: Run) -> float:
    """Return how long after the outage the last event of the outage arrived."""
    times = [
        one.first_at
        for one in run.sinks[DOWN].arrivals.values()
        if run.down_at <= one.sent_at < run.up_at
    ]
    return max(times, default=run.up_at) - run.up_at


async def measure(args: argparse.Namespace) -> tuple[Table, bool]:
    """Let a Legato of its own live through it."""
    table = Table()
    folder = Path(tempfile.mkdtemp(prefix="legato-chaos-"))
    names = (*EVENT_DESTINATIONS, MESSAGES)
    run = Run({name: Sink(FATES, seed) for seed, name in enumerate(names)})
    for sink in run.sinks.values():
        await sink.up()
    write_workspace(folder / "workspace", run.sinks)
    legato = Legato(folder)
    try:
        await asyncio.to_thread(legato.start)
        await drive(legato, run, args)
        is_right = await asyncio.to_thread(judge, legato, run, table)
    finally:
        legato.stop()
        shutil.rmtree(folder)
    return table, is_right


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--chaos-seconds", type=float, default=120.0)
    parser.add_argument("--chaos-rate", type=float, default=40.0, help="events a second")


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
