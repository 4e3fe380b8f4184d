"""The dictionary: every definition in plain words, with its owner, and who uses it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias, cast

from legato.core.privacy.shapes import Spot, spot_of
from legato.core.privacy.uses import Fact, Use, facts_of_content, uses
from legato.expr import depends
from legato.expr.english import sentence
from legato.model.definitions.journey import Freshness, Send
from legato.model.instant import Instant, format_duration, to_datetime
from legato.model.noun import Noun
from legato.model.plan import ComputedTrait, EventType, Plan, SegmentType, Team, Term, TraitType
from legato.model.rule import HistoryIs, Test
from legato.plan.dictionary.conflicts import sound

Kind: TypeAlias = Literal["event", "trait", "computed", "segment", "term", "team"]

DEPTH_MAX = 3
"""Levels of an event that are listed: what lies deeper is read in its schema."""


class Property(Noun, frozen=True, kw_only=True):
    """A declared property of an event."""

    name: str
    type: str
    purposes: tuple[str, ...]
    privacy: str


class Entry(Noun, frozen=True, kw_only=True):
    """One definition."""

    kind: Kind
    name: str
    title: str
    definition: str
    """What it means; in words made from its rule where nobody wrote any."""
    owner: str
    type: str = ""
    purposes: tuple[str, ...] = ()
    privacy: str = ""
    fresh_for: str = ""
    """How long it is believed."""
    used_by: tuple[str, ...] = ()
    """As `journey cart_rescue`, `template cart_reminder`, `destination ads`."""
    same_as: str = ""
    stage_of: str = ""
    properties: tuple[Property, ...] = ()


def dictionary(plan: Plan) -> tuple[Entry, ...]:
    """Return every definition of a plan, by name."""
    used = _used_by(plan)

    def users(*keys: str) -> tuple[str, ...]:
        return tuple(sorted(dict.fromkeys(one for key in keys for one in used.get(key, ()))))

    entries = [
        *(_event(one, users(f"event {one.name}")) for one in plan.events.values()),
        *(_trait(one, users(f"trait {one.name}")) for one in plan.traits.values()),
        *(_computed(one, users(f"trait {one.name}")) for one in plan.computed.values()),
        *(_segment(one, users(f"segment {one.name}")) for one in plan.segments.values()),
        *(_term(one, users(f"segment {one.same_as}")) for one in plan.terms.values()),
    ]
    entries += [_team(team, entries) for team in plan.teams.values()]
    return tuple(sorted(entries, key=lambda entry: (entry.name.casefold(), entry.kind)))


def search(entries: Iterable[Entry], word: str) -> tuple[Entry, ...]:
    """Return the entries that a word names, else those in whose words it occurs."""
    known = tuple(entries)
    named = tuple(entry for entry in known if sound(entry.name) == sound(word))
    if named:
        return named
    wanted = word.casefold()
    return tuple(entry for entry in known if wanted in _words(entry))


def _words(entry: Entry) -> str:
    names = (one.name for one in entry.properties)
    said = (entry.name, entry.title, entry.definition, entry.owner, entry.same_as, *names)
    return " ".join(said).casefold()


def _event(event: EventType, used_by: tuple[str, ...]) -> Entry:
    return Entry(
        kind="event",
        name=event.name,
        title=event.title,
        definition=event.definition or event.title,
        owner=event.owner,
        type=f"event{_retired(event.retired)}",
        purposes=event.purposes,
        privacy=event.privacy,
        used_by=used_by,
        properties=tuple(_properties(spot_of(event))),
    )


def _trait(trait: TraitType, used_by: tuple[str, ...]) -> Entry:
    return Entry(
        kind="trait",
        name=trait.name,
        title=trait.title,
        definition=trait.definition or trait.title,
        owner=trait.owner,
        type=_type(trait.schema)
        + (", kept as a digest" if trait.hash else "")
        + _retired(trait.retired),
        purposes=trait.purposes,
        privacy=trait.privacy,
        fresh_for=_freshness(trait.fresh_for),
        used_by=used_by,
    )


def _retired(retired: Instant) -> str:
    return f", retired from {to_datetime(retired):%Y-%m-%d} on" if retired else ""


def _computed(trait: ComputedTrait, used_by: tuple[str, ...]) -> Entry:
    return Entry(
        kind="computed",
        name=trait.name,
        title=trait.title,
        definition=trait.definition or _measured(trait),
        owner=trait.owner,
        type=f"computed ({trait.slot.function.replace('_', ' ')})",
        purposes=trait.purposes,
        privacy=trait.privacy,
        used_by=used_by,
    )


def _segment(segment: SegmentType, used_by: tuple[str, ...]) -> Entry:
    rule = sentence(segment.rule)
    lists = tuple(f"destination {name}" for name in segment.destinations)
    return Entry(
        kind="segment",
        name=segment.name,
        title=segment.title,
        definition=f"{segment.definition} ({rule})" if segment.definition else rule,
        owner=segment.owner,
        type="segment",
        purposes=(segment.purpose,) if segment.purpose else (),
        used_by=tuple(sorted(dict.fromkeys((*used_by, *lists)))),
    )


def _term(term: Term, used_by: tuple[str, ...]) -> Entry:
    return Entry(
        kind="term",
        name=term.name,
        title=term.title,
        definition=term.definition,
        owner=term.owner,
        type="term",
        used_by=used_by if term.same_as else (),
        same_as=term.same_as,
        stage_of=term.stage_of,
    )


def _team(team: Team, entries: list[Entry]) -> Entry:
    """Return a team; what it owns are its users."""
    owned = [f"{one.kind} {one.name}" for one in entries if one.owner == team.name]
    return Entry(
        kind="team",
        name=team.name,
        title=team.title,
        definition=f"{team.title}. {', '.join(team.contacts)}".removesuffix(". "),
        owner=team.name,
        type="team",
        used_by=tuple(owned),
    )


def _measured(trait: ComputedTrait) -> str:
    slot = trait.slot
    rule = HistoryIs(slot=slot, test=Test(operator="exists"))
    words = sentence(rule).removesuffix(" is known")
    return f"{trait.title}: {words}" if trait.title != trait.name else words


def _freshness(limit: Freshness | None) -> str:
    if limit is None:
        return ""
    found = [f"{format_duration(age)} in {name}" for name, age in limit.segments.items()]
    if limit.otherwise:
        found.append(format_duration(limit.otherwise) + (" otherwise" if found else ""))
    return ", ".join(found)


def _properties(spot: Spot, path: str = "", depth: int = 0) -> Iterator[Property]:
    shapes = (cast("Mapping[str, Any]", shape.get("properties", {})) for shape in spot.shapes)
    names = dict.fromkeys(name for shape in shapes for name in shape)
    for name in names:
        inner = spot.inside(name)
        if inner is None:
            continue
        here = f"{path}.{name}" if path else name
        yield Property(
            name=here,
            type=next((said for shape in inner.shapes if (said := _type(shape)) != "any"), "any"),
            purposes=inner.binding.purposes,
            privacy=inner.binding.privacy,
        )
        if depth < DEPTH_MAX:
            yield from _properties(inner, here, depth + 1)


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(str(one) for one in schema["enum"])
    if "const" in schema:
        return f"always {schema['const']}"
    declared = schema.get("type", "any")
    return declared if isinstance(declared, str) else " or ".join(cast("list[str]", declared))


def _used_by(plan: Plan) -> dict[str, dict[str, None]]:
    """Return who uses each definition: `trait email` -> `template welcome`, ..."""
    used: dict[str, dict[str, None]] = {}

    def note(fact: Fact, *users: str) -> None:
        for key in (f"{fact.family} {fact.name}", *fact.through):
            used.setdefault(key, {}).update(dict.fromkeys(filter(None, users)))

    for use in uses(plan):
        for fact in use.facts:
            note(fact, *_users(plan, use))
    for template in plan.templates.values():
        for fact in facts_of_content(template.texts, ""):
            note(fact, f"template {template.name}")
    for segment in plan.segments.values():
        for fact in _direct(segment):
            note(fact, f"segment {segment.name}")
    return used


def _users(plan: Plan, use: Use) -> Iterator[str]:
    family = {"computed": "computed trait", "suppress": "suppression"}.get(use.family, use.family)
    yield f"{family} {use.name}"
    for name in filter(None, use.destination.split(", ")):
        if not use.is_condition:
            yield f"destination {name}"
    step = plan.journeys[use.name].steps.get(use.step) if use.family == "journey" else None
    if isinstance(step, Send) and not use.is_condition:
        yield f"template {step.message}"


def _direct(segment: SegmentType) -> Iterator[Fact]:
    """Walk what a segment's own rule reads, and the segments that it names."""
    for name in depends.segments(segment.rule):
        yield Fact(family="trait", name="", through=(f"segment {name}",))
    for name in depends.traits(segment.rule):
        yield Fact(family="trait", name=name)
    for name in depends.events(segment.rule):
        yield Fact(family="event", name=name)
