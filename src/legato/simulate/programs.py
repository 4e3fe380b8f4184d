"""Plans made ready to run once, however many worlds of a process live by them."""

from __future__ import annotations

from copy import copy

from legato.core.program import Program
from legato.fold.memory import Core
from legato.model.plan import Backfill, Plan, plan_digest

KNOWN_MAX = 16
"""Programs kept, some megabytes each: a rehearsal has one plan, or two that it compares."""


class Programs:
    """Gives every world a program of its own: only what operators have paused is not shared."""

    def __init__(self) -> None:
        self._known: dict[str, Program] = {}

    def of(self, plan: Plan, backfill: Backfill | None = None) -> Program:
        """Return a plan made ready to run, with nothing paused."""
        if backfill is not None:
            return Program(plan, backfill)
        digest = plan_digest(plan)
        known = self._known.get(digest)
        if known is None:
            if len(self._known) >= KNOWN_MAX:
                del self._known[next(iter(self._known))]
            known = self._known[digest] = Program(plan)
        given = copy(known)
        given.paused = {}
        return given


CORE = Core(program=Programs().of)
"""The engine of rehearsed worlds."""
