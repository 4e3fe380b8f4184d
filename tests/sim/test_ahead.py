"""What is cleared ahead of a turn is cleared after it too: in whole worlds, some records a turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from legato.core.gate import Clearance
from legato.fold.cache import ROOM
from legato.fold.clearance import clear_to_send
from legato.fold.memory import CORE, Memory, is_alone
from legato.fold.past import Past
from legato.fold.turn import Record, Turned
from legato.model.delivery import Delivery
from legato.model.event import decode_event
from legato.model.ids import DeliveryId
from legato.simulate.trial import try_seed
from legato.simulate.workload import Crowd
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.seeds import plans

SEEDS = range(300)
TURN = 5
DELIVERIES = 20
EVERYTHING = 1_000_000


def turns_of(log: MemoryLog) -> Iterator[list[Record]]:
    turn: list[Record] = []
    for position, data in log.read(0, EVERYTHING):
        record = (position, decode_event(data))
        if is_alone(record[1]) or len(turn) == TURN:
            if turn:
                yield turn
            turn = []
        turn.append(record)
        if is_alone(record[1]):
            yield turn
            turn = []
    if turn:
        yield turn


class Replayed:
    """A world that is lived again, some records a turn, as if what it sent last were to be sent."""

    def __init__(self, log: MemoryLog) -> None:
        self.store = MemoryStore()
        past = Past(log, self.store, self.store.pointers)
        self.memory = Memory(self.store, past, core=CORE, room=ROOM)
        self.made: deque[Delivery] = deque(maxlen=DELIVERIES)
        self.compared = 0
        self.withheld = 0
        for records in turns_of(log):
            self.take(records)

    def take(self, records: list[Record]) -> None:
        ahead: dict[DeliveryId, tuple[Delivery, Clearance]] = {}
        at = records[-1][1].received_at

        def look(turned: Turned) -> None:
            for delivery in self.made:
                if self.memory.leaves_alone(turned, [delivery.person_id]):
                    ahead[delivery.delivery_id] = (delivery, self.clearance(delivery, at))
                else:
                    self.withheld += 1

        turned = self.memory.apply(records, look)
        self.store.commit(turned.turn())
        self.memory.keep(turned)
        for delivery, clearance in ahead.values():
            assert self.clearance(delivery, at) == clearance
        self.compared += len(ahead)
        self.made += [delivery for _, delivery in turned.deliveries]

    def clearance(self, delivery: Delivery, at: int) -> Clearance:
        state = self.memory.person(delivery.person_id)
        if state is not None:
            state = replace(state, pending={**state.pending, delivery.delivery_id: delivery})
        return clear_to_send(self.store, self.memory.program, state, delivery, now=at)


@pytest.mark.parametrize("chunk", range(4))
def test_what_is_cleared_ahead_of_a_turn_is_cleared_after_it(chunk: int) -> None:
    compared = withheld = 0
    for seed in SEEDS[chunk::4]:
        log = MemoryLog()
        try_seed(seed, plans(), Crowd(), log, MemoryStore())
        replayed = Replayed(log)
        compared += replayed.compared
        withheld += replayed.withheld

    assert compared > 1_000
    assert withheld > 100
