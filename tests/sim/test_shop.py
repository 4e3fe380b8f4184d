"""The example shop, rehearsed: its recorded weeks give the same decisions in every host."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from legato.fold.cache import Room
from legato.model.event import NAME_OF_KIND, CustomerEvent
from legato.model.ids import EventId, PersonId, derive, share
from legato.model.instant import DAY, Instant
from legato.model.note import Entered
from legato.model.plan import Plan
from legato.simulate.lane import Scene
from legato.simulate.provider import Provider
from legato.simulate.replay import refold, rehearse
from legato.simulate.world import World, WorldStore
from legato.stores.memory import MemoryLog, MemoryStore
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore
from legato.workspace import check_files, read_workspace

SHOP = Path(__file__).parents[2] / "examples" / "shop"
DAYS = 90
COPIES = int(os.environ.get("LEGATO_SHOP_COPIES", "1"))
"""How often the shop's 765 customers are there, each with names of their own; 13 are 10,000."""


@cache
def shop() -> Plan:
    loaded = check_files(read_workspace(SHOP))
    assert loaded.plan is not None, loaded.problems
    return loaded.plan


def history(copies: int) -> list[CustomerEvent]:
    """Return the recorded weeks, each copy begun on another day, in order of time."""
    lines = gzip.decompress((SHOP / "history.jsonl.gz").read_bytes()).splitlines()
    facts = [msgspec.json.decode(line) for line in lines]
    span = facts[-1]["at"] - facts[0]["at"]
    events = [
        event_of(fact, copy, shift=round(share("copy", str(copy)) * (DAYS * DAY - span)))
        for copy in range(copies)
        for fact in facts
    ]
    return sorted(events, key=lambda event: event.received_at)


def event_of(fact: dict[str, Any], copy: int, *, shift: Instant) -> CustomerEvent:
    item, at = fact["item"], fact["at"] + shift * (copy > 0)
    body = dict(item.get("properties") or item.get("traits") or {})
    if isinstance(body.get("email"), str):
        body["email"] = f"{copy}.{body['email']}"
    message_id = f"{copy}.{item['messageId']}"
    user_id = item.get("userId")
    return CustomerEvent(
        event_id=EventId(derive("event", fact["source"], message_id)),
        received_at=at,
        occurred_at=at,
        source=fact["source"],
        message_id=message_id,
        kind=item["type"],
        name=item.get("event") or NAME_OF_KIND[item["type"]],
        user_id=user_id and f"{copy}.{user_id}",
        anonymous_id=f"{copy}.{item['anonymousId']}",
        body=msgspec.json.encode(body),
        context=msgspec.json.encode(item.get("context", {})),
    )


def happen(copies: int, log: MemoryLog | SqliteLog, store: WorldStore) -> World:
    """Let ninety days of the shop happen, the last of them quiet."""
    events = history(copies)
    start = events[0].received_at
    crm = Provider(answer=b'{"accepted":true}')
    world = World(shop(), log, store, Scene(seed=58, start=start, providers={"crm": crm}))
    rehearse(world, events, start + DAYS * DAY)
    return world


def states(store: MemoryStore | SqliteStore) -> Iterator[tuple[PersonId, bytes]]:
    return store.people(PersonId(""), 1_000_000)


@pytest.fixture(scope="module")
def lived() -> tuple[World, MemoryLog, MemoryStore]:
    log, store = MemoryLog(), MemoryStore()
    return happen(COPIES, log, store), log, store


def test_every_journey_of_the_shop_is_walked(
    lived: tuple[World, MemoryLog, MemoryStore],
) -> None:
    world, _, _ = lived

    entered = {note.journey for _, _, note in world.notes if isinstance(note, Entered)}
    assert entered == set(shop().journeys)
    assert len(world.sent) > 1_000


def test_one_seed_decides_the_same_twice(lived: tuple[World, MemoryLog, MemoryStore]) -> None:
    world, _, _ = lived

    again = happen(COPIES, MemoryLog(), MemoryStore())

    assert again.decision_digest() == world.decision_digest()
    assert again.sent == world.sent


def test_the_embedded_fold_on_disk_decides_as_the_rehearsal(
    lived: tuple[World, MemoryLog, MemoryStore], tmp_path: Path
) -> None:
    world, log, store = lived
    on_disk = SqliteStore(tmp_path / "state.db")

    room = Room(people=200, encoded_bytes=100_000)
    folded = refold(log, lambda: on_disk, turn_records=256, room=room)

    assert folded.decision_digest == world.decision_digest()
    assert list(states(on_disk)) == list(states(store))
    on_disk.close()


def test_a_world_on_disk_decides_as_one_in_memory(tmp_path: Path) -> None:
    memory, disk = MemoryStore(), SqliteStore(tmp_path / "state.db")
    log = SqliteLog(tmp_path / "log.db")
    events = history(1)[:2_000]
    start, until = events[0].received_at, events[-1].received_at + DAY
    worlds = [
        World(shop(), one_log, one_store, Scene(seed=59, start=start))
        for one_log, one_store in ((MemoryLog(), memory), (log, disk))
    ]

    for world in worlds:
        rehearse(world, events, until)

    assert worlds[0].decision_digest() == worlds[1].decision_digest()
    assert worlds[0].sent == worlds[1].sent
    assert list(states(memory)) == list(states(disk))
    disk.close()
    log.close()
