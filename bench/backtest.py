"""Backtest of a large history: `.venv/bin/python bench/backtest.py`.

Makes a history of the example shop's lives, cast as many times as are asked for, with everything
that the engine made of it; then lives it again under a changed workspace, and once more as it was
(`--verify`), with every core of the machine.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from legato.app.rehearse.backtest import History, compare_plans, decide_again, read_index
from legato.app.rehearse.hosts import Processes
from legato.app.rehearse.parallel import Work
from legato.app.rehearse.simulation import HISTORY_FILE, lives_of_file
from legato.model.instant import DAY
from legato.model.plan import Plan
from legato.simulate.backtest.live import Span
from legato.simulate.crowd.lives import draw
from legato.simulate.crowd.people import Casting
from legato.simulate.dice import Dice
from legato.simulate.replay import refold
from legato.simulate.world import Scene, World
from legato.stores.memory import MemoryLog, MemoryStore
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore
from legato.workspace import check_files, read_workspace

SHOP = Path(__file__).parents[1] / "examples" / "shop"
ROWS = 5_000
QUIET = Work(told=lambda _what, _done, _of: None)
HERE = Processes(QUIET)


def plan_of(folder: Path) -> Plan:
    plan = check_files(read_workspace(folder)).plan
    assert plan is not None
    return plan


def make(folder: Path, people: int, days: int) -> int:
    """Let people live for some days, keep what a process would keep; return the events."""
    plan, dice = plan_of(SHOP), Dice(60)
    record = lives_of_file(SHOP / HISTORY_FILE, plan)
    start = record.start + record.round
    end = start + min(days * DAY, record.round)
    casting = Casting(draw(record, range(people), dice), plan, dice, {})
    deeds = [d for n in range(people) for d in casting.deeds(n, start, end)]
    deeds.sort(key=lambda deed: deed.received_at)
    log = MemoryLog()
    world = World(plan, log, MemoryStore(), Scene(seed=60, start=start))
    for deed in deeds:
        if deed.received_at > world.now:
            world.run_until(deed.received_at)
        world.feed(deed)
    kept = SqliteLog(folder / "log.db")
    after = 0
    while rows := log.read(after, ROWS):
        kept.append([data for _, data in rows])
        after = rows[-1][0]
    store = SqliteStore(folder / "state.db", is_writer=True)
    refold(kept, lambda: store, turn_records=256)
    store.close()
    kept.close()
    return len(deeds)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=18)
    parser.add_argument("--data", type=Path, help="one that was made before")
    given = parser.parse_args()
    people = given.people
    with TemporaryDirectory() as name:
        folder = given.data or Path(name)
        if given.data is None:
            began = time.monotonic()
            count = make(folder, people, given.days)
            print(f"{count:,} events of {people:,} lives, made in {time.monotonic() - began:.0f} s")
        draft = Path(name) / "shop"
        shutil.copytree(SHOP, draft)
        cart = draft / "journeys" / "cart_rescue.yaml"
        cart.write_text(cart.read_text(encoding="utf-8").replace("wait: 30m", "wait: 45m"))
        with History(folder) as history:
            began = time.monotonic()
            index = read_index(history, QUIET)
            span = Span(start=max(index.first_at, index.last_at - 30 * DAY), end=index.last_at)
            found, lived = compare_plans(history, index, span, (None, plan_of(draft)), HERE)
            seconds = time.monotonic() - began
            print(
                f"backtest on {os.cpu_count()} cores: {seconds:.0f} s, {lived:,} records lived, "
                f"{found.counts}, {found.was.people:,} people reached"
            )
            began = time.monotonic()
            whole = Span(start=index.first_at, end=index.last_at)
            decided, differing = decide_again(history, index, whole, HERE)
            print(
                f"verify: {len(index.nows):,} records, {decided:,} decisions, "
                f"{len(differing)} differ, {time.monotonic() - began:.0f} s"
            )
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(f"memory of the largest process: {most} MB")


if __name__ == "__main__":
    main()
