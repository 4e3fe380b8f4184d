"""Visiting every spot of a journey, the nearest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from legato.model.noun import Noun
from legato.simulate.proof.moves import Course
from legato.simulate.proof.states import Move, Spot, Step

STATES_MAX = 200_000
"""Spots of one journey. Beyond that nothing is said to be proved: its counters are too large."""


class Walk(Noun, frozen=True, kw_only=True):
    """Every spot that can be reached, and the move by which it was reached first."""

    before: Mapping[Spot, tuple[Spot | None, Move]]
    is_whole: bool

    def way_to(self, spot: Spot) -> tuple[Move, ...]:
        """Return the shortest way to a spot."""
        moves: list[Move] = []
        at: Spot | None = spot
        while at is not None:
            at, move = self.before[at]
            moves.append(move)
        return tuple(reversed(moves))


def walk(course: Course, starts: Iterable[Step] | None = None) -> Walk:
    """Visit all that can be reached from the ways in, or from other starts."""
    before: dict[Spot, tuple[Spot | None, Move]] = {}
    waiting: deque[Spot] = deque()
    for move, spot in course.entries() if starts is None else starts:
        if spot not in before:
            before[spot] = (None, move)
            waiting.append(spot)
    while waiting and len(before) <= STATES_MAX:
        spot = waiting.popleft()
        for move, there in course.following(spot):
            if there not in before:
                before[there] = (spot, move)
                waiting.append(there)
    return Walk(before=before, is_whole=not waiting)
