"""A rehearsal's own process: `python -m legato.app.rehearse.jobs.process SECONDS`.

What to do is the first line of its input, what came of it the last of its output; lines before say
how far it is. Nothing reaches a network, and no file is written but below the folder for temporary
ones, which whoever began this removes. It ends when its input does, so nobody outlives who began
them, or after SECONDS.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import msgspec

from legato.app.rehearse.jobs.found import Said
from legato.app.rehearse.jobs.perform import perform
from legato.app.rehearse.jobs.task import Job
from legato.app.rehearse.walls import walls
from legato.model.problem import LegatoError
from legato.runtime.faults import print_places_only

_NICE = 10
_TELL_SECONDS = 0.2
"""How often it says how far it is, at most."""


class _Teller:
    """Says how far the work is, as often as anybody wants to read."""

    def __init__(self) -> None:
        self._told_at = 0.0
        self._doing = ""

    def __call__(self, doing: str, done: int, total: int) -> None:
        now = time.monotonic()
        if doing == self._doing and done < total and now - self._told_at < _TELL_SECONDS:
            return
        self._told_at, self._doing = now, doing
        say(Said(doing=doing, done=done, total=total))


def say(said: Said) -> None:
    """Say a line to whoever began this."""
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    sys.stdout.buffer.flush()


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def main() -> None:
    """Do one rehearsal."""
    print_places_only()
    os.nice(_NICE)
    signal.setitimer(signal.ITIMER_REAL, float(sys.argv[1]))
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        with walls():
            say(perform(job, _Teller()))
    except LegatoError as error:
        say(Said(failure=error.what, fix=error.fix))


if __name__ == "__main__":
    main()
