"""The process in which walks are gone: `python -m legato.app.rehearse.jobs.walking SECONDS`.

The first line of its input is a workspace's texts, each one after it a walk; for each it says what
came of it. The texts are compiled once, so that a walk is there as soon as somebody asks. Nothing
reaches a network, and nobody who is on record is in it. It ends when its input does, or when nobody
has asked for SECONDS.
"""

from __future__ import annotations

import os
import signal
import sys

import msgspec

from legato.app.rehearse.jobs.found import Said
from legato.app.rehearse.jobs.process import say
from legato.app.rehearse.jobs.task import Walk
from legato.app.rehearse.jobs.walk import Walker
from legato.app.rehearse.walls import walls
from legato.model.problem import LegatoError
from legato.runtime.faults import print_places_only

_NICE = 5
"""Somebody looks at a screen meanwhile: before backtests, after all that is collected."""


def main() -> None:
    """Go walks until nobody asks any longer."""
    print_places_only()
    os.nice(_NICE)
    texts = msgspec.json.decode(sys.stdin.buffer.readline(), type=dict[str, str])
    with walls():
        walker = Walker(texts)
        for line in sys.stdin.buffer:
            signal.setitimer(signal.ITIMER_REAL, float(sys.argv[1]))
            try:
                say(Said(found=walker.go(msgspec.json.decode(line, type=Walk))))
            except LegatoError as error:
                say(Said(failure=error.what, fix=error.fix))


if __name__ == "__main__":
    main()
