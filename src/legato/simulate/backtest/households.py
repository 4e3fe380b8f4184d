"""Who may ever meet: recorded history divided into parts that know nothing of one another.

Two people share a part when any identifier, address or record has brought them near each other, so
each part can be lived through alone, in a process of its own, and comes to the same as the whole.
The parts are the components of a union-find over identifiers and persons, R. E. Tarjan, "Efficiency
of a good but not linear set union algorithm", JACM 22 (1975). A person's id is a digest of their
first identifier (ADR 0016), so records that name a person are placed by it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from legato.core.identifiers import plain_address
from legato.core.program import Program
from legato.core.reads import reads
from legato.fold.turn import Record
from legato.model.event import (
    BackfillBegan,
    CustomerEvent,
    Erased,
    ErasureCompleted,
    Event,
    EventRecalled,
    JourneySwitched,
    Noticed,
    PastMeasured,
    PersonsJoined,
    PersonSplit,
    PlanActivated,
    RejectedItem,
    ScheduleTaken,
)
from legato.model.ids import derive, digest
from legato.model.noun import ENCODER
from legato.model.plan import Plan

EVERYWHERE = -1
"""In place of a part: of a record that all of them need."""
NOWHERE = -2
"""Of one that says nothing of anybody."""


class Households:
    """Shown every record once, in the order of the log; then knows the part of each."""

    def __init__(self, plans: Iterable[Plan]) -> None:
        """`plans`: under which the history will be lived through, beside those recorded in it."""
        plans = list(plans)
        # Plans that tell people apart by the same rules read the same of every event.
        unlike = {ENCODER.encode((plan.identity, plan.mappings)): plan for plan in plans}
        self._programs = [Program(plan) for plan in unlike.values()]
        self._addresses = _addressed_by(plans)
        self._nodes: dict[str, int] = {}
        self._parents: list[int] = []
        self._weights: list[int] = []
        """At a root: how many records its part has."""
        self._of_records = array("l")
        self._first = 0
        """Position of the first record shown; the others follow without a gap."""

    def show(self, records: Iterable[Record]) -> None:
        """Look at records."""
        for position, event in records:
            self._first = self._first or position
            node = self._place(event)
            self._of_records.append(node)
            if node >= 0:
                self._weights[node] += 1

    def divide(self, most: int) -> Sequence[int]:
        """Return the part of every record shown, in order; each but the largest has `most`."""
        sums: dict[int, int] = {}
        for node, weight in enumerate(self._weights):
            root = self._root(node)
            sums[root] = sums.get(root, 0) + weight
        parts: dict[int, int] = {}
        part, held = 0, 0
        for root, weight in sums.items():
            if held and held + weight > most:
                part, held = part + 1, 0
            parts[root] = part
            held += weight
        return array("l", (n if n < 0 else parts[self._root(n)] for n in self._of_records))

    def roots(self) -> Sequence[int]:
        """Return a number for every record shown: the same for those of one household."""
        return array("l", (n if n < 0 else self._root(n) for n in self._of_records))

    def _place(self, event: Event) -> int:
        match event:
            case CustomerEvent():
                return self._together(self._keys(event))
            case PlanActivated() | JourneySwitched() | ScheduleTaken():
                return EVERYWHERE
            case BackfillBegan() | PastMeasured():
                return EVERYWHERE
            case PersonsJoined():
                return self._together([event.person_id, event.other])
            case PersonSplit():
                return self._together([event.person_id, event.gone])
            case EventRecalled():
                return self._node_at(event.position)
            case RejectedItem() | Noticed() | ErasureCompleted() | Erased():
                return NOWHERE
            case _:
                return self._node(event.person_id)

    def _node_at(self, position: int) -> int:
        index = position - self._first
        return self._of_records[index] if 0 <= index < len(self._of_records) else NOWHERE

    def _keys(self, event: CustomerEvent) -> list[str]:
        keys: dict[str, None] = {}
        for program in self._programs:
            found = reads(program, event)
            keys.update(dict.fromkeys(found.pointers))
            for traits in (found.body, found.context.get("traits")):
                keys.update(dict.fromkeys(self._addressed(traits)))
        return list(keys)

    def _addressed(self, traits: object) -> Iterable[str]:
        if isinstance(traits, Mapping):
            for name in self._addresses:
                value = cast("Mapping[str, object]", traits).get(name)
                if isinstance(value, str) and value:
                    yield f"at:{digest(plain_address(value).encode())}"

    def _together(self, keys: Sequence[str]) -> int:
        if not keys:
            return NOWHERE
        first = self._node(keys[0])
        for key in keys[1:]:
            self._join(first, self._node(key))
        return first

    def _node(self, key: str) -> int:
        node = self._nodes.get(key)
        if node is None:
            node = len(self._parents)
            self._nodes[key] = node
            # Whoever is met first by this identifier is named by it.
            self._nodes.setdefault(derive("person", key), node)
            self._parents.append(node)
            self._weights.append(0)
        return node

    def _root(self, node: int) -> int:
        parents = self._parents
        while parents[node] != node:
            parents[node] = parents[parents[node]]
            node = parents[node]
        return node

    def _join(self, one: int, other: int) -> None:
        self._parents[self._root(other)] = self._root(one)


def _addressed_by(plans: Iterable[Plan]) -> tuple[str, ...]:
    """Return the traits that hold addresses: what is closed at one is closed for all who use it."""
    names: dict[str, None] = {}
    for plan in plans:
        for one in (*plan.channels.values(), *plan.audiences.values()):
            if not one.address.startswith("identifier:"):
                names[one.address] = None
    return tuple(names)
