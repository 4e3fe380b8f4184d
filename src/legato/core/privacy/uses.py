"""Who reads what, for which purpose: every use that the definitions of a plan make of facts.

A segment, a computed trait or a journey stands for the facts it is made of, so that asking about
somebody's membership is a use of what decides it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast

from legato.core.privacy.law import ceiling_of, least_delicate, membership_ceiling, most_delicate
from legato.expr import depends
from legato.expr.template import Template as Compiled
from legato.expr.template import compile_template
from legato.model.definitions.journey import (
    Audience,
    Branch,
    Call,
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
from legato.model.noun import Noun
from legato.model.plan import AudienceType, Plan, PrivacyClass
from legato.model.rule import (
    HistoryHas,
    HistoryIs,
    InJourney,
    InSegment,
    PropertyIs,
    Rule,
    Slot,
    TraitAge,
    TraitIs,
)

Family: TypeAlias = Literal[
    "computed", "segment", "suppress", "template", "audience", "journey", "destination"
]


class Fact(Noun, frozen=True, kw_only=True):
    """One thing that is read of a person."""

    family: Literal["trait", "event", "identifier"]
    name: str
    path: str = ""
    """Of an event: the property; empty: that it happened."""
    through: tuple[str, ...] = ()
    """What stands between the reader and it, as `segment vip`."""

    def __str__(self) -> str:
        if self.path:
            return f"property `{self.path}` of `{self.name}`"
        return f"{self.family} `{self.name}`"


class Use(Noun, frozen=True, kw_only=True):
    """One place of one definition that reads facts."""

    family: Family
    name: str
    part: str
    """In words: `the entry`, `the text for email`."""
    purposes: tuple[str, ...]
    facts: tuple[Fact, ...]
    ceiling: PrivacyClass = "health"
    """The most delicate class that may be read here."""
    destination: str = ""
    """Where it goes, when it leaves."""
    step: str = ""
    """Of a journey."""
    is_condition: bool = False
    """Of a journey: it decides about everything that the journey does."""


def uses(plan: Plan) -> Iterator[Use]:
    """Walk every use that the present definitions make of facts."""
    yield from uses_of_computed(plan)
    yield from _of_segments(plan)
    yield from _of_policies(plan)
    yield from _of_templates(plan)
    for journey in plan.journeys.values():
        yield from uses_of_journey(plan, journey)


def uses_of_computed(plan: Plan) -> Iterator[Use]:
    """Walk what computed traits are measured from."""
    for name, computed in plan.computed.items():
        yield Use(
            family="computed",
            name=name,
            part="the measurement",
            purposes=computed.purposes,
            facts=tuple(_once(_of_slot(computed.slot))),
        )


def uses_of_journey(plan: Plan, journey: Journey) -> Iterator[Use]:
    """Walk every use that a journey makes: its conditions serve each purpose that it acts for."""
    return _JourneyUses(plan, journey).walk()


def facts_of_rule(plan: Plan, rule: Rule, *, event: str = "", entry: str = "") -> tuple[Fact, ...]:
    """Return what a rule reads, directly and through segments and journeys."""
    return tuple(_once(_Reader(plan, event, entry).read(rule, (), {})))


def _of_segments(plan: Plan) -> Iterator[Use]:
    for segment in plan.segments.values():
        if segment.purpose:
            targets = [plan.destinations.get(name) for name in segment.destinations]
            ceilings = [membership_ceiling(target) for target in targets]
            yield Use(
                family="segment",
                name=segment.name,
                part="the condition",
                purposes=(segment.purpose,),
                facts=facts_of_rule(plan, segment.rule),
                ceiling=least_delicate(ceilings),
                destination=", ".join(segment.destinations),
            )
    for audience in plan.audiences.values():
        if audience.purpose:
            yield _address(audience)


def _address(audience: AudienceType) -> Use:
    # Lists get a digest of the address or know people by it anyway: its class is no obstacle.
    return Use(
        family="audience",
        name=audience.name,
        part="the address",
        purposes=(audience.purpose,),
        facts=facts_of_address(audience.address),
        destination=audience.destination,
    )


def _of_policies(plan: Plan) -> Iterator[Use]:
    promotional = tuple(one.name for one in plan.purposes.values() if one.is_promotional)
    for rule in plan.policies.state_rules:
        yield Use(
            family="suppress",
            name=rule.name,
            part="the condition",
            purposes=rule.purposes or promotional,
            facts=facts_of_rule(plan, rule.when),
        )


def _of_templates(plan: Plan) -> Iterator[Use]:
    """Walk templates that say for what they are; what a send adds is a use of its journey."""
    for template in plan.templates.values():
        if not template.purpose:
            continue
        for channel, texts in template.texts.items():
            yield Use(
                family="template",
                name=template.name,
                part=f"the text for `{channel}`",
                purposes=(template.purpose,),
                facts=tuple(_once(facts_of_content(texts, ""))),
                ceiling=channel_ceiling(plan, channel),
                destination=_destination(plan, channel),
            )


def facts_of_content(content: Any, entry: str) -> Iterator[Fact]:  # noqa: ANN401 - JSON of texts
    """Walk what the texts of a message or a call are filled with."""
    for variable in variables_of(content):
        fact = fact_of_variable(variable, entry)
        if fact is not None:
            yield fact


def variables_of(content: Any) -> Iterator[str]:  # noqa: ANN401 - JSON of texts
    """Walk the variables of the texts of a message or a call."""
    if isinstance(content, str):
        compiled = compile_template(content)
        if isinstance(compiled, Compiled):
            yield from compiled.variables()
    elif isinstance(content, Mapping):
        for value in cast("Mapping[str, Any]", content).values():
            yield from variables_of(value)
    elif isinstance(content, list | tuple):
        for value in cast("Sequence[Any]", content):
            yield from variables_of(value)


def fact_of_variable(variable: str, entry: str) -> Fact | None:
    """Return what a variable of a template stands for; None for the whole profile or event.

    Of those, a message is only given the members it may have.
    """
    root, _, rest = variable.replace('["', ".").replace('"]', "").replace("['", ".").partition(".")
    path = rest.replace("']", "").split("[")[0]
    match root:
        case "profile" if path:
            return Fact(family="trait", name=path.split(".")[0])
        case "event" if path and entry:
            return Fact(family="event", name=entry, path=path)
        case _:
            return None


def channel_ceiling(plan: Plan, channel: str) -> PrivacyClass:
    """Return the most delicate class that a message by this channel may hold."""
    return ceiling_of(plan.destinations.get(_destination(plan, channel)))


def _destination(plan: Plan, channel: str) -> str:
    found = plan.channels.get(channel)
    return found.destination if found is not None else ""


def facts_of_address(address: str) -> tuple[Fact, ...]:
    """Return by what a channel or a list addresses somebody, where that is a trait."""
    kind = address.removeprefix("identifier:")
    if kind != address or not address:
        return ()
    return (Fact(family="trait", name=address),)


class _Reader:
    """Reads rules of one place: `event` is at hand there, `entry` began the journey."""

    def __init__(self, plan: Plan, event: str, entry: str) -> None:
        self._plan = plan
        self._event = event
        self._entry = entry

    def read(self, rule: Rule, through: tuple[str, ...], seen: dict[str, None]) -> Iterator[Fact]:
        for leaf in depends.leaves(rule):
            match leaf:
                case TraitIs() | TraitAge():
                    yield Fact(family="trait", name=leaf.name, through=through)
                case HistoryIs():
                    yield from _of_slot(leaf.slot, through)
                case HistoryHas():
                    yield from _of_slot(leaf.slot, through)
                    yield from self._property(self._entry, leaf.subject, through)
                case PropertyIs(scope="event"):
                    yield from self._property(self._event, leaf.path, through)
                case PropertyIs(scope="entry"):
                    yield from self._property(self._entry, leaf.path, through)
                case InSegment():
                    yield from self._segment(leaf.name, through, seen)
                case InJourney():
                    yield from self._journey(leaf.journey, through, seen)
                case _:
                    pass

    def _property(self, event: str, path: str, through: tuple[str, ...]) -> Iterator[Fact]:
        if event and path:
            yield Fact(family="event", name=event, path=path, through=through)

    def _segment(
        self, name: str, through: tuple[str, ...], seen: dict[str, None]
    ) -> Iterator[Fact]:
        label = f"segment {name}"
        segment = self._plan.segments.get(name)
        if segment is not None and label not in seen:
            seen[label] = None
            yield from self.read(segment.rule, (*through, label), seen)

    def _journey(
        self, name: str, through: tuple[str, ...], seen: dict[str, None]
    ) -> Iterator[Fact]:
        """Who is in a journey is known by what let them in."""
        label = f"journey {name}"
        journey = self._plan.journeys.get(name)
        if journey is None or label in seen:
            return
        seen[label] = None
        entry = journey.entry
        inner = (*through, label)
        reader = _Reader(self._plan, entry.on if entry.kind == "event" else "", "")
        if entry.kind == "event":
            yield Fact(family="event", name=entry.on, through=inner)
        elif entry.kind == "segment":
            yield from self._segment(entry.on, inner, seen)
        if entry.segment:
            yield from self._segment(entry.segment, inner, seen)
        if entry.when is not None:
            yield from reader.read(entry.when, inner, seen)


class _JourneyUses:
    def __init__(self, plan: Plan, journey: Journey) -> None:
        self._plan = plan
        self._journey = journey
        self._entry = journey.entry.on if journey.entry.kind == "event" else ""
        self._purposes = purposes_of(plan, journey)
        joined = [
            plan.audiences[step.audience].destination
            for step in journey.steps.values()
            if isinstance(step, Audience)
            and step.operation == "join"
            and step.audience in plan.audiences
        ]
        self._lists = ", ".join(dict.fromkeys(joined))
        lists = [membership_ceiling(plan.destinations.get(name)) for name in joined]
        traits = [_trait_ceiling(plan, step) for step in journey.steps.values()]
        self._ceiling: PrivacyClass = least_delicate((*lists, *traits))

    def walk(self) -> Iterator[Use]:
        yield self._condition("the entry", self._entry_facts())
        for way in self._journey.exits:
            facts = self._waiting(way.on, way.when, way.same)
            yield self._condition("a way out", facts)
        for step_id, step in self._journey.steps.items():
            yield from self._step(step_id, step)

    def _condition(self, part: str, facts: Iterable[Fact], step: str = "") -> Use:
        return Use(
            family="journey",
            name=self._journey.name,
            part=part,
            purposes=self._purposes,
            facts=tuple(_once(facts)),
            ceiling=self._ceiling,
            destination=self._lists,
            step=step,
            is_condition=True,
        )

    def _entry_facts(self) -> Iterator[Fact]:
        entry = self._journey.entry
        if self._entry:
            yield Fact(family="event", name=self._entry)
        if self._entry and entry.key:
            yield Fact(family="event", name=self._entry, path=entry.key)
        for name in (entry.on if entry.kind == "segment" else "", entry.segment):
            if name:
                yield from facts_of_rule(self._plan, InSegment(name=name))
        if entry.when is not None:
            yield from facts_of_rule(self._plan, entry.when, event=self._entry)

    def _waiting(self, event: str, when: Rule | None, same: str) -> Iterator[Fact]:
        if event:
            yield Fact(family="event", name=event)
        if event and same:
            yield Fact(family="event", name=event, path=same)
        if self._entry and same:
            yield Fact(family="event", name=self._entry, path=same)
        if when is not None:
            yield from facts_of_rule(self._plan, when, event=event, entry=self._entry)

    def _step(self, step_id: str, step: JourneyStep) -> Iterator[Use]:
        match step:
            case WaitFor():
                for case in step.cases:
                    facts = self._waiting(case.on, case.when, case.same)
                    yield self._condition(f"what step `{step_id}` waits for", facts, step_id)
            case Branch():
                facts = facts_of_rule(self._plan, step.when, entry=self._entry)
                yield self._condition(f"the guard of step `{step_id}`", facts, step_id)
            case Send():
                yield from self._send(step)
            case Call():
                yield from self._call(step)
            case Wait() | WaitUntil() | Split() | SetTrait() | Audience() | GoTo() | Leave():
                return

    def _send(self, step: Send) -> Iterator[Use]:
        template = self._plan.templates.get(step.message)
        for channel in step.channels:
            found = self._plan.channels.get(channel)
            if found is None:
                continue
            texts = template.texts.get(channel) if template is not None else None
            facts = [*facts_of_content(texts, self._entry)]
            if step.about and self._entry:
                facts.append(Fact(family="event", name=self._entry, path=step.about))
            offer = self._plan.offers.get(step.offer)
            if offer is not None and self._entry:
                facts += [
                    Fact(family="event", name=self._entry, path=path) for path in offer.paths()
                ]
            yield Use(
                family="journey",
                name=self._journey.name,
                part=f"step `{step.step_id}`, which sends `{step.message}` by `{channel}`,",
                purposes=tuple(filter(None, (step.purpose or self._journey.purpose,))),
                facts=tuple(_once([*facts, *facts_of_address(found.address)])),
                ceiling=channel_ceiling(self._plan, channel),
                destination=found.destination,
                step=step.step_id,
            )

    def _call(self, step: Call) -> Iterator[Use]:
        yield Use(
            family="journey",
            name=self._journey.name,
            part=f"the content of the call of step `{step.step_id}`",
            purposes=(self._journey.purpose,),
            facts=tuple(_once(facts_of_content(step.content, self._entry))),
            ceiling=ceiling_of(self._plan.destinations.get(step.destination)),
            destination=step.destination,
            step=step.step_id,
        )
        for rule, _ in step.answers:
            facts = facts_of_rule(self._plan, rule, entry=self._entry)
            part = f"an answer of step `{step.step_id}`"
            yield self._condition(part, facts, step.step_id)


def _trait_ceiling(plan: Plan, step: JourneyStep) -> PrivacyClass:
    """Return the most delicate class that may decide what a step sets: that of the traits."""
    names = tuple(step.traits) if isinstance(step, SetTrait) else ()
    classes = [plan.traits[name].privacy for name in names if name in plan.traits]
    return most_delicate(("personal", least_delicate(classes)))


def purposes_of(plan: Plan, journey: Journey) -> tuple[str, ...]:
    """Return every purpose that a journey acts for: its own, of its sends, of lists it joins.

    A condition in it serves them all: what lets somebody in decides what they are sent. So do the
    purposes of the traits that it sets: a guard on them would else be a way around.
    """
    found = [journey.purpose]
    for step in journey.steps.values():
        match step:
            case Send():
                found.append(step.purpose)
            case Audience(operation="join"):
                audience = plan.audiences.get(step.audience)
                found.append(audience.purpose if audience is not None else "")
            case SetTrait():
                for name in step.traits:
                    found += plan.traits[name].purposes if name in plan.traits else ()
            case _:
                pass
    return tuple(dict.fromkeys(filter(None, found)))


def _of_slot(slot: Slot, through: tuple[str, ...] = ()) -> Iterator[Fact]:
    for match in depends.matches(slot):
        yield Fact(family="event", name=match.event, through=through)
        if match.where is not None:
            for path in depends.paths(match.where, "event"):
                yield Fact(family="event", name=match.event, path=path, through=through)
    if slot.property:
        yield Fact(family="event", name=slot.match.event, path=slot.property, through=through)


def _once(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Walk facts, each once, by the shortest way to it that comes first."""
    known: dict[tuple[str, str, str], None] = {}
    for fact in facts:
        key = (fact.family, fact.name, fact.path)
        if key not in known:
            known[key] = None
            yield fact
