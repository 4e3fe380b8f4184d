"""Answers that are not what was promised, from a real server on loopback: bounded in every way."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from legato.model.instant import SECOND
from legato.model.wire import HttpRequest, Response
from legato.ports.sender import SendFault
from legato.transports.http import ANSWER_BYTES_MAX, HttpSender

TIMEOUT_SECONDS = 1.0
"""What comes in time is read within it on a busy machine too."""
ENDLESS_SECONDS = 60
"""Long past what there is time for, and less than what never ends."""
MEMORY_MAX = 4_000_000
"""What an answer may cost: some times its bound, whatever is sent."""
Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


def ask(script: Script, *, times: int = 1) -> list[Response | SendFault]:
    """Have a raw server answer each request by a script; return what became of each."""

    over: list[asyncio.Task[None] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        over.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n{}"):
                await script(writer)
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def main() -> list[Response | SendFault]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        request = HttpRequest(
            method="POST",
            url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/",
            headers={},
            body=b"{}",
            timeout=round(TIMEOUT_SECONDS * SECOND),
            allow_private=True,
        )
        sender = HttpSender()
        found: list[Response | SendFault] = []
        for _ in range(times):
            try:
                found.append(await sender.send(request))
            except SendFault as fault:
                found.append(fault)
        await sender.close()
        server.close()
        await asyncio.gather(*(each for each in over if each is not None))
        return found

    return asyncio.run(main())


def bounded(script: Script) -> Response | SendFault:
    """Ask once, and see that it took neither long nor much."""
    tracemalloc.start()
    begin = time.perf_counter()
    try:
        [found] = ask(script)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - begin < ENDLESS_SECONDS
    assert peak < MEMORY_MAX
    return found


def say(*parts: bytes, then_close: bool = False) -> Script:
    async def script(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if then_close:
            writer.close()

    return script


def repeat(part: bytes, *, after: bytes, pause: float = 0.0, times: int = 1_000_000) -> Script:
    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(after)
        for _ in range(times):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return script


def zeros(mega_bytes: int) -> bytes:
    """Return so much of nothing, packed a thousandfold."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    million = b"\0" * 1_048_576
    return b"".join(packing.compress(million) for _ in range(mega_bytes)) + packing.flush()


def head(status: int, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} Said", *headers, "", ""]).encode()


def test_a_page_of_ten_megabytes_is_read_up_to_a_bound() -> None:
    page = repeat(b"<p>" * 20_000, after=head(500, "Content-Length: 10200000"), times=170)

    found = bounded(page)

    assert isinstance(found, Response)
    assert (found.status, len(found.body), found.is_cut) == (500, ANSWER_BYTES_MAX, True)


def test_what_comes_packed_a_thousandfold_is_unpacked_up_to_a_bound() -> None:
    packed = zeros(100)
    assert len(packed) < 110_000

    found = bounded(
        say(head(200, "Content-Encoding: gzip", f"Content-Length: {len(packed)}"), packed)
    )

    assert isinstance(found, Response)
    assert (len(found.body), found.is_cut) == (ANSWER_BYTES_MAX, True)


@pytest.mark.parametrize("status", [200, 503])
def test_an_answer_that_drips_ends_with_the_time_there_is(status: int) -> None:
    found = bounded(repeat(b"x", after=head(status, "Content-Length: 100000"), pause=0.02))

    if status == 200:
        assert isinstance(found, SendFault)
        assert found.is_in_doubt
    else:
        assert isinstance(found, Response), "it has said already that it took nothing"
        assert (found.status, found.is_cut) == (503, True)


def test_an_answer_that_breaks_off_is_in_doubt_where_it_began_with_success() -> None:
    begun = say(head(200, "Content-Length: 100"), b'{"id": ', then_close=True)
    refused = say(head(422, "Content-Length: 100"), b'{"error": "no', then_close=True)

    [broken], [said] = ask(begun), ask(refused)

    assert isinstance(broken, SendFault)
    assert (broken.what, broken.is_in_doubt) == ("the answer broke off", True)
    assert isinstance(said, Response)
    assert (said.status, said.body, said.is_cut) == (422, b'{"error": "no', True)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(repeat(b"X-A: b\r\n", after=b"HTTP/1.1 200 OK\r\n"), id="endless headers"),
        pytest.param(
            repeat(b"a" * 60_000, after=b"HTTP/1.1 200 OK\r\nX: ", times=500), id="one long header"
        ),
        pytest.param(repeat(b"a" * 60_000, after=b"HTTP/1.1 200 ", times=500), id="a long status"),
        pytest.param(
            repeat(head(100), after=b"", pause=0.001, times=10_000), id="endless patience asked for"
        ),
        pytest.param(say(b"what is this\r\n\r\n"), id="no HTTP"),
        pytest.param(say(head(200, "Content-Length: -2"), b"hello"), id="a negative length"),
        pytest.param(
            say(head(200, "Content-Length: 2", "Content-Length: 5"), b"hello"), id="two lengths"
        ),
        pytest.param(
            say(head(200, "Transfer-Encoding: chunked"), b"zz\r\nhello"), id="a chunk of no length"
        ),
        pytest.param(
            say(head(200, "Content-Encoding: gzip", "Content-Length: 5"), b"hello"),
            id="packed by nobody",
        ),
    ],
)
def test_what_is_no_answer_leaves_the_attempt_in_doubt(script: Script) -> None:
    found = bounded(script)

    assert isinstance(found, SendFault)
    assert found.is_in_doubt
    assert not found.is_permanent


def test_what_follows_an_answer_is_never_taken_for_the_next_one() -> None:
    smuggled = head(418, "Content-Length: 0")
    for first in (head(200, "Content-Length: 2") + b"ok", head(204)):
        found = ask(say(first + smuggled), times=3)

        assert [each.status for each in found if isinstance(each, Response)].count(418) == 0
        assert len(found) == 3


def test_a_destination_that_always_points_elsewhere_is_asked_once() -> None:
    count = 0

    async def elsewhere(writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        writer.write(head(302, "Location: /", "Content-Length: 0"))

    [found] = ask(elsewhere)

    assert isinstance(found, Response)
    assert (found.status, count) == (302, 1)
