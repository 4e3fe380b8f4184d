"""The providers that a running app asks: sources that are polled, and what calls only name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from legato.app.inbound.polls import Polls
from legato.app.secrets import AppSecrets
from legato.model.event import Event
from legato.model.plan import Plan
from legato.ports.clock import Clock
from legato.ports.inbound.polls import Marks
from legato.ports.intake import Intake
from legato.ports.sender import Sender
from legato.ports.state_store import QuarantineRow, Records
from legato.runtime.accounts.tokens import Tokens
from legato.runtime.local import LocalHost
from legato.runtime.polling.asker import World
from legato.runtime.polling.fetcher import Fetcher

RESTART_SECONDS = 30.0
"""Until fetching goes on after a fault of ours."""

_LOGGER = logging.getLogger(__name__)


class Home(Protocol):
    """What asking needs of the app."""

    @property
    def clock(self) -> Clock: ...

    @property
    def host(self) -> LocalHost: ...

    @property
    def records(self) -> Records: ...

    @property
    def intake(self) -> Intake: ...

    @property
    def secrets(self) -> AppSecrets: ...

    def plan(self) -> Plan:
        """Return the active plan."""
        ...

    async def events(self, positions: Sequence[int]) -> Mapping[int, Event]:
        """Return records of the log by their positions."""
        ...


class Providers:
    """Everything is called on the event loop."""

    def __init__(self, home: Home, marks: Marks, sender: Sender) -> None:
        self._home = home
        self._sender = sender
        self._tokens = Tokens(sender, home.clock, home.secrets.source_tokens())
        world = World(
            sender=sender,
            secrets=home.secrets,
            tokens=self._tokens,
            intake=home.intake,
            clock=home.clock,
        )
        self.polls = Polls(home.plan, marks, world)
        self._fetcher = Fetcher(home.plan, _Waiting(home), world)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to ask; what was due or waited during a downtime is asked for at once."""
        self.polls.start()
        self._task = asyncio.create_task(self._fetch(), name="fetch")
        self.plan_changed()

    async def stop(self) -> None:
        """Ask no more; what is not in the log yet is asked for again. Idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self.polls.stop()
        await self._tokens.close()
        await self._sender.close()

    def plan_changed(self) -> None:
        """Follow the plan."""
        self.polls.plan_changed()
        if self._task is not None:
            self._tokens.follow([f"source {name}" for name in self._home.plan().sources])

    def renewed(self, secret: str) -> None:
        """Go on with what waits for this secret: somebody has set it."""
        self.polls.renewed(secret)
        self._fetcher.renewed(secret)

    def look(self, position: int) -> None:
        """Look for items to be fetched among what is in the log up to here."""
        self._fetcher.look(position)

    async def _fetch(self) -> None:
        while True:
            try:
                await self._fetcher.run()
            except Exception as fault:  # noqa: BLE001 - an entry point: it must go on
                # Not the text: it can hold what the provider answered.
                _LOGGER.error("fetching: %s", type(fault).__name__)  # noqa: TRY400
                await asyncio.sleep(RESTART_SECONDS)


class _Waiting:
    """runtime.polling.fetcher.Waiting: the quarantine."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def quarantined(self, after: int, limit: int) -> list[QuarantineRow]:
        return self._home.records.quarantine(after, limit)

    async def record(self, position: int) -> Event | None:
        return (await self._home.events([position])).get(position)

    async def reached(self, position: int) -> None:
        await self._home.host.progress.reached(position)

    async def release(self, positions: Sequence[int]) -> None:
        await self._home.host.release(list(positions))
