"""What differs between two plans, what that means for people, and what has to be kept for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from legato.expr import depends
from legato.model.definitions.journey import (
    Audience,
    Branch,
    Call,
    Entry,
    Journey,
    Send,
    WaitFor,
)
from legato.model.instant import Instant, format_duration
from legato.model.noun import Noun
from legato.model.plan import Destination, EventType, Plan, SegmentType, TraitType
from legato.model.rule import Rule, Slot
from legato.plan.differing.steps import step_differences
from legato.plan.explain import stream_text
from legato.plan.retiring import FIELDS, other_fields, retirement_words
from legato.plan.rollouts.settle import settled
from legato.plan.rollouts.words import rollout_change

Kind: TypeAlias = Literal["safe", "migrating", "breaking"]
Action: TypeAlias = Literal["added", "changed", "removed"]

FAMILIES: Mapping[str, str] = {
    "event": "events",
    "trait": "traits",
    "computed": "computed",
    "segment": "segments",
    "audience": "audiences",
    "purpose": "purposes",
    "channel": "channels",
    "template": "templates",
    "destination": "destinations",
    "source": "sources",
    "team": "teams",
    "term": "terms",
    "mapping": "mappings",
    "offer": "offers",
}
MICROS = 1_000_000
SETTINGS = (
    "name",
    "currency",
    "zone",
    "lateness",
    "accept_unknown",
    "tzdata",
    "storage_price_micros",
    "roll_after",
    "infrastructure_price_micros",
)
PRICES = {
    "storage_price_micros": "a gigabyte and month",
    "infrastructure_price_micros": "a month",
}
POLICIES: Mapping[str, str] = {
    "cap": "caps",
    "quiet_hours": "quiet_hours",
    "suppress": "state_rules",
    "holdout": "holdouts",
}


class Change(Noun, frozen=True, kw_only=True):
    """One definition that differs, and what it means."""

    kind: Kind
    """`safe`: nobody notices but by the new rule. `migrating`: people are in the midst of it.
    `breaking`: what is stored was made by the old rule and does not fit the new one."""
    action: Action
    family: str
    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.family} {self.name}: {self.what}"


def compare(
    old: Plan | None, new: Plan, people: Mapping[str, int], now: Instant | None = None
) -> tuple[Change, ...]:
    """Return what activating `new` changes. `people`: how many are in each journey now.

    `now`: None where it is not known; then nothing is said about what time has removed.
    """
    before = old or Plan(name=new.name, identity=new.identity)
    changes = [
        *_settings(before, new),
        *_identity(before, new),
        *_families(before, new, now),
        *_policies(before, new),
        *_sign_in(before, new),
        *_journeys(before, new, people),
    ]
    return tuple(changes)


def retire(old: Plan, new: Plan, empty: Collection[str]) -> Plan:
    """Return the new plan with the journey versions that people are still in, or still enter.

    `empty` are versions nobody is in. What the kept versions send, call and look at is kept too.
    """
    rollouts = settled(old, new)
    befores = dict.fromkeys(rollout.before for rollout in rollouts.values())
    versions = {journey.version: journey for journey in new.retired if journey.version in befores}
    versions.update({one.version: one for one in (*old.retired, *old.journeys.values())})
    current = dict.fromkeys(journey.version for journey in new.journeys.values())
    kept = tuple(
        journey
        for version, journey in sorted(versions.items())
        if version not in current and (version in befores or version not in empty)
    )
    return _keep_needed(old, msgspec.structs.replace(new, retired=kept, rollouts=rollouts))


def following(old: Plan, new: Plan) -> Plan:
    """Return the new plan as it follows another, with no older versions but those people enter."""
    everyone = [journey.version for journey in (*old.retired, *old.journeys.values())]
    return retire(old, new, everyone)


def _settings(old: Plan, new: Plan) -> Iterable[Change]:
    for field in SETTINGS:
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield Change(
                kind="safe",
                action="changed",
                family="workspace",
                name=field.removesuffix("_micros"),
                what=f"is {_said(field, after)} instead of {_said(field, before)}",
            )


def _said(field: str, value: object) -> str:
    if field in PRICES:
        return f"{value / MICROS:g} {PRICES[field]}" if isinstance(value, int) else "unknown"
    if field == "roll_after" and not value:
        return "never"
    is_time = field in ("lateness", "roll_after")
    return format_duration(value) if is_time and isinstance(value, int) else str(value)


def _identity(old: Plan, new: Plan) -> Iterable[Change]:
    before = {kind.name: kind for kind in old.identity.kinds}
    after = {kind.name: kind for kind in new.identity.kinds}
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if was is None:
            yield _change("safe", "added", "identity", name, "joins people from now on")
        elif now is None:
            yield _change(
                "breaking",
                "removed",
                "identity",
                name,
                "is gone: people who are known by it alone will not be recognised again",
            )
        elif was != now:
            is_moved = was.paths != now.paths or was.is_lowercase != now.is_lowercase
            yield _change(
                "breaking" if is_moved else "safe",
                "changed",
                "identity",
                name,
                _MOVED if is_moved else "has other limits; people already joined stay joined",
            )
    if list(before) != [name for name in after if name in before] and len(before) == len(after):
        yield _change(
            "safe", "changed", "identity", "order", "ranks its kinds of identifiers differently"
        )
    if old.matching != new.matching:
        what = "looks otherwise for people who may be one; what was decided stays"
        yield _change("safe", "changed", "identity", "matching", what)


_MOVED = (
    "is read from another place: people already joined stay joined, and those known by the old "
    "place may come in as new ones"
)
_MEASURED_ANEW = (
    "is measured differently: everybody's value becomes another, made of their whole past before "
    "this is active"
)


def _families(old: Plan, new: Plan, now_is: Instant | None) -> Iterable[Change]:
    known = _slots(old)
    for family, field in FAMILIES.items():
        before: Mapping[str, Any] = getattr(old, field)
        after: Mapping[str, Any] = getattr(new, field)
        for name in sorted(dict.fromkeys((*before, *after))):
            was, now = before.get(name), after.get(name)
            if was is None:
                yield _change("safe", "added", family, name, _measured("is new", now, known))
            elif now is None:
                yield _change("safe", "removed", family, name, "is gone; nothing uses it")
            elif _as_written(was, now) != _as_written(now, now):
                yield _changed(family, name, (was, now), known, now_is)


def _as_written(definition: Any, now: Any) -> Any:  # noqa: ANN401 - of any family
    """Return a definition without what its plan says of it, and with what was not stored then."""
    if isinstance(definition, SegmentType):
        return msgspec.structs.replace(definition, since=0)
    if isinstance(definition, Destination):
        title = now.title if definition.title is None else definition.title
        owner = now.owner if definition.owner is None else definition.owner
        return msgspec.structs.replace(definition, title=title, owner=owner)
    return definition


def _changed(
    family: str,
    name: str,
    pair: tuple[Any, Any],
    known: Mapping[str, None],
    now_is: Instant | None = None,
) -> Change:
    was, now = pair
    was, now = _as_written(was, now), _as_written(now, now)
    fields = [f for f in msgspec.structs.asdict(now) if getattr(was, f) != getattr(now, f)]
    if family == "destination" and "events" in fields:
        return _change("safe", "changed", family, name, _streamed(fields, (was, now)))
    what = f"has changed in {_words(fields)}"
    if isinstance(was, EventType | TraitType) and any(each in fields for each in FIELDS):
        rest = other_fields(was, now, fields)
        words = [
            *retirement_words(was, now, now_is),
            *([f"has changed in {_words(rest)}"] if rest else []),
        ]
        return _change("migrating", "changed", family, name, "; ".join(words))
    if family == "computed" and "slot" in fields:
        return _change("breaking", "changed", family, name, _MEASURED_ANEW)
    return _change("safe", "changed", family, name, _measured(what, now, known))


def _streamed(fields: list[str], pair: tuple[Destination, Destination]) -> str:
    was, now = (stream_text(each.events) for each in pair)
    others = [field for field in fields if field != "events"]
    more = f"; has changed in {_words(others)}" if others else ""
    return f"{now} from now on, where before it {was}{more}"


def _measured(what: str, definition: object, known: Mapping[str, None]) -> str:
    if isinstance(definition, Destination) and definition.events is not None:
        return f"{what}; {stream_text(definition.events)}"
    rule: Rule | None = getattr(definition, "rule", None)
    slots = depends.slots(rule) if rule is not None else ()
    if all(slot.slot_id in known for slot in slots):
        return what
    return f"{what}; what it newly measures is made of everybody's past before this is active"


def _words(fields: list[str]) -> str:
    names = [field.removeprefix("is_").replace("_", " ") for field in fields]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _policies(old: Plan, new: Plan) -> Iterable[Change]:
    for family, field in POLICIES.items():
        before = {each.name: each for each in getattr(old.policies, field)}
        after = {each.name: each for each in getattr(new.policies, field)}
        for name in sorted(dict.fromkeys((*before, *after))):
            was, now = before.get(name), after.get(name)
            if was is None:
                yield _change("safe", "added", family, name, "holds from now on")
            elif now is None:
                yield _change("safe", "removed", family, name, "holds no longer")
            elif was != now:
                yield _changed(family, name, (was, now), {})
    for family in ("pages", "sender"):
        was, now = getattr(old, family), getattr(new, family)
        if was != now:
            yield _changed(family, family, (was, now), {})
    if old.policies.opt_out_scope != new.policies.opt_out_scope:
        what = f"is {new.policies.opt_out_scope} instead of {old.policies.opt_out_scope}"
        yield _change("safe", "changed", "consent", "opt_out_scope", what)
    if old.policies.residency != new.policies.residency:
        what = "says otherwise whose data may go where"
        yield _change("safe", "changed", "consent", "residency", what)
    if old.policies.consent_categories != new.policies.consent_categories:
        yield _change("safe", "changed", "consent", "categories", "mean other purposes")
    for field, what in (
        ("double_opt_in", "asks for other confirmations; what was agreed to before stays"),
        ("gpc", "means something else by a browser's objection"),
        ("tcf", "reads TCF strings differently"),
        ("approvals", "asks others before other changes"),
    ):
        if getattr(old.policies, field) != getattr(new.policies, field):
            yield _change("safe", "changed", "consent", field, what)


def _sign_in(old: Plan, new: Plan) -> Iterable[Change]:
    was, now = old.sign_in, new.sign_in
    if was is not None and now is not None and was != now:
        yield _changed("sign_in", now.name, (was, now), {})
    elif was is None and now is not None:
        yield _change("safe", "added", "sign_in", now.name, "holds from now on")
    elif was is not None and now is None:
        yield _change("safe", "removed", "sign_in", was.name, "holds no longer")


def _journeys(old: Plan, new: Plan, people: Mapping[str, int]) -> Iterable[Change]:
    for name in sorted(dict.fromkeys((*old.journeys, *new.journeys))):
        was, now = old.journeys.get(name), new.journeys.get(name)
        count = people.get(name, 0)
        if was is None:
            what = f"is new; nobody is in it yet{_rolled(old, new, name)}"
            yield _change("safe", "added", "journey", name, what)
        elif now is None:
            stay = f"; until its end it keeps {_people(count)}"
            kind: Kind = "migrating" if count else "safe"
            what = f"takes nobody in any more{stay if count else ''}"
            yield _change(kind, "removed", "journey", name, what)
        elif was.version != now.version:
            stay = (
                f"{_people(count)} {'stays' if count == 1 else 'stay'} on the version they entered"
            )
            differences = "; ".join(_differences(was, now))
            what = f"{differences}; {stay if count else 'nobody is in it'}{_rolled(old, new, name)}"
            yield _change("migrating", "changed", "journey", name, what)
        elif rolled := rollout_change(old, new, name):
            yield _change("safe", "changed", "journey", name, rolled)


def _rolled(old: Plan, new: Plan, name: str) -> str:
    words = rollout_change(old, new, name)
    return f"; {words}" if words else ""


def _differences(was: Journey, now: Journey) -> list[str]:
    found: list[str] = []
    if was.entry != now.entry:
        found.append("takes people in differently")
    if was.exits != now.exits:
        found.append("lets people leave differently")
    found += step_differences(was, now)
    if not found:
        found.append("has another title, owner, purpose or treatment of overdue messages")
    return found


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _slots(plan: Plan) -> dict[str, None]:
    slots: list[Slot] = [computed.slot for computed in plan.computed.values()]
    for segment in plan.segments.values():
        slots += depends.slots(segment.rule)
    return dict.fromkeys(slot.slot_id for slot in slots)


def _change(kind: Kind, action: Action, family: str, name: str, what: str) -> Change:
    return Change(kind=kind, action=action, family=family, name=name, what=what)


class _Needs:
    """What journeys need of a plan besides themselves: names by the plan's field."""

    def __init__(self) -> None:
        self.names: dict[str, dict[str, None]] = {}

    def add(self, field: str, *names: str) -> None:
        self.names.setdefault(field, {}).update(dict.fromkeys(names))


