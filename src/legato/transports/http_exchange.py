"""One connection of HTTP/1.1, one request at a time on it: bytes out, a Response in.

Written on the protocol itself because a general client costs more for each request than all the
rest of a delivery. What comes in is bounded in every direction, whoever the other side is.
"""

from __future__ import annotations

import asyncio
from typing import cast

import httptools

from legato.model.wire import Response

ANSWER_BYTES_MAX = 262_144
"""What is read of an answer; no provider's is longer, and an attacker's could be endless."""
HEAD_BYTES_MAX = 65_536
"""Of an answer's headers, and of what a chunked body is wrapped in."""

_OK_WITHOUT_LENGTH = 200
_UPGRADE = 101


class BrokenError(OSError):
    """The connection ended before the answer did."""


class Connection(asyncio.Protocol):
    """Given to its pool by nobody: whoever awaits `exchange` decides what becomes of it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.idle_since = 0.0
        """By the loop's clock."""
        self.is_reusable = False
        """Whether the last answer was read whole and the other side keeps the connection."""
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._future: asyncio.Future[Response] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._status = 0
        self._left = 0
        """Bytes that may still come for this answer."""

    def exchange(self, data: bytes, timeout: float) -> asyncio.Future[Response]:
        """Send a request. The future ends with the answer, TimeoutError or BrokenError."""
        assert self._future is None, "one request at a time"
        future = self._future = self._loop.create_future()
        transport = self._transport
        if transport is None or transport.is_closing():
            self._fail(BrokenError("closed"))
            return future
        self._parser = httptools.HttpResponseParser(self)
        self._headers, self._body, self._status = {}, bytearray(), 0
        self._left = HEAD_BYTES_MAX + ANSWER_BYTES_MAX
        self.is_reusable = False
        self._timer = self._loop.call_later(timeout, self._late)
        transport.write(data)
        return future

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def abort(self) -> None:
        """Close at once; what is under way fails."""
        if self._transport is not None:
            self._transport.abort()

    # What the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not checked: uvloop's transports are no subclasses.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        parser = self._parser
        if parser is None:
            self.abort()  # nobody asked
            return
        self._left -= len(data)
        try:
            parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(BrokenError("no HTTP"))
        else:
            if self._left < 0 and self._parser is not None:
                self._fail(BrokenError("endless"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        ends_with_close = (
            self._status >= _OK_WITHOUT_LENGTH
            and "content-length" not in self._headers
            and "transfer-encoding" not in self._headers
        )
        if exc is None and ends_with_close and self._parser is not None:
            self._done()
        else:
            self._fail(BrokenError("closed"))

    # What the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._status == 0:  # else a trailer
            self._headers[name.decode("latin-1").lower()] = value.decode(errors="replace")

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        status = self._parser.get_status_code()
        if status < _OK_WITHOUT_LENGTH and status != _UPGRADE:
            self._headers = {}  # `100 Continue` and such: the answer is still to come
        else:
            self._status = status

    def on_body(self, body: bytes) -> None:
        if self._parser is None:
            return
        self._body += body
        if len(self._body) >= ANSWER_BYTES_MAX:
            del self._body[ANSWER_BYTES_MAX:]
            self._done()  # the rest is not wanted, so the connection cannot be used again

    def on_message_complete(self) -> None:
        if self._parser is not None and self._status:
            self.is_reusable = self._parser.should_keep_alive()
            self._done()

    def _done(self) -> None:
        future = self._end()
        if not self.is_reusable:
            self.abort()
        if future is not None and not future.done():
            future.set_result(
                Response(status=self._status, headers=self._headers, body=bytes(self._body))
            )

    def _late(self) -> None:
        self._fail(TimeoutError())

    def _fail(self, fault: Exception) -> None:
        future = self._end()
        self.is_reusable = False
        self.abort()
        if future is not None and not future.done():
            future.set_exception(fault)

    def _end(self) -> asyncio.Future[Response] | None:
        future, self._future = self._future, None
        self._parser = None  # it holds this object: the ring must not wait for a collection
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return future
