"""The short way of an ordinary call: from the parser to the door and back, without ASGI.

For one call of one kilobyte, a server's ASGI side (a scope, a task, an event and a context for
each request, messages to and fro) costs more than all that the door does. `FastProtocol` is
uvicorn's own protocol with one addition: a plain POST to a route for events, on a connection where
nothing else is under way, is judged by the door as soon as its last byte is there, and answered
when its events are on disk. Everything else goes uvicorn's way, unchanged, and so do requests that
are pipelined behind a call: uvicorn queues them behind its own kind, and a `Call` is of that kind.

The door's rules are not here. Whatever a call does not settle by itself (a key that is refused
before the body, a query, a body in chunks, Expect) the ordinary way answers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from httptools import HttpRequestParser
from uvicorn import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from legato.collect import segment
from legato.collect.answers import browser_headers, not_stored
from legato.collect.body import BODY_SECONDS_MAX
from legato.collect.door import CollectDoor
from legato.collect.request import Admitted, Refused, Request, Taken
from legato.collect.segment import Answer, Route
from legato.model.problem import LegatoError
from legato.ports.intake import Busy, Done, FrontIntake

BODY_BYTES_MAX = HIGH_WATER_LIMIT
"""Longer bodies want the flow control of the ordinary way, and cost more than it does."""

_ROUTES: Mapping[bytes, tuple[str, Route]] = {
    path.encode(): (path, route)
    for path, route in segment.ROUTES.items()
    if route.action in ("one", "batch")
}
_NO_QUERY: Mapping[str, str] = {}
_LOGGER = logging.getLogger(__name__)


class FastPath:
    """The door and the way into the log, as the protocol needs them."""

    def __init__(
        self, door: CollectDoor, intake: FrontIntake, *, body_seconds_max: float = BODY_SECONDS_MAX
    ) -> None:
        self.door = door
        self.body_seconds_max = body_seconds_max
        self._intake = intake

    def answer(
        self, request: Request, admitted: Admitted, body: bytes, done: Done
    ) -> Answer | None:
        """Return the answer of a call that stores nothing; None where `done` brings it."""
        try:
            taken = self.door.take(request, admitted, body)
            if isinstance(taken, Refused):
                return segment.answer_fault(taken.code, taken.family)
            return self._submit(taken, done)
        except Exception as fault:  # noqa: BLE001 - the entry point: nothing may leak to a sender
            # Neither the text nor the frames: both can hold what the sender sent.
            _LOGGER.error("collect: %s in a call", type(fault).__name__)  # noqa: TRY400
            return segment.answer_fault("internal", "segment")

    def _submit(self, taken: Taken, done: Done) -> Answer | None:
        family = taken.source.kind
        if not taken.events:
            return segment.TAKEN[family]
        try:
            self._intake.submit(taken.events, done)
        except (Busy, LegatoError) as fault:
            return not_stored(fault, family)
        return None


class Call(RequestResponseCycle):
    """A request on the short way. To uvicorn's protocol it is one of its own, under way."""

    message_event = asyncio.Event()
    """Nobody waits for it; uvicorn sets it when the connection is lost."""
    disconnected = False
    response_complete = False

    def __init__(self, request: Request, admitted: Admitted, *, keep_alive: bool) -> None:
        self.request = request
        self.admitted = admitted
        self.keep_alive = keep_alive
        self.parts: list[bytes] = []
        self.more_body = True
        self.deadline: asyncio.TimerHandle | None = None

    def end_body(self) -> bytes:
        """Return the whole body; there is no more to wait for."""
        self.more_body = False
        if self.deadline is not None:
            self.deadline.cancel()
        return self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)


