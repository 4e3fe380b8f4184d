"""An engine in a thread of this process: for machines of one core, and for tests."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from legato.runtime.engine.dialogue import Abandoned, FromEngine, Recovered, Stop, ToEngine
from legato.runtime.engine.engine import Engine


class QueueInbox:
    """What has been said to an engine by another thread."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[ToEngine | None] = SimpleQueue()

    def put(self, message: ToEngine | None) -> None:
        """Say something; None: nobody listens any more."""
        self._queue.put(message)

    def take(self, seconds: float | None) -> Sequence[ToEngine]:
        messages: list[ToEngine] = []
        try:
            message = self._queue.get(block=seconds != 0, timeout=seconds)
            while True:
                if message is None:
                    raise Abandoned
                messages.append(message)
                message = self._queue.get_nowait()
        except Empty:
            return messages


class EngineThread:
    """runtime.engine.dialogue.Line to an engine beside the loop."""

    def __init__(
        self,
        make: Callable[[QueueInbox, Callable[[Sequence[FromEngine]], None]], Engine],
    ) -> None:
        """`make` gives the engine, from where it hears and what it tells with."""
        self._inbox = QueueInbox()
        self.engine = make(self._inbox, self._tell)
        self._thread = threading.Thread(target=self.engine.run, name="engine", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._hear: Callable[[FromEngine], None] = _ignore

    async def start(self, hear: Callable[[FromEngine], None]) -> Recovered:
        self._loop, self._hear = asyncio.get_running_loop(), hear
        recovered = await asyncio.to_thread(self.engine.recover)
        self._thread.start()
        return recovered

    def say(self, message: ToEngine) -> None:
        self._inbox.put(message)

    async def close(self, seconds: float) -> None:
        if not self._thread.is_alive():
            return
        self._inbox.put(Stop())
        await asyncio.to_thread(self._thread.join, seconds)
        self._inbox.put(None)
        await asyncio.to_thread(self._thread.join)

    def _tell(self, messages: Sequence[FromEngine]) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(self._heard, messages)

    def _heard(self, messages: Sequence[FromEngine]) -> None:
        for message in messages:
            self._hear(message)


def _ignore(_message: FromEngine) -> None:
    return
