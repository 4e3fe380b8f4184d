"""The collection door behind a real HTTP server, with senders that misbehave on the wire.

Every test is run on uvicorn's own protocol and on the short way, which must not differ.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Generator, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from legato.collect.body import receive_body
from legato.collect.door import CollectDoor
from legato.collect.fast import FastPath, fast_protocol
from legato.model.definitions.source import Source
from legato.model.event import Event
from legato.model.ids import digest
from legato.ports.intake import Done

SOURCES = {
    "web": Source(name="web", key_digests=(digest(b"key"),)),
    "shop": Source(name="shop", kind="rudder", key_digests=(digest(b"rudder"),)),
}
CALL = json.dumps({"userId": "ana", "event": "Bought"}).encode()


class Started:
    """A served door with an intake in memory."""

    def __init__(self) -> None:
        self.port = 0
        self.events: list[Event] = []
        self.arrived = threading.Event()

    async def accept(self, events: Sequence[Event]) -> int:
        self.events.extend(events)
        self.arrived.set()
        return len(self.events)

    def submit(self, events: Sequence[Event], done: Done) -> None:
        self.events.extend(events)
        self.arrived.set()
        asyncio.get_running_loop().call_soon(done, len(self.events))

    def post(
        self, path: str, body: bytes | Iterator[bytes], *, key: str = "key"
    ) -> tuple[int, bytes]:
        """Send one request over a connection of its own; an iterator goes in chunks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", path, body, {"x-write-key": key})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def raw(self, data: bytes) -> bytes:
        """Send bytes, close the sending side, and return all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as link:
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
            return link.makefile("rb").read()


@pytest.fixture(params=["uvicorn's way", "the short way"])
def is_fast(request: pytest.FixtureRequest) -> bool:
    return request.param == "the short way"


@contextmanager
def started(*, is_fast: bool) -> Generator[Started]:
    """Serve the door on a loopback port."""
    desk = Started()
    door = CollectDoor(desk, lambda: 10**15, sources=lambda: SOURCES, verdicts=lambda _s, _m: {})
    fast = FastPath(door, desk)
    server = uvicorn.Server(
        uvicorn.Config(
            door,
            http=fast_protocol(lambda: fast) if is_fast else "httptools",
            lifespan="off",
            access_log=False,
            log_level="critical",
        )
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        desk.port = listening.getsockname()[1]
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True
        )
        thread.start()
        yield desk
        server.should_exit = True
        thread.join()


def test_a_chunked_body_is_taken(*, is_fast: bool) -> None:
    with started(is_fast=is_fast) as desk:
        status, body = desk.post("/v1/track", iter([CALL[:5], CALL[5:]]))

    assert (status, body) == (200, b'{"success":true}')
    assert len(desk.events) == 1


def test_an_oversized_body_is_answered_and_not_cut_off(*, is_fast: bool) -> None:
    with started(is_fast=is_fast) as desk:
        segment = desk.post("/v1/batch", b" " * 600_000)
        rudder = desk.post("/v1/batch", b" " * 5_000_000, key="rudder")
        chunked = desk.post("/v1/batch", iter([b" " * 100_000] * 60))

    assert [segment[0], rudder[0], chunked[0]] == [400, 413, 400]
    assert json.loads(segment[1])["code"] == "too_large"


def test_a_body_shorter_than_announced_stores_nothing(*, is_fast: bool) -> None:
    head = b"POST /v1/track HTTP/1.1\r\nhost: x\r\nx-write-key: key\r\ncontent-length: %d\r\n\r\n"
    with started(is_fast=is_fast) as desk:
        answer = desk.raw(head % 4_000 + CALL)
        status, _ = desk.post("/v1/track", CALL)

    assert answer == b""
    assert status == 200
    assert len(desk.events) == 1


def test_a_body_longer_than_announced_is_no_second_request(*, is_fast: bool) -> None:
    head = b"POST /v1/track HTTP/1.1\r\nhost: x\r\nx-write-key: key\r\ncontent-length: %d\r\n\r\n"
    with started(is_fast=is_fast) as desk:
        answer = desk.raw(head % len(CALL) + CALL + CALL)

    assert answer.startswith(b"HTTP/1.1 ")
    assert len(desk.events) <= 1


def test_a_sender_that_hangs_up_in_mid_answer_harms_nobody(*, is_fast: bool) -> None:
    head = b"POST /v1/track HTTP/1.1\r\nhost: x\r\nx-write-key: key\r\ncontent-length: %d\r\n\r\n"
    with started(is_fast=is_fast) as desk:
        with socket.create_connection(("127.0.0.1", desk.port)) as link:
            link.sendall(head % len(CALL) + CALL)
        desk.arrived.wait(30)
        status, _ = desk.post("/v1/track", CALL)

    assert status == 200
    assert len(desk.events) == 2


def test_many_senders_at_once_are_all_stored(*, is_fast: bool) -> None:
    with started(is_fast=is_fast) as desk:
        threads = [
            threading.Thread(target=lambda: [desk.post("/v1/track", CALL) for _ in range(10)])
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(desk.events) == 80


def test_a_body_that_never_comes_is_not_waited_for() -> None:
    async def receive() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    assert asyncio.run(receive_body(receive, 10, seconds_max=0)) == "slow"
