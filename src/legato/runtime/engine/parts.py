"""What an engine works on, wherever it is to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from legato.fold.cache import ROOM, Room
from legato.fold.memory import CORE, Core
from legato.model.note import Story
from legato.ports.clock import Clock
from legato.ports.erasure import Erasures
from legato.ports.log import Log
from legato.ports.rolling import Rolling
from legato.ports.state_store import FoldStore, Outbox, Records


class Observer(Protocol):
    """Follows the notes where they are made, so that they need not be decoded elsewhere."""

    def see(self, stories: Sequence[Story]) -> None:
        """Take note of one turn's stories. Quick: the engine waits."""
        ...

    def report(self, sentence_count: int) -> bytes:
        """Return what has been seen, encoded."""
        ...


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """All but the log are usually one object."""

    log: Log
    state: FoldStore
    outbox: Outbox
    records: Records
    erasures: Erasures
    clock: Clock
    observer: Observer
    rolling: Rolling | None = None
    """None: notes stay where they are."""
    room: Room = ROOM
    core: Core = CORE
    after_turn: Callable[[], None] = lambda: None
