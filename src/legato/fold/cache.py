"""Bounded memories of what was used last, people among it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, NamedTuple, TypeVar

from legato.model.ids import PersonId
from legato.model.state import State, decode_state
from legato.ports.state_store import FoldStore

K = TypeVar("K")
V = TypeVar("V")


def _as_one(_value: object) -> int:
    return 1


class Cache(Generic[K, V]):
    """Keeps the values used last, up to a limit of their weight: else of their number.

    It may hold more until `trim` is called.

    Trimming is the owner's call: in the middle of a turn nothing that it works on may vanish.
    An OrderedDict, because in a plain dict the oldest key hides behind the holes of all those
    removed before it, and looking for it takes longer with every removal.
    """

    __slots__ = ("_items", "_limit", "_weigh", "_weight")

    def __init__(self, limit: int, weigh: Callable[[V], int] = _as_one) -> None:
        self._items: OrderedDict[K, V] = OrderedDict()
        self._limit = limit
        self._weigh = weigh
        self._weight = 0

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: K) -> bool:
        return key in self._items

    def get(self, key: K) -> V | None:
        """Return a value and remember that it was used; None where it is not held."""
        value = self._items.get(key)
        if value is not None:
            self._items.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Hold a value as the one used last."""
        self.drop(key)
        self._items[key] = value
        self._weight += self._weigh(value)

    def drop(self, key: K) -> None:
        """Forget a value, if it is held."""
        before = self._items.pop(key, None)
        if before is not None:
            self._weight -= self._weigh(before)

    def clear(self) -> None:
        """Forget everything."""
        self._items.clear()
        self._weight = 0

    def trim(self) -> None:
        """Forget what was used longest ago, down to the limit."""
        while self._weight > self._limit:
            _, value = self._items.popitem(last=False)
            self._weight -= self._weigh(value)


class Room(NamedTuple):
    """How much of people is held in memory."""

    people: int = 50_000
    """As objects, some 15 KB each: reading them anew takes a tenth of what an event costs."""
    encoded_bytes: int = 512 << 20
    """Of these and of others as the store has them: 2 KB each, 10 KB of somebody busy."""


ROOM = Room()
PEOPLE_A_MEGABYTE = 100


def room_of(megabytes: int) -> Room:
    """Return the room that so many megabytes of encoded people, and their objects, take."""
    return Room(people=megabytes * PEOPLE_A_MEGABYTE, encoded_bytes=megabytes << 20)


class People:
    """Persons as objects, that steps change; more of them as the store has them."""

    def __init__(self, store: FoldStore, room: Room) -> None:
        self._store = store
        self._states: Cache[PersonId, State] = Cache(room.people)
        self._encoded: Cache[PersonId, bytes] = Cache(room.encoded_bytes, len)

    def __contains__(self, person_id: PersonId) -> bool:
        return person_id in self._states

    def get(self, person_id: PersonId) -> State | None:
        """Return a person who was put or fetched here."""
        return self._states.get(person_id)

    def put(self, person_id: PersonId, state: State) -> None:
        """Hold a person whom a step has made."""
        self._states.put(person_id, state)

    def drop(self, person_id: PersonId) -> None:
        """Forget a person as a step has left them, if they are held."""
        self._states.drop(person_id)

    def clear(self) -> None:
        """Forget everybody."""
        self._states.clear()
        self._encoded.clear()

    def fetch(self, ids: Iterable[PersonId]) -> list[PersonId]:
        """Bring persons here who are not; return those that there are not."""
        unknown: list[PersonId] = []
        for person_id in ids:
            data = self._encoded.get(person_id)
            if data is None:
                unknown.append(person_id)
            else:
                self._states.put(person_id, decode_state(data))
        if not unknown:
            return unknown
        stored = self._store.states(unknown)
        for person_id, data in stored.items():
            self._encoded.put(person_id, data)
            self._states.put(person_id, decode_state(data))
        return [person_id for person_id in unknown if person_id not in stored]

    def keep(self, states: Mapping[PersonId, bytes | None]) -> None:
        """Follow a turn that has been committed; between turns, let go of what is too much."""
        for person_id, data in states.items():
            if data is None:
                self._encoded.drop(person_id)
            else:
                self._encoded.put(person_id, data)
        self._states.trim()
        self._encoded.trim()
