"""What a change would take from under what lives: facts removed, retyped, retired, remeasured.

Who reads such a fact must change with it. A definition that stays as it is, and everything that
rests on it, would go on asking for something that is not there or means something else; so would
people who are still in an older version of a journey.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias, cast

from legato.core.privacy.shapes import Spot, spot_of
from legato.model.definitions.journey import Journey
from legato.model.noun import Noun
from legato.model.plan import Plan, StateRule
from legato.model.problem import Place, Problem
from legato.plan.diff import FAMILIES
from legato.plan.impact.readers import Ref, readers, resting_on

Harm: TypeAlias = Literal["removed", "retyped", "remeasured", "retired"]
ELEMENT = "[]"
DEPTH_MAX = 8
"""Levels of an event whose properties are compared: conditions on deeper ones are unknown to us."""
_WORDS: Mapping[Harm, str] = {
    "removed": "this change removes",
    "retyped": "this change makes another type",
    "remeasured": "this change measures differently",
    "retired": "this change retires",
}


class Broken(Noun, frozen=True, kw_only=True):
    """A fact that is not what it was."""

    family: str
    name: str
    harm: Harm


class Bereft(Noun, frozen=True, kw_only=True):
    """A live journey that rests on such a fact and does not change with it."""

    journey: str
    owner: str
    broken: Broken
    through: tuple[str, ...]
    """What reads the fact, as `segment vip`, from the journey on; empty: the journey itself."""
    people: int = 0
    """Of an older version: how many are still in it. 0: it is the present one."""
    place: str = ""
    is_before: bool = False
    """It is the version that ran before a rollout, which the others still enter."""


def broken(before: Plan, after: Plan) -> tuple[Broken, ...]:
    """Return the facts that another plan removes, retypes, retires or measures differently."""
    return tuple(_broken(before, after))


def bereft(before: Plan, after: Plan, inside: Mapping[str, int]) -> tuple[Bereft, ...]:
    """Return the live journeys that activating `after` would break.

    `after` holds the older versions that people may be in; `inside`: how many are, by version.
    """
    found: dict[tuple[str, int, Broken], Bereft] = {}
    known = readers(after)
    for fact in broken(before, after):
        unchanged = [each for each in _direct(fact, known) if not _is_changed(before, after, each)]
        ways = {**dict.fromkeys(unchanged), **resting_on(unchanged, known)}
        for ref in ways:
            journey = _live(after, ref, inside)
            if journey is not None:
                people = inside.get(journey.version, 0) if ref.family == "version" else 0
                found.setdefault(
                    (journey.name, people, fact),
                    Bereft(
                        journey=journey.name,
                        owner=journey.owner,
                        broken=fact,
                        through=_through(ref, ways),
                        people=people,
                        place=next(iter(journey.places.values()), ""),
                        is_before=ref.family == "version" and not people,
                    ),
                )
    return tuple(found.values())


def older_readers(before: Plan, after: Plan) -> tuple[str, ...]:
    """Return the retired versions whose people have to be counted to know what breaks."""
    known = readers(after)
    start = [ref for fact in broken(before, after) for ref in _direct(fact, known)]
    refs = (*start, *resting_on(start, known))
    return tuple(dict.fromkeys(ref.name for ref in refs if ref.family == "version"))


def in_problems(found: tuple[Bereft, ...]) -> tuple[Problem, ...]:
    """Say why a change cannot be applied."""
    return tuple(map(_problem, found))


def _problem(each: Bereft) -> Problem:
    fact = each.broken
    name = fact.name.replace("/", "'s ", 1) if fact.family == "property" else fact.name
    owner = f" of {each.owner}" if each.owner else ""
    way = f" through {', '.join(each.through)}" if each.through else ""
    who = f"the journey `{each.journey}`{owner}"
    if each.is_before:
        who = f"{who}, of which some still enter the version that ran before,"
        fix = "keep it until that journey is rolled out to everybody: leave its `rollout` out then"
    elif each.people:
        noun = "person is" if each.people == 1 else "people are"
        who = f"{who}, in whose older version {each.people:,} {noun},"
        fix = "keep it until they have left, or end that journey's older version first"
    else:
        fix = (
            f"change `{(each.through[-1] if each.through else each.journey).split()[-1]}` in the "
            f"same change{f' (ask {each.owner})' if each.owner else ''}, or give what is new "
            "another name and remove this one when nothing reads it"
        )
    what = f"{who} rests{way} on the {fact.family} `{name}`, which {_WORDS[fact.harm]}"
    return Problem(code="B401", place=_place(each.place), what=what, fix=fix)


def _place(written: str) -> Place:
    file, _, line = written.rpartition(":")
    if file and line.isdecimal():
        return Place(file=file, line=int(line), column=1)
    return Place(file=written or "journeys", line=1, column=1)


def _broken(before: Plan, after: Plan) -> Iterator[Broken]:
    for name, event in before.events.items():
        other = after.events.get(name)
        if other is None:
            yield Broken(family="event", name=name, harm="removed")
            continue
        if other.retired and not event.retired:
            yield Broken(family="event", name=name, harm="retired")
        for path in other.retired_properties:
            if path not in event.retired_properties:
                yield Broken(family="property", name=f"{name}/{path}", harm="retired")
        if event.schema == other.schema:
            continue
        yield from _broken_properties(
            name, property_types(spot_of(event)), property_types(spot_of(other))
        )
    yield from _broken_traits(before, after)
    kinds = {kind.name: kind for kind in after.identity.kinds}
    for kind in before.identity.kinds:
        found = kinds.get(kind.name)
        if found is None:
            yield Broken(family="identity", name=kind.name, harm="removed")
        elif (found.paths, found.hash) != (kind.paths, kind.hash):
            yield Broken(family="identity", name=kind.name, harm="remeasured")


def _broken_properties(
    event: str, old: Mapping[str, tuple[str, ...]], new: Mapping[str, tuple[str, ...]]
) -> Iterator[Broken]:
    for path, types in old.items():
        name = f"{event}/{path.removesuffix(ELEMENT)}"
        if path not in new:
            # A list whose elements are declared no more may hold the same ones.
            if not path.endswith(ELEMENT):
                yield Broken(family="property", name=name, harm="removed")
        elif not _holds(new[path], types):
            yield Broken(family="property", name=name, harm="retyped")


def _broken_traits(before: Plan, after: Plan) -> Iterator[Broken]:
    for name, trait in before.traits.items():
        now = after.traits.get(name)
        if now is None:
            # A computed trait of that name is read by the same conditions, and is another fact.
            yield Broken(family="trait", name=name, harm="removed")
            continue
        if now.retired and not trait.retired:
            yield Broken(family="trait", name=name, harm="retired")
        if not _holds(_types(now.schema), _types(trait.schema)) or trait.hash != now.hash:
            yield Broken(family="trait", name=name, harm="retyped")
    for name, computed in before.computed.items():
        measured = after.computed.get(name)
        if measured is None:
            yield Broken(family="computed", name=name, harm="removed")
        elif measured.slot != computed.slot:
            yield Broken(family="computed", name=name, harm="remeasured")


def property_types(spot: Spot, path: str = "", depth: int = 0) -> dict[str, tuple[str, ...]]:
    """Return the types of the properties of an event, by path; no types: any."""
    found: dict[str, tuple[str, ...]] = {}
    if depth == DEPTH_MAX:
        return found
    names = [cast("Mapping[str, Any]", shape.get("properties", {})) for shape in spot.shapes]
    for name in dict.fromkeys(name for properties in names for name in properties):
        inner = spot.inside(name)
        if inner is not None:
            here = f"{path}.{name}" if path else name
            declared: Mapping[str, Any] = inner.shapes[0] if inner.shapes else {}
            found[here] = _types(declared)
            elements = declared.get("items")
            if isinstance(elements, Mapping):
                found[here + ELEMENT] = _types(cast("Mapping[str, Any]", elements))
            found.update(property_types(inner, here, depth + 1))
    return found


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    declared: Any = schema.get("type", ())
    return (declared,) if isinstance(declared, str) else tuple(cast("list[str]", declared))


def _holds(new: tuple[str, ...], old: tuple[str, ...]) -> bool:
    """Return whether values of the old types are of the new ones."""
    if not new:
        return True
    if not old:
        return False
    wide = (*new, "integer") if "number" in new else new
    return all(each in wide or each == "null" for each in old)


def _direct(fact: Broken, known: Mapping[Ref, Mapping[Ref, None]]) -> tuple[Ref, ...]:
    """Return who reads a fact itself; of a property, who reads any part of it or around it."""
    if fact.family != "property":
        # Whether a trait is declared or computed, its readers only know its name.
        families = ("trait", "computed") if fact.family in ("trait", "computed") else (fact.family,)
        return tuple(ref for each in families for ref in known.get(Ref(each, fact.name), {}))
    found: dict[Ref, None] = {}
    for thing, refs in known.items():
        if thing.family == "property" and overlap(thing.name, fact.name):
            found.update(refs)
    return tuple(found)


def overlap(read: str, lost: str) -> bool:
    """Return whether one of two properties, as `event/path`, is the other or a part of it."""
    return read == lost or read.startswith(f"{lost}.") or lost.startswith(f"{read}.")


def _is_changed(before: Plan, after: Plan, ref: Ref) -> bool:
    if ref.family == "version":
        return False
    if ref.family == "journey":
        old, new = before.journeys.get(ref.name), after.journeys.get(ref.name)
        return old is None or new is None or old.version != new.version
    if ref.family == "suppress":
        return _state_rule(before, ref.name) != _state_rule(after, ref.name)
    field = FAMILIES.get(ref.family)
    if field is None:
        return False
    return getattr(before, field).get(ref.name) != getattr(after, field).get(ref.name)


def _state_rule(plan: Plan, name: str) -> StateRule | None:
    return next((each for each in plan.policies.state_rules if each.name == name), None)


def _live(after: Plan, ref: Ref, inside: Mapping[str, int]) -> Journey | None:
    if ref.family == "journey":
        return after.journeys.get(ref.name)
    if ref.family == "version":
        known = after.retired if inside.get(ref.name, 0) else after.entered
        return next((each for each in known if each.version == ref.name), None)
    return None


def _through(ref: Ref, ways: Mapping[Ref, Ref | None]) -> tuple[str, ...]:
    path: list[str] = []
    at = ways[ref]
    while at is not None:
        path.append(str(at))
        at = ways[at]
    return tuple(path)
