"""The short way of an ordinary POST: one write, one read, on a connection of aiohttp's own pool.

For half a kilobyte, all that aiohttp makes around a connection (a request, a payload, a writer, a
task that writes, a timer, a response) costs twice what the connection does. A POST with a plain
head needs none of it: `plain` writes it down whole, `Posting` has it carried. Names, addresses,
TLS, the pool and the parser of answers with its bounds stay aiohttp's, and so does every request
that is not plain: one that says itself how it is framed, or carries what no head should.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from functools import lru_cache

import aiohttp
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from yarl import URL

from legato.model.wire import HttpRequest, Response
from legato.transports.answers import read_body

AGENT = "Legato"
CONNECT_SHARE = 0.5
"""Of the timeout: so that a destination that cannot be reached is told from one that is slow."""
ORIGINS_MAX = 1_000
"""Remembered at once; each is a kilobyte."""

_FRAMING = (
    "connection",
    "content-length",
    "expect",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
)
"""What a request that says any of these means by it, aiohttp knows."""
_DEFAULTS: Mapping[str, str] = {
    "User-Agent": AGENT,
    **aiohttp.ClientRequest.DEFAULT_HEADERS,
    "Content-Type": "application/octet-stream",
}
_ANNOUNCEMENTS = (100, 102, 103)
"""Statuses before the answer itself."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def plain(request: HttpRequest, url: URL) -> bytes | None:
    """Return a request as it goes out; None where it is not plain."""
    if request.method != "POST" or url.raw_user or url.raw_password or not url.raw_host:
        return None
    rest = _rest(tuple(request.headers))
    where = f"{url.raw_path_qs}{url.host_port_subcomponent}"
    values = "".join(request.headers.values())
    if rest is None or " " in where or not _is_text(where) or not _is_text(values):
        return None
    given = "".join([f"{name}: {value}\r\n" for name, value in request.headers.items()])
    head = (
        f"POST {url.raw_path_qs} HTTP/1.1\r\nHost: {url.host_port_subcomponent}\r\n"
        f"{given}{rest}Content-Length: {len(request.body)}\r\n\r\n"
    )
    return head.encode("ascii") + request.body


@lru_cache
def _rest(names: tuple[str, ...]) -> str | None:
    """Return the headers that a request lacks which has these; None where it is not plain."""
    known = [name.lower() for name in names]
    if any(name in _FRAMING for name in known) or not all(map(_TOKEN.fullmatch, names)):
        return None
    lacking = [name for name in _DEFAULTS if name.lower() not in known]
    return "".join(f"{name}: {_DEFAULTS[name]}\r\n" for name in lacking)


def _is_text(text: str) -> bool:
    return text.isascii() and text.isprintable()


@lru_cache
def patience(seconds: float) -> aiohttp.ClientTimeout:
    """Return how long a request with this timeout waits for what."""
    return aiohttp.ClientTimeout(total=seconds, sock_connect=seconds * CONNECT_SHARE)


class Posting:
    """On the connections of one session."""

    def __init__(self, session: aiohttp.ClientSession, *, answer_bytes_max: int) -> None:
        self._session = session
        self._answer_bytes_max = answer_bytes_max
        self._origins: dict[URL, aiohttp.ClientRequest] = {}
        """Where connections lead, as aiohttp's pool wants to be told."""

    async def send(self, data: bytes, url: URL, seconds: float) -> Response:
        """Have a plain request carried. Raises what aiohttp raises, or its parser."""
        deadline = asyncio.get_running_loop().time() + seconds if seconds else None
        connection: Connection | None = None
        try:
            async with asyncio.timeout_at(deadline):
                connection = await self._connected(url, seconds)
                head, content = await _answered(connection, data)
            body, is_cut = await read_body(content, head.code, self._answer_bytes_max, deadline)
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        if is_cut or _is_writing(connection):
            connection.close()
        else:
            connection.release()
        return Response(status=head.code, headers=lowered(head.headers), body=body, is_cut=is_cut)

    async def _connected(self, url: URL, seconds: float) -> Connection:
        connector = self._session.connector
        assert connector is not None
        try:
            return await connector.connect(self._to(url), traces=[], timeout=patience(seconds))
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError from error

    def _to(self, url: URL) -> aiohttp.ClientRequest:
        origin = url.origin()
        known = self._origins.get(origin)
        if known is None:
            if len(self._origins) >= ORIGINS_MAX:
                self._origins.clear()
            loop = asyncio.get_running_loop()
            known = aiohttp.ClientRequest("POST", origin, loop=loop, session=self._session)
            self._origins[origin] = known
        return known


async def _answered(
    connection: Connection, data: bytes
) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
    """Write a request and return the answer's head, and where its body comes in."""
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or transport.is_closing():
        raise aiohttp.ClientConnectionResetError("closed as soon as it was there")
    protocol.set_response_params(read_until_eof=True)
    transport.write(data)
    head, content = await protocol.read()
    while head.code in _ANNOUNCEMENTS:
        head, content = await protocol.read()
    return head, content


def _is_writing(connection: Connection) -> bool:
    """Return whether the answer came before the whole request had gone out."""
    return connection.transport is not None and connection.transport.get_write_buffer_size() > 0


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Return an answer's headers by their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}
