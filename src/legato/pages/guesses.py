"""How often an address has shown links that are not ours. One that is, is never made to wait."""

from __future__ import annotations

from collections import OrderedDict

from legato.model.instant import MINUTE, Duration, Instant

GUESSES_MAX = 20
"""Broken links from one address in a window: a household behind one address mistypes fewer."""
WINDOW: Duration = MINUTE
ADDRESSES_MAX = 10_000
"""Addresses remembered; the longest unseen is forgotten first, so memory is bounded."""


class Guesses:
    """Counts by address."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, list[Instant]] = OrderedDict()

    def is_too_many(self, address: str, now: Instant) -> bool:
        """Count one more; return whether this address has to wait."""
        recent = [at for at in self._seen.pop(address, []) if at > now - WINDOW]
        is_over = len(recent) >= GUESSES_MAX
        self._seen[address] = recent if is_over else [*recent, now]
        if len(self._seen) > ADDRESSES_MAX:
            self._seen.popitem(last=False)
        return is_over
