"""The sources of a running app that are polled: one poller for each, as the plan has them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping

from legato.model.definitions.source import Source
from legato.model.plan import Plan
from legato.ports.inbound.polls import Mark, Marks
from legato.runtime.polling.asker import World
from legato.runtime.polling.poller import Asked, Poller

RESTART_SECONDS = 30.0
"""Until a poller goes on after a fault of ours."""

_LOGGER = logging.getLogger(__name__)


class Polls:
    """Everything is called on the event loop."""

    def __init__(self, plan: Callable[[], Plan], marks: Marks, world: World) -> None:
        self._plan = plan
        self._file = marks
        self._marks: dict[str, Mark] = {}
        self._writing = threading.Lock()
        self._world = world
        self._pollers: dict[str, Poller] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_running = False

    def start(self) -> None:
        """Begin to ask; what was due during a downtime is asked for at once."""
        self._marks = dict(self._file.read())
        self._is_running = True
        self.plan_changed()

    async def stop(self) -> None:
        """Ask no more; what is not in the log yet is asked for again. Idempotent."""
        self._is_running = False
        for name in list(self._tasks):
            await self._end(name)

    def plan_changed(self) -> None:
        """Follow the plan: new sources are asked, changed ones otherwise, others no more."""
        if not self._is_running:
            return
        wanted = {name: one for name, one in self._plan().sources.items() if _is_polled(one)}
        for name in list(self._pollers):
            if name not in wanted or wanted[name].inbound != self._pollers[name].inbound:
                self._pollers.pop(name)
                self._tasks.pop(name).cancel()
        for name, source in wanted.items():
            if name not in self._pollers:
                self._begin(source)

    def renewed(self, secret: str) -> None:
        """Go on with the sources whose secret this is: somebody has set it."""
        for poller in self._pollers.values():
            poller.renewed(secret)

    def asked(self) -> Mapping[str, Asked]:
        """Return how it is going, by source."""
        return {name: poller.asked() for name, poller in self._pollers.items()}

    async def ask(self, source: str) -> Asked | None:
        """Ask a source now, and return how it went; None where it is not polled."""
        poller = self._pollers.get(source)
        if poller is None:
            return None
        await poller.ask()
        return poller.asked()

    def _begin(self, source: Source) -> None:
        assert source.inbound is not None, "only what is polled comes here"
        poller = Poller(
            source.name,
            source.inbound,
            self._world,
            mark=self._marks.get(source.name),
            keep=self._keep,
        )
        self._pollers[source.name] = poller
        task = asyncio.create_task(_kept_running(poller), name=f"poll {source.name}")
        self._tasks[source.name] = task

    async def _end(self, name: str) -> None:
        self._pollers.pop(name, None)
        task = self._tasks.pop(name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def _keep(self, source: str, mark: Mark) -> None:
        with self._writing:
            marks = {**self._marks, source: mark}
            self._file.write(marks)
            self._marks = marks


async def _kept_running(poller: Poller) -> None:
    while True:
        try:
            await poller.run()
        except Exception as fault:  # noqa: BLE001 - an entry point: one source must not end them all
            # Not the text: it can hold what the provider answered.
            _LOGGER.error("polling: %s", type(fault).__name__)  # noqa: TRY400
            await asyncio.sleep(RESTART_SECONDS)


def _is_polled(source: Source) -> bool:
    is_usable = source.is_enabled and source.broken is None
    return is_usable and source.inbound is not None and "poll" in source.inbound.manifest
