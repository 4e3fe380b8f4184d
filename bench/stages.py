"""Where the engine's time goes: microseconds an event by stage, in this process, without HTTP.

.venv/bin/python bench/stages.py [--profile]
"""

from __future__ import annotations

import argparse
import cProfile
import functools
import gc
import pstats
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

import legato.core.step as stages
import legato.fold.memory as host
import load
import workspace
from legato.app import check_files, read_workspace
from legato.core.reads import reads
from legato.fold.memory import Core, Memory
from legato.model.event import CustomerEvent, PlanActivated
from legato.model.ids import EventId, derive
from legato.model.plan import encode_plan, plan_digest
from legato.stores.sqlite_state import SqliteStore

TURN = 64
TIMED = (
    "refusal",
    "identify",
    "fold",
    "settle_segments",
    "touch",
    "enter_by_event",
    "compact",
    "set_alarm",
)


class Watch:
    """Sums up the time spent in functions."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - stands for any stage
            begin = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.perf_counter() - begin
                self.seconds[name] = self.seconds.get(name, 0.0) + spent

        return timed


def customer_events(count: int, people: int, start: int) -> list[CustomerEvent]:
    """Make events as the door hands them over, one a millisecond."""
    made = load.Events(people, 1, f"stages{start}")
    events: list[CustomerEvent] = []
    for number in range(count):
        now = start + number * 1_000
        item = made.item(now)
        events.append(
            CustomerEvent(
                event_id=EventId(derive("event", "web", item["messageId"])),
                received_at=now,
                occurred_at=now,
                source="web",
                message_id=item["messageId"],
                kind="track",
                name=item["event"],
                user_id=item["userId"],
                body=msgspec.json.encode(item["properties"]),
                context=msgspec.json.encode(item["context"]),
            )
        )
    return events


def measure(count: int, people: int, *, profile: bool) -> list[tuple[str, str]]:
    """Return rows of (stage, microseconds an event)."""
    folder = Path(tempfile.mkdtemp(prefix="legato-stages-"))
    workspace.write(folder / "workspace", 1)
    plan = check_files(read_workspace(folder / "workspace")).plan
    assert plan is not None
    store = SqliteStore(folder / "state.db")
    watch = Watch()
    memory = Memory(store, core=Core(reads=watch.time("reads", reads)), people_max=200_000)
    start = int(time.time() * 1e6)
    position = 1
    event = PlanActivated(received_at=start, digest=plan_digest(plan), plan=encode_plan(plan))
    turned = memory.apply([(1, event)])
    store.commit(turned.turn())
    memory.keep(turned)

    def run(events: list[CustomerEvent]) -> None:
        nonlocal position
        for first in range(0, len(events), TURN):
            records = [
                (position + i + 1, one) for i, one in enumerate(events[first : first + TURN])
            ]
            position += len(records)
            turned = memory.apply(records)
            begin = time.perf_counter()
            store.commit(turned.turn())
            watch.seconds["commit"] = watch.seconds.get("commit", 0) + time.perf_counter() - begin
            memory.keep(turned)

    run(customer_events(count, people, start))  # everybody known, caches warm
    store.checkpoint()
    gc.collect()
    gc.freeze()  # as the host does
    gc.disable()
    events = customer_events(count, people, start + count * 1_000)
    if profile:
        profiler = cProfile.Profile()
        profiler.runcall(run, events)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(45)
        events = customer_events(count, people, start + 2 * count * 1_000)
    watch.seconds.clear()
    begin = time.perf_counter()
    run(events)
    total = time.perf_counter() - begin
    store.checkpoint()
    plain_commit = watch.seconds["commit"]
    for name in TIMED:
        setattr(stages, name, watch.time(name, getattr(stages, name)))
    host.encode_state = watch.time("encode", host.encode_state)
    watch.seconds.clear()
    run(customer_events(count, people, start + 3 * count * 1_000))
    store.close()
    shutil.rmtree(folder)
    rows = [("engine, whole turn", f"{total / count * 1e6:.1f} us/event")]
    rows.append(("  of which commit", f"{plain_commit / count * 1e6:.1f}"))
    stages_timed = ("reads", *TIMED, "encode")
    per_event = {name: watch.seconds.get(name, 0) / count * 1e6 for name in stages_timed}
    return rows + [(f"  {name}", f"{spent:.1f}") for name, spent in per_event.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    for what, figure in measure(args.events, args.people, profile=args.profile):
        print(f"{what:<30} {figure}")


if __name__ == "__main__":
    main()
