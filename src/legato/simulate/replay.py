"""Recorded history, lived through again: the production fold without anything being sent.

`refold` folds a log from nothing, in turns of any size, as a host does after it lost its state.
`rehearse` lets recorded events happen in a world at their own times, under whatever plan it has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

import msgspec

from legato.fold.cache import ROOM, Room
from legato.fold.memory import Core, Memory, is_alone
from legato.fold.past import Past
from legato.fold.turn import Record
from legato.model.event import CustomerEvent, decode_event
from legato.model.instant import Instant
from legato.ports.log import Log
from legato.ports.state_store import FoldStore
from legato.simulate.world import World

READ_RECORDS = 1_000


class Refolded(msgspec.Struct, frozen=True, kw_only=True):
    """What folding a log gave."""

    record_count: int
    delivery_ids: tuple[str, ...]
    """Of everything decided to be sent, in order."""
    decision_digest: str
    """As of a World: over every note and every delivery, in order."""


def refold(
    log: Log,
    open_store: Callable[[], FoldStore],
    *,
    turn_records: int,
    forget_every: int = 0,
    room: Room = ROOM,
) -> Refolded:
    """Fold a log into an empty store, so many records a turn.

    After every `forget_every` turns everything in memory is lost, as in a crash, and `open_store`
    is asked for the store again; 0: never.
    """
    store = open_store()
    memory = Memory(store, Past(log, store, store.pointers), core=Core(), room=room)
    digest = hashlib.blake2b(digest_size=16)
    delivery_ids: list[str] = []
    for turn_count, records in enumerate(_turns(log, turn_records), 1):
        turned = memory.apply(records)
        store.commit(turned.turn())
        memory.keep(turned)
        deliveries = dict[int, list[str]]()
        for position, delivery in turned.deliveries:
            deliveries.setdefault(position, []).append(delivery.delivery_id)
        notes = {row.position: row.notes for row in turned.notes}
        for position, _ in records:
            digest.update(notes.get(position, b""))
            for delivery_id in deliveries.get(position, ()):
                digest.update(delivery_id.encode())
                delivery_ids.append(delivery_id)
        if forget_every and turn_count % forget_every == 0:
            store = open_store()
            memory = Memory(store, Past(log, store, store.pointers), core=Core(), room=room)
    return Refolded(
        record_count=log.last_position(),
        delivery_ids=tuple(delivery_ids),
        decision_digest=digest.hexdigest(),
    )


def _turns(log: Log, most: int) -> Iterable[Sequence[Record]]:
    """Yield the log's records by turns: a record that has to be is one of its own."""
    after, waiting = 0, list[Record]()
    while rows := log.read(after, READ_RECORDS):
        after = rows[-1][0]
        for position, data in rows:
            event = decode_event(data)
            if waiting and (is_alone(event) or len(waiting) >= most):
                yield waiting
                waiting = []
            if is_alone(event):
                yield [(position, event)]
            else:
                waiting.append((position, event))
    if waiting:
        yield waiting


def rehearse(world: World, events: Iterable[CustomerEvent], until: Instant) -> None:
    """Let recorded events, oldest first, happen in a world, each when it was received.

    Between them time passes as it did: waits end, providers answer, people leave segments.
    """
    for event in events:
        if event.received_at > world.now:
            world.run_until(event.received_at)
        world.feed(event)
    world.run_until(until)
