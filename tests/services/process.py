"""A service as a process of its own, in a folder that goes with it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

SECONDS_MAX = 60.0
PORTS = range(18_000, 32_000)
"""Below those that systems hand to whoever connects: none goes to another before it is used."""
_tried = count(os.getpid() * 97)
_PAUSE_SECONDS = 0.05


def free_port() -> int:
    """Return a port that nobody listens on."""
    for number in _tried:
        port = PORTS[number % len(PORTS)]
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port
    raise AssertionError("counting never ends")


def is_listening(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(
    command: Sequence[str],
    folder: Path,
    is_ready: Callable[[], bool],
    *,
    user: str | None = None,
    end_with: signal.Signals = signal.SIGKILL,
) -> Generator[subprocess.Popen[bytes]]:
    """Start a service, wait until it is ready, and end it. What it says is in `said`."""
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=said,
            stderr=subprocess.STDOUT,
            user=user,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder)},
        )
    try:
        deadline = time.monotonic() + SECONDS_MAX
        while not is_ready():
            ended = process.poll() is not None
            if ended or time.monotonic() > deadline:
                told = (folder / "said").read_text(errors="replace")[-2000:]
                raise AssertionError(f"{command[0]} does not start:\n{told}")
            time.sleep(_PAUSE_SECONDS)
        yield process
    finally:
        process.send_signal(end_with)
        process.wait()
