"""The way out over HTTP: pooled connections, no private addresses, no redirects.

A redirect is an answer like any other: to follow one would send the account's secrets to whoever
the destination names. Requests of destinations that may call private addresses use connections of
their own, so that no pooled one is ever shared with a destination that may not.
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple, TypeAlias
from urllib.parse import quote, unquote, urlsplit

from legato.model.instant import SECOND
from legato.model.wire import FileLine, HttpRequest, Mail, Request, Response
from legato.ports.sender import SendFault
from legato.transports.address import ForbiddenAddressError, open_socket
from legato.transports.http_exchange import BrokenError, Connection

IDLE_SECONDS_MAX = 15.0
"""Shorter than servers keep theirs: a connection they close just as we write is in doubt."""
CONNECT_SHARE = 0.5
"""Of the timeout: so that a destination that cannot be reached is told from one that is slow."""

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNSAFE = re.compile(r"[\x00\r\n]")
_URL_SAFE = "%/:=&?~#+!$,;'@()*[]"
_OURS = ("content-length", "transfer-encoding", "connection")
"""Say how the request is framed: nobody else may."""

Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
AddressInfo: TypeAlias = tuple[int, int, int, str, Address]
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[AddressInfo]]]
"""Finds the addresses of a host, as getaddrinfo gives them. Raises OSError."""


class _Origin(NamedTuple):
    """With whom a connection may be shared."""

    host: str
    port: int
    is_secure: bool
    allow_private: bool


class _Target(NamedTuple):
    """A URL, taken apart."""

    host: str
    port: int
    is_secure: bool
    path: str
    host_line: str
    authorization: str


class HttpSender:
    """Opens connections as requests need them, on the loop of the first."""

    def __init__(self, resolve: Resolve | None = None) -> None:
        self._resolve = resolve or _resolve
        self._idle: dict[_Origin, list[Connection]] = {}
        self._reached: dict[_Origin, Address] = {}
        """The address that answered last is tried first: the others may lead nowhere."""
        self._sweep: asyncio.TimerHandle | None = None

    async def send(self, request: Request) -> Response:
        match request:
            case HttpRequest():
                return await self._send(request)
            case Mail() | FileLine():
                raise AssertionError("an HTTP sender was given something else than a request")

    async def _send(self, request: HttpRequest) -> Response:
        target = _target(request.url)
        if target is None:
            what = "the URL is not valid"
            raise SendFault(what, is_in_doubt=False, is_permanent=True)
        data = _bytes(request, target)
        loop = asyncio.get_running_loop()
        seconds = request.timeout / SECOND
        deadline = loop.time() + seconds
        origin = _Origin(target.host, target.port, target.is_secure, request.allow_private)
        connection = self._take(origin)
        if connection is None:
            connection = await self._connect(origin, seconds * CONNECT_SHARE)
        try:
            response = await connection.exchange(data, deadline - loop.time())
        except TimeoutError as error:
            what = f"no answer within {seconds:g} s"
            raise SendFault(what, is_in_doubt=True) from error
        except BrokenError as error:
            what = f"the connection broke before the answer ({error})"
            raise SendFault(what, is_in_doubt=True) from error
        except asyncio.CancelledError:
            connection.abort()
            raise
        if connection.is_reusable:
            self._keep(origin, connection, loop)
        return response

    def _take(self, origin: _Origin) -> Connection | None:
        """Return the connection used last: the others age and are closed."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.is_open:
                return connection
        return None

    def _keep(
        self, origin: _Origin, connection: Connection, loop: asyncio.AbstractEventLoop
    ) -> None:
        connection.idle_since = loop.time()
        self._idle.setdefault(origin, []).append(connection)
        if self._sweep is None:
            self._sweep = loop.call_later(IDLE_SECONDS_MAX, self._close_old, loop)

    def _close_old(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close what has been idle for long; look again when the next will have been."""
        self._sweep = None
        latest = loop.time() - IDLE_SECONDS_MAX
        for origin, idle in list(self._idle.items()):
            for connection in idle:
                if connection.idle_since <= latest:
                    connection.abort()
            left = self._idle[origin] = [one for one in idle if one.is_open]
            if not left:
                del self._idle[origin]
        if self._idle:
            oldest = min(one.idle_since for idle in self._idle.values() for one in idle)
            self._sweep = loop.call_at(oldest + IDLE_SECONDS_MAX, self._close_old, loop)

    async def _connect(self, origin: _Origin, seconds: float) -> Connection:
        try:
            async with asyncio.timeout(seconds):
                found = await self._resolve(origin.host, origin.port)
                return await self._reach(origin, found, seconds)
        except TimeoutError as error:
            raise SendFault("no connection within the time", is_in_doubt=False) from error
        except ForbiddenAddressError as error:
            raise SendFault(str(error), is_in_doubt=False, is_permanent=True) from error
        except (OSError, UnicodeError) as error:
            what = f"no connection ({type(error).__name__})"
            raise SendFault(what, is_in_doubt=False) from error

    async def _reach(
        self, origin: _Origin, found: Sequence[AddressInfo], seconds: float
    ) -> Connection:
        """Connect to the first address that answers; none may use up the time of the others."""
        last = self._reached.get(origin)
        fault: OSError = OSError("the name has no address")
        for info in sorted(found, key=lambda one: one[4] != last):
            try:
                async with asyncio.timeout(seconds / len(found)):
                    connection = await _open(origin, info)
            except ForbiddenAddressError:
                raise
            except OSError as error:
                fault = error
            else:
                self._reached[origin] = info[4]
                return connection
        raise fault

    async def close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        idle, self._idle = self._idle, {}
        for connections in idle.values():
            for connection in connections:
                connection.abort()
        await asyncio.sleep(0)  # lets the sockets be closed


async def _resolve(host: str, port: int) -> Sequence[AddressInfo]:
    loop = asyncio.get_running_loop()
    return await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)


async def _open(origin: _Origin, info: AddressInfo) -> Connection:
    loop = asyncio.get_running_loop()
    family, kind, protocol, _, address = info
    if origin.allow_private:
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
    else:
        made = open_socket(family, kind, protocol, str(address[0]))
    try:
        await loop.sock_connect(made, address)
        _, connection = await loop.create_connection(
            lambda: Connection(loop),
            sock=made,
            ssl=_tls() if origin.is_secure else None,
            server_hostname=origin.host.rstrip(".") if origin.is_secure else None,
        )
    except BaseException:
        made.close()
        raise
    return connection


@cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(("http/1.1",))
    return context


@lru_cache(maxsize=1_024)
def _target(url: str) -> _Target | None:
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
        if not host.isascii():
            host = host.encode("idna").decode()
    except ValueError:
        return None
    is_secure = parts.scheme == "https"
    if parts.scheme not in ("http", "https") or not host:
        return None
    usual = 443 if is_secure else 80
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), _URL_SAFE)
    shown = f"[{host}]" if ":" in host else host
    authorization = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + base64.b64encode(pair.encode()).decode()
    return _Target(
        host=host,
        port=port or usual,
        is_secure=is_secure,
        path=path,
        host_line=shown if port in (None, usual) else f"{shown}:{port}",
        authorization=authorization,
    )


def _bytes(request: HttpRequest, target: _Target) -> bytes:
    """Write a request down. A header that would break its frame is refused for good."""
    headers = {"host": ("Host", target.host_line)}
    headers["user-agent"] = ("User-Agent", "Legato")
    headers["accept"] = ("Accept", "*/*")
    # Without it a server may choose any; an answer is small, and read as it is.
    headers["accept-encoding"] = ("Accept-Encoding", "identity")
    if target.authorization:
        headers["authorization"] = ("Authorization", target.authorization)
    for name, value in request.headers.items():
        if not _NAME.fullmatch(name) or _UNSAFE.search(value):
            what = "a header's name or value cannot be written"
            raise SendFault(what, is_in_doubt=False, is_permanent=True)
        key = name.lower()
        if key not in _OURS:
            headers[key] = (name, value)
    lines = [f"{request.method} {target.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.values()]
    if request.body or request.method not in ("GET", "DELETE"):
        lines.append(f"Content-Length: {len(request.body)}")
    return "\r\n".join((*lines, "\r\n")).encode() + request.body
