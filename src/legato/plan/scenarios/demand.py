"""`rehearsal:` what a workspace wants of its scenarios before it is applied."""

from __future__ import annotations

from legato.model.noun import Noun
from legato.model.problem import Place, Problem
from legato.plan import form
from legato.plan.findings import Findings
from legato.plan.form import Form
from legato.plan.source import Fields

KEY = "rehearsal"


class Demand(Noun, frozen=True, kw_only=True):
    """How much of the ways out of steps scenarios have to go; all of them must come out as told."""

    coverage: float
    """A share."""
    place: Place


def read_demand(findings: Findings, tree: Fields | None) -> Demand | None:
    """Read `rehearsal: {coverage: 95%}` of legato.yaml; None: nothing is wanted."""
    value = tree.get(KEY) if tree is not None else None
    found = form.fields(findings, value, KEY) if value is not None else None
    if found is None:
        return None
    part = Form(findings, found, "`rehearsal`")
    coverage = part.need_read("coverage", form.share, 0.0, example="coverage: 95%")
    demand = Demand(coverage=coverage, place=part.place_of("coverage"))
    part.close()
    return demand


def uncovered(demand: Demand, walked: int, total: int, missing: tuple[str, ...]) -> Problem:
    """Return that scenarios go too few ways."""
    named = "; ".join(missing[:3]) + ("; ..." if len(missing) > 3 else "")  # noqa: PLR2004 - three examples
    return Problem(
        code="G401",
        place=demand.place,
        what=f"scenarios go {walked} of {total} ways out of steps, and {demand.coverage:.0%} are "
        f"wanted ({named})",
        fix="tell stories of them in scenarios/; `legato test --coverage` names all",
    )


def untold(name: str, place: Place, expected: str, actual: str) -> Problem:
    """Return that a scenario does not come out as it is told."""
    return Problem(
        code="G402",
        place=place,
        what=f"the scenario `{name}` does not come out as told: {expected}, but: {actual}",
        fix="`legato test` shows both timelines; change the journey, or the story",
    )
