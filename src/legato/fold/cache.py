"""A bounded memory of what was used last."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Keeps the `limit` values used last. It may hold more until `trim` is called.

    Trimming is the owner's call: in the middle of a turn nothing that it works on may vanish.
    An OrderedDict, because in a plain dict the oldest key hides behind the holes of all those
    removed before it, and looking for it takes longer with every removal.
    """

    __slots__ = ("_items", "_limit")

    def __init__(self, limit: int) -> None:
        self._items: OrderedDict[K, V] = OrderedDict()
        self._limit = limit

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
        self._items[key] = value
        self._items.move_to_end(key)

    def drop(self, key: K) -> None:
        """Forget a value, if it is held."""
        self._items.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._items.clear()

    def trim(self) -> None:
        """Forget what was used longest ago, down to the limit."""
        while len(self._items) > self._limit:
            self._items.popitem(last=False)
