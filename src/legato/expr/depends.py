"""What a rule depends on, and when time alone may change it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Literal, assert_never

from legato.expr.facts import Facts, instant_of
from legato.expr.tally import next_change as tally_change
from legato.expr.wall import MINUTES_A_DAY, next_turn
from legato.model.instant import Instant
from legato.model.rule import (
    AllOf,
    AnyOf,
    EventMatch,
    HistoryHas,
    HistoryIs,
    InJourney,
    InSegment,
    LocalTime,
    Not,
    PropertyIs,
    Rule,
    Slot,
    TraitAge,
    TraitIs,
)


def slots(rule: Rule) -> tuple[Slot, ...]:
    """Return the measurements that a rule reads, each once; computed traits' are not among them."""
    found = [leaf.slot for leaf in leaves(rule) if isinstance(leaf, HistoryIs | HistoryHas)]
    return tuple({slot.slot_id: slot for slot in found}.values())


def traits(rule: Rule) -> tuple[str, ...]:
    """Return the traits that a rule reads, declared and computed."""
    return _once(leaf.name for leaf in leaves(rule) if isinstance(leaf, TraitIs | TraitAge))


def segments(rule: Rule) -> tuple[str, ...]:
    """Return the segments that a rule reads."""
    return _once(leaf.name for leaf in leaves(rule) if isinstance(leaf, InSegment))


def journeys(rule: Rule) -> tuple[str, ...]:
    """Return the journeys that a rule reads."""
    return _once(leaf.journey for leaf in leaves(rule) if isinstance(leaf, InJourney))


def events(rule: Rule) -> tuple[str, ...]:
    """Return the events whose history a rule reads."""
    return _once(match.event for slot in slots(rule) for match in matches(slot))


def matches(slot: Slot) -> tuple[EventMatch, ...]:
    """Return what a slot observes: its match, and a sequence's `then`."""
    return (slot.match,) if slot.then is None else (slot.match, slot.then)


def paths(rule: Rule, scope: Literal["event", "entry", "answer"]) -> tuple[str, ...]:
    """Return the paths that a rule reads in the event at hand, the entry event or an answer."""
    found: list[str] = []
    for leaf in leaves(rule):
        if isinstance(leaf, PropertyIs) and leaf.scope == scope:
            found.append(leaf.path)
        elif isinstance(leaf, HistoryHas) and leaf.subject and scope == "entry":
            found.append(leaf.subject)
    return _once(found)


def reads_about(rule: Rule) -> bool:
    """Return whether a rule compares with what the message at hand is about."""
    return any(isinstance(leaf, HistoryHas) and not leaf.subject for leaf in leaves(rule))


def reads_event_only(rule: Rule) -> bool:
    """Return whether a rule looks at nothing but the properties of the event at hand."""
    return all(isinstance(leaf, PropertyIs) and leaf.scope == "event" for leaf in leaves(rule))


def uses_time(rule: Rule, computed: Collection[str] = ()) -> bool:
    """Return whether time alone can change a rule. `computed`: traits that change with time."""
    return any(_leaf_uses_time(leaf, computed) for leaf in leaves(rule))


def next_change(rule: Rule, facts: Facts) -> Instant | None:
    """Return the earliest instant after now at which time alone may change what a rule says.

    The rule may say the same then; before it, nothing else changing, it cannot change.
    """
    return earliest_change(leaves(rule), facts)


def earliest_change(rules: Iterable[Rule], facts: Facts) -> Instant | None:
    """Return the same for a rule whose leaves are at hand."""
    changes = [change for leaf in rules if (change := _leaf_change(leaf, facts)) is not None]
    return min(changes) if changes else None


def _leaf_uses_time(leaf: Rule, computed: Collection[str]) -> bool:
    match leaf:
        case LocalTime():
            return leaf.weekdays != () or (leaf.after, leaf.before) != (0, MINUTES_A_DAY)
        case TraitAge():
            return True
        case HistoryIs() | HistoryHas():
            return leaf.slot.window.kind != "ever"
        case TraitIs():
            return leaf.name in computed
        case _:
            return False


def _leaf_change(leaf: Rule, facts: Facts) -> Instant | None:
    match leaf:
        case LocalTime():
            minutes = (leaf.after % MINUTES_A_DAY, leaf.before % MINUTES_A_DAY)
            if leaf.weekdays:
                minutes = (*minutes, 0)
            return next_turn(facts.now, facts.zone, minutes)
        case TraitAge():
            return _age_change(leaf, facts)
        case HistoryIs() | HistoryHas():
            return _slot_change(leaf.slot, facts)
        case TraitIs() if leaf.name in facts.computed:
            return _slot_change(facts.computed[leaf.name], facts)
        case _:
            return None


def _age_change(leaf: TraitAge, facts: Facts) -> Instant | None:
    instant = instant_of(facts.trait(leaf.name))
    if instant is None:
        return None
    # `under` ends when the age is reached, `over` begins a microsecond later.
    change = instant + leaf.duration + (1 if leaf.operator == "over" else 0)
    return change if change > facts.now else None


def _slot_change(slot: Slot, facts: Facts) -> Instant | None:
    return tally_change(slot, facts.state.history.get(slot.slot_id), facts.now, facts.zone)


def leaves(rule: Rule) -> Iterator[Rule]:
    """Walk the leaves in the order in which they are written."""
    waiting = [rule]
    while waiting:
        rule = waiting.pop()
        match rule:
            case AllOf() | AnyOf():
                waiting.extend(reversed(rule.rules))
            case Not():
                waiting.append(rule.rule)
            case (
                PropertyIs()
                | TraitIs()
                | TraitAge()
                | HistoryIs()
                | HistoryHas()
                | InSegment()
                | InJourney()
                | LocalTime()
            ):
                yield rule
            case _:
                assert_never(rule)


def _once(names: Iterator[str] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
