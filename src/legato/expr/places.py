"""Events that journeys have seen, by when they happened and where the log has them.

Packed, sixteen bytes for each, in the order in which they happened: a busy visitor has hundreds of
them, and a state is written whole with each of its person's events. As a list of lists they were a
quarter of what that cost.
"""

from __future__ import annotations

from struct import Struct

from legato.model.instant import Instant

_PLACE = Struct("<qq")
_BYTES = _PLACE.size


def put(seen: bytes, at: Instant, position: int, limit: int) -> bytes:
    """Add one; beyond the limit the oldest goes.

    Of two events at one instant the one received first came first: clients send in order, and
    their clocks count milliseconds.
    """
    if seen and at < _at(seen, len(seen) - _BYTES):
        return _packed(sorted([*_PLACE.iter_unpack(seen), (at, position)]), limit)
    return (seen + _PLACE.pack(at, position))[-limit * _BYTES :]


def since(seen: bytes, horizon: Instant) -> bytes:
    """Return those that happened at an instant or after it."""
    start = 0
    while start < len(seen) and _at(seen, start) < horizon:
        start += _BYTES
    return seen[start:]


def after(seen: bytes, instant: Instant) -> list[tuple[Instant, int]]:
    """Return those that happened after an instant."""
    return [(at, position) for at, position in _PLACE.iter_unpack(seen) if at > instant]


def join(mine: bytes, theirs: bytes) -> bytes:
    """Return the events of two people who turned out to be one."""
    both = {*_PLACE.iter_unpack(mine), *_PLACE.iter_unpack(theirs)}
    return _packed(sorted(both), len(both))


def _at(seen: bytes, start: int) -> Instant:
    return _PLACE.unpack_from(seen, start)[0]


def _packed(seen: list[tuple[Instant, int]], limit: int) -> bytes:
    return b"".join([_PLACE.pack(*one) for one in seen[-limit:]])
