"""The offers that a person holds: when each begins and ends, and the watch that none contradict.

An offer is held from when its message is handed to its lane, and not only from when it has arrived:
what is on its way must keep others back, as it takes its place under the caps. A message that
comes to nothing takes its offer with it. One that may have arrived does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from msgspec.structs import replace

from legato.core.moment import Moment
from legato.model.definitions.offer import ActiveOffer
from legato.model.delivery import Delivery
from legato.model.event import DeliveryReported
from legato.model.note import OfferEnded
from legato.model.problem import Reason

NOT_RECEIVED = ("failed", "expired", "refused", "bounced")
"""Outcomes after which nobody was promised anything."""


def hold(moment: Moment, delivery: Delivery) -> None:
    """Keep the offer of a message that is handed to its lane."""
    assert delivery.offer is not None
    moment.state.offers.append(
        ActiveOffer(
            offered=delivery.offer,
            since=moment.now,
            until=moment.now + delivery.offer.duration,
            delivery_id=delivery.delivery_id,
            journey=delivery.journey,
        )
    )
    moment.has_new_offers = True


def settle_offer(moment: Moment, report: DeliveryReported, *, is_first: bool) -> None:
    """Undo the offer of a message that came to nothing; count others from when they left."""
    offers = moment.state.offers
    for index, one in enumerate(offers):
        if one.delivery_id != report.delivery_id:
            continue
        if report.outcome in NOT_RECEIVED and not report.may_have_arrived:
            end(moment, one, "undone", f"its message was not received: {report.outcome}")
        elif is_first:
            offers[index] = replace(one, until=moment.now + one.offered.duration)
        return


def end(moment: Moment, one: ActiveOffer, word: str, what: str) -> None:
    """Let an offer hold no more."""
    moment.state.offers.remove(one)
    offer = one.offered.offer
    reason = Reason(code=f"offer.{word}", what=what, definition=f"offers/{offer}")
    moment.notes.append(OfferEnded(offer=offer, delivery_id=one.delivery_id, reason=reason))


def tend_offers(moment: Moment) -> None:
    """End what has lasted its time, and look whether what is held contradicts itself."""
    state = moment.state
    for one in [one for one in state.offers if one.until <= moment.now]:
        if one.delivery_id not in state.pending:
            end(moment, one, "expired", "it has lasted its time")
    if not moment.has_new_offers:
        return
    for one, other in contradictions(state.offers):
        what = (
            f"{one.offered.offer} of {one.journey} and {other.offered.offer} of {other.journey} "
            "are held at once and contradict each other: two promises, of which one is a lie"
        )
        definition = f"offers/{other.offered.offer}"
        moment.warn(Reason(code=CONTRADICTION, what=what, definition=definition))


CONTRADICTION = "offer.contradiction"
"""Code of the alert that must never be raised."""


def contradictions(offers: Iterable[ActiveOffer]) -> Iterator[tuple[ActiveOffer, ActiveOffer]]:
    """Yield every two that contradict each other. It asks nothing of how they came to be held."""
    for one, other in combinations(offers, 2):
        if one.offered.contradicts(other.offered):
            yield one, other


def kept_apart(
    offers: Iterable[ActiveOffer],
) -> tuple[list[ActiveOffer], list[tuple[ActiveOffer, ActiveOffer]]]:
    """Return those that stay of what two people held, and each of the others with what stays.

    Of two that contradict each other the earlier one stays.
    """
    kept: list[ActiveOffer] = []
    dropped: list[tuple[ActiveOffer, ActiveOffer]] = []
    for one in sorted(offers, key=lambda each: (each.since, each.delivery_id)):
        other = next((each for each in kept if each.offered.contradicts(one.offered)), None)
        if other is not None:
            dropped.append((one, other))
        elif all(each.delivery_id != one.delivery_id for each in kept):
            kept.append(one)
    return kept, dropped
