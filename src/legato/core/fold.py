"""Stage 3: what the event says becomes part of the person: traits, consents, measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from legato.core.admit import trait_refusal
from legato.core.consents.dialects import hear
from legato.core.identity.merge import later_trait
from legato.core.moment import Moment
from legato.core.program import ZONE_TRAIT, SlotFold
from legato.expr.path import Json, values_at
from legato.expr.tally import observe, observe_then
from legato.model.event import CustomerEvent
from legato.model.instant import Instant
from legato.model.note import TraitRefused, TraitWritten
from legato.model.problem import Reason
from legato.model.state import Tally, Trait

GROUPS_MAX = 200
"""Groups (accounts) a person belongs to; more are not kept."""
TRAITS_MAX = 500
"""Traits a person has; without a catalog a sender could otherwise make a state of any size."""


def fold(moment: Moment, event: CustomerEvent, context: Mapping[str, Any]) -> None:
    """Write everything the event says about its person. Any order of arrival gives the same."""
    state = moment.state
    state.first_seen = min(state.first_seen, event.occurred_at)
    state.last_seen = max(state.last_seen, event.occurred_at)
    _fold_traits(moment, event, context)
    hear(moment, event, context)
    if event.kind == "group" and event.group_id:
        at = state.groups.get(event.group_id, event.occurred_at)
        if event.group_id in state.groups or len(state.groups) < GROUPS_MAX:
            state.groups[event.group_id] = min(at, event.occurred_at)
    fold_slots(
        moment.program.folds.get(event.name, ()),
        state.history,
        event.occurred_at,
        body=moment.body,
        horizon=moment.now - moment.program.plan.lateness,
        changed=moment.changed,
    )


def _fold_traits(moment: Moment, event: CustomerEvent, context: Mapping[str, Any]) -> None:
    if event.kind == "identify":
        for name, value in moment.body.items():
            write_trait(moment, name, value)
    elif "traits" in context:
        for name, value in _mapping(context, "traits").items():
            write_trait(moment, name, value)
    zone = context.get("timezone")
    if isinstance(zone, str) and ZONE_TRAIT in moment.program.plan.traits:
        write_trait(moment, ZONE_TRAIT, zone)


def write_trait(moment: Moment, name: str, value: object) -> None:
    """Write one trait as of the moment, if its declared shape allows and nothing newer is there."""
    if value is None:
        return  # SDKs send null for what they do not know; that is not a fact
    reason = trait_refusal(moment.program, name, value, moment.now)
    if reason is not None:
        moment.notes.append(TraitRefused(name=name, reason=reason))
        return
    before = moment.state.traits.get(name)
    if before is None and len(moment.state.traits) >= TRAITS_MAX:
        full = Reason(code="trait.bound", what=f"the person has {TRAITS_MAX} traits already")
        moment.notes.append(TraitRefused(name=name, reason=full))
        return
    trait = later_trait(before, Trait(value=value, at=moment.at))
    if trait is before:
        return
    moment.state.traits[name] = trait
    if before is None or before.value != value:
        moment.changed[f"trait:{name}"] = True
        moment.notes.append(TraitWritten(name=name))


def _mapping(value: Mapping[str, Json], key: str) -> Mapping[str, Json]:
    """Return the object under a key; an empty one where there is none."""
    found = value.get(key)
    return cast("Mapping[str, Json]", found) if isinstance(found, dict) else {}


def fold_slots(  # noqa: PLR0913 - all that a measurement rests on; every event runs through here
    folds: Sequence[SlotFold],
    history: dict[str, Tally],
    at: Instant,
    *,
    body: Mapping[str, Any],
    horizon: Instant,
    changed: dict[str, bool],
) -> None:
    """Measure an event by those slots that it concerns."""
    for slot, slot_id, match, then_match in folds:
        is_first = match is not None and match(body)
        is_then = then_match is not None and then_match(body)
        if not is_first and not is_then:
            continue
        before = after = history.get(slot_id)
        if is_first:
            values = values_at(body, slot.property) if slot.property else ()
            after = observe(slot, after, at, values=values, horizon=horizon)
        if is_then:
            after = observe_then(slot, after, at, horizon=horizon)
        changed[slot_id] = True
        if after is None:
            history.pop(slot_id, None)
        elif after is not before:
            history[slot_id] = after
