"""What the hosts need of a clock."""

from __future__ import annotations

from typing import Protocol

from legato.model.instant import Instant


class Clock(Protocol):
    """Time, in microseconds since the epoch, UTC."""

    def now(self) -> Instant:
        """Return the present instant. May jump either way: hosts must stand that."""
        ...
