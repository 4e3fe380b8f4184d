"""A plan as people meet it who are outside of rollouts: older versions in place of present ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from legato.model.definitions.journey import Journey
from legato.model.plan import Plan


def views(plan: Plan) -> Iterator[tuple[str, Plan]]:
    """Yield the plan with versions that ran before, and in words which: each, and all together.

    So any two versions of two journeys stand in one of them, or in the plan itself.
    """
    found = (plan.before(name) for name in plan.rollouts)
    befores = [one for one in found if one is not None]
    for one in befores:
        yield _with(plan, (one,))
    if len(befores) > 1:
        yield _with(plan, befores)


def _with(plan: Plan, befores: Sequence[Journey]) -> tuple[str, Plan]:
    names = " and ".join(one.name for one in befores)
    words = f"while some enter the version of {names} that ran before"
    journeys = {**plan.journeys, **{one.name: one for one in befores}}
    return words, replace(plan, journeys=journeys, rollouts={})
