"""Who owns how many definitions, and which teams there are by that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from legato.model.plan import Plan


def owned(plan: Plan) -> Mapping[str, int]:
    """Return how many definitions each owner has, by name."""
    counted = Counter(_owners(plan))
    return {name: counted[name] for name in sorted(counted)}


def team_names(plan: Plan) -> tuple[str, ...]:
    """Return the teams there are: those declared, or, where none is, whoever owns something."""
    return tuple(sorted(plan.teams)) or tuple(owned(plan))


def _owners(plan: Plan) -> Iterable[str]:
    for family in (
        *(plan.events, plan.traits, plan.computed, plan.segments, plan.terms),
        *(plan.audiences, plan.journeys, plan.offers, plan.destinations),
    ):
        yield from (each.owner for each in family.values() if each.owner)
