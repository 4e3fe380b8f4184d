"""The short way of plain calls: over real sockets, and with answers that are held back."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from legato.collect.door import CollectDoor
from legato.collect.fast import BODY_BYTES_MAX, FastPath, fast_protocol
from legato.model.definitions.source import Source
from legato.model.event import Event
from legato.model.ids import digest
from legato.model.instant import SECOND
from legato.ports.intake import Busy, Done

SOURCES = {
    "web": Source(name="web", key_digests=(digest(b"key"),)),
    "shop": Source(name="shop", kind="rudder", key_digests=(digest(b"rudder"),)),
    "off": Source(name="off", key_digests=(digest(b"off"),), is_enabled=False),
}
CALL = json.dumps({"userId": "ana", "event": "Bought", "messageId": "m1"}).encode()
TAKEN = b'{"success":true}'
WAIT_SECONDS = 30


class Desk:
    """An intake in memory that answers at once, or when it is told to."""

    def __init__(self) -> None:
        self.port = 0
        self.events: list[Event] = []
        self.ways: list[str] = []
        self.fault: Exception | None = None
        self.outcome: Busy | None = None
        self.is_holding = False
        self.arrived = threading.Semaphore(0)
        self.server: uvicorn.Server | None = None
        self._held: list[Done] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    async def accept(self, events: Sequence[Event]) -> int:
        self._take("ordinary", events)
        return len(self.events)

    def submit(self, events: Sequence[Event], done: Done) -> None:
        self._loop = asyncio.get_running_loop()
        self._take("short", events)
        if self.is_holding:
            self._held.append(done)
        else:
            self._loop.call_soon(self._answer, done)
        self.arrived.release()

    def release(self) -> None:
        """Answer everybody who waits."""
        self.on_loop(lambda: [self._answer(done) for done in self._held])

    def on_loop(self, act: Callable[[], object]) -> None:
        """Have something done on the server's loop, and wait for it."""
        assert self._loop is not None
        over = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (act(), over.set()))
        assert over.wait(WAIT_SECONDS)

    def _take(self, way: str, events: Sequence[Event]) -> None:
        self.ways.append(way)
        if self.fault is not None:
            raise self.fault
        self.events.extend(events)

    def _answer(self, done: Done) -> None:
        done(self.outcome or len(self.events))

    @contextmanager
    def link(self) -> Generator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_SECONDS) as link:
            yield link

    def raw(self, data: bytes) -> bytes:
        """Send bytes and return what comes back until the server closes."""
        with self.link() as link:
            link.sendall(data)
            return link.makefile("rb").read()


@contextmanager
def served(
    *, has_door: bool = True, body_seconds_max: float = 30, keep_alive_seconds: int = 30
) -> Generator[Desk]:
    """Serve the door on a loopback port, the short way first."""
    desk = Desk()
    door = CollectDoor(desk, lambda: 10**15, sources=lambda: SOURCES, verdicts=lambda _s, _m: {})
    path = FastPath(door, desk, body_seconds_max=body_seconds_max) if has_door else None
    desk.server = uvicorn.Server(
        uvicorn.Config(
            door,
            http=fast_protocol(lambda: path),
            lifespan="off",
            access_log=False,
            log_level="critical",
            date_header=False,
            timeout_keep_alive=keep_alive_seconds,
        )
    )
    serving = desk.server.serve
    with socket.create_server(("127.0.0.1", 0)) as listening:
        desk.port = listening.getsockname()[1]
        thread = threading.Thread(target=lambda: _run(serving(sockets=[listening])), daemon=True)
        thread.start()
        yield desk
        desk.server.should_exit = True
        thread.join()


def _run(serving: Coroutine[Any, Any, None]) -> None:
    # On the loop of `legato up`: uvloop's transports raise where asyncio's only warn.
    factory = uvicorn.Config(_run, loop="auto").get_loop_factory()
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serving)


def post(
    body: bytes = CALL, *extra: bytes, path: bytes = b"/v1/track", key: bytes = b"key"
) -> bytes:
    """Return the bytes of a request."""
    lines = [b"POST %s HTTP/1.1" % path, b"host: x", b"content-length: %d" % len(body), *extra]
    lines += [b"x-write-key: %s" % key] if key else []
    return b"\r\n".join([*lines, b"", body])


