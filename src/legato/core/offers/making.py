"""The gate of offers: nobody is promised what makes a liar of a promise that still holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from legato.expr.path import values_at
from legato.model.definitions.offer import ActiveOffer, Offer, Offered
from legato.model.delivery import Delivery
from legato.model.instant import Instant, format_duration, format_instant
from legato.model.note import GateSeen
from legato.model.plan import Plan
from legato.model.problem import Reason
from legato.model.state import State

OFFERS_MAX = 50
"""Offers that one person holds at a time: each new one is compared with all of them."""
CONTRADICTS = "offer.contradicts"
"""Code of a refusal for an offer that is held."""
_OF_NO_JOURNEY = "Legato"


def offered(plan: Plan, name: str, entry: Mapping[str, Any]) -> Offered | None:
    """Return what a send promises, about what its entry event names; None: it promises nothing."""
    if not name:
        return None
    offer = plan.offers.get(name)
    if offer is None:
        return Offered(offer=name, kind="", duration=0)
    return Offered(
        offer=name,
        kind=offer.kind,
        duration=offer.duration,
        item=offer.item or _first(entry, offer.item_path),
        category=offer.category or _first(entry, offer.category_path),
        price=offer.price,
        goes_with=offer.goes_with,
    )


def _first(entry: Mapping[str, Any], path: str) -> str:
    return str(next(iter(values_at(entry, path)), "")) if path else ""


def offer_gates(
    plan: Plan, state: State, wanted: Offered | None, now: Instant
) -> tuple[GateSeen, ...]:
    """Return the gate of offers at a decision; none for a message that promises nothing."""
    if wanted is None:
        return ()
    offer = plan.offers.get(wanted.offer)
    held = held_at(state, now)
    if offer is None:
        return (
            _refused(wanted, "offer.gone", f"{wanted.offer} is not offered any more", "an offer"),
        )
    if not wanted.is_about_something():
        return (_of_nothing(wanted, offer),)
    for other in held:
        if wanted.contradicts(other.offered):
            return (_contradiction(wanted, other),)
    if len(held) >= OFFERS_MAX:
        what = f"{len(held)} offers are held already, and more are not kept apart"
        return (_refused(wanted, "offer.bound", what, "an earlier end of one of them"),)
    seen = f"contradicts none of {len(held)} held" if held else "no offer is held"
    return (GateSeen(gate="offer", verdict="pass", seen=seen),)


def held_at(state: State, now: Instant) -> Sequence[ActiveOffer]:
    """Return what a person holds. What has not left yet will leave, however long ago it was due."""
    return [one for one in state.offers if one.until > now or one.delivery_id in state.pending]


def _contradiction(wanted: Offered, other: ActiveOffer) -> GateSeen:
    theirs = other.offered
    what = (
        f"it contradicts {theirs.offer} for the same {_sameness(wanted, theirs)}, which "
        f"{other.journey or _OF_NO_JOURNEY} offered on {format_instant(other.since)} for "
        f"{format_duration(theirs.duration)}"
    )
    return _refused(wanted, CONTRADICTS, what, f"the end of {theirs.offer}")


_AGAINST = re.compile(r", which (\S+) offered on ")


def journey_against(what: str) -> str:
    """Return the journey of which the offer stood against a refused one, from the refusal's words.

    Nothing else on record names it. Empty: it was of no journey.
    """
    found = _AGAINST.search(what)
    return "" if found is None or found[1] == _OF_NO_JOURNEY else found[1]


def _sameness(one: Offered, other: Offered) -> str:
    return "item" if one.item and other.item else "category"


def _of_nothing(wanted: Offered, offer: Offer) -> GateSeen:
    path = offer.item_path or offer.category_path
    what = f"nothing says what {wanted.offer} is about: the entry event has no {path}"
    return _refused(wanted, "offer.about_nothing", what, f"a `{path}` in the entry event")


def _refused(wanted: Offered, code: str, what: str, would_change: str) -> GateSeen:
    reason = Reason(code=code, what=what, definition=f"offers/{wanted.offer}")
    return GateSeen(
        gate="offer", verdict="refuse", seen=what, reason=reason, would_change=would_change
    )


def sending_gates(state: State, delivery: Delivery) -> tuple[GateSeen, ...]:
    """Return the gate of offers at the instant of sending: what it promises must still hold.

    An offer that was taken up meanwhile holds no more, nor does that of a message which was given
    up and put back by hand: another may have been made since.
    """
    wanted = delivery.offer
    if wanted is None:
        return ()
    if any(one.delivery_id == delivery.delivery_id for one in state.offers):
        return (GateSeen(gate="offer", verdict="pass", seen=f"{wanted.offer} holds"),)
    what = f"{wanted.offer} has ended since it was decided"
    return (_refused(wanted, "offer.ended", what, "the offer made anew by its journey"),)
