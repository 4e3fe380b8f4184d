"""Where the engine's time goes: CPU microseconds an event by stage, in one thread, without HTTP.

A report follows every delivery, as its lane would have it: reports are records too, and what they
cost is in the figures of the events that brought them about.

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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

import legato.core.step as stages
import legato.fold.memory as host
import load
import workspace
from legato.core.reads import reads
from legato.fold.cache import Room
from legato.fold.memory import Core, Memory
from legato.fold.past import Past
from legato.model.event import CustomerEvent, DeliveryReported, Event, PlanActivated
from legato.model.ids import EventId, derive
from legato.model.plan import encode_plan, plan_digest
from legato.stores.memory import MemoryLog
from legato.stores.sqlite.state import SqliteStore
from legato.workspace import check_files, read_workspace

TURN = 64
PASSES = 3
"""Of which the cheapest counts: what disturbs a machine only ever adds."""
TIMED = (
    "refusal",
    "identify",
    "fold",
    "settle_segments",
    "show",
    "enter_by_event",
    "compact",
    "settle",
    "set_alarm",
)


class Watch:
    """Sums up the time spent in functions."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - stands for any stage
            begin = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.thread_time() - begin
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


class Engine:
    """A program, a store and the reports of what has been sent."""

    def __init__(self, folder: Path, watch: Watch, start: int) -> None:
        workspace.write(folder / "workspace", 1)
        plan = check_files(read_workspace(folder / "workspace")).plan
        assert plan is not None
        self.store = SqliteStore(folder / "state.db")
        core = Core(reads=watch.time("reads", reads))
        past = Past(MemoryLog(), self.store, self.store.pointers)
        self.memory = Memory(self.store, past, core=core, room=Room())
        self.position = 0
        self._commit = watch.time("commit", self.store.commit)
        digest = plan_digest(plan)
        self.turn([PlanActivated(received_at=start, digest=digest, plan=encode_plan(plan))])

    def run(self, events: Sequence[CustomerEvent]) -> None:
        """Apply everything, and what lanes would report of it."""
        reports: list[DeliveryReported] = []
        for first in range(0, len(events), TURN):
            reports = self.turn([*reports, *events[first : first + TURN]])
        if reports:
            self.turn(reports)

    def turn(self, events: Sequence[Event]) -> list[DeliveryReported]:
        """Take one turn; return the reports of what it sends."""
        records = list(enumerate(events, self.position + 1))
        self.position += len(records)
        turned = self.memory.apply(records)
        self._commit(turned.turn())
        self.memory.keep(turned)
        return [
            DeliveryReported(
                received_at=turned.now,
                person_id=delivery.person_id,
                delivery_id=delivery.delivery_id,
                outcome="accepted",
            )
            for _, delivery in turned.deliveries
        ]


def measure(count: int, people: int, *, profile: bool) -> list[tuple[str, str]]:
    """Return rows of (stage, microseconds an event)."""
    folder = Path(tempfile.mkdtemp(prefix="legato-stages-"))
    watch = Watch()
    now = int(time.time() * 1e6)
    engine = Engine(folder, watch, now)

    def following() -> list[CustomerEvent]:
        nonlocal now
        now += count * 1_000
        return customer_events(count, people, now)

    engine.run(following())  # everybody known, caches warm
    engine.store.checkpoint()
    gc.collect()
    gc.freeze()  # as the host does
    gc.disable()
    if profile:
        profiler = cProfile.Profile()
        profiler.runcall(engine.run, following())
        pstats.Stats(profiler).sort_stats("tottime").print_stats(45)
    figures: list[tuple[float, float]] = []
    for _ in range(PASSES):
        events = following()
        watch.seconds.clear()
        begin = time.thread_time()
        engine.run(events)
        figures.append((time.thread_time() - begin, watch.seconds["commit"]))
        engine.store.checkpoint()
    total, commit = min(figures)
    for name in TIMED:
        setattr(stages, name, watch.time(name, getattr(stages, name)))
    host.encode_state = watch.time("encode", host.encode_state)
    watch.seconds.clear()
    engine.run(following())
    engine.store.close()
    shutil.rmtree(folder)
    rows = [("engine, whole turn", f"{total / count * 1e6:.1f} us/event")]
    rows.append(("  of which commit", f"{commit / count * 1e6:.1f}"))
    each = {name: watch.seconds.get(name, 0) / count * 1e6 for name in ("reads", *TIMED, "encode")}
    return rows + [(f"  {name}", f"{spent:.1f}") for name, spent in each.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    for what, figure in measure(args.events, args.people, profile=args.profile):
        print(f"{what:<30} {figure}")


if __name__ == "__main__":
    main()
