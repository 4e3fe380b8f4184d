"""Plans made ready to run once, however many worlds of a process live by them."""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

from legato.core.program import Program
from legato.fold.memory import Core
from legato.model.ids import digest
from legato.model.plan import Backfill, Plan, decode_plan, encode_plan, plan_digest

KNOWN_MAX = 16
"""Programs kept, some megabytes each: a rehearsal has one plan, or two that it compares."""
WRITTEN_MAX = 4
"""Plans kept with their bytes: a story has one, or one more that it activates."""


class Written(NamedTuple):
    """A plan, and what stands in the log of a world that activates it."""

    plan: Plan
    data: bytes
    digest: str
    """Of what it means: its name."""
    key: str
    """Of its bytes: plans of one name may have their steps in other lines."""


class Programs:
    """Gives every world a program of its own: only what operators have paused is not shared."""

    def __init__(self) -> None:
        self._known: dict[str, Program] = {}
        self._written: list[Written] = []

    def written(self, plan: Plan) -> Written:
        """Return a plan with its bytes, which take a while where it has very many journeys."""
        known = next((one for one in self._written if one.plan is plan), None)
        if known is None:
            data = encode_plan(plan)
            known = Written(plan, data, digest=plan_digest(plan), key=digest(data))
            self._written = [*self._written[1 - WRITTEN_MAX :], known]
        return known

    def read(self, data: bytes) -> Plan:
        """Return the plan of some bytes: the one that was written, where it was here."""
        known = next((one for one in self._written if one.data is data), None)
        return decode_plan(data) if known is None else known.plan

    def of(self, plan: Plan, backfill: Backfill | None = None) -> Program:
        """Return a plan made ready to run, with nothing paused."""
        if backfill is not None:
            return Program(plan, backfill)
        key = self.written(plan).key
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= KNOWN_MAX:
                del self._known[next(iter(self._known))]
            known = self._known[key] = Program(plan)
        given = copy(known)
        given.paused = {}
        return given


PROGRAMS = Programs()
CORE = Core(program=PROGRAMS.of, plan=PROGRAMS.read)
"""The engine of rehearsed worlds."""
