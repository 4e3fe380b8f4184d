"""Since when retirement holds: not before the plan that said so, so that 30 days are 30 days."""

from __future__ import annotations

from msgspec.structs import replace

from legato.model.instant import Instant
from legato.model.plan import EventType, Plan, TraitType

_NO_EVENT = EventType(name="", schema={}, owner="")
_NO_TRAIT = TraitType(name="", schema={}, owner="")


def with_effect(plan: Plan, active: Plan, now: Instant) -> Plan:
    """Return a plan that becomes active now, with its retirements as of when they hold.

    A day that has passed already would else have things removed at once. What the active plan has
    retired by now stays retired since then; taking the word off for a while begins it anew.
    """
    events = {
        name: _event(event, active.events.get(name, _NO_EVENT), now)
        for name, event in plan.events.items()
    }
    traits = {
        name: _trait(trait, active.traits.get(name, _NO_TRAIT), now)
        for name, trait in plan.traits.items()
    }
    return replace(plan, events=events, traits=traits)


def _event(event: EventType, active: EventType, now: Instant) -> EventType:
    before = active.retired_properties
    return replace(
        event,
        retired=_since(event.retired, active.retired, now),
        retired_properties={
            path: _since(written, before.get(path, 0), now)
            for path, written in event.retired_properties.items()
        },
    )


def _trait(trait: TraitType, active: TraitType, now: Instant) -> TraitType:
    return replace(trait, retired=_since(trait.retired, active.retired, now))


def _since(written: Instant, active: Instant, now: Instant) -> Instant:
    if not written or written > now:
        return written
    return active if 0 < active <= now else now
