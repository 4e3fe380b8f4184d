"""What the hosted pages need of the app: links that are sound, and the keys behind them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from legato.govern.links.keys import Keys
from legato.govern.links.linker import Linker
from legato.model.plan import Plan
from legato.ports.clock import Clock
from legato.stores.govern.link_keys import KeyFile


class HostedPages:
    """Signed links of one data folder, under the present plan."""

    def __init__(self, folder: Path, clock: Clock, plan: Callable[[], Plan]) -> None:
        self._clock = clock
        self._keys = Keys(KeyFile(folder))
        self.linker = Linker(self._keys, plan)

    def start(self) -> None:
        """Read the keys, or make the first. Raises LegatoError."""
        self._keys.open(self._clock.now())
