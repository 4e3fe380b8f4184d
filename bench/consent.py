"""Race people who say no, in every way there is, against messages that wait for them everywhere.

.venv/bin/python bench/consent.py [--races 2000] [--race-rate 40] [--load 200]
make bench ARGS="--only consent --races 10000"

Everybody has five messages on their way: one being decided, one behind a rate, one being retried at
a destination that is down, one held by quiet hours, one on a timer. Then they say no, and a
millisecond after the answer something happens that would send them five more. T0 is when the
answer was read. An attempt begins when it asks whether it may leave, and its request says when that
was; between that and the request lies the engine's answer, so a no within it comes too late, and
how late such a request is made is shown. What the engine did is read over the API, and these
figures include that way.

Exits with 1 if any attempt began after T0, or a message ended neither as sent before nor as
`suppressed:consent`, or the system beside was not told of somebody.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import uvloop

import load
from opting_out import SECRETS, WAITS, WAYS, Caller, Customer, Sink, write_workspace
from started import PORT, Legato, Table, machine, milliseconds

HASTE_SECONDS = {"deciding": 0.01, "waiting": 0.4}
"""Every other one says no at once, the others once their messages wait."""
SETTLE_SECONDS = 2.0
"""Beyond the timers, and between a yes and a no that is said in whole seconds."""
QUIET_SECONDS_MAX = 60.0
PAGE = 1_000


class Watch(threading.Thread):
    """Reads everybody's notes as they come."""

    def __init__(self, legato: Legato) -> None:
        super().__init__(daemon=True)
        self._legato = legato
        self._over = threading.Event()
        self.held_from: dict[str, float] = {}
        """Person -> when their no was seen to hold."""
        self.stopped: dict[str, tuple[str, float]] = {}
        """Delivery -> whose, and when it was seen to be called back or refused."""
        self.waited: dict[str, str] = {}
        """Delivery that was not refused at once -> its journey."""
        self.told: dict[str, float] = {}
        """Delivery -> when its receipt was seen."""
        self.tellings: dict[str, str] = {}
        """Delivery of an opt-out -> whose."""

    def run(self) -> None:
        after = self._legato.status()["applied"]
        while not self._over.is_set():
            page = self._legato.get(f"/api/tail?after={after}&limit={PAGE}&wait=1")
            now = time.time()
            after = page["after"]
            for step in page["steps"]:
                for note in step["notes"]:
                    self._see(step["person_id"], note, now)

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _see(self, person_id: str, note: dict[str, Any], now: float) -> None:
        delivery_id = note.get("delivery_id", "")
        match note["type"]:
            case "consent" if not note["is_granted"]:
                self.held_from.setdefault(person_id, now)
            case "decided" if note["verdict"] != "refuse":
                self.waited[delivery_id] = note["journey"]
            case "propagated":
                self.tellings[delivery_id] = person_id
            case "revoked":
                self.stopped.setdefault(delivery_id, (person_id, now))
            case "settled" if note["outcome"] == "refused":
                self.stopped.setdefault(delivery_id, (person_id, now))
            case "settled" if delivery_id in self.tellings and note["outcome"] == "accepted":
                self.told[delivery_id] = now
            case _:
                pass


async def prepare(caller: Caller, sink: Sink, everybody: list[Customer]) -> None:
    """Have everybody known, agreed, and in possession of a message with its links."""
    for start in range(0, len(everybody), 100):
        await asyncio.gather(*(caller.meet(one) for one in everybody[start : start + 100]))
    await sink.has_links(len(everybody))
    for one in everybody:
        one.person_id, one.unsubscribe, one.preferences = sink.links[one.user_id]
    await asyncio.sleep(SETTLE_SECONDS)


