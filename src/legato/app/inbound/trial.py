"""What would become of events, if they came now: nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from legato.core.admit import refusal
from legato.core.identity.identify import NOBODY
from legato.core.program import Program
from legato.core.reads import reads
from legato.model.event import CustomerEvent, Event
from legato.model.plan import Plan
from legato.model.problem import Reason


class Trial:
    """Judges events as the engine admits them. For any thread."""

    def __init__(
        self, plan: Callable[[], Plan], hashed: Callable[[Sequence[Event]], Sequence[Event]]
    ) -> None:
        self._plan = plan
        self._hashed = hashed
        self._known: tuple[Plan, Program] | None = None

    def refusals(self, events: Sequence[CustomerEvent]) -> list[Reason | None]:
        """Return for each why it would wait in quarantine; None where it would be taken."""
        program = self._program()
        stored = cast("Sequence[CustomerEvent]", self._hashed(events))
        return [_refusal(program, event) for event in stored]

    def _program(self) -> Program:
        plan, known = self._plan(), self._known
        if known is None or known[0] is not plan:
            known = self._known = (plan, Program(plan))
        return known[1]


def _refusal(program: Program, event: CustomerEvent) -> Reason | None:
    keys = reads(program, event)
    if keys.adjusted is not None:
        if keys.adjusted.refusal is not None:
            return keys.adjusted.refusal
        event = keys.adjusted.event
    reason = refusal(program, event, keys.body)
    return NOBODY if reason is None and not keys.identifiers else reason
