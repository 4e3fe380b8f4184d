"""What of a plan something that lives reads, and what nothing does.

Journeys, lists, channels, policies and the kinds of identifiers act by themselves; a segment, a
computed trait or a template acts through those only. So what is read is what can be reached from
the former, and the rest is bloat, however much of it reads one another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from legato.core.privacy.shapes import spot_of
from legato.core.program import COUNTRY_TRAIT, ZONE_TRAIT
from legato.expr.template import Template, compile_template
from legato.model.definitions.journey import Call, Send
from legato.model.definitions.source import Source
from legato.model.event import NAME_OF_KIND
from legato.model.plan import EventType, Plan
from legato.plan.impact.breaking import ELEMENT, overlap, property_types
from legato.plan.impact.readers import Ref, property_ref, readers

ACTING = (
    "journey",
    "audience",
    "destination",
    "channel",
    "suppress",
    "policy",
    "identity",
    "source",
)
"""Families that do something by themselves."""
WHOLE = "*"
"""In place of a name: everything there is of it."""


def things(plan: Plan) -> dict[Ref, str]:
    """Return what may turn out to be bloat, with its owner."""
    found: dict[Ref, str] = {}
    for event in plan.events.values():
        if not event.owner:
            continue  # a connector of a source makes it: nobody here could remove it
        found[Ref("event", event.name)] = event.owner
        if event.name != NAME_OF_KIND["identify"]:  # whose properties are traits
            for path in property_types(spot_of(event)):
                found[Ref("property", f"{event.name}/{path.removesuffix(ELEMENT)}")] = event.owner
    found |= {Ref("trait", each.name): each.owner for each in plan.traits.values()}
    found |= {Ref("computed", each.name): each.owner for each in plan.computed.values()}
    found |= {Ref("segment", each.name): each.owner for each in plan.segments.values()}
    found |= {Ref("template", name): "" for name in plan.templates}
    return found


def read_by(plan: Plan, inside: Mapping[str, int]) -> dict[Ref, Ref]:
    """Return what is read by what lives: each thing of `things`, with a reader of it.

    `inside`: how many people are in older versions of journeys, which are read by no one else.
    """
    reached = _reached(plan, inside)
    paths: dict[str, dict[Ref, Ref]] = {}
    for thing, reader in reached.items():
        if thing.family == "property":
            paths.setdefault(_event_of(thing), {})[thing] = reader
    found: dict[Ref, Ref] = {}
    for thing in things(plan):
        reader = reached.get(thing) or reached.get(Ref(thing.family, WHOLE))
        if thing.family == "property" and reader is None:
            reader = _reader_of_part(thing, paths.get(_event_of(thing), {}))
        if reader is not None:
            found[thing] = reader
    return found


def _reached(plan: Plan, inside: Mapping[str, int]) -> dict[Ref, Ref]:
    """Return everything that can be reached from what acts, with what it was reached from."""
    reads: dict[Ref, list[Ref]] = {}
    for thing, refs in readers(plan).items():
        for reader in refs:
            reads.setdefault(reader, []).append(thing)
    for reader, thing in unnamed(plan):
        reads.setdefault(reader, []).append(thing)
    live = {**inside, **{journey.version: 1 for journey in plan.entered}}
    waiting = [
        reader
        for reader in reads
        if reader.family in ACTING or (reader.family == "version" and live.get(reader.name))
    ]
    found: dict[Ref, Ref] = {}
    for reader in waiting:  # grows while it is walked
        for thing in reads.get(reader, ()):
            if thing not in found:
                found[thing] = reader
                waiting.append(thing)
    return found


def _reader_of_part(thing: Ref, read: Mapping[Ref, Ref]) -> Ref | None:
    """Return who reads a part of a property, or what it is a part of."""
    whole = read.get(Ref("property", f"{_event_of(thing)}/{WHOLE}"))
    parts = (reader for other, reader in read.items() if overlap(other.name, thing.name))
    return whole or next(parts, None)


def _event_of(thing: Ref) -> str:
    return thing.name.rpartition("/")[0]


def unnamed(plan: Plan) -> Iterator[tuple[Ref, Ref]]:
    """Walk what is read without a rule or a template that names it: (reader, what it reads)."""
    for kind in plan.identity.kinds:
        here = Ref("identity", kind.name)
        yield from ((here, thing) for path in kind.paths for thing in _at(plan, path))
    for source in plan.sources.values():
        yield from ((Ref("source", source.name), thing) for thing in _tells(plan, source))
    for name in NAME_OF_KIND.values():  # they say who somebody is, whoever reads their members
        yield Ref("source", WHOLE), Ref("event", name)
    yield Ref("workspace", "zone"), Ref("trait", ZONE_TRAIT)
    yield from ((Ref("policy", name), thing) for name, thing in _policies(plan))
    yield from _wholes(plan)
    yield from _streams(plan)


def _at(plan: Plan, path: str) -> Iterator[Ref]:
    root, _, rest = path.partition(".")
    if root == "traits":
        yield Ref("trait", rest)
    elif root == "properties":
        yield from (property_ref(name, rest) for name in plan.events)


def _tells(plan: Plan, source: Source) -> Iterator[Ref]:
    """Walk what is read of a source's events to know who wants no more, and what answers them."""
    opt_outs, inbound = source.opt_outs, source.inbound
    paths = [] if opt_outs is None else [opt_outs.at, opt_outs.address]
    paths += [] if inbound is None else [inbound.address]
    event = source.hook.event if source.hook is not None else ""
    names = [event] if event else [each.name for each in _from(plan, source.name)]
    if opt_outs is not None:
        yield from (Ref("event", name) for name in names)
    yield from (property_ref(name, path) for name in names for path in paths if path)
    if opt_outs is not None:
        answers = (opt_outs.help, opt_outs.ask, opt_outs.confirm)
        yield from (Ref("template", name) for name in answers if name)