async def race(caller: Caller, one: Customer, start: float) -> None:
    await asyncio.sleep(max(0.0, start - time.perf_counter()))
    set_out = asyncio.create_task(caller.track(one, "Offer Due"))
    spread = HASTE_SECONDS["deciding" if one.number // len(WAYS) % 2 else "waiting"]
    # A multiplicative hash spreads the instants without a random generator.
    await asyncio.sleep(spread * (one.number * 2_654_435_761 % 2**32) / 2**32)
    await caller.say_no(one)
    await set_out
    await asyncio.sleep(0.001)
    await caller.track(one, "Sale")


async def run_races(legato: Legato, sink: Sink, args: argparse.Namespace) -> list[Customer]:
    everybody = [Customer(number, WAYS[number % len(WAYS)]) for number in range(args.races)]
    caller = Caller(legato.token())
    await caller.open()
    await prepare(caller, sink, everybody)
    beside = load.Events(args.people, 1, f"consent-{int(time.time())}")
    seconds = args.races / args.race_rate
    busy = asyncio.create_task(load.open_loop(PORT, beside, args.load, seconds))
    begin = time.perf_counter() + 0.2
    await asyncio.gather(
        *(race(caller, one, begin + one.number / args.race_rate) for one in everybody)
    )
    await busy
    return everybody


async def come_to_rest(legato: Legato, watch: Watch, everybody: list[Customer]) -> None:
    """Wait until timers have rung, everything is applied and everybody who is told was told."""
    await asyncio.sleep(SETTLE_SECONDS)
    await asyncio.to_thread(legato.settle)
    ids = {one.person_id for one in everybody}
    end = time.perf_counter() + QUIET_SECONDS_MAX
    while time.perf_counter() < end:
        receipts = {watch.tellings[each] for each in list(watch.told)}
        if ids <= receipts:
            return
        await asyncio.sleep(0.1)


def states_of(legato: Legato, one: Customer) -> list[dict[str, Any]]:
    rows: Any = legato.get(f"/api/people/{one.person_id}/deliveries")
    return [row for row in rows if row["message"] == "offer"]


def judge(
    legato: Legato, sink: Sink, watch: Watch, *, everybody: list[Customer], table: Table
) -> bool:
    """Add the figures; return whether every no has won."""
    over_at = {one.person_id: one.over_at for one in everybody}
    late = [each for each in sink.arrivals if each.begun_at > over_at[each.person_id]]
    ways = Counter(one.way for one in everybody)
    table.add("people who said no", f"{len(everybody):,}, by {dict(ways)}")
    table.add(
        "attempts that reached a destination, begun before T0 / after T0",
        f"{len(sink.arrivals) - len(late):,} / {len(late)}",
    )
    last_made: dict[str, float] = {}
    for each in sink.arrivals:
        last_made[each.person_id] = max(each.made_at, last_made.get(each.person_id, 0.0))
    table.add(
        "T0 to the last request made to a person",
        milliseconds([_since(over_at[key], last_made.get(key, 0.0)) for key in over_at]),
    )
    for way in ("", *WAYS):
        took = [
            _since(one.over_at, watch.held_from.get(one.person_id))
            for one in everybody
            if way in ("", one.way)
        ]
        table.add(f"T0 to the no applied, {way or 'all ways'}", milliseconds(took))
    for name in WAITS:
        took = [
            _since(over_at[person_id], at)
            for delivery_id, (person_id, at) in watch.stopped.items()
            if watch.waited.get(delivery_id) == name and person_id in over_at
        ]
        if took:
            table.add(f"T0 to called back on record, {name}", milliseconds(took))
    told = {each.delivery_id: each for each in sink.told}
    for what, found in (
        ("the other system's reading it", {key: each.at for key, each in told.items()}),
        ("its receipt on record", watch.told),
    ):
        took = [
            _since(over_at[watch.tellings[key]], at)
            for key, at in found.items()
            if watch.tellings.get(key) in over_at
        ]
        table.add(f"T0 to {what}", milliseconds(took))
    states, astray = Counter[str](), 0
    for one in everybody:
        for row in states_of(legato, one):
            states[row["state"]] += 1
            is_after = row["journey"].startswith("sale_by")
            allowed = ("suppressed:consent",) if is_after else ("sent", "suppressed:consent")
            astray += row["state"] not in allowed
    table.add("what became of the messages", f"{dict(states)}, {astray} otherwise than owed")
    untold = len(over_at) - len({watch.tellings[key] for key in watch.told})
    table.add("people of whom the other system was not told", str(untold))
    return not (late or astray or untold)


def _since(begin: float, end: float | None) -> float:
    """Return milliseconds; what holds when it is answered holds from T0. Never: for ever."""
    return max(0.0, (end - begin) * 1e3) if end is not None else float("inf")


async def measure(args: argparse.Namespace) -> tuple[Table, bool]:
    """Race everybody against a Legato of its own."""
    table = Table()
    folder = Path(tempfile.mkdtemp(prefix="legato-consent-"))
    sink, beside = Sink(), load.Sink()
    await sink.start()
    await beside.start()
    write_workspace(folder / "workspace", sink.port, beside.port)
    legato = Legato(folder, secrets=SECRETS)
    try:
        await asyncio.to_thread(legato.start)
        watch = Watch(legato)
        watch.start()
        everybody = await run_races(legato, sink, args)
        await come_to_rest(legato, watch, everybody)
        await asyncio.to_thread(watch.stop)
        is_won = await asyncio.to_thread(
            judge, legato, sink, watch, everybody=everybody, table=table
        )
    finally:
        legato.stop()
        shutil.rmtree(folder)
    return table, is_won


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--races", type=int, default=2_000, help="people who say no")
    parser.add_argument("--race-rate", type=float, default=40.0, help="of them a second")
    parser.add_argument("--load", type=int, default=200, help="other events a second")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_options(parser)
    parser.add_argument("--people", type=int, default=50_000, help="whose the other events are")
    args = parser.parse_args()
    print(machine(), flush=True)
    _, is_won = uvloop.run(measure(args))
    raise SystemExit(0 if is_won else 1)


if __name__ == "__main__":
    main()
