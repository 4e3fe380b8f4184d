"""An engine in a process of its own: the interpreter's lock of this one is left to the loop.

The two share the files and speak over a pair of sockets. The engine's end is the state's only
writer. It ends when it is told to, or when its socket is closed, which the system sees to however
this process ends; the engine's process of a next start waits for it.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

import msgspec

from legato.model.problem import LegatoError
from legato.runtime.engine.dialogue import (
    Abandoned,
    Ended,
    FromEngine,
    Recovered,
    Refused,
    Stop,
    ToEngine,
)
from legato.runtime.engine.frames import Unframer, frame

Said: TypeAlias = FromEngine | Refused
"""Refused, instead of Recovered: it could not begin."""

READ_BYTES = 1 << 18
_FROM_ENGINE: msgspec.msgpack.Decoder[Said] = msgspec.msgpack.Decoder(Said)
_TO_ENGINE: msgspec.msgpack.Decoder[ToEngine] = msgspec.msgpack.Decoder(ToEngine)
_GONE = Ended("The engine's process ended unexpectedly.")


class EngineProcess(asyncio.Protocol):
    """runtime.engine.dialogue.Line to an engine in a child process."""

    def __init__(self, command: Callable[[int], Sequence[str]]) -> None:
        """`command` starts the process, given the number of its socket."""
        self._command = command
        self._unframer = Unframer(_FROM_ENGINE)
        self._process: subprocess.Popen[bytes] | None = None
        self._transport: asyncio.Transport | None = None
        self._hear: Callable[[FromEngine], None] | None = None
        self._recovered: asyncio.Future[Recovered] | None = None
        self._ended: asyncio.Future[None] | None = None

    async def start(self, hear: Callable[[FromEngine], None]) -> Recovered:
        loop = asyncio.get_running_loop()
        self._hear = hear
        self._recovered, self._ended = loop.create_future(), loop.create_future()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.to_thread(self._open, theirs.fileno())
        await loop.create_unix_connection(lambda: self, sock=ours)
        return await self._recovered

    def _open(self, number: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command(number), pass_fds=(number,))  # noqa: S603 - our own interpreter on our own module

    def say(self, message: ToEngine) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame([message]))

    async def close(self, seconds: float) -> None:
        if self._process is None or self._transport is None or self._ended is None:
            return
        self.say(Stop())
        await asyncio.wait([self._ended], timeout=seconds)
        self._transport.abort()
        await asyncio.to_thread(self._process.wait)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        for message in self._unframer.feed(data):
            self._take(message)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - as asyncio calls it
        self._end(_GONE)

    def _take(self, message: Said) -> None:
        assert self._recovered is not None
        assert self._hear is not None
        match message:
            case Recovered():
                self._recovered.set_result(message)
            case Refused():
                self._recovered.set_exception(message.error())
            case Ended():
                self._end(message)
            case _:
                self._hear(message)

    def _end(self, ended: Ended) -> None:
        """Say once that the engine applies nothing more."""
        assert self._recovered is not None
        assert self._ended is not None
        assert self._hear is not None
        if self._ended.done():
            return
        self._ended.set_result(None)
        if not self._recovered.done():
            what = "The engine's process ended before it had begun."
            self._recovered.set_exception(LegatoError(what, fix="See what it printed."))
        else:
            self._hear(ended)


class SocketInbox:
    """The engine's end of the pair: hears from the socket, and tells over it."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._unframer = Unframer(_TO_ENGINE)

    def take(self, seconds: float | None) -> Sequence[ToEngine]:
        messages: list[ToEngine] = []
        self._socket.settimeout(seconds)
        try:
            while True:
                data = self._socket.recv(READ_BYTES)
                if not data:
                    raise Abandoned
                messages += self._unframer.feed(data)
                self._socket.settimeout(0)
        except (BlockingIOError, TimeoutError):
            return messages
        except ConnectionError as error:
            raise Abandoned from error

    def tell(self, messages: Sequence[Said]) -> None:
        """Send messages; waits while the other end does not read."""
        self._socket.settimeout(None)
        try:
            self._socket.sendall(frame(messages))
        except ConnectionError as error:
            raise Abandoned from error
