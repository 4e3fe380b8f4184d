"""Digests that are surely not in the tree: the writer's sieves, and what may make them wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from legato.model.ids import PersonId, message_digest
from legato.model.instant import HOUR
from legato.ports.state_store import Turn
from legato.stores.sqlite.seen import LEARN_STEP, Sieve
from legato.stores.sqlite.state import SqliteStore

ANA, BEN = PersonId("ana"), PersonId("ben")
START = 100 * HOUR
MANY = [message_digest("web", str(number)) for number in range(LEARN_STEP + 1_000)]
NEW = [message_digest("web", f"new {number}") for number in range(1_000)]

Open = Callable[[], SqliteStore]
"""The file, closed and opened again; a turn is committed, so that this thread is the engine's."""


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Open]:
    opened: list[SqliteStore] = []

    def open_again() -> SqliteStore:
        for store in opened:
            store.close()
        store = SqliteStore(tmp_path / "state.db")
        opened.append(store)
        head = store.head()
        store.commit(Turn(position=head.position, now=max(head.now, START)))
        return store

    yield open_again
    opened[-1].close()


def see(store: SqliteStore, digests: list[bytes], at: int) -> None:
    store.commit(Turn(position=store.head().position, now=at, seen=dict.fromkeys(digests, at)))


def test_a_sieve_holds_all_that_was_added_and_little_else() -> None:
    sieve = Sieve()

    sieve.add(MANY)

    assert sieve.held(MANY) == MANY
    assert len(sieve.held(NEW)) < 50


def test_a_sieve_that_has_too_many_holds_everything() -> None:
    sieve = Sieve(byte_count=1 << 10, most=len(MANY) - 1)

    sieve.add(MANY[:-1])
    assert not sieve.is_full
    sieve.add(MANY[-1:])

    assert sieve.is_full
    assert sieve.held(NEW) == NEW


def test_what_moves_into_the_tree_is_found_there(reopen: Open) -> None:
    store = reopen()
    see(store, MANY, START)
    see(store, NEW[:10], START + 80 * HOUR)  # a new generation: all that waits is moved

    assert store.seen(MANY, START) == {*MANY}
    assert store.seen(NEW, START) == {*NEW[:10]}


def test_what_moved_two_generations_ago_is_known_no_more(reopen: Open) -> None:
    store = reopen()
    see(store, MANY, START)
    see(store, NEW[:10], START + 80 * HOUR)
    see(store, [], START + 81 * HOUR)
    assert store.seen(MANY, START) == {*MANY}
    see(store, NEW[10:20], START + 160 * HOUR)

    assert store.seen(NEW[:20], START) == {*NEW[:20]}
    see(store, NEW[20:30], START + 240 * HOUR)
    assert store.seen([*MANY, *NEW], START) == {*NEW[10:30]}


def test_what_the_tree_held_when_it_was_opened_is_found_before_and_after_it_is_learned(
    reopen: Open,
) -> None:
    store = reopen()
    see(store, MANY, START)
    see(store, [], START + 80 * HOUR)

    store = reopen()
    assert store.seen([*MANY, *NEW], START) == {*MANY}
    assert store.checkpoint()  # it learns the first of two steps
    assert store.seen([*MANY, *NEW], START) == {*MANY}
    assert store.checkpoint()
    assert not store.checkpoint()
    assert store.seen([*MANY, *NEW], START) == {*MANY}


def test_what_moves_while_the_tree_is_being_learned_is_found(reopen: Open) -> None:
    store = reopen()
    see(store, MANY, START)
    see(store, [], START + 80 * HOUR)

    store = reopen()
    assert store.checkpoint()
    see(store, NEW, START + 80 * HOUR)
    see(store, [], START + 160 * HOUR)  # behind what was learned, and before it
    while store.checkpoint():
        pass

    assert store.seen(NEW, START) == {*NEW}


def test_once_learned_the_tree_is_not_asked_for_what_it_lacks(reopen: Open) -> None:
    store = reopen()
    see(store, MANY, START)
    see(store, [], START + 80 * HOUR)
    store = reopen()
    while store.checkpoint():
        pass

    with store.file.writing() as writer:  # one who looks in the tree finds them there
        writer.executemany("INSERT INTO seen VALUES (2, ?, ?)", [(each, START) for each in NEW])

    assert len(store.seen(NEW, START)) < 50
    assert store.seen(MANY, START) == {*MANY}


def test_a_turn_that_fails_while_digests_move_leaves_them_where_they_were(reopen: Open) -> None:
    store = reopen()
    see(store, MANY, START)
    store.commit(Turn(position=1, now=START, forwards={ANA: BEN}))

    with pytest.raises(AssertionError):  # BEN cannot become himself; all that waited was moved
        store.commit(Turn(position=2, now=START + 80 * HOUR, forwards={BEN: ANA}))

    assert store.seen([*MANY, *NEW], START) == {*MANY}
    see(store, NEW[:10], START + 80 * HOUR)
    assert store.seen([*MANY, *NEW], START) == {*MANY, *NEW[:10]}
