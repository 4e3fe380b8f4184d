"""Every store, opened empty; and opened again, as after a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from legato.ports.log import Log
from legato.stores.memory import MemoryLog, MemoryStore
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore
from tests.conformance.rolling import RolledLog, RolledStore

Store: TypeAlias = MemoryStore | SqliteStore


@pytest.fixture(params=["memory", "sqlite", "rolled"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    if request.param == "memory":
        log = MemoryLog()
    else:
        kind = SqliteLog if request.param == "sqlite" else RolledLog
        log = kind(tmp_path / "log.db")
    yield log
    log.close()


@pytest.fixture(params=["memory", "sqlite", "rolled"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        store = MemoryStore()
    else:
        kind = SqliteStore if request.param == "sqlite" else RolledStore
        store = kind(tmp_path / "state.db")
    yield store
    store.close()


@pytest.fixture
def reopened(tmp_path: Path) -> Iterator[Callable[[Store], Store]]:
    """Close a store and open what it left; one in memory only goes on."""
    opened: list[Store] = []

    def again(store: Store) -> Store:
        store.close()
        if isinstance(store, SqliteStore):
            store = SqliteStore(tmp_path / "state.db")
            opened.append(store)
        return store

    yield again
    for each in opened:
        each.close()
