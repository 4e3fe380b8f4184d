"""A profile as doors show it: everything known of one person, in one canonical order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from legato.core.offers.making import held_at
from legato.core.program import ZONE_TRAIT
from legato.core.retirement.retired import is_hidden
from legato.expr.tally import measure
from legato.expr.wall import is_zone
from legato.model.consent import EVERY_CHANNEL, Consent, ledger_key
from legato.model.delivery import Delivery
from legato.model.ended import enrollments_of
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.state import Enrollment, State

SaidBy: TypeAlias = Literal["person", "tool", "browser", "unconfirmed"]


class ShownIdentifier(Noun, frozen=True, kw_only=True):
    kind: str
    value: str
    since: Instant


class ShownTrait(Noun, frozen=True, kw_only=True):
    name: str
    value: Any
    at: Instant
    """For a computed trait: when it was measured, which is now."""
    is_computed: bool = False


class ShownConsent(Noun, frozen=True, kw_only=True):
    purpose: str
    channel: str
    is_granted: bool
    at: Instant
    source: str
    event_id: str
    record: str = ""
    by: SaidBy = "person"
    """Who said it; `unconfirmed` waits for the person's confirmation, or did in vain."""


class ShownMembership(Noun, frozen=True, kw_only=True):
    name: str
    since: Instant


class ShownEnrollment(Noun, frozen=True, kw_only=True):
    enrollment_id: str
    journey: str
    version: str
    key: str
    entered_at: Instant
    step: str
    since: Instant
    due_at: Instant | None
    ended_at: Instant | None
    outcome: str


class ShownDelivery(Noun, frozen=True, kw_only=True):
    """A message on its way, or held. Its content and address are not part of a profile."""

    delivery_id: str
    message: str
    channel: str
    journey: str
    decided_at: Instant
    held_until: Instant | None = None


class ShownOffer(Noun, frozen=True, kw_only=True):
    """What the person was promised, and may still take up."""

    offer: str
    kind: str
    item: str
    category: str
    price: str
    journey: str
    since: Instant
    until: Instant
    delivery_id: str


class Profile(Noun, frozen=True, kw_only=True):
    """Equal states give equal bytes: every list is sorted."""

    person_id: str
    first_seen: Instant
    last_seen: Instant
    identifiers: tuple[ShownIdentifier, ...]
    traits: tuple[ShownTrait, ...]
    segments: tuple[ShownMembership, ...]
    consents: tuple[ShownConsent, ...]
    enrollments: tuple[ShownEnrollment, ...]
    audiences: tuple[ShownMembership, ...]
    groups: tuple[ShownMembership, ...]
    deliveries: tuple[ShownDelivery, ...]
    merged: tuple[str, ...]
    suppressed_address_count: int
    offers: tuple[ShownOffer, ...] = ()


_ENCODER = msgspec.json.Encoder(order="deterministic")


def profile_bytes(profile: Profile) -> bytes:
    """Return a profile's canonical JSON."""
    return _ENCODER.encode(profile)


def profile_of(state: State, *, plan: Plan, now: Instant) -> Profile:
    """Return the view of a state, with computed traits measured as of `now`."""
    return Profile(
        person_id=state.person_id,
        first_seen=state.first_seen,
        last_seen=state.last_seen,
        identifiers=tuple(
            ShownIdentifier(kind=kind, value=value, since=since)
            for kind, values in sorted(state.identifiers.items())
            for value, since in sorted(values.items())
        ),
        traits=_traits(state, plan=plan, now=now),
        segments=_memberships(state.segments),
        consents=_consents(state),
        enrollments=_enrollments(state),
        audiences=_memberships(state.audiences),
        groups=_memberships(state.groups),
        deliveries=_deliveries(state),
        merged=tuple(sorted(state.merged)),
        suppressed_address_count=len(state.suppressed),
        offers=_offers(state, now),
    )


def _offers(state: State, now: Instant) -> tuple[ShownOffer, ...]:
    return tuple(
        ShownOffer(
            offer=each.offered.offer,
            kind=each.offered.kind,
            item=each.offered.item,
            category=each.offered.category,
            price=each.offered.price,
            journey=each.journey,
            since=each.since,
            until=each.until,
            delivery_id=each.delivery_id,
        )
        for each in sorted(held_at(state, now), key=lambda each: (each.since, each.delivery_id))
    )


def _traits(state: State, *, plan: Plan, now: Instant) -> tuple[ShownTrait, ...]:
    zone = _zone(state, plan)
    declared = [
        ShownTrait(name=name, value=trait.value, at=trait.at)
        for name, trait in state.traits.items()
        if name not in plan.computed and not is_hidden(plan, name, now)
    ]
    computed: list[ShownTrait] = []
    for name, each in plan.computed.items():
        value = measure(each.slot, state.history.get(each.slot.slot_id), now, zone)
        if value is not None:
            computed.append(ShownTrait(name=name, value=value, at=now, is_computed=True))
    return tuple(sorted((*declared, *computed), key=lambda trait: trait.name))


def _zone(state: State, plan: Plan) -> str:
    trait = state.traits.get(ZONE_TRAIT)
    if trait is not None and isinstance(trait.value, str) and is_zone(trait.value):
        return trait.value
    return plan.zone


def _consents(state: State) -> tuple[ShownConsent, ...]:
    objections = {
        ledger_key(purpose, EVERY_CHANNEL): line for purpose, line in state.objections.items()
    }
    registers: tuple[tuple[SaidBy, Mapping[str, Consent]], ...] = (
        ("person", state.consents),
        ("tool", state.signals),
        ("browser", objections),
        ("unconfirmed", state.unconfirmed),
    )
    return tuple(
        _consent(key, consent, by)
        for by, lines in registers
        for key, consent in sorted(lines.items())
    )


def _consent(key: str, consent: Consent, by: SaidBy) -> ShownConsent:
    purpose, _, channel = key.partition("/")
    return ShownConsent(
        purpose=purpose,
        channel=channel,
        is_granted=consent.is_granted,
        at=consent.at,
        source=consent.source,
        event_id=consent.event_id,
        record=consent.record,
        by=by,
    )


def _memberships(since: Mapping[str, Instant]) -> tuple[ShownMembership, ...]:
    return tuple(ShownMembership(name=name, since=at) for name, at in sorted(since.items()))


def _enrollments(state: State) -> tuple[ShownEnrollment, ...]:
    def order(enrollment: Enrollment) -> tuple[Instant, str]:
        return enrollment.entered_at, enrollment.enrollment_id

    return tuple(
        ShownEnrollment(
            enrollment_id=each.enrollment_id,
            journey=each.journey,
            version=each.version,
            key=each.key,
            entered_at=each.entered_at,
            step=each.step_id,
            since=each.since,
            due_at=each.due_at,
            ended_at=each.ended_at,
            outcome=each.outcome,
        )
        for each in sorted(enrollments_of(state), key=order)
    )


def _deliveries(state: State) -> tuple[ShownDelivery, ...]:
    shown = [_delivery(each) for each in state.pending.values()]
    shown += [_delivery(each.delivery, held_until=each.due_at) for each in state.held]
    return tuple(sorted(shown, key=lambda each: (each.decided_at, each.delivery_id)))


def _delivery(delivery: Delivery, *, held_until: Instant | None = None) -> ShownDelivery:
    return ShownDelivery(
        delivery_id=delivery.delivery_id,
        message=delivery.message,
        channel=delivery.channel,
        journey=delivery.journey,
        decided_at=delivery.decided_at,
        held_until=held_until,
    )
