"""Which segments are born with a plan: those whose rule means something else than before.

Whoever meets a rule at its birth has not just done so: nothing happened to them. So they do not
count as entering the segment, and each plan says with which one of them a segment was born.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec.structs import replace

from legato.expr import depends
from legato.model.plan import Plan
from legato.model.rule import Rule, Slot

_Meaning: TypeAlias = tuple[Rule, tuple[Slot, ...], tuple[object, ...]]
"""A rule, the measurements behind its computed traits, and what the segments mean that it names."""


def with_births(plan: Plan, active: Plan) -> Plan:
    """Return a plan that is to follow the active one, with what is born with it."""
    if not active.name:
        return plan  # the very first: there is nobody yet
    born = {name: True for name in plan.segments if _meaning(plan, name) != _meaning(active, name)}
    births = active.births + 1 if born else active.births
    segments = {
        name: replace(one, since=births if name in born else active.segments[name].since)
        for name, one in plan.segments.items()
    }
    return replace(plan, segments=segments, births=births)


def _meaning(plan: Plan, name: str) -> _Meaning | None:
    segment = plan.segments.get(name)
    if segment is None:
        return None
    rule = segment.rule
    traits, segments = sorted(depends.traits(rule)), sorted(depends.segments(rule))
    return (
        rule,
        tuple(plan.computed[trait].slot for trait in traits if trait in plan.computed),
        tuple(_meaning(plan, each) for each in segments),
    )
