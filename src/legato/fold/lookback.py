"""What happened to somebody before, measured for a plan to come: from their records, as of now.

The tallies that come of it are those that the person would have, had the plan to come measured from
the beginning: the same events, read as they were read then, in the order of the log. What is there
already, since the backfill began, is made anew with the rest.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from legato.core.admission.adjust import Adjuster, adjusters
from legato.core.fold import fold_slots
from legato.core.program import Program, SlotFold, validators
from legato.fold.past import Lived, Past
from legato.model.event import PlanActivated, decode_object
from legato.model.ids import PersonId, derive
from legato.model.plan import Backfill, Plan, decode_plan, plan_digest
from legato.model.state import State, Tally


def backfill_of(before: Plan, after: Plan, cause: str = "") -> Backfill:
    """Return what a plan measures that the one before does not."""
    known = Program(before).slots
    slots = [slot for slot_id, slot in sorted(Program(after).slots.items()) if slot_id not in known]
    return Backfill(id=derive("backfill", plan_digest(after), cause), slots=tuple(slots))


class Lookback:
    """Measures people's past for a program's backfill."""

    def __init__(self, program: Program, past: Past) -> None:
        backfill = program.backfill
        assert backfill is not None, "there is something to measure"
        self._id = backfill.id
        self._slots = {slot.slot_id: slot for slot in backfill.slots}
        self._lateness = program.plan.lateness
        self._past = past
        self._folds: dict[str, Sequence[SlotFold]] = {
            name: mine
            for name, folds in program.folds.items()
            if (mine := [one for one in folds if one.slot_id in self._slots])
        }
        self._adjusters: dict[int, Mapping[str, Adjuster]] = {}
        """Of the plans that were activated at a position, as far as they were asked for."""

    def wants(self, state: State) -> bool:
        """Return whether a person's past is still to be measured."""
        return state.measured != self._id and not state.erasure_id

    def measure(self, state: State, plans: Sequence[int]) -> None:
        """Give a person the measurements of all that has happened to them."""
        history = self._tallies(state.person_id, plans)
        for slot_id in self._slots:
            tally = history.get(slot_id)
            if tally is None:
                state.history.pop(slot_id, None)
            else:
                state.history[slot_id] = tally
        state.measured = self._id
        state.version += 1

    def _tallies(self, person_id: PersonId, plans: Sequence[int]) -> dict[str, Tally]:
        history: dict[str, Tally] = {}
        for lived in self._past.admitted(person_id, self._folds):
            event, body = lived.event, decode_object(lived.event.body)
            if lived.is_adjusted:
                adjuster = self._adjusters_at(lived, plans).get(event.name)
                adjusted = None if adjuster is None else adjuster.adjust(event, body)
                if adjusted is not None:
                    event, body = adjusted.event, decode_object(adjusted.event.body)
            fold_slots(
                self._folds.get(lived.name, ()),
                history,
                event.occurred_at,
                body=body,
                horizon=lived.now - self._lateness,
                changed={},
            )
        return history

    def _adjusters_at(self, lived: Lived, plans: Sequence[int]) -> Mapping[str, Adjuster]:
        """Return how events were read when one was: by the plan that ran then."""
        place = bisect_right(plans, lived.position)
        if not place:
            return {}
        position = plans[place - 1]
        known = self._adjusters.get(position)
        if known is None:
            activated = self._past.get(position)
            known = self._adjusters[position] = {}
            if isinstance(activated, PlanActivated):
                plan = decode_plan(activated.plan)
                known = self._adjusters[position] = adjusters(plan, validators(plan.events))
        return known
