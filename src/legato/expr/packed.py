"""Counts and numbers of a tally, packed: a busy person has hundreds, and all are written each time.

A count is when it happened, eight bytes; a number is that and its millionths, sixteen. In the order
of bytes of the machine, as a view reads them. States of before have them as entries: those are read
as they are, and packed with the first change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import Any

from legato.model.instant import Instant
from legato.model.state import Tally

_AT = Struct("q")
_NUMBER = Struct("qq")


def instants(tally: Tally) -> Sequence[Instant]:
    """Return when what a tally holds happened, in order; what its base holds is not there."""
    if tally.entries:
        return [at for at, _ in tally.entries]
    if tally.numbers:
        return memoryview(tally.numbers).cast("q")[::2]
    return memoryview(tally.counted).cast("q")


def put_count(tally: Tally, at: Instant) -> None:
    """Add one that is counted."""
    counted = tally.counted
    if tally.entries or (counted and at < _AT.unpack_from(counted, len(counted) - _AT.size)[0]):
        hold_counts(tally, sorted([*instants(tally), at]))
    else:
        tally.counted = counted + _AT.pack(at)


def are_within(tally: Tally, since: Instant, count_max: int) -> bool:
    """Return whether all that is packed happened since then, and is no more than that many.

    It is asked at every event: a view of all of them would cost more than the answer.
    """
    packed, size = tally.counted, _AT.size
    if not packed:
        packed, size = tally.numbers, _NUMBER.size
    return 0 < len(packed) <= count_max * size and _AT.unpack_from(packed)[0] >= since


def hold_counts(tally: Tally, counted: Iterable[Instant]) -> None:
    """Let a tally hold these, in order, and no others."""
    tally.entries, tally.counted = (), b"".join(map(_AT.pack, counted))


def put_number(tally: Tally, at: Instant, micros: int) -> None:
    """Add a number."""
    last = tally.numbers[-_NUMBER.size :]
    if tally.entries or (last and (at, micros) < _NUMBER.unpack(last)):
        hold_numbers(tally, sorted([*numbers(tally), (at, micros)]))
    else:
        tally.numbers += _NUMBER.pack(at, micros)


def hold_numbers(tally: Tally, pairs: Iterable[tuple[Instant, Any]]) -> None:
    """Let a tally hold these, in order, and no others."""
    tally.entries, tally.numbers = (), b"".join([_NUMBER.pack(*pair) for pair in pairs])


def numbers(tally: Tally) -> Sequence[tuple[Instant, Any]]:
    """Return when each number was said, and its millionths."""
    return tally.entries or list(_NUMBER.iter_unpack(tally.numbers))


def micros_of(tally: Tally, low: int, high: int) -> Sequence[int]:
    """Return the numbers from one place to before another, in millionths."""
    if tally.entries:
        return [micros for _, micros in tally.entries[low:high]]
    return memoryview(tally.numbers).cast("q")[2 * low + 1 : 2 * high : 2]
