"""A load generator and a sink in one process, over raw keep-alive connections on loopback.

Open loop: every request has its time, and latency counts from then, so that a server which falls
behind is charged for it (no coordinated omission). Closed loop: each connection sends its next
request as soon as the last is answered, which finds the saturation.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

import msgspec

from workspace import EVENTS, WRITE_KEY

PAUSE_SECONDS = 0.001
"""Between looks at what is to be sent. The loop's timers count whole milliseconds: half of one
would spin, and take a core from what is measured. What it is late is charged to the server."""
SENT = re.compile(rb'"sent_us":"?(\d+)')
ORDER = EVENTS.index("Order Completed")
OTHERS = [kind for kind in range(len(EVENTS)) if kind != ORDER]


def percentile(values: list[float], share: float) -> float:
    """Return a percentile by nearest rank; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Sink:
    """An HTTP server that answers 200 at once and notes when what arrived had been sent."""

    def __init__(self) -> None:
        self.latencies_ms: list[float] = []
        self.count = 0
        self.port = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _SinkConnection(self), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    def reset(self) -> None:
        self.latencies_ms = []
        self.count = 0


class _SinkConnection(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.buffer = b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            head, separator, rest = self.buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
            if len(rest) < length:
                return
            self.note(rest[:length])
            self.buffer = rest[length:]
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def note(self, body: bytes) -> None:
        sent = SENT.findall(body)  # as a text in a message, as a number in an event
        self.sink.count += max(1, len(sent))
        now_us = time.time() * 1e6
        self.sink.latencies_ms += [(now_us - int(sent_us)) / 1e3 for sent_us in sent]


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self) -> None:
        self.buffer = b""
        self.answered: Callable[[int], None] = lambda _status: None
        self.lost = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def connection_lost(self, _exc: Exception | None) -> None:
        self.lost = True
        self.answered(0)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, rest = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
        if len(rest) < length:
            return
        self.buffer = rest[length:]
        self.answered(int(head[9:12]))


async def connect(port: int, count: int) -> list[Connection]:
    """Open keep-alive connections."""
    loop = asyncio.get_running_loop()
    opened = [await loop.create_connection(Connection, "127.0.0.1", port) for _ in range(count)]
    return [connection for _, connection in opened]


class Events:
    """Makes requests of events by a spread of people."""

    def __init__(self, people: int, batch: int, run: str) -> None:
        self.people = people
        self.batch = batch
        self.run = run
        self.number = 0

    def request(self, sent_us: int) -> bytes:
        """Return the next request's bytes."""
        if self.batch == 1:
            body = msgspec.json.encode(self.item(sent_us))
            path = "/v1/track"
        else:
            items = [self.item(sent_us) for _ in range(self.batch)]
            body = msgspec.json.encode({"batch": items, "writeKey": WRITE_KEY})
            path = "/v1/batch"
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def item(self, sent_us: int) -> dict[str, Any]:
        """Return one event of about 1 KB, as a browser SDK sends it."""
        self.number += 1
        number = self.number
        # A multiplicative hash spreads people without a random generator.
        person = (number * 2_654_435_761) % self.people
        kind = ORDER if number % 5 == 0 else OTHERS[number % len(OTHERS)]
        return {
            "type": "track",
            "event": EVENTS[kind],
            "userId": f"user-{person}",
            "messageId": f"{self.run}-{number}",
            "writeKey": WRITE_KEY,
            "properties": {
                "order_id": f"{self.run}-{number}",
                "sku": f"sku-{number % 997}",
                "value": number % 1_000,
                "sent_us": sent_us,
                "name": "A warm coat of wool with a hood and four pockets",
                "category": "coats",
                "url": "https://shop.example/coats/wool-hooded?colour=green&size=m",
            },
            "context": CONTEXT,
        }


CONTEXT = {
    "library": {"name": "analytics.js", "version": "4.4.7"},
    "locale": "en-GB",
    "timezone": "Europe/London",
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36",
    "page": {
        "path": "/coats/wool-hooded",
        "referrer": "https://shop.example/",
        "search": "?colour=green&size=m",
        "title": "Wool coat with a hood | The shop",
        "url": "https://shop.example/coats/wool-hooded?colour=green&size=m",
    },
    "campaign": {"name": "autumn", "source": "newsletter", "medium": "email"},
    "consent": {"categoryPreferences": {"ads": True}},
}


