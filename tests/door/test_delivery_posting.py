"""The short way of an ordinary POST, over real sockets: nobody can tell it from aiohttp's own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from legato.model.instant import SECOND
from legato.model.wire import HttpRequest, Response
from legato.ports.sender import SendFault
from legato.transports.http import HttpSender

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LONG_WAY: Mapping[str, str] = {"Connection": "keep-alive"}
"""A header that only aiohttp's own way may send."""


class Server:
    """Keeps what it is sent, by connection; answers each request with the next of its answers."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        self._answers = list(answers)
        self.seen: list[list[bytes]] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests: list[bytes] = []
        self.seen.append(requests)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                requests.append(head + await reader.readexactly(length))
                writer.write(self._answers.pop(0))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def sent(
    answers: Sequence[bytes], *requests: Mapping[str, object]
) -> tuple[list[Response | SendFault], list[list[bytes]]]:
    """Send requests one after another; return what came of them, and what was seen of them."""

    async def main() -> tuple[list[Response | SendFault], list[list[bytes]]]:
        server = Server(answers)
        listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        sender = HttpSender()
        outcomes: list[Response | SendFault] = []
        for changes in requests:
            given: dict[str, object] = {
                "method": "POST",
                "url": f"http://127.0.0.1:{port}{changes.get('path', '/in')}",
                "headers": changes.get("headers", {}),
                "body": changes.get("body", b'{"a":1}'),
                "timeout": changes.get("timeout", 5 * SECOND),
                "allow_private": True,
            }
            if "user" in changes:
                given["url"] = f"http://{changes['user']}@127.0.0.1:{port}/in"
            try:
                outcomes.append(await sender.send(HttpRequest(**given)))  # type: ignore[arg-type]
            except SendFault as fault:
                outcomes.append(fault)
        await sender.close()
        listener.close()
        return outcomes, server.seen

    return asyncio.run(main())


def parts(request: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Return a request's first line, its headers in no order, and its body."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *headers = head.split(b"\r\n")
    return line, sorted(header for header in headers if header != b"Connection: keep-alive"), body


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/json", "Legato-Signature": "t=1,v1=ab"},
        {"content-type": "text/plain; charset=utf-8", "user-agent": "Somebody", "ACCEPT": "a/b"},
        {"Accept-Encoding": "identity", "Authorization": "Basic YTpi", "X-Empty": ""},
        {"X-Written": "caf\u00e9"},
        {"X-Tab": "a\tb"},
    ],
)
@pytest.mark.parametrize(
    ("path", "body"), [("/in", b"x" * 300_000), ("/a%3D1/b?c=%2C,&d=\u00e9#e", b"")]
)
def test_a_request_is_the_same_by_either_way(
    headers: dict[str, str], path: str, body: bytes
) -> None:
    request = {"headers": headers, "path": path, "body": body}

    outcomes, seen = sent([OK, OK], request, {**request, "headers": {**headers, **LONG_WAY}})

    short, long = (one for requests in seen for one in requests)
    assert parts(short) == parts(long)
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 204 No Content\r\nX-Id: 1\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nX-A: a\r\nX-A: b\r\nContent-Length: 1\r\n\r\na",
        b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    ],
)
def test_an_answer_is_the_same_by_either_way(answer: bytes) -> None:
    outcomes, _ = sent([answer, answer, OK], {}, {"headers": LONG_WAY}, {})

    assert isinstance(outcomes[0], Response)
    assert outcomes[0] == outcomes[1]
    assert isinstance(outcomes[2], Response)
    assert outcomes[2].body == b"ok"


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 10_000 + b"\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_what_is_no_answer_is_the_same_fault_by_either_way(answer: bytes) -> None:
    faults, _ = sent([answer, answer], {}, {"headers": LONG_WAY})

    short, long = faults
    assert isinstance(short, SendFault)
    assert isinstance(long, SendFault)
    assert (short.what, short.is_in_doubt) == (long.what, long.is_in_doubt)
    assert short.is_in_doubt


def test_requests_one_after_another_share_a_connection() -> None:
    _, seen = sent([OK, OK, OK], {}, {"headers": LONG_WAY}, {})

    assert [len(requests) for requests in seen] == [3]


def test_a_failure_whose_rest_never_comes_is_that_failure() -> None:
    begun = b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 99\r\n\r\nbus"

    outcomes, seen = sent([begun, OK], {"timeout": SECOND}, {})

    first, second = outcomes
    assert isinstance(first, Response)
    assert (first.status, first.headers["retry-after"], first.body) == (503, "7", b"bus")
    assert first.is_cut
    assert isinstance(second, Response)
    assert len(seen) == 2, "the connection with half an answer on it is not used again"


def test_a_success_whose_rest_never_comes_is_in_doubt() -> None:
    begun = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nok"

    outcomes, seen = sent([begun, OK], {"timeout": SECOND}, {})

    fault = outcomes[0]
    assert isinstance(fault, SendFault)
    assert fault.is_in_doubt
    assert len(seen) == 2


@pytest.mark.parametrize("is_abrupt", [True, False])
@pytest.mark.parametrize("headers", [{}, LONG_WAY])
def test_who_hangs_up_at_once_leaves_it_in_doubt(
    headers: Mapping[str, str], *, is_abrupt: bool
) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if is_abrupt:
            writer.transport.abort()
        else:
            writer.close()

    async def main() -> SendFault:
        listener = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        sender = HttpSender()
        with pytest.raises(SendFault) as caught:
            await sender.send(
                HttpRequest(
                    method="POST",
                    url=f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/",
                    headers=headers,
                    body=b"{}",
                    timeout=5 * SECOND,
                    allow_private=True,
                )
            )
        await sender.close()
        listener.close()
        return caught.value

    assert asyncio.run(main()).is_in_doubt


def test_a_name_and_password_of_an_address_are_shown() -> None:
    _, seen = sent([OK], {"user": "ana:secret"})

    assert b"\r\nAuthorization: Basic YW5hOnNlY3JldA==\r\n" in seen[0][0]


@pytest.mark.parametrize("headers", [{"X-A\r\nX-B": "c"}, {"X-A": "b\r\nX-C: d"}])
def test_a_header_cannot_bring_another(headers: dict[str, str]) -> None:
    outcomes, seen = sent([OK], {"headers": headers})

    assert isinstance(outcomes[0], SendFault)
    assert outcomes[0].is_permanent
    assert not any(seen)
