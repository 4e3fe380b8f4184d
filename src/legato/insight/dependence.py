"""What rests on an event: which journeys, and which of their steps, go by what it says."""

from __future__ import annotations

from collections.abc import Collection

from legato.expr import depends
from legato.model.definitions.journey import (
    Branch,
    Call,
    Entry,
    Journey,
    JourneyStep,
    Send,
    WaitCase,
    WaitFor,
)
from legato.model.event import NAME_OF_KIND
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.rule import Rule

ENTER, LEAVE = "enter", "leave"
"""How the ways in and out are named beside the steps."""


class Degraded(Noun, frozen=True, kw_only=True):
    """A journey that goes by something that is not to be relied on now."""

    journey: str
    steps: tuple[str, ...]
    """`enter`, `leave`, and step ids: what in it goes by that."""


def events_of(plan: Plan, source: str, seen: Collection[str]) -> tuple[str, ...]:
    """Return the events that come from a source: as declared, else as seen."""
    declared = [name for name, event in plan.events.items() if source in event.sources]
    others = [name for name in seen if name not in plan.events or not plan.events[name].sources]
    return tuple(sorted(dict.fromkeys((*declared, *others))))


def degraded(
    plan: Plan, events: Collection[str], *, sources: Collection[str] = ()
) -> tuple[Degraded, ...]:
    """Return the journeys that depend on any of these events, or wait for a source itself."""
    reader = _Reader(plan, events, sources)
    found: dict[str, dict[str, None]] = {}
    for one in sorted(plan.entered, key=lambda one: one.name):
        found.setdefault(one.name, {}).update(dict.fromkeys(reader.steps(one)))
    return tuple(
        Degraded(journey=name, steps=tuple(steps)) for name, steps in found.items() if steps
    )


def sending_by(plan: Plan, destination: str) -> tuple[Degraded, ...]:
    """Return the journeys that send by a destination or ask it, and the steps that do."""
    channels = [one.name for one in plan.channels.values() if one.destination == destination]
    found: dict[str, dict[str, None]] = {}
    for journey in sorted(plan.entered, key=lambda one: one.name):
        for name, step in sorted(journey.steps.items()):
            if _goes_by(step, destination, channels):
                found.setdefault(journey.name, {})[name] = None
    return tuple(Degraded(journey=name, steps=tuple(steps)) for name, steps in found.items())


def _goes_by(step: JourneyStep, destination: str, channels: Collection[str]) -> bool:
    match step:
        case Send():
            return any(channel in channels for channel in step.channels)
        case Call():
            return step.destination == destination
        case _:
            return False


class _Reader:
    def __init__(self, plan: Plan, events: Collection[str], sources: Collection[str]) -> None:
        self._plan = plan
        self._events = events
        self._sources = sources
        self._segments: dict[str, bool] = {}

    def steps(self, journey: Journey) -> tuple[str, ...]:
        found = [ENTER] if self._is_entry_hit(journey.entry) else []
        found += [name for name in sorted(journey.steps) if self._is_step_hit(journey.steps[name])]
        if any(leave.on in self._events or self._is_hit(leave.when) for leave in journey.exits):
            found.append(LEAVE)
        return tuple(found)

    def _is_entry_hit(self, entry: Entry) -> bool:
        by_segment = entry.segment or (entry.on if entry.kind == "segment" else "")
        if by_segment and self._is_segment_hit(by_segment):
            return True
        return (entry.kind == "event" and entry.on in self._events) or self._is_hit(entry.when)

    def _is_step_hit(self, step: JourneyStep) -> bool:
        match step:
            case Branch():
                return self._is_hit(step.when)
            case WaitFor():
                return any(self._is_case_hit(case) for case in step.cases)
            case _:
                return False

    def _is_case_hit(self, case: WaitCase) -> bool:
        if case.on in self._events or case.source in self._sources:
            return True
        return self._is_hit(case.when)

    def _is_hit(self, rule: Rule | None) -> bool:
        if rule is None:
            return False
        if any(name in self._events for name in depends.events(rule)):
            return True
        if any(self._is_trait_hit(name) for name in depends.traits(rule)):
            return True
        return any(self._is_segment_hit(name) for name in depends.segments(rule))

    def _is_trait_hit(self, name: str) -> bool:
        # Computed traits are measured from events; the others are told by `Identified`.
        computed = self._plan.computed.get(name)
        if computed is None:
            return NAME_OF_KIND["identify"] in self._events
        return any(match.event in self._events for match in depends.matches(computed.slot))

    def _is_segment_hit(self, name: str) -> bool:
        if name not in self._segments:
            self._segments[name] = False
            segment = self._plan.segments.get(name)
            self._segments[name] = segment is not None and self._is_hit(segment.rule)
        return self._segments[name]


def in_words(found: Collection[Degraded]) -> str:
    """Write what is degraded in one line: `cart_rescue (enter, 2), welcome (enter)`."""
    return ", ".join(f"{each.journey} ({', '.join(each.steps)})" for each in found)