class Outcome:
    """What a run showed."""

    def __init__(self) -> None:
        self.latencies_ms: list[float] = []
        self.statuses: dict[int, int] = {}
        self.events = 0
        self.seconds = 0.0

    def note(self, status: int, latency_ms: float, events: int) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status == 200:
            self.events += events
            self.latencies_ms.append(latency_ms)


async def closed_loop(port: int, events: Events, connections: int, seconds: float) -> Outcome:
    """Keep every connection busy for a while; return what was acknowledged.

    What is refused for being too fast is sent again, as an SDK does.
    """
    outcome = Outcome()
    begin = time.perf_counter()
    end = begin + seconds

    async def drive(connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        refused = b""
        while (refused or time.perf_counter() < end) and not connection.lost:
            future: asyncio.Future[int] = loop.create_future()
            connection.answered = _resolve(future)
            started = time.perf_counter()
            request = refused or events.request(int(time.time() * 1e6))
            connection.transport.write(request)
            status = await future
            outcome.note(status, (time.perf_counter() - started) * 1e3, events.batch)
            refused = request if status == 503 else b""
            if refused:
                await asyncio.sleep(0.05)

    await asyncio.gather(*(drive(one) for one in await connect(port, connections)))
    outcome.seconds = time.perf_counter() - begin
    return outcome


async def open_loop(port: int, events: Events, rate: float, seconds: float) -> Outcome:
    """Send at a fixed rate of events a second whatever happens; latency counts from the plan."""
    outcome = Outcome()
    loop = asyncio.get_running_loop()
    free = await connect(port, 256)
    interval = events.batch / rate
    begin = time.perf_counter() + 0.1
    wall = time.time() + 0.1
    total = int(seconds / interval)
    sent = 0
    pending: set[asyncio.Future[int]] = set()
    while sent < total:
        now = time.perf_counter()
        while sent < total and begin + sent * interval <= now and free:
            planned = begin + sent * interval
            connection = free.pop()
            if connection.lost:  # idle for long, it was closed
                [connection] = await connect(port, 1)
            future: asyncio.Future[int] = loop.create_future()
            connection.answered = _resolve(future)
            pending.add(future)
            future.add_done_callback(_noting(outcome, planned, events.batch, connection, free))
            future.add_done_callback(pending.discard)
            connection.transport.write(events.request(int((wall + sent * interval) * 1e6)))
            sent += 1
        await asyncio.sleep(PAUSE_SECONDS)
    if pending:
        await asyncio.wait(pending, timeout=30)
    outcome.seconds = time.perf_counter() - begin
    return outcome


def _resolve(future: asyncio.Future[int]) -> Callable[[int], None]:
    def resolve(status: int) -> None:
        if not future.done():
            future.set_result(status)

    return resolve


def _noting(
    outcome: Outcome, planned: float, batch: int, connection: Connection, free: list[Connection]
) -> Callable[[asyncio.Future[int]], None]:
    def note(future: asyncio.Future[int]) -> None:
        outcome.note(future.result(), (time.perf_counter() - planned) * 1e3, batch)
        if not connection.lost:
            free.append(connection)

    return note


async def read_loop(port: int, token: str, people: int, rate: float, seconds: float) -> Outcome:
    """Read profiles at a fixed rate."""
    outcome = Outcome()
    free = await connect(port, 64)
    loop = asyncio.get_running_loop()
    begin = time.perf_counter() + 0.1
    total = int(seconds * rate)
    pending: set[asyncio.Future[int]] = set()
    sent = 0
    while sent < total:
        now = time.perf_counter()
        while sent < total and begin + sent / rate <= now and free:
            connection = free.pop()
            if connection.lost:  # idle for long, it was closed
                [connection] = await connect(port, 1)
            future: asyncio.Future[int] = loop.create_future()
            connection.answered = _resolve(future)
            pending.add(future)
            planned = begin + sent / rate
            future.add_done_callback(_noting(outcome, planned, 1, connection, free))
            future.add_done_callback(pending.discard)
            person = (sent * 2_654_435_761) % people
            connection.transport.write(
                f"GET /api/people/user_id:user-{person} HTTP/1.1\r\nHost: localhost\r\n"
                f"Authorization: Bearer {token}\r\n\r\n".encode()
            )
            sent += 1
        await asyncio.sleep(0.001)
    if pending:
        await asyncio.wait(pending, timeout=30)
    outcome.seconds = time.perf_counter() - begin
    return outcome
