"""Folding the recorded log again gives the same bytes, however it is divided and interrupted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from legato.fold.cache import Room
from legato.model.event import decode_event
from legato.model.ids import PersonId
from legato.ports.state_store import FoldStore, Records
from legato.simulate.replay import refold
from legato.simulate.trial import live_seed
from legato.simulate.workload import Crowd
from legato.stores.memory import MemoryLog, MemoryStore
from legato.stores.sqlite.state import SqliteStore
from tests.sim.seeds import plans

SEEDS = range(12)
CROWD = Crowd(people=6, doings=20)
ROOT = Path(__file__).parents[2]


def recorded(seed: int) -> tuple[MemoryLog, MemoryStore, list[str]]:
    """Let a seed's world happen; return its log, its states, and what was sent."""
    log, store = MemoryLog(), MemoryStore()
    evidence = live_seed(seed, plans(), CROWD, log, store)
    return log, store, [sent.delivery.delivery_id for sent in evidence.sent]


def bytes_of(store: Records) -> list[tuple[PersonId, bytes]]:
    return list(store.people(PersonId(""), 10_000))


@pytest.mark.parametrize("turn_records", [1, 7, 256])
@pytest.mark.parametrize("forget_every", [0, 3])
def test_any_division_into_turns_gives_the_same_bytes(turn_records: int, forget_every: int) -> None:
    for seed in SEEDS:
        log, lived, sent = recorded(seed)
        store = MemoryStore()
        once = refold(log, MemoryStore, turn_records=1)

        again = refold(
            log, lambda store=store: store, turn_records=turn_records, forget_every=forget_every
        )

        assert bytes_of(store) == bytes_of(lived), seed
        assert again == once, seed
        assert set(sent) <= set(again.delivery_ids), seed
        assert store.tail(0, 10_000) == lived.tail(0, 10_000), seed


def test_a_cache_too_small_for_anybody_changes_nothing() -> None:
    log, lived, _ = recorded(3)
    store = MemoryStore()

    refold(log, lambda: store, turn_records=7, room=Room(people=1, encoded_bytes=1))
    from_bytes = MemoryStore()
    refold(log, lambda: from_bytes, turn_records=7, room=Room(people=1))

    assert bytes_of(store) == bytes_of(from_bytes) == bytes_of(lived)


def test_the_store_on_disk_ends_with_the_same_bytes(tmp_path: Path) -> None:
    for seed in range(3):
        log, lived, _ = recorded(seed)
        opened: list[SqliteStore] = []

        def open_store(opened: list[SqliteStore] = opened, seed: int = seed) -> FoldStore:
            for store in opened:
                store.close()
            opened[:] = [SqliteStore(tmp_path / f"{seed}.db")]
            return opened[0]

        once = refold(log, MemoryStore, turn_records=1)
        again = refold(log, open_store, turn_records=7, forget_every=5)

        assert bytes_of(opened[0]) == bytes_of(lived)
        assert again == once
        opened[0].close()


def test_the_log_holds_all_that_happened() -> None:
    log, lived, _ = recorded(0)

    events = [decode_event(data) for _, data in log.read(0, 10_000)]

    assert len(events) == lived.head().position
    assert {type(event).__name__ for event in events} >= {
        "CustomerEvent",
        "TimerFired",
        "DeliveryReported",
        "PlanActivated",
    }


DIGESTS = """
import sys
from tests.sim.test_replay import bytes_of, recorded
from legato.model.ids import digest
from legato.simulate.replay import refold
from legato.stores.memory import MemoryStore
for seed in range(6):
    log, lived, _ = recorded(seed)
    states = digest(b"".join(data for _, data in bytes_of(lived)))
    records = digest(b"".join(data for _, data in log.read(0, 100_000)))
    print(seed, states, records, refold(log, MemoryStore, turn_records=7).decision_digest)
"""
NO_SOCKETS = """
import sys
seen = []
sys.addaudithook(lambda name, _: seen.append(name) if name.startswith("socket.") else None)
from tests.sim.test_replay import recorded
from tests.sim.shopkeeping import BASE
began = len(seen)
for seed in range(20):
    recorded(seed)
print(seen[began:])
"""


def run(code: str, hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return ran.stdout


def test_every_process_gives_the_same_bytes() -> None:
    digests = [run(DIGESTS, hash_seed) for hash_seed in ("0", "1", "4711")]

    assert digests[0].count("\n") == 6
    assert digests[0] == digests[1] == digests[2]


def test_a_rehearsed_world_opens_no_socket() -> None:
    assert run(NO_SOCKETS, "0") == "[]\n"