def read_answer(link: socket.socket) -> tuple[int, bytes]:
    """Read one answer and leave the next on the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += link.recv(1)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += link.recv(length - len(body))
    return int(head.split(b" ")[1]), body


CLOSE = b"connection: close"
BATCH = json.dumps({"batch": [json.loads(CALL)]}).encode()
NAMED = json.dumps({"userId": "ana", "event": "Bought", "writeKey": "key"}).encode()
SAME = {
    "a call": post(CALL, CLOSE),
    "a call of a browser": post(CALL, CLOSE, b"origin: https://shop.example", path=b"/t"),
    "a batch": post(BATCH, CLOSE, path=b"/v1/batch"),
    "a batch of a browser": post(BATCH, CLOSE, path=b"/b"),
    "a packed batch": post(gzip.compress(BATCH), CLOSE, b"content-encoding: gzip", path=b"/b"),
    "a broken package": post(b"\x1f\x8b{", CLOSE, b"content-encoding: gzip"),
    "a key in the body": post(NAMED, CLOSE, key=b""),
    "a wrong key in the body": post(NAMED.replace(b"key", b"yek"), CLOSE, key=b""),
    "no key": post(CALL, CLOSE, key=b""),
    "a wrong key": post(CALL, CLOSE, key=b"wrong"),
    "a disabled source": post(CALL, CLOSE, key=b"off"),
    "Rudder's": post(CALL, CLOSE, key=b"rudder"),
    "Rudder's empty batch": post(b'{"batch": []}', CLOSE, path=b"/v1/batch", key=b"rudder"),
    "Segment's empty batch": post(b'{"batch": []}', CLOSE, path=b"/v1/batch"),
    "no JSON": post(b"{", CLOSE),
    "no object": post(b"7", CLOSE),
    "no batch": post(b"{}", CLOSE, path=b"/v1/batch"),
    "no body": post(b"", CLOSE),
    "a call that means nothing": post(b'{"event": "Bought"}', CLOSE),
    "a preflight": b"OPTIONS /v1/t HTTP/1.1\r\nhost: x\r\norigin: https://a.b\r\n%s\r\n\r\n"
    % CLOSE,
    "a wrong method": b"GET /v1/t HTTP/1.1\r\nhost: x\r\n%s\r\n\r\n" % CLOSE,
    "an upgrade": post(CALL, b"connection: upgrade, close", b"upgrade: h2c"),
    "a call that is too large": post(b'{"event": "%s"}' % (b"x" * 40_000), CLOSE),
}


def test_both_ways_give_the_same_answers_and_events() -> None:
    with served() as short, served(has_door=False) as ordinary:
        answers = {name: short.raw(request) for name, request in SAME.items()}
        others = {name: ordinary.raw(request) for name, request in SAME.items()}

    assert answers == others
    assert all(answer.startswith(b"HTTP/1.1 ") for answer in answers.values())
    assert short.events == ordinary.events
    assert short.ways == ["short"] * len(ordinary.ways)
    assert "short" not in ordinary.ways


ORDINARY = {
    "a query": post(CALL, CLOSE, path=b"/v1/track?verbose=1"),
    "a path that ends in a slash": post(CALL, CLOSE, path=b"/v1/track/"),
    "an older protocol": post(CALL).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "an expectation": post(CALL, CLOSE, b"expect: 100-continue"),
    "chunks": post(CALL, CLOSE, b"transfer-encoding: chunked")
    .replace(b"content-length: %d\r\n" % len(CALL), b"")
    .replace(CALL, b"%x\r\n%s\r\n0\r\n\r\n" % (len(CALL), CALL)),
    "a long body": post(
        b'{"batch": [%s]}' % b",".join([CALL] * (BODY_BYTES_MAX // len(CALL))),
        CLOSE,
        path=b"/v1/batch",
    ),
}


def test_what_is_unusual_goes_the_ordinary_way() -> None:
    with served() as desk:
        answers = {name: desk.raw(request) for name, request in ORDINARY.items()}

    assert [name for name, answer in answers.items() if b" 200 OK\r\n" not in answer] == []
    assert desk.ways == ["ordinary"] * len(ORDINARY)


def test_one_connection_serves_call_after_call() -> None:
    with served() as desk, desk.link() as link:
        answers: list[tuple[int, bytes]] = []
        for _ in range(50):
            link.sendall(post())
            answers.append(read_answer(link))

    assert answers == [(200, TAKEN)] * 50
    assert desk.ways == ["short"] * 50


def test_requests_in_one_packet_are_answered_in_their_order() -> None:
    health = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"
    with served() as desk, desk.link() as link:
        desk.is_holding = True
        link.sendall(post() + post(b"{") + health + post(key=b"wrong") + post(CALL, CLOSE))
        assert desk.arrived.acquire(timeout=WAIT_SECONDS)
        desk.release()
        answers = [read_answer(link) for _ in range(5)]
        rest = link.recv(1)

    assert [status for status, _ in answers] == [200, 400, 200, 401, 200]
    assert answers[2][1] == b'{"server":"UP"}'
    assert len(desk.events) == 2
    assert rest == b""


def test_a_call_behind_a_request_under_way_is_answered_after_it() -> None:
    with served() as desk, desk.link() as link:
        link.sendall(post(path=b"/v1/track?verbose=1") + post())
        answers = [read_answer(link) for _ in range(2)]

    assert b"items" in answers[0][1]
    assert answers[1] == (200, TAKEN)


def test_a_body_may_come_byte_by_byte() -> None:
    request = post()
    with served() as desk, desk.link() as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(len(request)):
            link.sendall(request[number : number + 1])
        answer = read_answer(link)

    assert answer == (200, TAKEN)
    assert len(desk.events) == 1


def test_a_body_that_does_not_come_is_given_up() -> None:
    head = post().removesuffix(CALL)
    with served(body_seconds_max=0) as desk, desk.link() as link:
        link.sendall(head)
        late = read_answer(link)
        link.sendall(CALL + head + CALL)
        answer = read_answer(link)

    assert late[0] == 408
    assert answer == (200, TAKEN)
    assert len(desk.events) == 1


def test_a_half_closed_sender_still_gets_its_answer() -> None:
    with served() as desk, desk.link() as link:
        desk.is_holding = True
        link.sendall(post())
        link.shutdown(socket.SHUT_WR)
        assert desk.arrived.acquire(timeout=WAIT_SECONDS)
        desk.release()
        answer = read_answer(link)
        rest = link.recv(1)

    assert answer == (200, TAKEN)
    assert rest == b""


def test_a_sender_that_has_gone_does_not_cost_the_others_their_answer() -> None:
    with served() as desk, desk.link() as gone, desk.link() as link:
        desk.is_holding = True
        gone.sendall(post())
        assert desk.arrived.acquire(timeout=WAIT_SECONDS)
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.close()
        link.sendall(post())
        assert desk.arrived.acquire(timeout=WAIT_SECONDS)
        desk.release()
        answer = read_answer(link)

    assert answer == (200, TAKEN)
    assert len(desk.events) == 2


@pytest.mark.parametrize("is_late", [False, True])
def test_a_busy_host_says_when_to_come_back(*, is_late: bool) -> None:
    busy = Busy("The engine is behind.", retry_after=2 * SECOND)
    with served() as desk:
        desk.fault, desk.outcome = (None, busy) if is_late else (busy, None)
        answer = desk.raw(post(CALL, CLOSE))

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 2\r\n" in answer


def test_a_fault_of_the_host_is_answered_without_its_text() -> None:
    with served() as desk, desk.link() as link:
        desk.fault = ValueError("secret")
        link.sendall(post())
        failed = read_answer(link)
        desk.fault = None
        link.sendall(post())
        answer = read_answer(link)

    assert failed[0] == 500
    assert b"secret" not in failed[1]
    assert answer == (200, TAKEN)


def test_an_idle_connection_is_closed() -> None:
    with served(keep_alive_seconds=0) as desk:
        answer = desk.raw(post())

    assert answer.endswith(TAKEN)


def test_a_call_under_way_at_the_end_is_answered_and_its_connection_closed() -> None:
    with served() as desk:
        desk.is_holding = True
        with desk.link() as link:
            link.sendall(post())
            assert desk.arrived.acquire(timeout=WAIT_SECONDS)
            server = desk.server
            assert server is not None
            desk.on_loop(lambda: [each.shutdown() for each in server.server_state.connections])
            desk.release()
            answer = link.makefile("rb").read()

    assert b"\r\nconnection: close\r\n" in answer
    assert answer.endswith(TAKEN)
