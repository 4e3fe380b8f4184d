"""Behind the walls of a rehearsal no way out is open, though everything that sends is there."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from legato.app.rehearse.walls import walls
from legato.model.instant import SECOND
from legato.model.problem import LegatoError
from legato.model.wire import HttpRequest, Mail
from legato.transports.http import HttpSender
from legato.transports.smtp import SmtpSender


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody who would hear of anything that left."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def was_reached(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


async def by_http(port: int) -> None:
    sender = HttpSender()
    request = HttpRequest(
        method="POST",
        url=f"http://127.0.0.1:{port}/",
        headers={},
        body=b"{}",
        timeout=SECOND,
        allow_private=True,
    )
    try:
        await sender.send(request)
    finally:
        await sender.close()


async def by_smtp(port: int) -> None:
    sender = SmtpSender()
    mail = Mail(
        host="127.0.0.1",
        port=port,
        security="none",
        username="",
        password="",
        sender="a@shop.example",
        recipient="b@example.com",
        message=b"Subject: x\r\n\r\nx",
        timeout=SECOND,
        allow_private=True,
    )
    try:
        await sender.send(mail)
    finally:
        await sender.close()


@pytest.mark.parametrize("way", [by_http, by_smtp])
def test_no_transport_of_a_connector_gets_out(
    way: Callable[[int], Coroutine[Any, Any, None]], listener: socket.socket
) -> None:
    with walls(), pytest.raises(LegatoError, match="tried to reach the network"):
        asyncio.run(way(port_of(listener)))

    assert not was_reached(listener)


def raw_connect(port: int) -> None:
    with socket.socket() as raw:
        raw.connect(("127.0.0.1", port))


def raw_connect_ex(port: int) -> None:
    with socket.socket() as raw:
        raw.connect_ex(("127.0.0.1", port))


def raw_datagram(port: int) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as raw:
        raw.sendto(b"x", ("127.0.0.1", port))


def raw_message(port: int) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as raw:
        raw.sendmsg([b"x"], [], 0, ("127.0.0.1", port))


def raw_bind(port: int) -> None:
    with socket.socket() as raw:
        raw.bind(("127.0.0.1", port + 1))


def look_up(port: int) -> None:
    socket.getaddrinfo("localhost", port)


def look_up_the_old_way(port: int) -> None:
    del port
    socket.gethostbyname("localhost")


@pytest.mark.parametrize(
    "deed",
    [
        raw_connect,
        raw_connect_ex,
        raw_datagram,
        raw_message,
        raw_bind,
        look_up,
        look_up_the_old_way,
    ],
)
def test_no_raw_socket_gets_out(deed: Callable[[int], None], listener: socket.socket) -> None:
    with walls(), pytest.raises(LegatoError):
        deed(port_of(listener))

    assert not was_reached(listener)


def test_the_outer_walls_stand_when_the_inner_ones_are_gone(listener: socket.socket) -> None:
    with walls():
        with walls():
            pass
        with pytest.raises(LegatoError):
            raw_connect(port_of(listener))


def test_after_a_rehearsal_the_network_is_there_again(listener: socket.socket) -> None:
    with walls(), pytest.raises(LegatoError):
        raw_connect(port_of(listener))

    raw_connect(port_of(listener))

    assert was_reached(listener)


def test_an_error_inside_takes_the_walls_down(listener: socket.socket) -> None:
    with pytest.raises(ZeroDivisionError), walls():
        _ = 1 / 0

    raw_connect(port_of(listener))

    assert was_reached(listener)
