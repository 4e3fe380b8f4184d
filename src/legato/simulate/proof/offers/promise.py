"""What messages promise, what the gate of offers is asked, and which promises it keeps apart.

The gate stands between every decision and its lane, so of two offers that it is asked about and
that it compares nobody holds both. What goes around it is looked for here: a message that promises
where nothing is asked, two that are never compared, and prices that `goes_with` lets stand.
"""

from __future__ import annotations

from collections.abc import Iterable

from legato.model.definitions.journey import Journey, Send
from legato.model.definitions.offer import Offer, Offered
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.simulate.proof.ground import ITEMS, last

THING, CATEGORY = "p1", "c1"
OTHER_NAME = "s1"
"""The same thing as p1, where something else names it."""
PRICES = ("discount", "full_price")
"""Kinds that say what something costs, whatever else may stand beside them."""


class Promise(Noun, frozen=True, kw_only=True):
    """What one send promises."""

    journey: Journey
    step: Send
    offer: Offer
    asked: Offer | None
    """What the gate is asked about; None: nothing, though the message promises elsewhere."""


class Subject(Noun, frozen=True, kw_only=True):
    """One thing that two promises may be about."""

    first: tuple[str, str] = ("", "")
    """Where the entry event of the first names it, and by which value; empty: it stands fixed."""
    second: tuple[str, str] = ("", "")
    is_compared: bool = True
    """Whether the gate sees that it is one."""


def promises_of(plan: Plan) -> tuple[Promise, ...]:
    """Return what all sends promise: what they say, else what their message promises elsewhere."""
    sends = [
        (journey, step)
        for journey in plan.journeys.values()
        for step in journey.steps.values()
        if isinstance(step, Send)
    ]
    elsewhere: dict[str, dict[str, Offer]] = {}
    for _, step in sends:
        if step.offer:
            elsewhere.setdefault(step.message, {})[step.offer] = plan.offers[step.offer]
    found: list[Promise] = []
    for journey, step in sends:
        own = plan.offers.get(step.offer)
        told = elsewhere.get(step.message, {}).values() if own is None else (own,)
        found += [Promise(journey=journey, step=step, offer=one, asked=own) for one in told]
    return tuple(found)


def unmade(plan: Plan, promises: Iterable[Promise]) -> tuple[Offer, ...]:
    """Return the offers that no send makes."""
    made = {promise.offer.name: True for promise in promises}
    return tuple(offer for name, offer in plan.offers.items() if name not in made)


def is_lie(one: Offer, other: Offer) -> bool:
    """Return whether of two promises about the same one is a lie."""
    return is_apart(one, other) or _are_two_prices(one, other)


def is_apart(one: Offer, other: Offer) -> bool:
    """Return whether the gate keeps two offers about the same apart."""
    return _as_made(one).contradicts(_as_made(other))


def _as_made(offer: Offer) -> Offered:
    return Offered(
        offer=offer.name,
        kind=offer.kind,
        duration=offer.duration,
        item=THING,
        price=offer.price,
        goes_with=offer.goes_with,
    )


def _are_two_prices(one: Offer, other: Offer) -> bool:
    """Return whether both say what it costs, and not the same, whatever may go with what."""
    if one.kind == other.kind:
        return bool(one.price and other.price) and one.price != other.price
    return one.kind in PRICES and other.kind in PRICES


def subject_of(one: Offer, other: Offer) -> Subject | None:
    """Return a thing that both can be about; None where there is none, or none that is known."""
    has_items = _has_item(one), _has_item(other)
    if all(has_items):
        return _same_item(one, other)
    if _has_category(one) and _has_category(other):
        return _same(
            (one.category, one.category_path), (other.category, other.category_path), CATEGORY
        )
    return _item_in_category(one, other)


def _has_item(offer: Offer) -> bool:
    return bool(offer.item or offer.item_path)


def _has_category(offer: Offer) -> bool:
    return bool(offer.category or offer.category_path)


def _same_item(one: Offer, other: Offer) -> Subject | None:
    names = last(one.item_path), last(other.item_path)
    if all(names) and names[0] != names[1]:
        if not all(name in ITEMS for name in names):
            return None
        return Subject(
            first=(one.item_path, THING),
            second=(other.item_path, OTHER_NAME),
            is_compared=False,
        )
    return _same((one.item, one.item_path), (other.item, other.item_path), THING)


def _same(one: tuple[str, str], other: tuple[str, str], any_value: str) -> Subject | None:
    (mine, my_path), (theirs, their_path) = one, other
    if mine and theirs and mine != theirs:
        return None
    value = mine or theirs or any_value
    return Subject(
        first=(my_path, value) if my_path else ("", ""),
        second=(their_path, value) if their_path else ("", ""),
    )


def _item_in_category(one: Offer, other: Offer) -> Subject | None:
    """Return a thing of one that belongs to the category of the other; nothing compares the two."""
    item, category = (one, other) if _has_item(one) else (other, one)
    if not item.item_path:
        return None  # whether a fixed item belongs to a category is not known
    of_item = (item.item_path, THING)
    of_category = (category.category_path, CATEGORY) if category.category_path else ("", "")
    first, second = (of_item, of_category) if item is one else (of_category, of_item)
    return Subject(first=first, second=second, is_compared=False)
