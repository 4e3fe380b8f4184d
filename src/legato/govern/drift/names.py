"""How likely two names mean the same. Alike is not the same: a subtotal is no total.

Similarity of letters alone proposes the wrong field readily: `total` and `subtotal`, `paid` and
`unpaid`, `price` and `price_before_tax` are close in letters and far in meaning. So a word that
only one of them has, and that changes the meaning, ends the comparison.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rapidfuzz import fuzz

UNITS: Mapping[str, float] = {
    "cent": 0.01,
    "cents": 0.01,
    "pence": 0.01,
    "minor": 0.01,
    "ms": 0.001,
    "millis": 0.001,
    "milliseconds": 0.001,
}
"""Words that say a unit, and the factor to the larger one."""
_QUALIFIERS = dict.fromkeys(
    word
    for line in (
        "after avg average before billing cancelled count delivery discount due estimated excl",
        "expected fee first gross incl item items last line list max mean min net new next old",
        "open original paid partial per previous refund remaining second shipping sub tax test",
        "tip unit vat with without",
    )
    for word in line.split()
)
_PREFIXES = ("un", "non", "in", "dis", "sub", "pre", "de", "re", "anti", "mis", "ex")
_GROUPS = (
    "amt amount total value sum",
    "qty quantity",
    "id identifier",
    "mail email",
    "phone mobile tel telephone msisdn",
    "ccy currency",
    "ts timestamp datetime",
    "nr no num number",
    "addr address",
    "desc description",
    "prod product",
    "cust customer client",
    "lang language locale",
    "zip postcode",
)
_SAME = {word: group.split(maxsplit=1)[0] for group in _GROUPS for word in group.split()}
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def words_of(name: str) -> list[str]:
    """Split `orderTotal`, `order_total`, `Order Total` into its words."""
    return [word.lower() for word in _WORDS.findall(name)]


def unit_of(name: str) -> float | None:
    """Return the factor of the unit that a name says, if it says one."""
    return next((UNITS[word] for word in words_of(name) if word in UNITS), None)


def likeness(one: str, other: str) -> float:
    """Return how alike two names are in meaning: 0 to 1; 0 where a word makes them different."""
    left, right = _meant(one), _meant(other)
    if not left or not right:
        return 0.0
    if sorted(left) == sorted(right):
        return 1.0
    differing = [word for word in (*left, *right) if (word in left) != (word in right)]
    if any(word in _QUALIFIERS or word.isdigit() for word in differing):
        return 0.0
    if _is_opposite(left, right) or _is_opposite(words_of(one), words_of(other)):
        return 0.0
    if all(word in right for word in left) or all(word in left for word in right):
        return 0.85
    as_meant = fuzz.token_sort_ratio(" ".join(left), " ".join(right))
    as_written = fuzz.token_sort_ratio(" ".join(words_of(one)), " ".join(words_of(other)))
    return max(as_meant, as_written) / 100


def is_same_word(one: str, other: str) -> bool:
    """Return whether two values differ in case, spaces and signs at most."""
    return "".join(words_of(one)) == "".join(words_of(other)) != ""


def _meant(name: str) -> list[str]:
    """Return the words that carry the meaning: without units, abbreviations written out."""
    return [_SAME.get(word, word) for word in words_of(name) if word not in UNITS]


def _is_opposite(left: list[str], right: list[str]) -> bool:
    pairs = [(a, b) for a in left for b in right if a != b]
    return any(a == f"{prefix}{b}" or b == f"{prefix}{a}" for a, b in pairs for prefix in _PREFIXES)
