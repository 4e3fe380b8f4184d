"""Finds pairs of people who may be one, the most probable first, without saying their values."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from legato.govern.matching.blocking import Blocks
from legato.govern.matching.levels import LADDERS, MISSING, SAME, Row
from legato.govern.matching.model import Levels, Model, learn, levels, probability, weight
from legato.model.definitions.matching import CompareKind
from legato.model.noun import Noun

LEARN_PAIRS = 200_000
"""Pairs that are learnt from; of more, every n-th."""
FOUND_MAX = 10_000
"""More suggestions than anybody reviews; the least probable are left out."""
REPORT_EVERY = 1_000
RARE = 0.25
"""A value that is so much less usual than the average of its field is called rare."""
STRONG_BITS, WEAK_BITS = 5.0, 1.0
BY_FREQUENCY = ("name", "words")
"""Kinds of which some values are far more usual than others."""


class Agreement(Noun, frozen=True, kw_only=True):
    """How two people agree in one trait, in words that hold no value."""

    trait: str
    agreement: str
    weight: str


class Found(Noun, frozen=True, kw_only=True):
    """Two rows that may be one person."""

    one: int
    other: int
    probability: float
    levels: tuple[int, ...]
    rare: tuple[bool, ...]


class Finder:
    """One run over people. Deterministic: the same rows give the same suggestions."""

    def __init__(
        self,
        kinds: Sequence[CompareKind],
        rows: Sequence[Row],
        *,
        seen: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        """Learn from people. `seen` is told now and then how much is done, and of how much."""
        self._kinds = kinds
        self._rows = rows
        self._seen = seen
        self._blocks = Blocks(rows)
        self._counts = [self._usual(field) for field in range(len(kinds))]
        self.model = self._learnt()

    def find(
        self,
        above: float,
        *,
        may_be: Callable[[int, int], bool] = lambda _one, _other: True,
    ) -> list[Found]:
        """Return the pairs that are one person with a probability of at least `above`.

        `may_be` is asked about each of them.
        """
        best: list[tuple[float, int, int, Found]] = []
        for one, other in self._pairs(begun=1):
            found = self._judged(one, other)
            if found.probability >= above and may_be(one, other):
                push = heapq.heappush if len(best) < FOUND_MAX else heapq.heappushpop
                push(best, (found.probability, -one, -other, found))
        return [each for *_, each in sorted(best, reverse=True)]

    def explain(self, found: Found, traits: Sequence[str]) -> tuple[Agreement, ...]:
        """Say in words how two agree, trait by trait; what is missing is left out."""
        return tuple(
            Agreement(
                trait=traits[field],
                agreement=self._in_words(found, field),
                weight=_strength(self._weight(found.levels[field], field, found.one)),
            )
            for field in range(len(traits))
            if found.levels[field] != MISSING
        )

    def _learnt(self) -> Model:
        every = -(-self._blocks.pair_count_max() // LEARN_PAIRS) or 1
        seen: Counter[Levels] = Counter()
        for count, (one, other) in enumerate(self._pairs(begun=0)):
            if count % every == 0:
                seen[levels(self._kinds, self._rows[one], self._rows[other])] += every
        return learn(self._kinds, self._rows, seen)

    def _pairs(self, *, begun: int) -> Iterator[tuple[int, int]]:
        """Walk the pairs, for the first or the second time."""
        once = self._blocks.pair_count_max()
        for count, pair in enumerate(self._blocks.pairs()):
            if count % REPORT_EVERY == 0:
                self._seen(begun * once + count, 2 * once)
            yield pair

    def _usual(self, field: int) -> Counter[str]:
        """Count how many have each value, where that matters."""
        if self._kinds[field] not in BY_FREQUENCY:
            return Counter()
        return Counter(row[field] for row in self._rows if row[field])

    def _judged(self, one: int, other: int) -> Found:
        found = levels(self._kinds, self._rows[one], self._rows[other])
        bits = sum(self._weight(at, field, one) for field, at in enumerate(found))
        rare = tuple(self._is_rare(at, field, one) for field, at in enumerate(found))
        chance = probability(self.model, bits)
        return Found(one=one, other=other, probability=chance, levels=found, rare=rare)

    def _weight(self, at: int, field: int, position: int) -> float:
        return weight(self.model, field, at, self._frequency(at, field, position))

    def _frequency(self, at: int, field: int, position: int) -> float:
        """Return how usual a shared name is among the others; 0 where it does not matter."""
        if at != SAME or self._kinds[field] not in BY_FREQUENCY:
            return 0.0
        return (self._counts[field][self._rows[position][field]] - 1) / len(self._rows)

    def _is_rare(self, at: int, field: int, position: int) -> bool:
        frequency = self._frequency(at, field, position)
        return 0 < frequency < RARE * self.model.u[field][SAME]

    def _in_words(self, found: Found, field: int) -> str:
        words = LADDERS[self._kinds[field]][found.levels[field]]
        return f"{words}, rare" if found.rare[field] else words


def _strength(bits: float) -> str:
    if abs(bits) < WEAK_BITS:
        return "says little"
    side = "for" if bits > 0 else "against"
    return f"strongly {side}" if abs(bits) >= STRONG_BITS else side
