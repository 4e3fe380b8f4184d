"""What stands against a workspace whose definitions are right, and who answers for it.

A check looks at a whole workspace and returns objections: that a journey does harm, that too little
of it is tried out. Each has a code, and perhaps the journey and the step that it is about. Somebody
may answer for one with a reason, in the workspace (`waive:` on a journey) or where it is applied
(`legato apply --waive CODE --because TEXT`); the reason goes on the audit with their name.

Another check is one more function in CHECKS; refusing, waiving and recording are the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from msgspec.structs import replace

from legato.app.rehearse.demand import rehearsed
from legato.model.definitions.property import Objection, Waiver
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.problem import Problem
from legato.plan.diff import following
from legato.plan.load import Loaded
from legato.ports.audit import AuditEntry
from legato.simulate.proof.prove import prove

Check: TypeAlias = Callable[[Mapping[str, str], Loaded], Iterable[Objection]]
"""Is given a workspace's texts and what they compile to; for a thread."""


class Judged(Noun, frozen=True, kw_only=True):
    """What came of the checks."""

    standing: tuple[Objection, ...]
    waived: tuple[tuple[Objection, Waiver], ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return what nobody answers for; its fix says how one would."""
        return tuple(each.problem for each in self.standing)


def proved(_: Mapping[str, str], loaded: Loaded) -> Iterable[Objection]:
    """Object to every way through a journey that does harm."""
    assert loaded.plan is not None, "it compiled"
    for proof in prove(loaded.plan, loaded.properties):
        yield from (each.objection() for each in proof.violations)


FIRST_CHECKS: tuple[Check, ...] = (proved,)
"""Where nothing runs yet: they refuse nothing then, and what is waived goes on record."""
CHECKS: tuple[Check, ...] = (*FIRST_CHECKS, rehearsed)


def meant(loaded: Loaded, running: Plan, *, speed: int) -> Loaded:
    """Return a workspace with what those get to whom its journeys are not rolled out.

    In time-lapse the plan that runs has other times than texts have: then it is judged alone.
    """
    if loaded.plan is None or speed != 1:
        return loaded
    return replace(loaded, plan=following(running, loaded.plan))


def judge(
    files: Mapping[str, str], loaded: Loaded, waivers: Iterable[Waiver], checks: Iterable[Check]
) -> Judged:
    """Ask every check, and see which objections somebody answers for."""
    given = (*loaded.waivers, *waivers)
    standing: list[Objection] = []
    waived: list[tuple[Objection, Waiver]] = []
    for objection in (each for check in checks for each in check(files, loaded)):
        waiver = next((one for one in given if one.is_about(objection)), None)
        if waiver is None:
            standing.append(objection)
        else:
            waived.append((objection, waiver))
    return Judged(standing=tuple(standing), waived=tuple(waived))


def waived_entries(judged: Judged, *, by: str, plan: str) -> Iterable[AuditEntry]:
    """Return what goes on record of those who answered for an objection."""
    for objection, waiver in judged.waived:
        yield AuditEntry(
            actor=by,
            action="plan.waive",
            subject=f"journeys/{objection.journey}" if objection.journey else "workspace",
            detail={
                "code": objection.problem.code,
                "step": objection.step,
                "property": objection.property,
                "because": waiver.because,
                "plan": plan,
            },
        )
