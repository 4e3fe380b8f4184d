"""A query's own process: python -m legato.query FOLDER SECONDS, the question on standard input.

It reads snapshots and writes nothing, at the lowest priority: a long query takes time from
nobody, and can be ended at any moment.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

import msgspec

from legato.core.privacy.mask import Sight
from legato.model.noun import Noun
from legato.model.plan import Plan, decode_plan
from legato.model.problem import LegatoError
from legato.runtime.faults import print_places_only
from legato.stores.sqlite.snapshot import Snapshot, snapshot_of
from legato.warehouse.sql.question import Mistake
from legato.warehouse.sql.session import Answer, answer
from legato.warehouse.sql.tables import Asked, tables_of

Hold: TypeAlias = Callable[[Path], AbstractContextManager[Snapshot]]
"""Takes the instant of a data folder that a query sees."""
_NICE = 10


class Inquiry(Noun, frozen=True, kw_only=True):
    """A query, and what whoever asks may see."""

    query: str
    sight: Sight
    rows_max: int


class Answered(Noun, frozen=True, kw_only=True):
    """What came of it: an answer, or why there is none."""

    answer: Answer | None = None
    mistake: str = ""
    """Of the query."""
    failure: str = ""
    """Of the world."""
    fix: str = ""


def answered(folder: Path, inquiry: Inquiry, hold: Hold = snapshot_of) -> Answered:
    """Answer a query over a data folder, of the instant that `hold` holds.

    A file of rolled history may be replaced before it is read: the next instant names the new one.
    """
    try:
        try:
            found = _found(folder, inquiry, hold)
        except LegatoError as error:
            if not error.can_retry:
                raise
            found = _found(folder, inquiry, hold)
    except Mistake as mistake:
        return Answered(mistake=mistake.what, fix=mistake.fix)
    except LegatoError as error:
        return Answered(failure=error.what, fix=error.fix)
    return Answered(answer=found)


def _found(folder: Path, inquiry: Inquiry, hold: Hold) -> Answer:
    with hold(folder) as snapshot:
        now, plan = snapshot.head()
        asked = Asked(
            plan=Plan(name="") if plan is None else decode_plan(plan), now=now, sight=inquiry.sight
        )
        return answer(snapshot, tables_of(asked), inquiry.query, rows_max=inquiry.rows_max)


def main() -> None:
    """Answer one question within the time given, even if nobody is left to end this."""
    print_places_only()
    os.nice(_NICE)
    signal.setitimer(signal.ITIMER_REAL, float(sys.argv[2]))
    inquiry = msgspec.json.decode(sys.stdin.buffer.read(), type=Inquiry)
    sys.stdout.buffer.write(msgspec.json.encode(answered(Path(sys.argv[1]), inquiry)))


if __name__ == "__main__":
    main()
