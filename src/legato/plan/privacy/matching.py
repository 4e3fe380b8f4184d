"""Whether what people are compared by may be looked at for that."""

from __future__ import annotations

from legato.core.privacy.law import is_within
from legato.model.plan import Plan
from legato.plan.scope import Scope


def check_matching(scope: Scope, plan: Plan) -> None:
    """Report traits that are too delicate for whoever reviews matches, unless it is said so."""
    for each in plan.matching.compare if plan.matching is not None else ():
        trait = plan.traits.get(each.trait)
        if trait is None or is_within(trait.privacy, each.accepts):
            continue
        scope.findings.report(
            "U309",
            scope.compare_places[each.trait],
            f"people are compared by the trait `{each.trait}`, owned by {trait.owner}: it is "
            f"{trait.privacy}, and a comparison uses what is {each.accepts} at most",
            f"compare something else, or, if {trait.owner} agrees, write "
            f"`{{trait: {each.trait}, as: {each.kind}, accepts: {trait.privacy}}}`",
        )
