"""A thread with an event loop that client libraries run on, and that guards every connection.

Libraries open sockets as they like: to what a name resolves to at that moment, to the brokers that
a cluster names. Here they can open none but through this loop, which looks at the address that it
is about to connect to. A library that blocks holds up nothing but other drivers.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any, TypeVar

from legato.model.wire import Commands, Record, Request, Response, Row, RowErasure, Server
from legato.ports.sender import Sender, SendFault
from legato.transports.address import ForbiddenAddressError, connect

Made = TypeVar("Made")


class Permit:
    """Whether private addresses may be called by a task and all that it starts."""

    def __init__(self, *, allow_private: bool) -> None:
        self.allow_private = allow_private
        self.is_refused = False
        """An address was refused: libraries tell that as one fault among others."""


_PERMIT: ContextVar[Permit | None] = ContextVar("permit", default=None)


class GuardedLoop(asyncio.SelectorEventLoop):
    """Connects to addresses for which there is a permit."""

    async def create_connection(
        self,
        protocol_factory: Callable[[], Any],
        host: str | None = None,
        port: int | None = None,
        **rest: Any,  # noqa: ANN401 - handed on
    ) -> tuple[Any, Any]:
        if host is None or port is None:
            return await super().create_connection(protocol_factory, **rest)
        permit = _PERMIT.get()
        try:
            is_allowed = permit is not None and permit.allow_private
            made = await connect(host, port, allow_private=is_allowed)
        except ForbiddenAddressError:
            if permit is not None:
                permit.is_refused = True
            raise
        if rest.get("ssl") and rest.get("server_hostname") is None:
            rest["server_hostname"] = host
        return await super().create_connection(protocol_factory, sock=made, **rest)


class Drivers:
    """The thread, started by the first that needs it. Whoever has it must close it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    async def run(self, work: Coroutine[Any, Any, Made]) -> Made:
        """Run on the thread's loop; cancelled with whoever waits."""
        if self._loop is None:
            self._loop = GuardedLoop()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="drivers", daemon=True
            )
            self._thread.start()
        under_way = asyncio.run_coroutine_threadsafe(work, self._loop)
        return await asyncio.wrap_future(under_way)

    async def close(self) -> None:
        """Stop the thread. Idempotent."""
        loop, self._loop = self._loop, None
        thread, self._thread = self._thread, None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            await asyncio.to_thread(thread.join)
            loop.close()


class DriverSender:
    """ports.sender.Sender: one that runs on the drivers' thread. Made there when first needed."""

    def __init__(self, drivers: Drivers, make: Callable[[], Sender]) -> None:
        self._drivers = drivers
        self._make = make
        self._inner: Sender | None = None
        self._permits: dict[Server, Permit] = {}

    async def send(self, request: Request) -> Response:
        return await self._drivers.run(self._send(request))

    async def close(self) -> None:
        inner, self._inner = self._inner, None
        if inner is not None:
            await self._drivers.run(inner.close())

    async def _send(self, request: Request) -> Response:
        if self._inner is None:
            self._inner = self._make()
        assert isinstance(request, Record | Commands | Row | RowErasure)
        server = request.server
        permit = self._permits.setdefault(server, Permit(allow_private=server.allow_private))
        _PERMIT.set(permit)
        try:
            return await self._inner.send(request)
        except SendFault as fault:
            if permit.is_refused and not fault.is_in_doubt:
                permit.is_refused = False
                what = str(ForbiddenAddressError())
                raise SendFault(what, is_in_doubt=False, is_permanent=True) from fault
            raise
