"""Nothing may read what is retired: refused by name, before any event is left out."""

from __future__ import annotations

from collections.abc import Iterator

from legato.core.privacy.shapes import spot_of
from legato.core.privacy.uses import uses_of_journey
from legato.model.instant import Instant, to_datetime
from legato.model.plan import Plan
from legato.model.problem import Place
from legato.plan.bloat.reading import unnamed
from legato.plan.impact.readers import Ref, readers
from legato.plan.scope import Scope

_KINDS = {"identity": "identifier", "suppress": "suppress"}
_SILENT = ("term",)
"""They say what a word means; nobody's data goes through them."""


def report_retired(scope: Scope, plan: Plan) -> None:
    """Report who reads what is retired, and what is retired and must be there."""
    retired = retired_things(plan)
    if not retired:
        return
    edges = [(reader, thing) for thing, refs in readers(plan).items() for reader in refs]
    told: dict[tuple[Ref, Ref], None] = {}
    for reader, read in (*edges, *unnamed(plan)):
        for thing, since in retired.items():
            if _is_of(read, thing) and reader.family not in _SILENT and (reader, thing) not in told:
                told[reader, thing] = None
                _report(scope, plan, reader, thing, since=since)
    _report_required(scope, plan)


def retired_things(plan: Plan) -> dict[Ref, Instant]:
    """Return what a plan retires: since when."""
    found = {Ref("event", one.name): one.retired for one in plan.events.values() if one.retired}
    for one in plan.events.values():
        for path, since in one.retired_properties.items():
            found[Ref("property", f"{one.name}/{path}")] = since
    found |= {Ref("trait", one.name): one.retired for one in plan.traits.values() if one.retired}
    return found


def _is_of(read: Ref, thing: Ref) -> bool:
    """Return whether what is read is the thing or a part of it."""
    if read.family != thing.family:
        return False
    is_part = thing.family == "property" and read.name.startswith(f"{thing.name}.")
    return read.name == thing.name or is_part


def _report(scope: Scope, plan: Plan, reader: Ref, thing: Ref, *, since: Instant) -> None:
    owner = _owner(plan, thing)
    scope.findings.report(
        "C305",
        _place(scope, plan, reader, thing),
        f"the {reader.family} `{reader.name}` reads the {thing.family} "
        f"`{thing.name.replace('/', '.')}`, which is retired from {to_datetime(since):%Y-%m-%d} on",
        f"do without it, or take `retired` off it{f' (ask {owner})' if owner else ''}",
    )


def _owner(plan: Plan, thing: Ref) -> str:
    if thing.family == "trait":
        return plan.traits[thing.name].owner
    name = thing.name if thing.family == "event" else thing.name.rpartition("/")[0]
    return plan.events[name].owner


def _place(scope: Scope, plan: Plan, reader: Ref, thing: Ref) -> Place:
    if reader.family == "journey":
        for step in _steps(plan, reader.name, thing):
            if (reader.name, step) in scope.step_places:
                return scope.step_places[reader.name, step]
    kind = _KINDS.get(reader.family, reader.family)
    name = reader.name.partition("@")[0] if kind == "audience" else reader.name
    for names in (scope.names.get(kind, {}), scope.names["segment"]):
        if name in names:
            return names[name]
    declared = thing.name.rpartition("/")[0] if thing.family == "property" else thing.name
    kind = "trait" if thing.family == "trait" else "event"
    return scope.names[kind].get(declared, Place(file="", line=0, column=0))


def _steps(plan: Plan, journey: str, thing: Ref) -> Iterator[str]:
    """Walk the steps of a journey that read a thing."""
    for use in uses_of_journey(plan, plan.journeys[journey]):
        for fact in use.facts:
            path = f"{fact.name}/{fact.path}"
            if thing in (Ref("trait", fact.name), Ref("event", fact.name), Ref("property", path)):
                yield use.step


def _report_required(scope: Scope, plan: Plan) -> None:
    """Report properties that are left out, and without which an event breaks its own schema."""
    for event in plan.events.values():
        for path in event.retired_properties:
            parent, _, name = path.rpartition(".")
            spot = spot_of(event).at(parent) if parent else spot_of(event)
            if spot is not None and any(name in shape.get("required", ()) for shape in spot.shapes):
                scope.findings.report(
                    "C306",
                    scope.names["event"][event.name],
                    f"the property `{path}` of `{event.name}` is retired and required: every "
                    "event would break its own schema",
                    f"take `{name}` out of `required`",
                )
