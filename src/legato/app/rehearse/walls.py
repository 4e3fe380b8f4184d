"""Walls around a rehearsal: while they stand, this process reaches no network.

A rehearsed world has no transport, so nothing in it could send. The walls hold even where somebody
adds one: the interpreter announces every connection, datagram, listening socket and look-up of a
name before it happens, and what it announces is refused. Sockets between processes of this machine
stay open, since parts of one rehearsal talk by them.

An announcement can be heard, never unheard: the hook is set once, at the first wall, and asks
whether walls stand. What opens sockets beneath the interpreter, in a library of its own, announces
nothing; nothing of that kind belongs to a rehearsal. Processes that are forked inside are inside;
others enter by themselves.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

from legato.model.problem import LegatoError

_CONTACTS = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")
_LOOK_UPS = (
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.gethostbyaddr",
    "socket.getnameinfo",
)
_LOCAL = getattr(socket, "AF_UNIX", None)


class _Walls:
    """How many `with` stand, in all threads together."""

    def __init__(self) -> None:
        self.count = 0
        self.is_listening = False
        self.lock = threading.Lock()

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """Refuse what would leave, while walls stand."""
        if self.count and event.startswith("socket.") and _leaves(event, arguments):
            raise LegatoError(
                f"A rehearsal tried to reach the network ({event}); it was refused.",
                fix="Nothing was sent. This is a fault of Legato: report it with the command.",
            )


_WALLS = _Walls()


@contextmanager
def walls() -> Generator[None]:
    """Let nothing of this process out to a network inside the `with`; they may be nested."""
    with _WALLS.lock:
        if not _WALLS.is_listening:
            sys.addaudithook(_WALLS.hear)
            _WALLS.is_listening = True
        _WALLS.count += 1
    try:
        yield
    finally:
        with _WALLS.lock:
            _WALLS.count -= 1


def _leaves(event: str, arguments: tuple[object, ...]) -> bool:
    if event in _LOOK_UPS:
        return True
    return event in _CONTACTS and cast("socket.socket", arguments[0]).family != _LOCAL
