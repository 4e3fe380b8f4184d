"""What a plan asks of every message: the gates as the engine reads them, and what they are for.

The gates are those of `core.gate`, as conditions: a message leaves where all of them pass. What a
message *demands* comes from what it says of itself, its template and its journey; not from the
purpose that a step happens to send it for. So a proof about consent holds because the gate is
there, and fails where a step goes around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from legato.model.definitions.journey import Journey, Send
from legato.model.instant import DAY, MINUTE, Duration
from legato.model.noun import Noun
from legato.model.plan import Plan, Purpose, QuietHours
from legato.model.rule import (
    AllOf,
    AnyOf,
    EventMatch,
    HistoryHas,
    LocalTime,
    Not,
    PropertyIs,
    Rule,
    Slot,
    Window,
)
from legato.simulate.proof.guards import Consents, Known, Reasoner, assume, kept

PURCHASES = ("Order Completed", "Order Paid", "Order Placed", "Purchase", "Product Purchased")
"""What buying is called, where no policy says it."""
COOLDOWN: Duration = 7 * DAY
"""How long nothing promotes what was bought, where no policy says it."""
DAY_MINUTES = 1_440

Condition: TypeAlias = tuple[Rule | Consents, bool]
"""A rule, and whether it must hold."""


class Ground(Noun, frozen=True, kw_only=True):
    """A plan, with the demands and gates of its messages."""

    plan: Plan
    reasoner: Reasoner

    def ways(self, conditions: tuple[Condition, ...], known: Known) -> tuple[Known, ...]:
        """Return the ways in which all of these are so; none where they exclude each other."""
        found = [known]
        for rule, holds in conditions:
            if isinstance(rule, Consents):
                after = [assume(one, rule, holds=holds) for one in found]
                found = [one for one in after if one is not None]
            else:
                found = [then for one in found for then in self._where(rule, one, holds=holds)]
        return tuple(found)

    def _where(self, rule: Rule, known: Known, *, holds: bool) -> list[Known]:
        return list(self.reasoner.where(rule, known, holds=holds))

    def demanded(self, journey: Journey, step: Send) -> tuple[Purpose, ...]:
        """Return the purposes that a message is for: its own, and no weaker one of the step."""
        purposes = self.plan.purposes
        template = self.plan.templates.get(step.message)
        names = [step.purpose, template.purpose if template is not None else ""]
        names += [journey.purpose]
        found = [purposes[name] for name in dict.fromkeys(names) if name in purposes]
        strict = [one for one in found if one.is_promotional or one.basis == "consent"]
        return tuple(strict or found[:1])

    def is_promotional(self, journey: Journey, step: Send) -> bool:
        """Return whether a message promotes, whatever its step calls it."""
        return any(purpose.is_promotional for purpose in self.demanded(journey, step))

    def gates(self, step: Send, channel: str) -> tuple[Condition, ...]:
        """Return what the engine asks when the message leaves by a channel."""
        purpose = self.plan.purposes[step.purpose]
        conditions: list[Condition] = []
        if purpose.basis == "consent":
            asked = Consents(purpose=purpose.name, channel=channel, words=("granted",))
            conditions.append((asked, True))
        elif purpose.is_promotional:
            asked = Consents(purpose=purpose.name, channel=channel, words=("denied",))
            conditions.append((asked, False))
        conditions += [
            (about_item(rule.when, step.about), False)
            for rule in self.plan.policies.state_rules
            if concerns(rule.purposes, purpose)
        ]
        conditions += [
            (hours(quiet), False)
            for quiet in self.plan.policies.quiet_hours
            if concerns(quiet.purposes, purpose) and is_by(quiet.channels, channel)
        ]
        return tuple(conditions)

    def leaves(self, step: Send, channel: str, known: Known) -> Known | None:
        """Return what is known when a message leaves by a channel, now or later; None: never."""
        gates = self.gates(step, channel)
        found = self.ways(gates, known) or self.ways(gates, kept(known))
        return found[0] if found else None

    def bought(self, about: str) -> HistoryHas | None:
        """Return the rule that what a message is about was bought; None where that means nothing.

        `about` is the path to it in the entry event.
        """
        for slot in self._purchases() if about else ():
            if last(slot.property) == last(about):
                return HistoryHas(slot=slot, subject=about)
        return None

    def item_of(self, journey: Journey) -> str:
        """Return where the entry event names a thing that can be bought; empty: nowhere."""
        event = self.plan.events.get(journey.entry.on) if journey.entry.kind == "event" else None
        for slot in self._purchases() if event is not None else ():
            assert event is not None
            path = _path_to(event.schema, last(slot.property))
            if path and "[]" not in path:
                return path
        return ""

    def _purchases(self) -> Iterator[Slot]:
        """Return what buying is: in the policies, else in the catalog."""
        found = [_same_item(rule.when) for rule in self.plan.policies.state_rules]
        yield from (rule.slot for rule in found if rule is not None)
        for name in PURCHASES:
            event = self.plan.events.get(name)
            for path in _item_paths(event.schema) if event is not None else ():
                window = Window(kind="sliding", size=COOLDOWN)
                match_ = EventMatch(event=name)
                yield Slot(match=match_, function="unique", property=path, window=window)


ITEMS = ("product_id", "sku", "item_id", "variant_id")
"""What a thing that is sold is known by, where no policy says it."""


def _item_paths(schema: Mapping[str, Any]) -> Iterator[str]:
    for name in ITEMS:
        path = _path_to(schema, name)
        if path:
            yield path


def last(path: str) -> str:
    """Return the name of the property that a path ends in."""
    return path.rpartition(".")[2].removesuffix("[]")


def concerns(names: tuple[str, ...], purpose: Purpose) -> bool:
    """Return whether a policy concerns a purpose, as `core.gate` has it."""
    return purpose.name in names if names else purpose.is_promotional


def is_by(names: tuple[str, ...], channel: str) -> bool:
    """Return whether a policy concerns a channel."""
    return not names or channel in names


def hours(quiet: QuietHours) -> LocalTime:
    """Say quiet hours as a rule."""
    return LocalTime(after=quiet.start, before=quiet.end)


def night(quiet: QuietHours) -> Duration:
    """Return how long quiet hours are."""
    return (quiet.end - quiet.start) % DAY_MINUTES * MINUTE


def at_entry(rule: Rule) -> Rule:
    """Say a rule about the event at hand as one about the event that began the journey."""
    match rule:
        case PropertyIs(scope="event"):
            return PropertyIs(path=rule.path, test=rule.test, scope="entry")
        case AllOf():
            return AllOf(rules=tuple(at_entry(each) for each in rule.rules))
        case AnyOf():
            return AnyOf(rules=tuple(at_entry(each) for each in rule.rules))
        case Not():
            return Not(rule=at_entry(rule.rule))
        case _:
            return rule


def about_item(rule: Rule, about: str) -> Rule:
    """Let a rule about 'the same thing' speak of what a message is about; of nothing, it is no."""
    match rule:
        case HistoryHas(subject=""):
            return HistoryHas(slot=rule.slot, subject=about) if about else AnyOf(rules=())
        case AllOf():
            return AllOf(rules=tuple(about_item(each, about) for each in rule.rules))
        case AnyOf():
            return AnyOf(rules=tuple(about_item(each, about) for each in rule.rules))
        case Not():
            return Not(rule=about_item(rule.rule, about))
        case _:
            return rule


def _same_item(rule: Rule) -> HistoryHas | None:
    match rule:
        case HistoryHas():
            return rule
        case AnyOf() | AllOf():
            return next((found for each in rule.rules if (found := _same_item(each))), None)
        case _:
            return None


def _path_to(schema: Mapping[str, Any], name: str, before: str = "") -> str:
    """Return where a property of this name stands in an event, in lists too; empty: nowhere."""
    properties: Mapping[str, Any] = schema.get("properties") or {}
    if name in properties:
        return f"{before}{name}"
    for key, inner in properties.items():
        items: Mapping[str, Any] = inner.get("items") or {}
        found = _path_to(inner, name, f"{before}{key}.")
        found = found or _path_to(items, name, f"{before}{key}[].")
        if found:
            return found
    return ""
