"""`residency:` whose data may be kept where, and journeys that could reach nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from legato.core.privacy.residency import region_of_value
from legato.model.definitions.journey import Call, Journey, Send
from legato.model.plan import ANYWHERE, Plan, Residency
from legato.model.problem import Place
from legato.model.rule import AllOf, InSegment, Rule, TraitIs
from legato.plan import form
from legato.plan.findings import listed
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Fields


def read_residency(scope: Scope, tree: Fields) -> Residency | None:
    """Read the policy of residency."""
    outer = Form(scope.findings, tree, "the policy of residency")
    value = outer.take("residency")
    found = form.fields(scope.findings, value, "residency") if value is not None else None
    outer.close()
    if found is None:
        return None
    part = Form(scope.findings, found, "`residency`")
    trait = part.need_read("trait", form.text, "", example="trait: country")
    if trait:
        scope.refer("trait", trait, part.place_of_value("trait"))
    regions = _regions(scope, part)
    unknown = part.need_read("unknown", form.text, "", example="unknown: eu")
    if unknown and unknown not in regions:
        _report_unknown(scope, unknown, regions, part.place_of_value("unknown"))
    part.close()
    return Residency(trait=trait, regions=regions, unknown=unknown)


def check_residency(scope: Scope, plan: Plan) -> None:
    """Report destinations that say nothing of regions, and steps that could reach nobody."""
    residency = plan.policies.residency
    if residency is None:
        return
    for name, destination in plan.destinations.items():
        place = scope.names["destination"][name]
        if not destination.regions:
            scope.findings.report(
                "U305",
                place,
                f"the destination `{name}` does not say whose data it may have, so it gets none",
                f"add `regions: [{residency.unknown}]`, or `regions: any`",
            )
        for region in destination.regions:
            if region != ANYWHERE and region not in residency.regions:
                _report_unknown(scope, region, residency.regions, place)
    for journey in plan.journeys.values():
        _check_journey(scope, plan, residency, journey)


def _check_journey(scope: Scope, plan: Plan, residency: Residency, journey: Journey) -> None:
    living = _regions_of_people(plan, residency, journey)
    for step_id, targets in _targets(plan, journey):
        reached = [region for name in targets for region in plan.destinations[name].regions]
        known = [region for region in reached if region == ANYWHERE or region in residency.regions]
        if not known or ANYWHERE in known or any(region in living for region in known):
            continue
        scope.findings.report(
            "U306",
            scope.step_places.get((journey.name, step_id), scope.names["journey"][journey.name]),
            f"step `{step_id}` of the journey `{journey.name}` can only send to "
            f"{listed(dict.fromkeys(targets))}, outside the regions of the people in it "
            f"({', '.join(living)})",
            f"use a destination whose `regions` name {listed(living)}",
        )


def _targets(plan: Plan, journey: Journey) -> Iterator[tuple[str, list[str]]]:
    for step_id, step in journey.steps.items():
        names: list[str] = []
        if isinstance(step, Send):
            names = [
                plan.channels[one].destination for one in step.channels if one in plan.channels
            ]
        elif isinstance(step, Call):
            names = [step.destination]
        yield step_id, [name for name in names if name in plan.destinations]


def _regions_of_people(plan: Plan, residency: Residency, journey: Journey) -> list[str]:
    """Return the regions whose people can be in a journey, as far as its entry says."""
    entry = journey.entry
    rules = [entry.when] if entry.when is not None else []
    rules += [InSegment(name=name) for name in (entry.on, entry.segment) if name in plan.segments]
    wanted = [values for rule in rules for values in _pinned(plan, rule, residency.trait, 0)]
    living = list(residency.regions)
    for values in wanted:
        found = [region_of_value(residency, value) or residency.unknown for value in values]
        living = [region for region in living if region in found]
    return living


def _pinned(plan: Plan, rule: Rule, trait: str, depth: int) -> Iterator[tuple[object, ...]]:
    """Walk the values to which a rule holds a trait, wherever it must hold as a whole."""
    match rule:
        case AllOf():
            for inner in rule.rules:
                yield from _pinned(plan, inner, trait, depth)
        case InSegment() if rule.name in plan.segments and depth < len(plan.segments):
            yield from _pinned(plan, plan.segments[rule.name].rule, trait, depth + 1)
        case TraitIs(name=name, test=test) if name == trait:
            if test.operator == "is":
                yield (test.value,)
            elif test.operator == "one_of" and isinstance(test.value, tuple):
                yield test.value
        case _:
            return


def _regions(scope: Scope, part: Form) -> dict[str, tuple[str, ...]]:
    value = part.need("regions", "regions: {eu: [PT, DE], us: [US]}")
    found = form.fields(scope.findings, value, "regions") if value is not None else None
    return {
        field.key: form.texts(scope.findings, field.value, field.key) or ()
        for field in (found.fields if found else ())
    }


def _report_unknown(scope: Scope, region: str, regions: Mapping[str, object], place: Place) -> None:
    scope.findings.report(
        "N202",
        place,
        f"there is no region named `{region}`",
        f"use {listed(regions)}, or declare it under `regions` of `residency`",
    )
