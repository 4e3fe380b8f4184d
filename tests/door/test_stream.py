"""Events handed on over real HTTP, to destinations of which one is dead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from legato.model.event import ErasureRequested
from legato.model.ids import EventId
from legato.model.instant import DAY
from legato.model.note import HandedOn
from legato.model.plan import Plan
from tests.door.embedded import Embedded, OwnClock, compile_text, embedded

EVENTS = 120
PEOPLE = 6
WORKSPACE = """
workspace: handing_on
accept_unknown: true
---
identity: [{kind: user_id, from: [user_id]}]
---
purposes:
  analytics: {basis: legitimate_interest, promotional: false}
---
event: Order Completed
owner: shop
purpose: analytics
schema: {type: object}
"""
DESTINATION = """
---
destination: DESTINATION
connector: webhook
settings: {url: "http://127.0.0.1:PORT/DESTINATION"}
allow_private: true
retry: {first: 10ms, longest: 50ms}
events: {purpose: analytics, only: [Order Completed]}
"""


class Sinks:
    """Destinations on loopback, each under a path of its own; `dead` ones fail every request."""

    def __init__(self) -> None:
        self.port = 0
        self.dead: dict[str, None] = {}
        self.got: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        """Destination -> idempotency key and body of what it has taken."""
        self._arrived = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        name, body = request.match_info["name"], await request.json()
        if name in self.dead:
            return web.Response(status=503)
        self.got.setdefault(name, []).append((request.headers["Idempotency-Key"], body))
        self._arrived.set()
        return web.Response()

    async def until(self, name: str, count: int) -> list[dict[str, Any]]:
        """Wait until a destination has taken so many, and return them."""
        async with asyncio.timeout(20):
            while len(self.got.get(name, [])) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return [body for _, body in self.got[name]]


@asynccontextmanager
async def sinks() -> AsyncGenerator[Sinks]:
    opened = Sinks()
    app = web.Application()
    app.router.add_post("/{name}", opened.take)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    opened.port = runner.addresses[0][1]
    try:
        yield opened
    finally:
        await runner.cleanup()


def plan_for(port: int, *names: str) -> Plan:
    parts = [DESTINATION.replace("DESTINATION", name).replace("PORT", str(port)) for name in names]
    return compile_text(WORKSPACE + "".join(parts))


async def buy(host: Embedded, first: int = 0) -> None:
    orders = [
        host.event(f"p{number % PEOPLE}", "Order Completed", {"n": number})
        for number in range(first, first + EVENTS)
    ]
    await host.feed(*orders)


def numbers_of(bodies: list[dict[str, Any]], who: str) -> list[int]:
    return [body["properties"]["n"] for body in bodies if body["userId"] == who]


def test_a_dead_destination_costs_the_others_nothing_and_gets_everything_when_it_is_back(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        names = [f"d{number}" for number in range(7)]
        async with sinks() as opened:
            opened.dead["d3"] = None
            plan = plan_for(opened.port, *names)
            async with embedded(tmp_path, plan, OwnClock(20_000 * DAY)) as host:
                await buy(host)
                for name in names:
                    if name != "d3":
                        await opened.until(name, EVENTS)
                assert "d3" not in opened.got

                del opened.dead["d3"]
                await opened.until("d3", EVENTS)
                await host.host.quiet()
                stories = host.store.tail(0, 10_000)

            for got in opened.got.values():
                bodies = [body for _, body in got]
                assert len({key for key, _ in got}) == len(got) == EVENTS
                for person in range(PEOPLE):
                    wanted = list(range(person, EVENTS, PEOPLE))
                    assert numbers_of(bodies, f"p{person}") == wanted
            notes = [note for story in stories for note in story.notes]
            handed_on = [note for note in notes if isinstance(note, HandedOn)]
            assert [len(note.to) for note in handed_on] == [7] * EVENTS

    asyncio.run(main())


def test_what_waits_for_a_dead_destination_outlives_the_process(tmp_path: Path) -> None:
    async def main() -> None:
        async with sinks() as opened:
            opened.dead["d0"] = None
            plan, clock = plan_for(opened.port, "d0"), OwnClock(20_000 * DAY)
            async with embedded(tmp_path, plan, clock) as host:
                await buy(host)

            opened.dead.clear()
            async with embedded(tmp_path, plan, clock):
                bodies = await opened.until("d0", EVENTS)

            assert sorted(body["properties"]["n"] for body in bodies) == list(range(EVENTS))

    asyncio.run(main())


def test_with_a_person_goes_what_waits_for_a_dead_destination(tmp_path: Path) -> None:
    async def main() -> None:
        async with sinks() as opened:
            opened.dead["d0"] = None
            plan = plan_for(opened.port, "d0", "d1")
            async with embedded(tmp_path, plan, OwnClock(20_000 * DAY)) as host:
                await host.feed(host.event("ana", "Order Completed"))
                await opened.until("d1", 1)
                (person_id,) = host.store.pointers(["user_id:ana"]).values()
                await host.feed(
                    ErasureRequested(
                        event_id=EventId("erasure_1"),
                        received_at=host.clock.now(),
                        person_id=person_id,
                    )
                )
                waiting = host.store.waiting("d0", 0, 10)
                await host.feed(host.event("bea", "Order Completed"))
                del opened.dead["d0"]
                told = await opened.until("d0", 2)

            assert [one.delivery.operation for one in waiting] == ["erase"]
            assert [body["userId"] for body in told if "userId" in body] == ["bea"]

    asyncio.run(main())
