"""The way out over real HTTP on loopback, and the addresses that it refuses."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from legato.model.instant import SECOND
from legato.model.wire import HttpRequest, Response
from legato.ports.sender import SendFault
from legato.transports.address import is_public
from legato.transports.http import ANSWER_BYTES_MAX, HttpSender
from tests.services.tls import encrypted, pair

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def request(url: str, **changes: object) -> HttpRequest:
    given: dict[str, object] = {
        "method": "POST",
        "url": url,
        "headers": {"Idempotency-Key": "delivery_1", "Content-Type": "application/json"},
        "body": b'{"a":1}',
        "timeout": 5 * SECOND,
        "allow_private": True,
    }
    return HttpRequest(**(given | changes))  # type: ignore[arg-type]


def exchange(handler: Handler, path: str = "/in?x=1", **changes: object) -> Response:
    """Send one request to a real server that answers with `handler`."""

    async def main() -> Response:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handler)
        runner = web.AppRunner(app, shutdown_timeout=0.01)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        sender = HttpSender()
        try:
            return await sender.send(request(f"http://127.0.0.1:{port}{path}", **changes))
        finally:
            await sender.close()
            await runner.cleanup()

    return asyncio.run(main())


def test_a_request_arrives_whole_and_its_answer_comes_back() -> None:
    seen: list[tuple[str, str, str, bytes]] = []

    async def handler(got: web.Request) -> web.Response:
        key = got.headers["Idempotency-Key"]
        seen.append((got.method, got.path_qs, key, await got.read()))
        return web.json_response({"id": "m1"}, status=201, headers={"X-Request-Id": "r1"})

    response = exchange(handler)

    assert seen == [("POST", "/in?x=1", "delivery_1", b'{"a":1}')]
    assert (response.status, response.body) == (201, b'{"id": "m1"}')
    assert response.headers["x-request-id"] == "r1"


@pytest.mark.parametrize("path", ["/a%3D1/b=2", "/a%2Fb?c=%2C,%20+", "/%7Euser/~?d=%C3%A7&e=%41"])
def test_a_url_goes_out_as_it_was_signed(path: str) -> None:
    seen: list[str] = []

    async def handler(got: web.Request) -> web.Response:
        seen.append(got.raw_path)
        return web.Response()

    exchange(handler, path)

    assert seen == [path]


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    count = 0

    async def handler(_: web.Request) -> web.Response:
        nonlocal count
        count += 1
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    assert exchange(handler).status == 307
    assert count == 1


def test_an_endless_answer_is_read_up_to_a_bound() -> None:
    async def handler(got: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(got)
        for _ in range(20):
            await answer.write(b"x" * 65_536)
        return answer

    assert len(exchange(handler).body) == ANSWER_BYTES_MAX


def test_no_answer_in_time_leaves_the_attempt_in_doubt() -> None:
    async def handler(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(SendFault) as caught:
        exchange(handler, timeout=SECOND // 5)

    assert caught.value.is_in_doubt


def test_a_connection_that_breaks_after_the_request_leaves_it_in_doubt() -> None:
    async def handler(got: web.Request) -> web.Response:
        await got.read()
        assert got.transport is not None
        got.transport.abort()
        return web.Response()

    with pytest.raises(SendFault) as caught:
        exchange(handler)

    assert caught.value.is_in_doubt


def test_a_refused_connection_never_left() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    fault = fault_of(f"http://127.0.0.1:{port}/", allow_private=True)

    assert (fault.is_in_doubt, fault.is_permanent) == (False, False)


def test_a_name_that_does_not_exist_never_left() -> None:
    fault = fault_of("http://nowhere.example/", resolver=Rebinding())

    assert (fault.is_in_doubt, fault.is_permanent) == (False, False)


@pytest.mark.parametrize("headers", [{}, {"Connection": "keep-alive"}])
def test_a_certificate_that_nobody_vouches_for_may_be_put_right(
    headers: dict[str, str], tmp_path: Path
) -> None:
    async def main() -> SendFault:
        sender = HttpSender()
        async with encrypted(9, pair(), tmp_path) as port:
            with pytest.raises(SendFault) as caught:
                await sender.send(request(f"https://localhost:{port}/", headers=headers))
        await sender.close()
        return caught.value

    fault = asyncio.run(main())

    assert (fault.is_in_doubt, fault.is_permanent) == (False, False)
    assert "self-signed certificate" in fault.what


def fault_of(
    url: str, *, allow_private: bool = False, resolver: AbstractResolver | None = None
) -> SendFault:
    async def main() -> SendFault:
        sender = HttpSender(resolver)
        try:
            with pytest.raises(SendFault) as caught:
                await sender.send(request(url, allow_private=allow_private))
            return caught.value
        finally:
            await sender.close()

    return asyncio.run(main())


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "localhost",
        "2130706433",
        "0x7f000001",
        "127.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[fd00::1]",
        "[fe80::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ],
)
def test_a_private_address_is_refused_for_good_however_it_is_written(host: str) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    with listener:
        port = listener.getsockname()[1]

        fault = fault_of(f"http://{host}:{port}/")

        assert fault.is_permanent
        assert not fault.is_in_doubt
        with pytest.raises(BlockingIOError):
            listener.accept()


class Rebinding(AbstractResolver):
    """A DNS that names another address each time it is asked."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = list(addresses)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if not self._addresses:
            raise OSError(f"there is no {host}")
        self.asked += 1
        address = self._addresses[min(self.asked, len(self._addresses)) - 1]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=family or socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None: ...


def test_a_name_that_leads_to_a_private_address_is_refused_whatever_it_led_to_before() -> None:
    fault = fault_of("http://evil.example/", resolver=Rebinding("127.0.0.1"))

    assert fault.is_permanent

    async def twice() -> list[bool]:
        resolver = Rebinding("169.254.169.254", "10.0.0.1")
        sender = HttpSender(resolver)
        found: list[bool] = []
        for name in ("one.example", "two.example"):
            with pytest.raises(SendFault) as caught:
                await sender.send(request(f"http://{name}/", allow_private=False))
            found.append(caught.value.is_permanent)
        await sender.close()
        return found

    assert asyncio.run(twice()) == [True, True]


def test_a_pooled_connection_is_never_lent_to_a_destination_that_may_not_have_it() -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response()

    async def main() -> SendFault:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handler)
        runner = web.AppRunner(app, shutdown_timeout=0.01)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        sender = HttpSender()
        assert (await sender.send(request(url))).status == 200  # leaves a connection behind
        try:
            with pytest.raises(SendFault) as caught:
                await sender.send(request(url, allow_private=False))
        finally:
            await sender.close()
            await runner.cleanup()
        return caught.value

    assert asyncio.run(main()).is_permanent


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)
