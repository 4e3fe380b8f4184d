"""What journeys may no longer do, because the catalog has changed under people who are in them."""

from __future__ import annotations

from legato.core.privacy.breaches import Bindings, breaches
from legato.core.privacy.uses import uses_of_journey
from legato.model.plan import Plan
from legato.model.problem import Reason

WHOLE = ""
"""In place of a step: whatever the journey does for the purpose."""


class Forbidden:
    """Steps of journeys, older versions among them, that would use what they may not have."""

    def __init__(self, plan: Plan) -> None:
        self._reasons: dict[tuple[str, str, str], Reason] = {}
        bindings = Bindings(plan)
        for journey in (*plan.retired, *plan.journeys.values()):
            for breach in breaches(plan, uses_of_journey(plan, journey), bindings):
                use = breach.use
                step = WHOLE if use.is_condition else use.step
                if breach.kind == "purpose":
                    kept = " and ".join(breach.binding.purposes) or "nothing"
                    why = f"is kept for {kept}, not for {breach.purpose or 'no purpose'}"
                else:
                    why = f"is {breach.binding.privacy}, and goes where only {use.ceiling} may"
                reason = Reason(
                    code=f"{breach.kind}.withheld",
                    what=f"{use.part} reads the {breach.fact}, which {why}",
                    definition=f"journeys/{journey.name}",
                )
                self._reasons.setdefault((journey.version, step, breach.purpose), reason)

    def reason(self, version: str, step: str, purpose: str) -> Reason | None:
        """Return why a step of a journey may not act for a purpose; None where it may."""
        if not self._reasons:
            return None
        whole = self._reasons.get((version, WHOLE, purpose))
        return whole or self._reasons.get((version, step, purpose))
