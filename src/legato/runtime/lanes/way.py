"""How deliveries leave for one destination."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import assert_never

import msgspec

from legato.connectors.spec import Spec
from legato.connectors.window import spacing
from legato.model.delivery import OBLIGATIONS, Delivery
from legato.model.instant import SECOND, Duration, Instant
from legato.model.plan import Destination
from legato.model.problem import Reason
from legato.model.wire import Request, Response
from legato.ports.clock import Clock
from legato.ports.sender import Sender
from legato.runtime.accounts.account import Account
from legato.runtime.lanes.answers import Answers
from legato.runtime.lanes.line import Entry
from legato.runtime.lanes.pace import ASKING_MAX, SLOW_SECONDS, Asking, Breaker
from legato.runtime.lanes.result import Again, Over
from legato.runtime.rates.rates import Pace

BROKEN = "destination.broken"
"""Nothing leaves for it until its manifest is mended: what is to go there waits."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Of a destination, under the present plan."""

    destination: Destination
    spec: Spec
    sender: Sender
    account: Account
    clock: Clock
    pace: Pace
    """Its rate, or the one it shares."""

    def is_skipped(self, delivery: Delivery) -> bool:
        """Return whether what may have arrived is left at that; obligations may be told twice."""
        return self.destination.on_doubt == "skip" and delivery.operation not in OBLIGATIONS


class Reach(msgspec.Struct, kw_only=True):
    """How a destination is reached just now. Its lane's, and that of lanes it takes over from."""

    name: str
    pace: Pace
    answers: Answers
    breaker: Breaker
    freed: Callable[[], None]
    """To be called when there may be room again."""
    way: Way | None = None
    why_stopped: Reason | None = None
    """Why there is no way."""
    paused_until: float = 0.0
    spaced_until: float = 0.0
    spacing: float = 0.0
    """Seconds between requests, so that what the provider says is left of its rate lasts."""
    turns: asyncio.Lock = msgspec.field(default_factory=asyncio.Lock)
    asking: Asking = msgspec.field(default_factory=Asking)
    """Those that no batch takes, and that are not cleared yet."""
    alone_count: int = 0
    """Deliveries at the destination that no batch takes."""
    last_fault: Reason | None = None
    guests: dict[str, Callable[[], None]] = {}
    """Lanes that wait for room: called once, when there may be some."""

    def room_at(self, now: float) -> float:
        """Return when another batch may begin; infinity where something else has to happen."""
        if self.way is None or self.held() is not None:
            return math.inf
        if now < self.paused_until:
            return self.paused_until
        if not self.breaker.is_ready(now):
            return self.breaker.opens_until if self.breaker.state == "open" else math.inf
        return now

    def room_alone_at(self, now: float, entry: Entry) -> float:
        """Return when a delivery may ask to leave alone; infinity as above."""
        at = self.room_at(now)
        if at > now or self.way is None:
            return at
        at = self.asking.room_at(now, free=self.way.destination.concurrency - self.alone_count)
        if at > now or entry.token_of == self.name:
            return at
        if now < self.spaced_until:
            return self.spaced_until
        return now if self.pace.is_ready(now) else self.pace.next_at

    def held(self) -> Reason | None:
        """Return why nothing is sent until somebody has put the account or the manifest right."""
        if self.way is not None:
            return self.way.account.held()
        why = self.why_stopped
        return why if why is not None and why.code == BROKEN else None

    def failing_since(self, now: float, wall: Instant) -> Instant:
        """Return since when nothing was answered, though it was tried; 0: it answers."""
        since = self.breaker.failing_since
        return 0 if since is None else wall - round((now - since) * SECOND)

    async def turn(self) -> None:
        """Wait until another request may leave, of those that no lane has waited for."""
        loop = asyncio.get_running_loop()
        async with self.turns:
            while self.spaced_until > loop.time():  # noqa: ASYNC110 - answers move it
                await asyncio.sleep(self.spaced_until - loop.time())
            self.spaced_until = loop.time() + self.spacing
        await self.pace.turn()

    async def send(self, way: Way, request: Request) -> Response:
        """Send, and keep to what the answer says is left of the rate. Raises SendFault."""
        response = await way.sender.send(request)
        window = way.spec.window
        self.spacing = spacing(window, response, way.clock.now()) / SECOND if window else 0.0
        if self.spacing:
            now = asyncio.get_running_loop().time()
            self.spaced_until = max(self.spaced_until, now + self.spacing)
        return response

    def learn(self, over: Over, now: float, *, has_begun: bool) -> None:
        """Note what the end of a delivery shows; of one that only asked, the breaker knew not."""
        match over.shows:
            case "alive":
                self.breaker.answered()
            case "fault":
                self.last_fault = over.reason
                self.breaker.failed(now)
            case "nothing":
                if has_begun:
                    self.breaker.abandoned()
            case _:
                assert_never(over.shows)

    def learn_again(self, again: Again, wait: Duration, now: float, *, has_begun: bool) -> None:
        """Note what an attempt shows that is to be made again."""
        self.last_fault = again.reason
        match again.kind:
            case "throttled":
                self.breaker.answered()
                self.paused_until = max(self.paused_until, now + wait / SECOND)
            case "aside" | "account":
                if has_begun:
                    self.breaker.abandoned()
            case "fault":
                self.breaker.failed(now)
            case _:
                assert_never(again.kind)

    def call_guests(self) -> None:
        """Let those look again who wait for room."""
        guests, self.guests = self.guests, {}
        for look_again in guests.values():
            look_again()


