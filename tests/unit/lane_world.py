"""Lanes in a world of their own: virtual time, a memory store, destinations that obey a test."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import msgspec
from ruamel.yaml import YAML

from legato.core.gate import Clearance
from legato.model.delivery import Delivery
from legato.model.effect import Settle
from legato.model.event import DeliveryReported, Event
from legato.model.ids import DeliveryId, EventId, PersonId
from legato.model.instant import DAY, SECOND, Instant
from legato.model.plan import Destination, Plan, Retry
from legato.model.wire import HttpRequest, Request, Response
from legato.ports.accounts.tokens import TokenStore
from legato.ports.clearance import Ends, TakenBack
from legato.ports.intake import Busy
from legato.ports.state_store import Turn
from legato.runtime.lanes.lanes import Lanes
from legato.runtime.lanes.world import World
from legato.stores.memory import MemoryStore
from legato.transports.catalog import read_catalog

T = TypeVar("T")
START: Instant = 1_772_445_600 * SECOND
OK = Response(status=200)


class _Selector(selectors.DefaultSelector):
    """Never waits: time goes on by what a loop would have waited."""

    elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found:
            assert timeout is not None, "nothing is left that could ever happen"
            self.elapsed += max(timeout, 0)
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose hours take no time."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return 1_000 + self._virtual.elapsed


def run(scenario: Callable[[], Awaitable[T]]) -> T:
    """Run a scenario in virtual time."""

    async def main() -> T:
        return await scenario()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())


def manifest(name: str) -> dict[str, Any]:
    """Read a manifest of the catalog, as a door does."""
    yaml: Any = YAML(typ="safe", pure=True)
    return yaml.load(read_catalog()[name])


WEBHOOK = manifest("webhook")
SENDS = {
    **{name: part for name, part in WEBHOOK.items() if name != "conformance"},
    "routes": [route for route in WEBHOOK["routes"] if route["on"] in ("send", "erase")],
}
"""One that is quick to compile, for tests that have many worlds."""


def destination(name: str, **changes: object) -> Destination:
    given = Destination(
        name=name,
        manifest=WEBHOOK,
        settings={"url": f"https://{name}.example/in"},
        retry=Retry(first=SECOND, factor=2.0, longest=300 * SECOND, give_up=6 * 3_600 * SECOND),
    )
    return msgspec.structs.replace(given, **changes)


class Attempt(msgspec.Struct, frozen=True):
    """A request as a destination saw it."""

    at: float
    """Seconds since the start."""
    destination: str
    delivery_id: str
    person_id: str
    body: bytes = b""
    signature: str = ""


Reply = Callable[[Attempt], Awaitable[Response]]


async def accept(_: Attempt) -> Response:
    return OK


class LaneWorld:
    """A host reduced to what lanes see of it. Make it inside `run`."""

    def __init__(
        self,
        *destinations: Destination,
        reply: Reply = accept,
        store: MemoryStore | None = None,
        tokens: TokenStore | None = None,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.began = self.loop.time()
        self.store = store or MemoryStore()
        self.reply = reply
        self.attempts: list[Attempt] = []
        self.reports: list[DeliveryReported] = []
        self.closed: dict[DeliveryId, Clearance] = {}
        self.closed_at: dict[str, Clearance] = {}
        """By the destination that takes over."""
        self.secrets: dict[str, str] = {}
        self.busy_count = 0
        self.bug_count = 0
        self.write_seconds = 0.0
        self.position = self.store.head().position
        self._news = asyncio.Event()
        self.lanes = Lanes(
            World(
                outbox=self.store,
                senders={"http": self, "smtp": self, "file": self},
                secrets=self,
                gatekeeper=self,
                intake=self,
                clock=self,
                links=self,
                tokens=tokens,
            )
        )
        self.lanes.change_plan(Plan(name="t", destinations={one.name: one for one in destinations}))

    # What lanes ask of it

    def now(self) -> Instant:
        return START + round(self.seconds() * SECOND)

    def get(self, name: str) -> str | None:
        return self.secrets.get(name)

    def fill(self, delivery: Delivery, *, is_email: bool) -> Delivery:  # noqa: ARG002 - the port's
        return delivery

    async def clear(self, delivery: Delivery, by: str = "") -> Clearance:
        closed = self.closed_at.get(by) or self.closed.get(delivery.delivery_id)
        if closed is None:
            self.store.begin_attempt([delivery.delivery_id], self.now(), by_other=bool(by))
        return closed or Clearance(is_clear=True)

    async def send(self, request: Request) -> Response:
        assert isinstance(request, HttpRequest)
        attempt = Attempt(
            at=self.seconds(),
            destination=request.url.split("//")[1].split(".")[0],
            delivery_id=request.headers["Idempotency-Key"],
            person_id=msgspec.json.decode(request.body)["person_id"],
            body=request.body,
            signature=request.headers.get("Legato-Signature", ""),
        )
        self.attempts.append(attempt)
        return await self.reply(attempt)

    async def close(self) -> None: ...

    async def accept(self, events: Sequence[Event]) -> int:
        await asyncio.sleep(0)
        if self.bug_count > 0:
            self.bug_count -= 1
            raise ValueError
        if self.busy_count > 0:
            self.busy_count -= 1
            raise Busy("full", retry_after=SECOND)
        settles: list[Settle] = []
        for event in events:
            assert isinstance(event, DeliveryReported)
            self.reports.append(event)
            settles.append(
                Settle(delivery_id=event.delivery_id, outcome=event.outcome, reason=event.reason)
            )
        self._commit(settled=settles)
        self.lanes.settled([each.delivery_id for each in settles])
        self._news.set()
        return self.position

    # What a test does

    def seconds(self) -> float:
        return self.loop.time() - self.began

    def decide(self, *deliveries: Delivery) -> None:
        """Commit deliveries, each of an event of its own, and tell the lanes."""
        placed: list[tuple[int, Delivery]] = []
        for delivery in deliveries:
            placed.append((self.position + 1, delivery))
            self._commit(deliveries=placed[-1:])
        self.lanes.submit(placed)

    async def outcomes(self, count: int) -> dict[str, str]:
        """Wait until so many deliveries are over; return what became of each."""
        while len(self.reports) < count:
            self._news.clear()
            await self._news.wait()
        return {report.delivery_id: report.outcome for report in self.reports}

    async def end_attempts(self, ends: Ends, taken_back: TakenBack = ()) -> None:
        await asyncio.sleep(self.write_seconds)
        self.store.end_attempts(ends)
        self.store.take_back_attempts(taken_back)

    def _commit(
        self, deliveries: Sequence[tuple[int, Delivery]] = (), settled: Sequence[Settle] = ()
    ) -> None:
        self.position += 1
        turn = Turn(position=self.position, now=self.now(), deliveries=deliveries, settled=settled)
        self.store.commit(turn)


def delivery(number: int, person: str = "", to: str = "crm", **changes: object) -> Delivery:
    given = Delivery(
        delivery_id=DeliveryId(f"delivery_{number}"),
        person_id=PersonId(person or f"person_{number}"),
        operation="send",
        destination=to,
        channel="email",
        purpose="marketing",
        message="hello",
        address="ana@example.com",
        content={"body": "Hi"},
        decided_at=START,
        expires_at=START + 7 * DAY,
        trace=EventId("event_1"),
        captured_at=START,
        plan="p",
    )
    return msgspec.structs.replace(given, **changes)
