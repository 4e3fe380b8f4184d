"""The keys of links: made once, renewed at will; what an older one signed still counts."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from legato.model.instant import Instant
from legato.ports.links import KeyRing, KeyStore, LinkKey

KEY_BYTES = 32


class Keys:
    """The ring of one data folder, held in memory."""

    def __init__(self, store: KeyStore, clock: Callable[[], Instant]) -> None:
        self._store = store
        self._clock = clock
        self._ring = KeyRing(links=())
        self._by_number: Mapping[int, LinkKey] = {}

    def open(self) -> None:
        """Read the keys. Raises LegatoError."""
        self._take(self._store.read() or KeyRing(links=()))

    def renew(self) -> int:
        """Sign with a new key from now on; return its number. Raises LegatoError."""
        number = max(self._by_number, default=0) + 1
        key = LinkKey(number=number, secret=secrets.token_bytes(KEY_BYTES), made_at=self._clock())
        self._keep(replace(self._ring, links=(*self._ring.links, key)))
        return number

    def forget(self, number: int) -> bool:
        """Have what a key signed count no more; return whether there is one. Raises LegatoError.

        Where it is the newest, another signs from now on: no number is given twice.
        """
        if number not in self._by_number:
            return False
        if number == self.newest().number:
            self.renew()
        rest = tuple(key for key in self._ring.links if key.number != number)
        self._keep(replace(self._ring, links=rest))
        return True

    def newest(self) -> LinkKey:
        """Return the key that signs; the first is made when it is asked for. Raises LegatoError."""
        if not self._ring.links:
            self.renew()
        return self._ring.links[-1]

    def by_number(self) -> Mapping[int, LinkKey]:
        """Return every key that verifies."""
        return self._by_number

    def _keep(self, ring: KeyRing) -> None:
        self._store.write(ring)
        self._take(ring)

    def _take(self, ring: KeyRing) -> None:
        self._ring = ring
        self._by_number = {key.number: key for key in ring.links}
