"""Offers that end before their time: taken up, or made to two people who turn out to be one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.core.moment import Moment
from legato.core.offers.holding import end, kept_apart
from legato.core.sending.delivery import drop_held, withdraw
from legato.expr.path import values_at
from legato.model.definitions.offer import ActiveOffer, Offered, OfferEnd
from legato.model.problem import Reason


def end_by_event(moment: Moment) -> None:
    """End what the event says is over; what has not left yet stays here."""
    state = moment.state
    what = f"{moment.name} ended it"
    for one in list(state.offers):
        # What happened before the offer was made is not about it.
        if one.since <= moment.at and _is_ended(moment, one.offered):
            end(moment, one, "taken", what)
            _call_back(moment, one, what)
    for held in list(state.held):
        offered = held.delivery.offer
        is_after = held.delivery.decided_at <= moment.at
        if offered is not None and is_after and _is_ended(moment, offered):
            drop_held(moment, held, _ended(offered, what))


def _is_ended(moment: Moment, offered: Offered) -> bool:
    ends = moment.program.offer_ends[moment.name]
    return any(
        name == offered.offer and _is_about(each, offered, moment.body) for name, each in ends
    )


def _is_about(each: OfferEnd, offered: Offered, body: Mapping[str, Any]) -> bool:
    wanted = offered.item or offered.category
    return not each.same or any(str(value) == wanted for value in values_at(body, each.same))


def _call_back(moment: Moment, one: ActiveOffer, what: str) -> None:
    if one.delivery_id in moment.state.pending:
        withdraw(moment, one.delivery_id, _ended(one.offered, what))


def _ended(offered: Offered, what: str) -> Reason:
    return Reason(
        code="offer.ended",
        what=f"{offered.offer} has ended: {what}",
        definition=f"offers/{offered.offer}",
    )


def part_offers(moment: Moment) -> None:
    """Settle what two people held who are one now: the earlier offer stays."""
    state = moment.state
    kept, dropped = kept_apart(state.offers)
    for one, other in dropped:
        what = f"its person turned out to be one who held {other.offered.offer} before"
        end(moment, one, "contradicted", what)
        _call_back(moment, one, what)
    state.offers = kept
    moment.has_new_offers = True
