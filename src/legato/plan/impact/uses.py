"""Who uses a definition, near and far: what is said before somebody takes it out of a plan."""

from __future__ import annotations

from collections.abc import Iterator

from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.plan.impact.readers import Ref, readers, resting_on

_SILENT = frozenset({"version", "workspace", "property", "consent"})
"""Families that are no definition somebody would look at."""


class RestsOn(Noun, frozen=True, kw_only=True):
    """A definition that would do something else, or nothing, without another."""

    family: str
    """`journey`, `segment`, `channel`, `audience`, `cap`, …"""
    name: str
    through: str
    """As `channel email`: by what it comes to use it; empty: it names it itself."""


def uses_of(plan: Plan, family: str, name: str) -> tuple[RestsOn, ...]:
    """Return everything that rests on a definition, what names it itself first."""
    begun = Ref(family, name)
    found = resting_on([begun], readers(plan))
    for namer, thing in _naming(plan):
        if thing == begun or thing in found:
            found.setdefault(namer, thing)
    return tuple(
        RestsOn(
            family=reader.family,
            name=reader.name,
            through="" if before == begun else str(before),
        )
        for reader, before in sorted(found.items(), key=lambda each: (each[1] != begun, each[0]))
        if reader.family not in _SILENT and reader != begun
    )


def _naming(plan: Plan) -> Iterator[tuple[Ref, Ref]]:
    """Walk (who names, what): what rests on the namer does not rest on this for that alone."""
    for destination in plan.destinations.values():
        if destination.when_down is not None:
            used = Ref("destination", destination.when_down.use)
            yield Ref("destination", destination.name), used
    for source in plan.sources.values():
        if source.pairs_with:
            yield Ref("source", source.name), Ref("destination", source.pairs_with)
    for segment in plan.segments.values():
        for name in segment.destinations:
            yield Ref("segment", segment.name), Ref("destination", name)
    for template in plan.templates.values():
        for channel in template.texts:
            yield Ref("template", template.name), Ref("channel", channel)
    for mapping in plan.mappings.values():
        if mapping.source:
            yield Ref("mapping", mapping.name), Ref("source", mapping.source)
    yield from _policies(plan)


def _policies(plan: Plan) -> Iterator[tuple[Ref, Ref]]:
    policies = plan.policies
    for family, rules in (("cap", policies.caps), ("quiet_hours", policies.quiet_hours)):
        for rule in rules:
            for channel in rule.channels:
                yield Ref(family, rule.name), Ref("channel", channel)