class Passage:
    """A delivery goes alone: it asks whether it may leave, and takes a slot when it does.

    Its token it takes before it asks, so that no more ask than the rate lets through. If it finds
    no slot, it keeps the token for when it asks again.
    """

    def __init__(self, reach: Reach, entry: Entry, now: float) -> None:
        assert reach.way is not None
        self._loop = asyncio.get_running_loop()
        self.reach = reach
        self._entry = entry
        self._left_at: float | None = None
        self.has_to_stay = False
        self._is_probe = reach.breaker.state != "closed"
        reach.breaker.begin()
        if entry.token_of != reach.name:
            entry.token_of = reach.name
            reach.pace.take(now)
            reach.spaced_until = now + reach.spacing
        reach.asking.begin(self, now, slots=reach.way.destination.concurrency)

    @property
    def has_left(self) -> bool:
        return self._left_at is not None

    @property
    def has_begun(self) -> bool:
        """Return whether the breaker waits for what becomes of it, or may learn from it."""
        return self._is_probe or self.has_left

    def leave(self) -> bool:
        """Take a slot, just cleared; return whether there was one, and nothing in its way."""
        reach, now = self.reach, self._loop.time()
        if len(reach.asking) >= ASKING_MAX:
            self._loop.call_soon(reach.freed)
        took_seconds = reach.asking.answered(self, now)
        if not self._has_room(now, took_seconds):
            return False
        self._left_at = now
        self._entry.token_of = ""
        reach.alone_count += 1
        reach.pace.departures.left(now)
        return True

    def end(self) -> None:
        """Give back what it holds."""
        self.reach.asking.gave_up(self)
        if self._left_at is not None:
            self.reach.alone_count -= 1
            self.reach.asking.kept(self._loop.time() - self._left_at)

    def _has_room(self, now: float, took_seconds: float) -> bool:
        reach = self.reach
        way = reach.way
        if self.has_to_stay or way is None:
            return False
        if reach.alone_count >= way.destination.concurrency:
            return False
        if reach.held() is not None or now < reach.paused_until:
            return False
        if not self._is_probe and reach.breaker.state != "closed":
            return False
        return took_seconds <= SLOW_SECONDS or reach.pace.departures.has_room(now)


class Flight:
    """What has been taken out of a line, and by what it goes; alone by a passage, or in a batch."""

    def __init__(self, entries: list[Entry], reach: Reach, passage: Passage | None = None) -> None:
        self.entries = entries
        self.reach = reach
        self.passage = passage

    @property
    def has_begun(self) -> bool:
        """Return whether the breaker may learn from it."""
        return self.passage is None or self.passage.has_begun

    @property
    def riding_count(self) -> int:
        """Return how many ride in a batch."""
        return len(self.entries) if self.passage is None else 0

    @property
    def left_count(self) -> int:
        """Return how many are at the destination, or in a batch to it."""
        return self.riding_count if self.passage is None else self.passage.has_left

    def stay(self) -> None:
        """Do not leave any more, if it asks still: it is answered, and taken back."""
        if self.passage is not None:
            self.passage.has_to_stay = True

    def end(self) -> None:
        """Give back what it holds."""
        if self.passage is not None:
            self.passage.end()

    def abandoned(self) -> None:
        """Note that it never reached the destination."""
        if self.has_begun:
            self.reach.breaker.abandoned()


class Detour:
    """When a lane's messages go by another destination, while its own is down.

    Down is what has not taken anything for some time, though it was tried.
    """

    def __init__(self, by: Reach, after: Duration) -> None:
        self.by = by
        self._seconds = after / SECOND
        self.is_open = False

    def look(self, breaker: Breaker, now: float) -> bool:
        """Open or close; return whether it has just been opened."""
        was_open = self.is_open
        self.is_open = self.opens_at(breaker) <= now
        return self.is_open and not was_open

    def opens_at(self, breaker: Breaker) -> float:
        """Return when it opens if nothing is answered before."""
        since = breaker.failing_since
        return math.inf if since is None else since + self._seconds

    def takes(self, entry: Entry) -> bool:
        """Return whether a delivery may go by it: a message of which nothing has arrived yet."""
        is_free = not (entry.may_have_arrived or entry.heard or entry.is_bound)
        return entry.delivery.operation == "send" and (is_free or entry.by == self.by.name)
