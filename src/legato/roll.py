"""A process that makes one file of rolled notes or records: python -m legato.roll FOLDER SECONDS.

What it is to be made of comes on standard input. It reads a snapshot and changes nothing that
anybody reads, at the lowest priority where nobody waits: a stop costs the file, and nothing else.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import msgspec

from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.ports.rolling import Made
from legato.runtime.faults import print_places_only
from legato.runtime.rolling.sides import Work
from legato.stores.rolled.maker import Maker, Shape
from legato.stores.rolled.manifest import FOLDER
from legato.stores.rolled.records.maker import Ground, make
from legato.stores.sqlite.snapshot import log_of, state_of
from legato.warehouse.sql.rolled import READABLE, spread

_NICE = 10


class Outcome(Noun, frozen=True, kw_only=True):
    """What came of it."""

    made: Made | None = None
    failure: str = ""
    fix: str = ""


def outcome(folder: Path, work: Work) -> Outcome:
    """Make what is to be made over a data folder."""
    try:
        made = _notes(folder, work) if work.of == "notes" else _records(folder, work)
    except LegatoError as error:
        return Outcome(failure=error.what, fix=error.fix)
    except OSError as error:
        return Outcome(
            failure=f"A file of what is rolled cannot be written ({type(error).__name__}).",
            fix="Let the user that runs Legato own the data folder, with free space on it.",
        )
    return Outcome(made=made)


def _notes(folder: Path, work: Work) -> Made | None:
    with state_of(folder) as state:
        maker = Maker(state, folder / FOLDER, Shape(READABLE, spread))
        if work.kind == "rewrite":
            return maker.rewrite()
        return maker.roll(work.before, at_least=work.at_least)


def _records(folder: Path, work: Work) -> Made | None:
    # The state first: every record that it has applied is then in the log.
    with state_of(folder) as state, log_of(folder) as log:
        ground = Ground(log, state, folder)
        material = (
            ground.to_mend()
            if work.kind == "rewrite"
            else ground.to_roll(work.before, at_least=work.at_least)
        )
    return None if material is None else make(material, folder, work.serial)


def main() -> None:
    """Make one file within the time given, even if nobody is left to end this."""
    print_places_only()
    signal.setitimer(signal.ITIMER_REAL, float(sys.argv[2]))
    work = msgspec.json.decode(sys.stdin.buffer.read(), type=Work)
    if work.kind == "roll":
        os.nice(_NICE)  # an erasure does not wait for others
    sys.stdout.buffer.write(msgspec.json.encode(outcome(Path(sys.argv[1]), work)))


if __name__ == "__main__":
    main()