def _keep_needed(old: Plan, new: Plan) -> Plan:
    needs = _Needs()
    for journey in new.retired:
        _journey_needs(journey, needs)
    for name in new.rollouts:
        beside = new.before(name)
        if beside is not None:
            _entry_needs(beside.entry, needs)
    waiting = list(needs.names.get("segments", {}))
    while waiting:
        segment = old.segments.get(waiting.pop())
        inner = depends.segments(segment.rule) if segment is not None else ()
        waiting += [name for name in inner if name not in needs.names["segments"]]
        needs.add("segments", *inner)
    for name in needs.names.get("channels", {}):
        if name in old.channels:
            needs.add("destinations", old.channels[name].destination)
    for name in needs.names.get("audiences", {}):
        if name in old.audiences:
            needs.add("destinations", old.audiences[name].destination)
    for name in needs.names.get("segments", {}):
        if name in old.segments:
            needs.add("computed", *depends.traits(old.segments[name].rule))
    kept: dict[str, Any] = {}
    for field, names in needs.names.items():
        before: Mapping[str, Any] = getattr(old, field)
        after: Mapping[str, Any] = getattr(new, field)
        missing = {name: before[name] for name in names if name in before and name not in after}
        if missing:
            kept[field] = dict(sorted({**after, **missing}.items()))
    return msgspec.structs.replace(new, **kept)


