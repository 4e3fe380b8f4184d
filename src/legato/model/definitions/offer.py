"""Offers: what is promised for an item, and which promises make liars of one another."""

from __future__ import annotations

from legato.model.ids import DeliveryId
from legato.model.instant import Duration, Instant
from legato.model.noun import Noun


class OfferEnd(Noun, frozen=True, kw_only=True):
    """An event that ends an offer before its time: it was taken up, or its item was bought."""

    on: str
    same: str = ""
    """Path in that event to what the offer is about; empty: it ends whatever the event tells."""


class Offer(Noun, frozen=True, kw_only=True):
    """A definition. What it is about stands in it, or in the event that began the journey."""

    name: str
    kind: str
    """discount, full_price, or any word: two kinds for one item contradict each other."""
    duration: Duration
    """How long it holds from when its message left."""
    item: str = ""
    item_path: str = ""
    """Where the item stands in the entry event, in place of `item`."""
    category: str = ""
    category_path: str = ""
    price: str = ""
    """As people are told it; two prices of one kind contradict each other too."""
    goes_with: tuple[str, ...] = ()
    """Kinds that may be offered beside it."""
    ends: tuple[OfferEnd, ...] = ()
    title: str = ""
    owner: str = ""

    def paths(self) -> tuple[str, ...]:
        """Return where it finds in the entry event what it is about."""
        return tuple(path for path in (self.item_path, self.category_path) if path)


class Offered(Noun, frozen=True, kw_only=True, array_like=True):
    """An offer as one message makes it: what was told stays so, whatever becomes of the plan."""

    offer: str
    kind: str
    duration: Duration
    item: str = ""
    category: str = ""
    """Of an offer without an item: everything in it. Of one with an item: where that belongs."""
    price: str = ""
    goes_with: tuple[str, ...] = ()

    def is_about_something(self) -> bool:
        """Return whether it is known what is offered."""
        return bool(self.item or self.category)

    def contradicts(self, other: Offered) -> bool:
        """Return whether one makes a liar of the other. It is mutual."""
        if (self.kind, self.price) == (other.kind, other.price):
            return False
        if other.kind in self.goes_with or self.kind in other.goes_with:
            return False
        if self.item and other.item:
            return self.item == other.item
        return bool(self.category) and self.category == other.category


class ActiveOffer(Noun, frozen=True, kw_only=True, array_like=True):
    """An offer that somebody holds: its message is on its way, or has left."""

    offered: Offered
    since: Instant
    until: Instant
    delivery_id: DeliveryId
    journey: str = ""
