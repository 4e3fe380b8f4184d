"""By which rules records were applied, and when: the plans, backfills and switches of a log."""

from __future__ import annotations

import copy
from bisect import bisect_right
from threading import Lock

from legato.core.program import Program
from legato.fold.turn import Record
from legato.model.event import PlanActivated, decode_event
from legato.model.plan import Backfill, Plan, decode_plan
from legato.ports.log import Log

PROGRAMS_MAX = 8
"""Plans kept compiled: those of one person's life, as a rule."""

_TAGS = ("plan", "backfill", "switched")


class Eras:
    """Read once and kept: the log only grows. For any thread."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lock = Lock()
        self._positions: list[int] = []
        self._read_to = 0
        self._programs: dict[tuple[str, str], Program] = {}

    def until(self, position: int) -> list[Record]:
        """Return what changed the rules, up to a position of the log, in its order."""
        with self._lock:
            if position > self._read_to:
                found = [
                    each for tag in _TAGS for each in self._log.tagged(tag, self._read_to, position)
                ]
                self._positions += sorted(found)
                self._read_to = position
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