def _journey_needs(journey: Journey, needs: _Needs) -> None:
    for rule in _rules(journey):
        needs.add("segments", *depends.segments(rule))
        needs.add("computed", *depends.traits(rule))
    for step in journey.steps.values():
        match step:
            case Branch():
                needs.add("segments", *(name for each in step.fresh_for for name in each.segments))
            case Send():
                needs.add("templates", step.message)
                needs.add("channels", *step.channels)
                needs.add("purposes", step.purpose)
                needs.add("offers", step.offer)
            case Audience():
                needs.add("audiences", step.audience)
            case Call():
                needs.add("destinations", step.destination)
            case _:
                pass


def _entry_needs(entry: Entry, needs: _Needs) -> None:
    needs.add("segments", entry.segment, *([entry.on] if entry.kind == "segment" else []))
    if entry.when is not None:
        needs.add("segments", *depends.segments(entry.when))
        needs.add("computed", *depends.traits(entry.when))


def _rules(journey: Journey) -> list[Rule]:
    found = [way.when for way in journey.exits]
    for step in journey.steps.values():
        match step:
            case Branch():
                found.append(step.when)
            case WaitFor():
                found += [case.when for case in step.cases]
            case Call():
                found += [rule for rule, _ in step.answers]
            case _:
                pass
    return [rule for rule in found if rule is not None]
