"""Offers made to a crowd: which journeys kept each other back, and what got past all of them.

What is kept back the refusals tell. What got past is looked for in what providers took, and not in
what the engine holds: two messages to one person of which one was promised while the other held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import msgspec

from legato.core.offers.making import CONTRADICTS, journey_against
from legato.model.definitions.offer import Offered
from legato.model.ids import DeliveryId, PersonId
from legato.model.instant import Instant
from legato.model.note import Note, OfferEnded
from legato.simulate.backtest.went import Ways
from legato.simulate.lane import Sent

NO_JOURNEY = "outside of journeys"


class Promises(msgspec.Struct, kw_only=True):
    """What became of the offers."""

    made: int = 0
    """Messages with an offer that providers took."""
    avoided: dict[str, dict[str, int]] = {}
    """Journey that was refused -> journey of which the offer held -> how often."""
    broken: dict[str, int] = {}
    """`one + other` -> how often both told one person what contradicts. Anything is a fault."""

    def avoided_count(self) -> int:
        """Return how many contradictory offers were not made."""
        return sum(sum(counts.values()) for counts in self.avoided.values())

    def avoided_pairs(self) -> list[tuple[str, str, int]]:
        """Return (journey refused, journey of which the offer held, how often), most first."""
        pairs = [
            (refused, held, count)
            for refused, counts in self.avoided.items()
            for held, count in counts.items()
        ]
        return sorted(pairs, key=lambda pair: (-pair[2], pair))

    def add(self, other: Promises) -> None:
        """Add what became of the offers to other people."""
        self.made += other.made
        for refused, counts in other.avoided.items():
            for journey, count in counts.items():
                _more(self.avoided.setdefault(refused, {}), journey, count)
        for pair, count in other.broken.items():
            _more(self.broken, pair, count)


def promises_of(
    ways: Ways, sent: Iterable[Sent], notes: Iterable[tuple[PersonId, Instant, Note]]
) -> Promises:
    """Read what became of the offers of a life."""
    found = Promises()
    for one in ways.messages.values():
        if one.fate == "refused" and one.reason == CONTRADICTS:
            _more(found.avoided.setdefault(one.journey, {}), journey_against(one.why))
    ends = {note.delivery_id: at for _, at, note in notes if isinstance(note, OfferEnded)}
    of_people: dict[PersonId, list[tuple[Offered, Sent]]] = {}
    for each in sent:
        if each.delivery.offer is not None:
            found.made += 1
            offers = of_people.setdefault(each.delivery.person_id, [])
            offers.append((each.delivery.offer, each))
    for offers in of_people.values():
        for one, other in _broken(offers, ends):
            pair = sorted((one.delivery.journey, other.delivery.journey))
            _more(found.broken, " + ".join(pair))
    return found


def _broken(
    offers: Sequence[tuple[Offered, Sent]], ends: Mapping[DeliveryId, Instant]
) -> Iterator[tuple[Sent, Sent]]:
    """Yield what one person was told, each with what contradicts it and was told while it held."""
    ordered = sorted(offers, key=lambda offer: offer[1].at)
    for (offered, one), (wanted, other) in combinations(ordered, 2):
        until = one.at + offered.duration
        until = min(until, ends.get(one.delivery.delivery_id, until))
        if other.at < until and offered.contradicts(wanted):
            yield one, other


def _more(counts: dict[str, int], key: str, count: int = 1) -> None:
    counts[key] = counts.get(key, 0) + count
