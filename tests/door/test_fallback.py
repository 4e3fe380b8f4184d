"""A dead destination of real lanes is followed by the next channel; no message goes by both."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from legato.model.instant import DAY, HOUR
from legato.model.note import Decided, Note, Settled
from tests.door.embedded import Embedded, OwnClock, Sink, compile_text, embedded

NOON = 20_500 * DAY + 12 * HOUR
PEOPLE = 200
WAIT_SECONDS = 60
ATTEMPTS = 4
"""By then its time is over: each lasts 200 ms."""
WORKSPACE = """
workspace: fallback
lateness: 10m
accept_unknown: true
---
identity:
  - {kind: user_id, from: [user_id], unique: true}
---
event: Ordered
owner: tests
purpose: service
---
purposes:
  service: {basis: contract, promotional: false, title: Service}
---
channel: push
destination: first
address: identifier user_id
---
channel: letter
destination: second
address: identifier user_id
---
destination: first
connector: webhook
settings: {url: "http://127.0.0.1:FIRST"}
timeout: 10s
retry: {first: 20ms, factor: 1.5, longest: 200ms, give_up: 1h}
allow_private: true
---
destination: second
connector: webhook
settings: {url: "http://127.0.0.1:SECOND/hook"}
concurrency: 32
allow_private: true
---
template: thanks
title: Thanks
purpose: service
push: {body: Thanks}
letter: {body: Thanks}
---
journey: thanks
title: Thanks
owner: tests
purpose: service
enter: {on: Ordered, key: order, again: any time}
steps:
  - send: {message: thanks, on: [push, letter], expires: 6h, fall_back: 300ms}
"""


def settled(running: Embedded) -> list[Settled]:
    notes: list[Note] = [note for story in running.store.tail(0, 10_000) for note in story.notes]
    fell = {note.instead_of for note in notes if isinstance(note, Decided)}
    return [note for note in notes if isinstance(note, Settled) and note.delivery_id not in fell]


async def ends(running: Embedded, count: int) -> Counter[str]:
    """Wait until so many messages are over; return how they ended."""
    async with asyncio.timeout(WAIT_SECONDS):
        while len(settled(running)) < count:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.05)
    return Counter(note.outcome for note in settled(running))


async def order(running: Embedded) -> None:
    events = [running.event(f"p{number}", "Ordered", {"order": "1"}) for number in range(PEOPLE)]
    await running.feed(*events)


@pytest.mark.parametrize("path", ["", "/down", "/throttled", "/refuses"])
def test_a_dead_destination_is_followed_by_the_next_channel(tmp_path: Path, path: str) -> None:
    async def scene() -> None:
        async with Sink() as dead, Sink() as alive:
            if not path:
                await dead.close()  # nobody listens at all
            text = WORKSPACE.replace("FIRST", f"{dead.port}{path}")
            text = text.replace("SECOND", str(alive.port))
            async with embedded(tmp_path, compile_text(text), OwnClock(NOON)) as running:
                await order(running)

                assert await ends(running, PEOPLE) == {"accepted": PEOPLE}
                assert running.store.counts()["deliveries_dead"] == 0
            keys = Counter(arrival.key for arrival in alive.arrivals)
            assert len(keys) == PEOPLE
            assert set(keys.values()) == {1}
            if not path:
                await dead.open()

    asyncio.run(scene())


def test_attempts_under_way_when_their_time_is_over_are_waited_for(tmp_path: Path) -> None:
    async def scene() -> None:
        async with Sink(seconds=1.0) as slow, Sink() as alive:
            text = WORKSPACE.replace("FIRST", f"{slow.port}/hook")
            text = text.replace("SECOND", str(alive.port))
            async with embedded(tmp_path, compile_text(text), OwnClock(NOON)) as running:
                await order(running)

                assert await ends(running, PEOPLE) == {"accepted": PEOPLE}
            assert len(slow.arrivals) > 0
            assert len(slow.arrivals) + len(alive.arrivals) == PEOPLE

    asyncio.run(scene())


def test_a_connection_that_breaks_after_the_request_is_followed_by_no_other(
    tmp_path: Path,
) -> None:
    async def scene() -> None:
        async with Sink(seconds=0.6) as first, Sink() as alive:
            text = WORKSPACE.replace("FIRST", f"{first.port}/hook")
            text = text.replace("SECOND", str(alive.port)).replace("timeout: 10s", "timeout: 200ms")
            async with embedded(tmp_path, compile_text(text), OwnClock(NOON)) as running:
                await running.feed(running.event("ana", "Ordered", {"order": "1"}))
                async with asyncio.timeout(WAIT_SECONDS):
                    while len(first.arrivals) < ATTEMPTS:  # noqa: ASYNC110 - a socket says nothing
                        await asyncio.sleep(0.01)
                first.hasten()

                assert await ends(running, 1) == {"accepted": 1}
            assert {arrival.key for arrival in first.arrivals} == {first.arrivals[0].key}
            assert alive.arrivals == []

    asyncio.run(scene())
