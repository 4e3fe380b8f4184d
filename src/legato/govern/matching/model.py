"""How much each level of agreement says: the model of Fellegi and Sunter (1969).

For each field and level, m is its share among pairs that are one person, u among pairs that are
not. log2(m / u) is its weight; the weights of a pair add up to the odds that it is one person. Both
are learnt from the people at hand, without examples: the shares of all levels among pairs drawn
at random, and expectation-maximisation over the pairs that share a key (Winkler 1990). What is
seen at random is a mixture too, of which the share that m explains is taken off: in a small file
the duplicates themselves would else make agreement look common.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from legato.govern.matching.levels import LADDERS, MISSING, SAME, Level, Row, level
from legato.model.definitions.matching import CompareKind
from legato.model.noun import Noun

RANDOM_PAIRS = 40_000
ROUNDS_MAX = 50
STEADY = 1e-5
"""Learning ends when no share moves by more."""
SMOOTH = 0.5
"""Pairs that each level is taken to have been seen in, over and above those that it was."""
U_SHARE_MIN = 0.02
"""How much of a share at random is left at least: what is taken off is itself an estimate."""
MATCHES_MIN = 1e-9
_STRIDE = 2_654_435_761
"""Steps that reach every position before any again, for any count that it does not divide."""

Levels = tuple[Level, ...]
Shares = tuple[tuple[float, ...], ...]
"""Field -> level -> share."""


class Model(Noun, frozen=True, kw_only=True):
    kinds: tuple[CompareKind, ...]
    m: Shares
    u: Shares
    prior: float
    """The share of all pairs that are one person."""


def weight(model: Model, field: int, at: Level, frequency: float = 0.0) -> float:
    """Return what a level says in bits; `frequency`: how usual the value is that both have."""
    if at == MISSING:
        return 0.0
    usual = frequency if at == SAME and frequency else model.u[field][at]
    return math.log2(model.m[field][at] / usual)


def probability(model: Model, bits: float) -> float:
    """Return the probability that a pair is one person, of the sum of its weights."""
    odds = math.log2(model.prior / (1.0 - model.prior)) + bits
    return 1.0 / (1.0 + 2.0 ** min(-odds, 1_000.0))


def levels(kinds: Sequence[CompareKind], one: Row, other: Row) -> Levels:
    """Compare two people in every field."""
    return tuple(level(kinds, field, one, other) for field in range(len(kinds)))


def learn(
    kinds: Sequence[CompareKind],
    rows: Sequence[Row],
    seen: Mapping[Levels, float],
) -> Model:
    """Learn a model from people, and from how often pairs that share a key agree in which way."""
    pair_count = max(len(rows) * (len(rows) - 1) / 2, 1.0)
    at_random = _shares_at_random(kinds, rows)
    model = Model(
        kinds=tuple(kinds),
        m=tuple(_first_m(len(LADDERS[kind])) for kind in kinds),
        u=at_random,
        prior=_prior(min(len(rows) / 10, pair_count / 10) / pair_count),
    )
    for _ in range(ROUNDS_MAX):
        better = _round(model, seen, at_random, pair_count)
        if _distance(model, better) < STEADY:
            return better
        model = better
    return model


def _first_m(count: int) -> tuple[float, ...]:
    """Begin where most pairs of one person agree, and few are different."""
    rest = 0.2 / (count - 1)
    return (0.8, *([rest] * (count - 1)))


def _prior(share: float) -> float:
    return min(max(share, MATCHES_MIN), 0.5)


def _shares_at_random(kinds: Sequence[CompareKind], rows: Sequence[Row]) -> Shares:
    """Return each level's share among pairs drawn at random; of `the same`, among all pairs."""
    counts = [[SMOOTH] * len(LADDERS[kind]) for kind in kinds]
    for one, other in _random_pairs(len(rows)):
        for field in range(len(kinds)):
            at = level(kinds, field, rows[one], rows[other])
            if at > SAME:
                counts[field][at] += 1
    return tuple(_with_same(counts[field], _same_share(rows, field)) for field in range(len(kinds)))


def _with_same(counts: Sequence[float], same: float) -> tuple[float, ...]:
    rest = sum(counts[1:])
    return (same, *((1 - same) * count / rest for count in counts[1:]))


def _same_share(rows: Sequence[Row], field: int) -> float:
    counts = Counter(row[field] for row in rows if row[field])
    total = sum(counts.values())
    pairs = total * (total - 1) / 2
    same = sum(count * (count - 1) / 2 for count in counts.values())
    return min((same + SMOOTH) / (pairs + 1), 1 - 1e-6)


def _random_pairs(count: int) -> Sequence[tuple[int, int]]:
    """Return pairs that have nothing to do with what people share, the same ones each time."""
    total = count * (count - 1) // 2
    taken = min(total, RANDOM_PAIRS)
    pairs: list[tuple[int, int]] = []
    for number in range(taken):
        at = number * _STRIDE % total
        one = (1 + math.isqrt(1 + 8 * at)) // 2
        pairs.append((one, at - one * (one - 1) // 2))
    return pairs


def _round(
    model: Model, seen: Mapping[Levels, float], at_random: Shares, pair_count: float
) -> Model:
    """Say of each pair how probable it is, then learn from that."""
    matched = [[SMOOTH / len(shares)] * len(shares) for shares in model.m]
    total = 0.0
    for found, count in seen.items():
        bits = sum(weight(model, field, at) for field, at in enumerate(found))
        expected = probability(model, bits) * count
        total += expected
        for field, at in enumerate(found):
            if at != MISSING:
                matched[field][at] += expected
    m = tuple(tuple(each / sum(counts) for each in counts) for counts in matched)
    prior = _prior(total / pair_count)
    u = tuple(_without(prior, *shares) for shares in zip(at_random, m, strict=True))
    return Model(kinds=model.kinds, m=m, u=u, prior=prior)


def _without(prior: float, at_random: Sequence[float], m: Sequence[float]) -> tuple[float, ...]:
    """Return what is left of the shares at random when those of one person are taken off."""
    left = [
        max(share - prior * mine, share * U_SHARE_MIN)
        for share, mine in zip(at_random, m, strict=True)
    ]
    total = sum(left)
    return tuple(each / total for each in left)


def _distance(one: Model, other: Model) -> float:
    return max(
        abs(a - b)
        for mine, theirs in zip(one.m, other.m, strict=True)
        for a, b in zip(mine, theirs, strict=True)
    )
