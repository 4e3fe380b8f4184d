"""Destinations on loopback that fail as destinations do, and write down what arrived."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Fate = Literal[
    "taken",
    "unavailable",
    "a page of HTML",
    "throttled",
    "denied",
    "cut off before",
    "cut off after",
    "no answer before",
    "no answer after",
    "gateway before",
    "gateway after",
    "half an answer",
    "not HTTP",
]
"""`before` and `after`: whether it was taken; Legato cannot tell."""
TAKEN: tuple[Fate, ...] = (
    "taken",
    "cut off after",
    "no answer after",
    "gateway after",
    "half an answer",
)
HTML = b"<html><h1>Oops</h1></html>"
ANSWERS: Mapping[Fate, bytes] = {
    "taken": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "unavailable": b"HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n",
    "a page of HTML": b"HTTP/1.1 500 Oops\r\nContent-Length: %d\r\n\r\n%b" % (len(HTML), HTML),
    "throttled": b"HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    "denied": b"HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n",
    "gateway before": b"HTTP/1.1 504 Gateway\r\nContent-Length: 0\r\n\r\n",
    "gateway after": b"HTTP/1.1 504 Gateway\r\nContent-Length: 0\r\n\r\n",
    "half an answer": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok",
    "not HTTP": b"what is this\r\n\r\n",
}


@dataclass
class Arrival:
    """What of one message a destination saw."""

    sent_at: float
    first_at: float
    count: int = 1
    keys: set[str] = field(default_factory=set)


class Sink:
    """One destination. Its port stays the same while it is down."""

    def __init__(self, fates: Mapping[Fate, float], seed: int = 0) -> None:
        self.port = 0
        self.arrivals: dict[str, Arrival] = {}
        self.attempt_count = 0
        self.error_count = 0
        self.first_after_up: float | None = None
        self._fates = dict(fates)
        self._random = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Transport] = set()
        self._silent = False

    async def up(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), "127.0.0.1", self.port, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self.first_after_up = None

    def down(self) -> None:
        """Refuse connections, and break those there are."""
        assert self._server is not None
        self._server.close()
        self._hang_up()

    def fall_silent(self) -> None:
        """Take connections and requests, and answer none."""
        self._silent = True

    async def revive(self) -> None:
        """Be as before, after either."""
        if self._silent:
            self._silent = False
            self._hang_up()
        else:
            await self.up()

    def met(self, transport: asyncio.Transport, *, is_open: bool) -> None:
        (self._open.add if is_open else self._open.discard)(transport)
        if is_open and self.first_after_up is None:
            self.first_after_up = time.time()

    def answer(self, key: str, body: bytes) -> Fate:
        """Take a request or not, and say how it is answered."""
        fate = self._draw()
        self.attempt_count += 1
        self.error_count += fate != "taken"
        if fate in TAKEN:
            call: Any = json.loads(body)
            for one in call if isinstance(call, list) else [call]:
                self._take(key, one)
        return fate

    def _hang_up(self) -> None:
        for transport in list(self._open):
            transport.abort()

    def _draw(self) -> Fate:
        if self._silent:
            return "no answer before"
        drawn = self._random.random()
        for fate, share in self._fates.items():
            drawn -= share
            if drawn < 0:
                return fate
        return "taken"

    def _take(self, key: str, one: dict[str, Any]) -> None:
        """Write down an event that was handed on, or a message of a journey."""
        facts = one.get("properties") or one["content"]
        arrival = self.arrivals.get(facts["order_id"])
        if arrival is None:
            arrival = Arrival(sent_at=int(facts["sent_us"]) / 1e6, first_at=time.time())
            self.arrivals[facts["order_id"]] = arrival
        else:
            arrival.count += 1
        arrival.keys.add(key)


class _Connection(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._sink.met(transport, is_open=True)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's
        self._sink.met(self._transport, is_open=False)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        lines = head.decode().lower().split("\r\n")[1:]
        headers = dict(line.split(": ", 1) for line in lines if ": " in line)
        length = int(headers.get("content-length", 0))
        if not separator or len(rest) < length:
            return
        self._buffer = rest[length:]
        fate = self._sink.answer(headers.get("idempotency-key", ""), rest[:length])
        if fate in ANSWERS:
            self._transport.write(ANSWERS[fate])
        if fate.startswith("cut off"):
            self._transport.abort()
        elif fate in ("half an answer", "not HTTP"):
            self._transport.close()
