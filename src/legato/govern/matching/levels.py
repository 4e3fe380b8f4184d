"""How far two values agree: values are made comparable, then put on a ladder of agreement.

The ladders follow Winkler (1990): what is nearly the same is evidence too, only less of it. A value
that is missing on either side says nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from rapidfuzz.distance import OSA, JaroWinkler

from legato.model.definitions.matching import CompareKind

VALUE_LENGTH_MAX = 100
"""Longer values are texts, and agree in what everybody writes."""
NEARLY, SIMILAR = 0.92, 0.8
"""Jaro-Winkler similarity of names: a slip of the pen; perhaps the same name."""
WORDS_NEARLY = 0.85
"""Share of the characters of an address that need no change."""
CODE_SLIPS = 2
"""Changed characters that a long code may have and still be that code."""
CODE_LONG = 6

Level: TypeAlias = int
"""Position on the ladder of its kind: 0 is the same, the last is different."""
MISSING: Level = -1
SAME: Level = 0
Row: TypeAlias = Sequence[str]
"""The comparable values of one person, field by field; empty: missing."""

LADDERS: Mapping[CompareKind, tuple[str, ...]] = {
    "name": ("the same", "nearly the same", "in the place of another name", "similar", "different"),
    "date": (
        *("the same", "day and month swapped", "one digit off"),
        *("two of day, month and year the same", "different"),
    ),
    "code": ("the same", "one character off", "two characters off", "different"),
    "words": (
        *("the same", "nearly the same", "in the place of another line"),
        *("some words the same", "different"),
    ),
}
"""Kind -> what its levels are called, from the same to different."""

_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:$|[T ])")
_NO_WORD = re.compile(r"[\W_]+")


def comparable(kind: CompareKind, value: object) -> str:
    """Write a value as it is compared: without case, accents and signs. Empty: nothing there."""
    if value is None or isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value).strip()[:VALUE_LENGTH_MAX]
    if kind == "date" and (found := _DATE.match(text)):
        return "".join(found.groups())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _NO_WORD.sub(" " if kind == "words" else "", plain).strip()


def level(kinds: Sequence[CompareKind], field: int, one: Row, other: Row) -> Level:
    """Return how far two people agree in a field."""
    mine, theirs = one[field], other[field]
    if not mine or not theirs:
        return MISSING
    if mine == theirs:
        return SAME
    match kinds[field]:
        case "name":
            return _of_names(kinds, field, one, other)
        case "date":
            return _of_dates(mine, theirs)
        case "code":
            return _of_codes(mine, theirs)
        case "words":
            return _of_words(kinds, field, one, other)


def _of_names(kinds: Sequence[CompareKind], field: int, one: Row, other: Row) -> Level:
    similarity = JaroWinkler.similarity(one[field], other[field])
    if similarity >= NEARLY:
        return 1
    if _is_moved(kinds, field, one, other):
        return 2
    return 3 if similarity >= SIMILAR else 4


def _of_dates(mine: str, theirs: str) -> Level:
    parts, others = _parts(mine), _parts(theirs)
    if parts == (others[0], others[2], others[1]):
        return 1
    if OSA.distance(mine, theirs, score_cutoff=1) <= 1:
        return 2
    return 3 if sum(map(str.__eq__, parts, others)) == 2 else 4  # noqa: PLR2004 - of three


def _parts(date: str) -> tuple[str, str, str]:
    return date[:4], date[4:6], date[6:]


def _of_codes(mine: str, theirs: str) -> Level:
    distance = OSA.distance(mine, theirs, score_cutoff=CODE_SLIPS)
    if distance <= 1:
        return 1
    is_long = min(len(mine), len(theirs)) >= CODE_LONG
    return 2 if is_long and distance <= CODE_SLIPS else 3


def _of_words(kinds: Sequence[CompareKind], field: int, one: Row, other: Row) -> Level:
    mine, theirs = one[field], other[field]
    if OSA.normalized_similarity(mine, theirs, score_cutoff=WORDS_NEARLY) >= WORDS_NEARLY:
        return 1
    if _is_moved(kinds, field, one, other):
        return 2
    words, others = mine.split(), theirs.split()
    shared = sum(word in others for word in words)
    return 3 if 2 * shared >= min(len(words), len(others)) and shared else 4


def _is_moved(kinds: Sequence[CompareKind], field: int, one: Row, other: Row) -> bool:
    """Return whether a value stands in another field of the same kind of the other person."""
    mine, theirs, kind = one[field], other[field], kinds[field]
    for index, each in enumerate(kinds):
        if each == kind and index != field and (mine == other[index] or theirs == one[index]):
            return True
    return False
