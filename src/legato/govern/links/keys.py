"""The keys of links: made once, renewed at will; what an older one signed still counts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from msgspec.structs import replace

from legato.model.instant import Instant
from legato.ports.links import KeyRing, KeyStore, LinkKey

KEY_BYTES = 32


class Keys:
    """The ring of one data folder, held in memory."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._ring = KeyRing(links=())
        self._by_number: Mapping[int, LinkKey] = {}

    def open(self, now: Instant) -> None:
        """Read the keys, or make the first. Raises LegatoError."""
        ring = self._store.read()
        if ring is None:
            first = LinkKey(number=1, secret=secrets.token_bytes(KEY_BYTES), made_at=now)
            ring = KeyRing(links=(first,))
            self._store.write(ring)
        self._take(ring)

    def renew(self, now: Instant) -> int:
        """Sign with a new key from now on; return its number. Raises LegatoError."""
        number = self.newest().number + 1
        key = LinkKey(number=number, secret=secrets.token_bytes(KEY_BYTES), made_at=now)
        ring = replace(self._ring, links=(*self._ring.links, key))
        self._store.write(ring)
        self._take(ring)
        return number

    def newest(self) -> LinkKey:
        """Return the key that signs."""
        return self._ring.links[-1]

    def by_number(self) -> Mapping[int, LinkKey]:
        """Return every key that verifies."""
        return self._by_number

    def _take(self, ring: KeyRing) -> None:
        self._ring = ring
        self._by_number = {key.number: key for key in ring.links}
