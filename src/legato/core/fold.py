"""Stage 3: what the event says becomes part of the person: traits, consents, measurements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from legato.core.admit import CONSENT_EVENT, trait_refusal
from legato.core.merge import later_trait, newer_consent
from legato.core.moment import Moment
from legato.core.program import ZONE_TRAIT
from legato.expr.path import Json, scalars, values_at
from legato.expr.tally import observe, observe_then
from legato.model.consent import EVERY_CHANNEL, Consent, ledger_key
from legato.model.event import CustomerEvent
from legato.model.instant import Instant
from legato.model.note import ConsentSet, TraitRefused, TraitWritten
from legato.model.problem import Reason
from legato.model.state import Trait

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
    for consent_key, is_granted, wording in _consents(moment, event, context):
        _fold_consent(moment, event, consent_key, is_granted=is_granted, wording=wording)
    if event.kind == "group" and event.group_id:
        at = state.groups.get(event.group_id, event.occurred_at)
        if event.group_id in state.groups or len(state.groups) < GROUPS_MAX:
            state.groups[event.group_id] = min(at, event.occurred_at)
    _fold_slots(moment, event)


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
    reason = trait_refusal(moment.program, name, value)
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


def _consents(
    moment: Moment, event: CustomerEvent, context: Mapping[str, Any]
) -> list[tuple[tuple[str, str], bool, str]]:
    """Return ((purpose, channel), granted, wording) in each dialect that clients speak."""
    found: list[tuple[tuple[str, str], bool, str]] = []
    if event.kind == "track" and event.name == CONSENT_EVENT:
        key = (moment.body["purpose"], moment.body.get("channel", EVERY_CHANNEL))
        found.append((key, moment.body["granted"], str(moment.body.get("wording", ""))))
    purpose_of = moment.program.plan.policies.consent_categories
    if purpose_of:
        for category, is_granted in _categories(context):
            if category in purpose_of:
                found.append(((purpose_of[category], EVERY_CHANNEL), is_granted, ""))
    return found


def _categories(context: Mapping[str, Any]) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    if "consent" in context:
        preferences = _mapping(_mapping(context, "consent"), "categoryPreferences")
        found += [one for one in preferences.items() if isinstance(one[1], bool)]
    if "consentManagement" in context:
        rudder = _mapping(context, "consentManagement")
        for field, is_granted in (("allowedConsentIds", True), ("deniedConsentIds", False)):
            found += [(str(category), is_granted) for category in scalars(rudder.get(field))]
    return found


def _mapping(value: Mapping[str, Json], key: str) -> Mapping[str, Json]:
    """Return the object under a key; an empty one where there is none."""
    found = value.get(key)
    return cast("Mapping[str, Json]", found) if isinstance(found, dict) else {}


def _fold_consent(
    moment: Moment,
    event: CustomerEvent,
    about: tuple[str, str],
    *,
    is_granted: bool,
    wording: str,
) -> None:
    line = Consent(
        is_granted=is_granted,
        at=_said_at(moment, event, is_granted=is_granted),
        source=event.source,
        event_id=event.event_id,
        wording=wording,
    )
    for purpose, channel in _scope(moment, about, is_granted=is_granted):
        key = ledger_key(purpose, channel)
        before = moment.state.consents.get(key)
        after = newer_consent(before, line)
        if after is before:
            continue
        moment.state.consents[key] = after
        if before is None or before.is_granted != is_granted:
            moment.changed["consent"] = True
            note = ConsentSet(purpose=purpose, channel=channel, is_granted=is_granted)
            moment.notes.append(note)


def _said_at(moment: Moment, event: CustomerEvent, *, is_granted: bool) -> Instant:
    """Return when the event says so; after what was said before by a clock that was ahead.

    Nothing can have been said later than now, so a line that claims it was written before the
    machine's clock was set back. By its instant it would outlive every no of the hours that
    come. A no counts by the order of arrival then, however little the clock went back; a yes only
    when the engine's clock followed it.
    """
    latest = moment.now if is_granted else event.received_at
    ahead = [
        line.at + 1
        for line in moment.state.consents.values()
        if line.at > latest and line.event_id != event.event_id
    ]
    return max(ahead) if ahead else event.occurred_at


def _scope(moment: Moment, about: tuple[str, str], *, is_granted: bool) -> list[tuple[str, str]]:
    """Return what a yes opens (just what it names) or a no closes (as the policy says)."""
    scope = moment.program.plan.policies.opt_out_scope
    if is_granted or scope == "channel":
        return [about]
    channels = [EVERY_CHANNEL, *moment.program.plan.channels]
    if scope == "topic":
        return [(about[0], one) for one in channels]
    promotional = [one.name for one in moment.program.plan.purposes.values() if one.is_promotional]
    names = dict.fromkeys([about[0], *promotional])
    return [(name, one) for name in names for one in channels]


def _fold_slots(moment: Moment, event: CustomerEvent) -> None:
    at, horizon = event.occurred_at, moment.now - moment.program.plan.lateness
    body, history, changed = moment.body, moment.state.history, moment.changed
    for slot, slot_id, match, then_match in moment.program.folds.get(event.name, ()):
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
