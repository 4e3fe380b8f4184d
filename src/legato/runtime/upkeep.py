"""Checkpoints and slow deletes, beside the engine: never in a commit, never by polling."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from typing import Protocol

from legato.model.problem import LegatoError

PAUSE_SECONDS = 0.02
"""Between two steps, so that commits get in."""
FAULT_PAUSE_SECONDS = 5.0
NICENESS = 10
"""Who decides and answers goes first: a checkpoint is tens of milliseconds of a processor."""


class Kept(Protocol):
    """A store that needs looking after."""

    @property
    def wants_checkpoint(self) -> bool:
        """Whether there is enough to do; cheap to ask after every turn."""
        ...

    def checkpoint(self) -> bool | None:
        """Do one small step; True while more is left."""
        ...


class Upkeep:
    """A thread that sleeps until somebody saw that a store wants a checkpoint."""

    def __init__(self, stores: Sequence[Kept]) -> None:
        self._stores = stores
        self._wake = threading.Event()
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin; `look` may be called from then on."""
        self._thread.start()

    def look(self) -> None:
        """Wake the thread if there is something to do. Called after every turn."""
        if not self._wake.is_set() and any(store.wants_checkpoint for store in self._stores):
            self._wake.set()

    def close(self) -> None:
        """End after the step under way. Idempotent."""
        self._is_ending.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        _step_back()
        while True:
            self._wake.wait()
            self._wake.clear()
            for store in self._stores:
                if store.wants_checkpoint:
                    self._look_after(store)
            if self._is_ending.is_set():
                return

    def _look_after(self, store: Kept) -> None:
        pause = 0.0
        while not self._is_ending.wait(pause):
            try:
                if not store.checkpoint():
                    return
            except LegatoError:
                # The disk is full, or a reader is in the way: nothing is lost by waiting.
                self._is_ending.wait(FAULT_PAUSE_SECONDS)
                return
            pause = PAUSE_SECONDS


def _step_back() -> None:
    """Let this thread have what processors others leave, where a thread has its own priority."""
    if sys.platform == "linux":
        me = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, me, max(os.getpriority(os.PRIO_PROCESS, me), NICENESS))