def _from(plan: Plan, source: str) -> list[EventType]:
    """Return the events that may come from a source."""
    return [each for each in plan.events.values() if not each.sources or source in each.sources]


def _policies(plan: Plan) -> Iterator[tuple[str, Ref]]:
    if plan.policies.quiet_hours:
        yield "quiet_hours", Ref("trait", ZONE_TRAIT)
        yield "quiet_hours", Ref("trait", COUNTRY_TRAIT)
    if plan.policies.residency is not None:
        yield "residency", Ref("trait", plan.policies.residency.trait)
    if plan.matching is not None:
        yield from (("matching", Ref("trait", each.trait)) for each in plan.matching.compare)
    for rule in plan.policies.double_opt_in:
        yield "double_opt_in", Ref("template", rule.message)


def _wholes(plan: Plan) -> Iterator[tuple[Ref, Ref]]:
    """Walk the journeys that pass a whole profile or event on."""
    for journey in plan.journeys.values():
        here = Ref("journey", journey.name)
        for step in journey.steps.values():
            content: object = None
            if isinstance(step, Call):
                content = step.content
            elif isinstance(step, Send) and step.message in plan.templates:
                content = plan.templates[step.message].texts
            passed = list(_passed(content))
            if "profile" in passed:
                yield from ((here, Ref(family, WHOLE)) for family in ("trait", "computed"))
            if "event" in passed and journey.entry.kind == "event":
                yield here, Ref("property", f"{journey.entry.on}/{WHOLE}")


def _streams(plan: Plan) -> Iterator[tuple[Ref, Ref]]:
    """Walk what destinations are handed on as it happens."""
    for destination in plan.destinations.values():
        stream, here = destination.events, Ref("destination", destination.name)
        if stream is None:
            continue
        for name in stream.only or (*plan.events, *NAME_OF_KIND.values()):
            if name not in stream.apart_from:
                yield here, Ref("event", name)
                yield here, Ref("property", f"{name}/{WHOLE}")
                if name == NAME_OF_KIND["identify"]:
                    yield here, Ref("trait", WHOLE)


def _passed(content: object) -> Iterator[str]:
    if isinstance(content, str):
        compiled = compile_template(content)
        if isinstance(compiled, Template):
            yield from (name for name in compiled.variables() if name in ("profile", "event"))
    elif isinstance(content, Mapping):
        for inner in cast("Mapping[str, Any]", content).values():
            yield from _passed(inner)
    elif isinstance(content, list | tuple):
        for inner in cast("list[Any]", content):
            yield from _passed(inner)