class FastProtocol(HttpToolsProtocol):
    """One connection. `path` returns None while there is no door: then all goes uvicorn's way."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        path: Callable[[], FastPath | None],
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._path = path
        self._peer = ""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(self.cycle, Call):
            self.cycle.end_body()
        super().connection_lost(exc)

    def eof_received(self) -> bool | None:  # pyright: ignore[reportIncompatibleMethodOverride] - asyncio's own type, which uvicorn narrows
        """Keep a half-closed connection until the call on it is answered."""
        call = self.cycle
        if isinstance(call, Call) and not call.response_complete and not call.more_body:
            call.keep_alive = False
            return True
        return None

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        call = self.cycle
        if type(call) is Call and call.more_body and call.deadline is None:
            path = self._path()
            seconds = path.body_seconds_max if path else BODY_SECONDS_MAX
            call.deadline = self.loop.call_later(seconds, self._give_up, call)

    def on_message_begin(self) -> None:
        # The scope is uvicorn's; it is made only where it is wanted.
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        if self.transport.is_closing():
            return  # the answer that closes the connection is out; what follows is not heard
        call = self._begin()
        if call is not None:
            self.cycle = call
            return
        url, headers, is_expected = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, is_expected
        self.headers.extend(headers)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        call = self.cycle
        if type(call) is not Call:
            super().on_body(body)
        elif not call.response_complete:
            call.parts.append(body)

    def on_message_complete(self) -> None:
        call = self.cycle
        if type(call) is not Call:
            super().on_message_complete()
        elif not call.response_complete:
            self._take(call)

    def _begin(self) -> Call | None:
        """Return the call that this request is; None where the ordinary way has to serve it."""
        path = self._path()
        target = _ROUTES.get(self.url)
        parser = self.parser
        if path is None or target is None or parser is None or not self._is_plain(parser):
            return None
        headers = dict(self.headers)
        length = headers.get(b"content-length", b"")
        if not length.isdigit() or int(length) > BODY_BYTES_MAX or b"transfer-encoding" in headers:
            return None
        request = Request(
            route=target[1],
            path=target[0],
            scheme="http",
            headers=headers,
            query=_NO_QUERY,
            peer=path.door.peer(self._peer, headers),
            received_at=path.door.clock(),
        )
        admitted = path.door.admit(request)
        if isinstance(admitted, Refused):
            return None
        return Call(request, admitted, keep_alive=parser.should_keep_alive())

    def _is_plain(self, parser: HttpRequestParser) -> bool:
        return (
            _is_over(self.cycle)
            and parser.get_method() == b"POST"
            and parser.get_http_version() == "1.1"
            and not parser.should_upgrade()
            and not self.expect_100_continue
            and not self.flow.write_paused
            and not self.root_path
            and self.limit_concurrency is None
        )

    def _take(self, call: Call) -> None:
        path = self._path()
        body = call.end_body()
        if path is None:  # closed in mid body
            self._respond(call, segment.answer_busy(call.admitted.family, 0))
            return
        answer = path.answer(
            call.request, call.admitted, body, lambda outcome: self._done(call, outcome)
        )
        if answer is not None:
            self._respond(call, answer)

    def _done(self, call: Call, outcome: int | Busy) -> None:
        family = call.admitted.family
        if isinstance(outcome, Busy):
            self._respond(call, not_stored(outcome, family))
        else:
            self._respond(call, segment.TAKEN[family])

    def _give_up(self, call: Call) -> None:
        call.end_body()
        self._respond(call, segment.answer_fault("timeout", call.admitted.family))

    def _respond(self, call: Call, answer: Answer) -> None:
        # A sender that has gone closes its transport first, and uvloop raises on writes to it.
        if call.disconnected or self.transport.is_closing():
            return
        call.response_complete = True
        headers = (*self.server_state.default_headers, *answer.headers)
        head = STATUS_LINE[answer.status] + _lines(headers)
        origin = call.request.headers.get(b"origin")
        if origin is not None:
            head += _FOR_BROWSERS % origin
        end = b"\r\n" if call.keep_alive else b"connection: close\r\n\r\n"
        self.transport.write(head + end + answer.body)
        if not call.keep_alive:
            self.transport.close()
        self.on_response_complete()


@lru_cache
def _lines(headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Return headers as they are sent: the same ones, nearly always."""
    return b"".join(b"%s: %s\r\n" % header for header in headers)


_FOR_BROWSERS = _lines(browser_headers(b"%s"))
"""Waits for the origin."""


def _is_over(cycle: RequestResponseCycle | None) -> bool:
    return cycle is None or cycle.response_complete


def fast_protocol(path: Callable[[], FastPath | None]) -> type[asyncio.Protocol]:
    """Return the protocol class for `uvicorn.Config(http=...)`."""

    class Bound(FastProtocol):
        def __init__(
            self,
            config: Config,
            server_state: ServerState,
            app_state: dict[str, Any],
            _loop: asyncio.AbstractEventLoop | None = None,
        ) -> None:
            super().__init__(config, server_state, app_state, _loop, path=path)

    return Bound
