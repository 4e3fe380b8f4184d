"""A plan made ready to run: indexed by event, its rules compiled."""

from __future__ import annotations

from legato.model.plan import Plan, plan_digest


class Program:
    """Built once an activated plan; shared by every step; never changes but for the switches."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.digest = plan_digest(plan)
        self.paused: dict[str, bool] = {}
        """Journeys that an operator has paused."""
