"""By which rules records were applied, and when: the plans, backfills and switches of a log."""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections.abc import Callable
from threading import Lock

from legato.core.program import Program
from legato.fold.turn import Record
from legato.model.event import PlanActivated, decode_event
from legato.model.plan import Backfill, Plan, decode_plan
from legato.ports.log import Log

PROGRAMS_MAX = 8
"""Plans kept compiled: those of one person's life, as a rule."""

PAGE = 100_000
"""Records read before it is told how far that is: a tenth of a second."""

_TAGS = ("plan", "backfill", "switched")


def _untold(_: int) -> None:
    """Tell nobody."""


class Eras:
    """Read once and kept: the log only grows. For any thread."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lock = Lock()
        self._positions: list[int] = []
        self._read_to = 0
        self._programs: dict[tuple[str, str], Program] = {}

    def until(self, position: int, told: Callable[[int], None] = _untold) -> list[Record]:
        """Return what changed the rules, up to a position of the log, in its order.

        `told` hears, from time to time, up to which position the log was read.
        """
        with self._lock:
            while position > self._read_to:
                page_end = min(position, self._read_to + PAGE)
                self._positions += self._log.tagged(_TAGS, self._read_to, page_end)
                self._read_to = page_end
                told(page_end)
            known = self._positions[: bisect_right(self._positions, position)]
        rows = ((each, self._log.get(each)) for each in known)
        return [(each, decode_event(data)) for each, data in rows if data is not None]

    def program(self, activated: PlanActivated | None, backfill: Backfill | None) -> Program:
        """Return a program of the caller's own: nobody else pauses its journeys."""
        key = (activated.digest if activated else "", backfill.id if backfill else "")
        with self._lock:
            program = self._programs.pop(key, None)
            if program is None:
                plan = decode_plan(activated.plan) if activated else Plan(name="")
                program = Program(plan, backfill)
            self._programs[key] = program
            if len(self._programs) > PROGRAMS_MAX:
                del self._programs[next(iter(self._programs))]
        mine = copy.copy(program)
        mine.paused = {}
        return mine
