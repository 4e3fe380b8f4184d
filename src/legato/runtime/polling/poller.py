"""One source that is polled: asked when it is due, page by page, until nothing is new.

The mark moves on only after every event of a page is in the log. A process that is killed between
the two asks again for what it has: each item has the same message id, and is taken once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from legato.connectors.inbound.compile import compile_source
from legato.connectors.inbound.events import events_of
from legato.connectors.inbound.hear import Item
from legato.connectors.inbound.paging import Page, Place, page_request, read_page
from legato.connectors.inbound.settings import public_settings
from legato.connectors.inbound.spec import Poll
from legato.model.definitions.inbound import Inbound
from legato.model.event import Event
from legato.model.instant import HOUR, MINUTE, SECOND, Duration, Instant
from legato.model.noun import Noun
from legato.model.problem import LegatoError, Reason
from legato.ports.inbound.polls import Mark
from legato.ports.intake import Busy
from legato.runtime.polling.asker import Asker, Unanswered, World

REST_FIRST: Duration = 5 * SECOND
REST_MAX: Duration = HOUR
LOOK_AGAIN: Duration = MINUTE
"""The wall clock may be set while we sleep."""


class Asked(Noun, frozen=True, kw_only=True):
    """How the polling of a source is going."""

    every: Duration
    asked_at: Instant | None
    """When a round was last finished."""
    next_at: Instant
    cursor: int
    """0: it was never asked."""
    is_time: bool
    """The cursor is an instant."""
    taken: int
    """Items since the start of the process; those that came twice count twice."""
    fault: str
    """The code of why the last round came to nothing; empty: it did not."""
    what: str
    """That in words."""
    fault_count: int
    """Rounds in a row."""


class Poller:
    """Everything is called on the event loop."""

    def __init__(
        self,
        name: str,
        inbound: Inbound,
        world: World,
        *,
        mark: Mark | None,
        keep: Callable[[str, Mark], None],
    ) -> None:
        """Begin after `mark`. `keep` makes one durable, in a thread, and may raise LegatoError."""
        spec = compile_source(inbound.manifest).spec
        assert spec is not None, "the manifest of no source that works has a mistake"
        assert spec.poll is not None, "the caller looked"
        self.inbound = inbound
        self._name = name
        self._spec = spec
        self._poll: Poll = spec.poll
        self._world = world
        self._mark = mark
        self._every = inbound.every or spec.poll.every
        self._public = public_settings(spec, inbound.settings)
        self._keep = keep
        self._asker = Asker(name, inbound, spec, world)
        self._next_at = world.clock.now() if mark is None else mark.asked_at + self._every
        self._taken = 0
        self._fault: Reason | None = None
        self._fault_count = 0
        self._asking = asyncio.Lock()
        self._awake = asyncio.Event()

    def asked(self) -> Asked:
        """Return how it is going."""
        mark = self._mark
        return Asked(
            every=self._every,
            asked_at=mark.asked_at if mark is not None and mark.asked_at else None,
            next_at=self._next_at,
            cursor=mark.cursor if mark is not None else 0,
            is_time=self._poll.kind == "time",
            taken=self._taken,
            fault=self._fault.code if self._fault is not None else "",
            what=self._fault.what if self._fault is not None else "",
            fault_count=self._fault_count,
        )

    def renewed(self, secret: str) -> None:
        """Ask at once if this secret is one of the account's: somebody has set it."""
        if self._asker.renewed(secret):
            self._next_at = self._world.clock.now()
            self._awake.set()

    async def run(self) -> None:
        """Ask whenever it is due, until cancelled."""
        while True:
            self._awake.clear()
            due = self._next_at - self._world.clock.now()
            if due <= 0:
                await self.ask()
                continue
            try:
                async with asyncio.timeout(min(due, LOOK_AGAIN) / SECOND):
                    await self._awake.wait()
            except TimeoutError:
                continue

    async def ask(self) -> None:
        """Ask for all that is new, and say when it is due again. Never raises but to be ended."""
        async with self._asking:
            try:
                is_whole = await self._round()
            except Unanswered as fault:
                self._fault, self._fault_count = fault.reason, self._fault_count + 1
                rest = min(REST_FIRST * 2 ** min(self._fault_count - 1, 20), REST_MAX)
                self._next_at = self._world.clock.now() + max(fault.after or 0, rest)
                return
            self._fault, self._fault_count = None, 0
            now = self._world.clock.now()
            self._next_at = now + self._every if is_whole else now
        self._awake.set()

    async def _round(self) -> bool:
        """Take page after page; return whether that was all there is."""
        now = self._world.clock.now()
        begun = self._cursor(now)
        place = Place(cursor=begun)
        reached = begun
        for _ in range(self._poll.pages_max):
            page, host = await self._page(place)
            await self._take(page.items)
            reached = max(reached, page.cursor)
            is_last = page.next is None
            await self._move(Mark(cursor=reached, asked_at=now if is_last else self._asked_at()))
            if is_last:
                return True
            place = msgspec.structs.replace(place, page=page.next, host=host)
            if self._poll.rate:
                await asyncio.sleep(1 / self._poll.rate)
        if reached == begun:
            what = f"over {self._poll.pages_max} pages have changed at one instant"
            raise Unanswered(Reason(code="poll.stuck", what=what))
        return False

    def _cursor(self, now: Instant) -> int:
        if self._mark is not None:
            return self._mark.cursor
        is_time = self._poll.kind == "time"
        return now - (self.inbound.first or self._poll.first) if is_time else 0

    def _asked_at(self) -> Instant:
        return self._mark.asked_at if self._mark is not None else 0

    async def _page(self, place: Place) -> tuple[Page, str]:
        """Ask for one page; return it, and the host that it is from."""
        now = self._world.clock.now()
        request, response = await self._asker.ask(
            lambda terms: page_request(self._spec, terms, place, now=now)
        )
        page = read_page(self._spec, response, self._public)
        if isinstance(page, Reason):
            raise Unanswered(page)
        return page, urlsplit(request.url).netloc

    async def _take(self, items: Sequence[Any]) -> None:
        """Have all events of a page in the log."""
        now = self._world.clock.now()
        events: list[Event] = [
            event
            for item in items
            for event in events_of(
                self._spec,
                Item(item=item, received_at=now),
                self._public,
                source=self._name,
                received_at=now,
            )
        ]
        if not events:
            return
        try:
            await self._world.intake.accept(events)
        except Busy as busy:
            raise Unanswered(
                Reason(code="poll.busy", what=busy.what), after=busy.retry_after
            ) from busy
        except LegatoError as error:
            raise Unanswered(Reason(code="poll.store", what=error.what)) from error
        self._taken += len(items)

    async def _move(self, mark: Mark) -> None:
        try:
            await asyncio.to_thread(self._keep, self._name, mark)
        except LegatoError as error:
            raise Unanswered(Reason(code="poll.store", what=error.what)) from error
        self._mark = mark
