"""Which definition reads which: the edges of a plan, and everything that rests on some of it.

A reader is whatever would do something else if what it reads meant something else: the condition of
a segment reads a trait, a journey reads the segment, the template it sends, and the caps on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, assert_never

from legato.core.privacy.uses import Fact, facts_of_content
from legato.expr import depends
from legato.expr.path import parse_path
from legato.model.definitions.journey import (
    Audience,
    Branch,
    Call,
    Entry,
    GoTo,
    Journey,
    JourneyStep,
    Leave,
    Send,
    SetTrait,
    Split,
    Wait,
    WaitFor,
    WaitUntil,
)
from legato.model.definitions.stream import Stream
from legato.model.plan import Plan
from legato.model.rule import (
    HistoryHas,
    HistoryIs,
    InJourney,
    InSegment,
    LocalTime,
    PropertyIs,
    Rule,
    Slot,
    TraitAge,
    TraitIs,
)

IDENTIFIER = "identifier:"
SETTINGS = ("zone", "lateness", "accept_unknown", "tzdata")
CONSENTS = ("opt_out_scope", "residency", "categories", "double_opt_in", "gpc", "tcf")


class Ref(NamedTuple):
    """A definition, or a property of an event."""

    family: str
    """As `plan.diff` names it; `property` of an event; `version` of a journey that is retired."""
    name: str

    def __str__(self) -> str:
        return f"{self.family} {self.name}"


def property_ref(event: str, path: str) -> Ref:
    """Name a property of an event; an element of a list is named as the list."""
    return Ref("property", f"{event}/{'.'.join(key for key, _ in parse_path(path))}")


def readers(*plans: Plan) -> dict[Ref, dict[Ref, None]]:
    """Return who reads each definition of any of these plans."""
    found: dict[Ref, dict[Ref, None]] = {}
    for plan in plans:
        for reader, thing in _Edges(plan).walk():
            if reader != thing:
                found.setdefault(thing, {})[reader] = None
    return found


def resting_on(things: Iterable[Ref], known: Mapping[Ref, Mapping[Ref, None]]) -> dict[Ref, Ref]:
    """Return everything that rests on things, by however many steps: what -> the step before it."""
    begun = dict.fromkeys(things)
    found: dict[Ref, Ref] = {}
    waiting = list(begun)
    for thing in waiting:  # grows while it is walked: the nearest come first
        for reader in known.get(thing, {}):
            if reader not in found and reader not in begun:
                found[reader] = thing
                waiting.append(reader)
    return found


class _Edges:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def walk(self) -> Iterator[tuple[Ref, Ref]]:
        """Walk (reader, what it reads)."""
        yield from self._of_catalog()
        yield from self._of_outlets()
        for segment in self._plan.segments.values():
            here = Ref("segment", segment.name)
            yield from ((here, thing) for thing in self._rule(segment.rule, "", ""))
            yield from self._named(here, "purpose", segment.purpose)
        for template in self._plan.templates.values():
            here = Ref("template", template.name)
            yield from ((here, thing) for thing in self._content(template.texts, ""))
            yield from self._named(here, "purpose", template.purpose)
        for offer in self._plan.offers.values():
            here = Ref("offer", offer.name)
            for each in offer.ends:
                yield from ((here, thing) for thing in self._waiting(each.on, None, each.same))
        for rule in self._plan.policies.state_rules:
            here = Ref("suppress", rule.name)
            yield from ((here, thing) for thing in self._rule(rule.when, "", ""))
        for journey in self._plan.journeys.values():
            here = Ref("journey", journey.name)
            yield from ((here, thing) for thing in self._journey(journey))
        for journey in self._plan.retired:
            here = Ref("version", journey.version)
            yield from ((here, thing) for thing in self._journey(journey))

    def _of_catalog(self) -> Iterator[tuple[Ref, Ref]]:
        for event in self._plan.events.values():
            yield from self._named(Ref("event", event.name), "source", *event.sources)
        for mapping in self._plan.mappings.values():
            yield Ref("event", mapping.event), Ref("mapping", mapping.name)
        for computed in self._plan.computed.values():
            here = Ref("computed", computed.name)
            yield from ((here, thing) for thing in self._slot(computed.slot))
        for term in self._plan.terms.values():
            here = Ref("term", term.name)
            yield from self._named(here, "term", term.stage_of)
            for family in ("term", "segment", "event"):
                yield from self._named(here, family, term.same_as)
            if term.same_as:
                yield here, self._trait(term.same_as)

    def _of_outlets(self) -> Iterator[tuple[Ref, Ref]]:
        for channel in self._plan.channels.values():
            here = Ref("channel", channel.name)
            yield from self._named(here, "destination", channel.destination)
            yield here, self._address(channel.address)
        for audience in self._plan.audiences.values():
            here = Ref("audience", audience.name)
            yield from self._named(here, "destination", audience.destination)
            yield from self._named(here, "purpose", audience.purpose)
            yield here, self._address(audience.address)
        for segment in self._plan.segments.values():
            for destination in segment.destinations:
                here = Ref("audience", segment.audience_of(destination))
                yield here, Ref("segment", segment.name)
        for destination in self._plan.destinations.values():
            if destination.events is not None:
                yield from self._stream(Ref("destination", destination.name), destination.events)

    def _stream(self, here: Ref, stream: Stream) -> Iterator[tuple[Ref, Ref]]:
        yield from self._named(here, "purpose", stream.purpose)
        yield from self._named(here, "event", *stream.only)
        yield from self._named(here, "source", *stream.sources)
        if stream.when is not None:
            event = stream.only[0] if len(stream.only) == 1 else ""
            yield from ((here, thing) for thing in self._rule(stream.when, event, ""))

    def _named(self, reader: Ref, family: str, *names: str) -> Iterator[tuple[Ref, Ref]]:
        yield from ((reader, Ref(family, name)) for name in names if name)

    def _journey(self, journey: Journey) -> Iterator[Ref]:
        entry = journey.entry.on if journey.entry.kind == "event" else ""
        yield Ref("purpose", journey.purpose)
        yield from (Ref("workspace", name) for name in SETTINGS)
        yield from self._entry(journey.entry, entry)
        for way in journey.exits:
            yield from self._waiting(way.on, way.when, way.same, entry=entry)
        for step in journey.steps.values():
            yield from self._step(step, journey, entry)

    def _entry(self, entry: Entry, event: str) -> Iterator[Ref]:
        if event:
            yield Ref("event", event)
            if entry.key:
                yield property_ref(event, entry.key)
        for name in (entry.on if entry.kind == "segment" else "", entry.segment):
            if name:
                yield Ref("segment", name)
        if entry.when is not None:
            yield from self._rule(entry.when, event, "")

    def _waiting(
        self, event: str, when: Rule | None, same: str, *, entry: str = ""
    ) -> Iterator[Ref]:
        if event:
            yield Ref("event", event)
        if same:
            yield from (property_ref(each, same) for each in (event, entry) if each)
        if when is not None:
            yield from self._rule(when, event, entry)

    def _step(self, step: JourneyStep, journey: Journey, entry: str) -> Iterator[Ref]:
        match step:
            case WaitFor():
                for case in step.cases:
                    yield from self._waiting(case.on, case.when, case.same, entry=entry)
                    if case.source:
                        yield Ref("source", case.source)
            case Branch():
                yield from self._rule(step.when, "", entry)
                for fresh in step.fresh_for:
                    yield self._trait(fresh.trait)
                    yield from (Ref("segment", name) for name in fresh.segments)
            case Send():
                yield from self._send(step, step.purpose or journey.purpose, entry)
            case SetTrait():
                yield from (self._trait(name) for name in step.traits)
            case Audience():
                yield Ref("audience", step.audience)
            case Call():
                yield Ref("destination", step.destination)
                yield from self._content(step.content, entry)
                for rule, _ in step.answers:
                    yield from self._rule(rule, "", entry)
            case Wait() | WaitUntil() | Split() | GoTo() | Leave():
                return
            case _:
                assert_never(step)

    def _send(self, step: Send, purpose: str, entry: str) -> Iterator[Ref]:
        yield Ref("template", step.message)
        yield Ref("purpose", purpose)
        yield from (Ref("channel", name) for name in step.channels)
        yield from (Ref("consent", name) for name in CONSENTS)
        yield from (Ref(name, name) for name in ("pages", "sender"))
        yield from self._policies(step, purpose)
        template = self._plan.templates.get(step.message)
        if entry and template is not None:
            yield from self._content(template.texts, entry)
        if entry and step.about:
            yield property_ref(entry, step.about)
        yield from self._named_offer(step.offer, entry)

    def _named_offer(self, name: str, entry: str) -> Iterator[Ref]:
        offer = self._plan.offers.get(name)
        if offer is not None:
            yield Ref("offer", name)
        if offer is not None and entry:
            yield from (property_ref(entry, path) for path in offer.paths())

    def _policies(self, step: Send, purpose: str) -> Iterator[Ref]:
        policies, found = self._plan.policies, self._plan.purposes.get(purpose)
        is_promotional = found is not None and found.is_promotional
        for family, rules in (
            ("cap", policies.caps),
            ("quiet_hours", policies.quiet_hours),
            ("suppress", policies.state_rules),
            ("holdout", policies.holdouts),
        ):
            for rule in rules:
                channels: tuple[str, ...] = getattr(rule, "channels", ())
                is_of_channel = not channels or any(name in channels for name in step.channels)
                is_of_purpose = purpose in rule.purposes if rule.purposes else is_promotional
                if is_of_channel and is_of_purpose:
                    yield Ref(family, rule.name)

    def _rule(self, rule: Rule, event: str, entry: str) -> Iterator[Ref]:
        for leaf in depends.leaves(rule):
            match leaf:
                case TraitIs() | TraitAge():
                    yield self._trait(leaf.name)
                case HistoryIs():
                    yield from self._slot(leaf.slot)
                case HistoryHas():
                    yield from self._slot(leaf.slot)
                    if entry and leaf.subject:
                        yield property_ref(entry, leaf.subject)
                case PropertyIs():
                    of = {"event": event, "entry": entry, "answer": ""}[leaf.scope]
                    if of:
                        yield property_ref(of, leaf.path)
                case InSegment():
                    yield Ref("segment", leaf.name)
                case InJourney():
                    yield Ref("journey", leaf.journey)
                case LocalTime():
                    yield Ref("workspace", "zone")
                case _:
                    raise AssertionError("a leaf has no rules in it")

    def _slot(self, slot: Slot) -> Iterator[Ref]:
        for match in depends.matches(slot):
            yield Ref("event", match.event)
            if match.where is not None:
                yield from self._rule(match.where, match.event, "")
        if slot.property:
            yield property_ref(slot.match.event, slot.property)

    def _content(self, content: Any, entry: str) -> Iterator[Ref]:  # noqa: ANN401 - JSON of texts
        yield from map(self._fact, facts_of_content(content, entry))

    def _fact(self, fact: Fact) -> Ref:
        return property_ref(fact.name, fact.path) if fact.path else self._trait(fact.name)

    def _trait(self, name: str) -> Ref:
        return Ref("computed" if name in self._plan.computed else "trait", name)

    def _address(self, address: str) -> Ref:
        if address.startswith(IDENTIFIER):
            return Ref("identity", address.removeprefix(IDENTIFIER))
        return self._trait(address)
