"""Erase people while others keep coming, from the request to the proof.

.venv/bin/python bench/run.py --only erasure [--erase 100] [--rate 1000]

Everybody to be erased has a profile, a message on its way, events that were refused, and a device.
A few are erased at once. The time of each begins with the request and ends when the certificate is
complete: records overwritten, destinations told, every file of the data folder searched. At the end
all files are searched once more, for everybody; anything found is a failure.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
import urllib.request
from typing import Any

import load
from legato.stores.search import search_folder
from started import PORT, Legato, Table, milliseconds
from workspace import WRITE_KEY

AT_ONCE = 4
ASK_AGAIN_SECONDS = 0.05


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--erase", type=int, default=100, help="people to erase in `erasure`")


async def measure(legato: Legato, _sink: load.Sink, table: Table, args: argparse.Namespace) -> None:
    """Erase people under load; raise where one of them is found afterwards."""
    people = list(range(args.erase))
    for number in people:
        await asyncio.to_thread(_live, number)
    await asyncio.to_thread(legato.settle)
    is_over = asyncio.Event()
    flow = asyncio.create_task(_flow(args, is_over))
    token, waiting = legato.token(), people[::-1]
    overwritten: list[float] = []
    proved: list[float] = []

    async def work() -> None:
        while waiting:
            certificate, seconds = await asyncio.to_thread(_erase, token, waiting.pop())
            assert certificate["files"] is not None, "the folder is too large to be searched"
            assert certificate["files"]["found"] == {}, "something was found"
            overwritten.append(certificate["seconds"] * 1e3)
            proved.append(seconds * 1e3)

    await asyncio.gather(*[work() for _ in range(AT_ONCE)])
    is_over.set()
    sent = await flow
    values = [value for number in people for value in _known_by(number)]
    found = await asyncio.to_thread(search_folder, legato.folder / "data", values)
    beside = f"{len(people)} people, {AT_ONCE} at once, beside {sent:,.0f} events/s"
    table.add(f"erasing {beside}: to the proof", milliseconds(proved))
    table.add("of that until the records are overwritten", milliseconds(overwritten))
    table.add(
        "searched afterwards",
        f"{found.byte_count / 1e6:,.0f} MB in {found.file_count} files: "
        f"{sum(found.found.values())} found",
    )
    if found.found:
        raise SystemExit(f"Something is left of the erased: {found.found}.")


async def _flow(args: argparse.Namespace, is_over: asyncio.Event) -> float:
    """Send events until it is over; return how many a second were taken."""
    events = load.Events(args.people, args.batch, f"erasure-{int(time.time())}")
    begin, count = time.perf_counter(), 0
    while not is_over.is_set():
        outcome = await load.open_loop(PORT, events, args.rate[0], 1)
        count += outcome.events
    return count / (time.perf_counter() - begin)


def _known_by(number: int) -> tuple[str, str, str]:
    return f"leaver-{number:04d}", f"leaver-{number:04d}@example.com", f"device-of-{number:04d}"


def _live(number: int) -> None:
    """Let somebody be known, be sent something, and have something refused."""
    user, email, device = _known_by(number)
    who = {"userId": user, "anonymousId": device, "writeKey": WRITE_KEY}
    bought = {"order_id": f"of {email}", "sku": "a", "value": 1}
    _call("/v1/identify", {**who, "traits": {"email": email}})
    _call("/v1/track", {**who, "event": "Order Completed", "properties": bought})
    _call("/v1/track", {**who, "event": "Never Declared", "properties": {"to": email}})


def _erase(token: str, number: int) -> tuple[dict[str, Any], float]:
    """Return the complete certificate of an erasure, and how long it took to come."""
    begin = time.perf_counter()
    user, _, _ = _known_by(number)
    shown = _call(f"/api/people/user_id:{user}/erase", {"reason": "a measurement"}, token)
    while shown["stage"] != "completed":
        time.sleep(ASK_AGAIN_SECONDS)
        shown = _call(f"/api/erasures/{shown['erasure_id']}", None, token)
    return shown, time.perf_counter() - begin


def _call(path: str, body: object, token: str = "") -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Content-Type": "application/json",
            **({"Authorization": f"Bearer {token}"} if token else {}),
        },
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.loads(answer.read())
