"""How old a trait may be when a guard reads it: `fresh_for`, and the `stale` way of a branch."""

from __future__ import annotations

from collections.abc import Sequence

from legato.expr import depends
from legato.model.definitions.journey import Freshness
from legato.model.instant import MINUTE
from legato.model.problem import Place
from legato.model.rule import Rule
from legato.plan import form
from legato.plan.findings import listed
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Fields


def read_freshness(scope: Scope, part: Form, trait: str) -> Freshness | None:
    """Read `60m`, or `{vip: 15m, otherwise: 60m}` by segment."""
    value = part.take("fresh_for")
    if value is None:
        return None
    if not isinstance(value, Fields):
        return Freshness(trait=trait, otherwise=part.read("fresh_for", form.duration, MINUTE))
    inner = Form(scope.findings, value, "`fresh_for`")
    otherwise = inner.read("otherwise", form.duration, 0)
    segments: dict[str, int] = {}
    for field in list(inner.rest()):
        scope.refer("segment", field.key, field.place)
        segments[field.key] = inner.read(field.key, form.duration, MINUTE)
    return Freshness(trait=trait, otherwise=otherwise, segments=dict(sorted(segments.items())))


def fresh_for(scope: Scope, rule: Rule) -> tuple[Freshness, ...]:
    """Return the limits of age of what a rule reads, by itself or through segments."""
    found: dict[str, Freshness] = {}
    asked: dict[str, None] = {}
    waiting = [rule]
    while waiting:
        here = waiting.pop()
        for trait in depends.traits(here):
            limit = scope.fresh_for.get(trait) or scope.fresh_for.get(trait.partition(".")[0])
            if limit is not None:
                found[limit.trait] = limit
        for segment in depends.segments(here):
            if segment not in asked and segment in scope.segment_rules:
                asked[segment] = None
                waiting.append(scope.segment_rules[segment])
    return tuple(found[name] for name in sorted(found))


def check_stale(scope: Scope, limits: Sequence[Freshness], *, has_way: bool, place: Place) -> None:
    """Report a guard that would have to answer from something too old."""
    if limits and not has_way:
        names = listed(limit.trait for limit in limits)
        scope.findings.report(
            "J321",
            place,
            f"this reads {names}, which may be too old to answer by, and does not say what then",
            "add `stale: [...]`: the steps to take when it is older than its `fresh_for`; "
            "`stale: []` goes on behind this step",
        )
