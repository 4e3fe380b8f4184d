"""A terminal: a command runs in a pty of its own, is shown what it prints and types answers."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

WIDTH, HEIGHT = 100, 40
WAIT_SECONDS = 30
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Seen(msgspec.Struct, frozen=True):
    """What stood on the screen when the command had ended."""

    code: int
    raw: str
    """With its colours."""

    @property
    def text(self) -> str:
        return _ESCAPE.sub("", self.raw).replace("\r\n", "\n")


def type_in(
    *args: str,
    folder: Path,
    answers: Sequence[tuple[str, str]] = (),
    environment: Mapping[str, str] = {},
) -> Seen:
    """Run `legato ARGS` in a terminal; type each answer once its question has been asked."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "legato", *args],
        cwd=folder,
        env={**os.environ, "TERM": "xterm-256color", **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        raw = _talk(ours, list(answers))
        return Seen(process.wait(WAIT_SECONDS), raw)
    finally:
        os.close(ours)
        process.kill()
        process.wait()


def _talk(terminal: int, answers: list[tuple[str, str]]) -> str:
    raw = ""
    asked = 0
    while True:
        ready, _, _ = select.select([terminal], [], [], WAIT_SECONDS)
        assert ready, f"nothing more is printed after: {raw}"
        try:
            part = os.read(terminal, 65_536)
        except OSError:  # Linux says so when the other end is closed
            return raw
        if not part:
            return raw
        raw += part.decode("utf-8", "replace")
        while answers and answers[0][0] in raw[asked:]:
            question, answer = answers.pop(0)
            asked = raw.index(question, asked) + len(question)
            os.write(terminal, f"{answer}\n".encode())
