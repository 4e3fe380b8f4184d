"""Which pairs are looked at: two people who share a value, unless too many share it.

A value that more people share than a block holds is no clue by itself: its block is divided by
every other field, and what is still too large is left out. Each pair comes once, by the first of
the keys that it shares, so that nothing has to be remembered about pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from legato.govern.matching.levels import Row

BLOCK_MAX = 50
"""People who share a key; the work grows with its square."""

Key: TypeAlias = tuple[int, str, int, str]
"""Field and value, and those that divide a block which is too large (or -1 and nothing)."""


class Blocks:
    """The people of one run, by what they share."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._width = len(rows[0]) if rows else 0
        self._large: dict[tuple[int, str], None] = {}
        self._blocks = self._divided(self._single())

    def pair_count_max(self) -> int:
        """Return how many pairs there are at most: a pair that shares two keys counts twice."""
        return sum(len(block) * (len(block) - 1) // 2 for block in self._blocks.values())

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Return every pair once, as positions of rows, in an order that depends on rows only."""
        for key, block in self._blocks.items():
            for at, one in enumerate(block):
                for other in block[at + 1 :]:
                    if self._first_key(one, other) == key:
                        yield one, other

    def _single(self) -> dict[tuple[int, str], list[int]]:
        found: dict[tuple[int, str], list[int]] = {}
        for position, row in enumerate(self._rows):
            for field, value in enumerate(row):
                if value:
                    found.setdefault((field, value), []).append(position)
        return found

    def _divided(self, single: dict[tuple[int, str], list[int]]) -> dict[Key, list[int]]:
        blocks: dict[Key, list[int]] = {}
        for (field, value), block in single.items():
            if 1 < len(block) <= BLOCK_MAX:
                blocks[field, value, -1, ""] = block
            elif len(block) > BLOCK_MAX:
                self._large[field, value] = None
        for field, value in self._large:
            blocks.update(self._parts(field, value, single[field, value]))
        return blocks

    def _parts(self, field: int, value: str, block: list[int]) -> dict[Key, list[int]]:
        parts: dict[Key, list[int]] = {}
        for other in range(field + 1, self._width):
            for position in block:
                inner = self._rows[position][other]
                # What is rare has a block of its own.
                if (other, inner) in self._large:
                    parts.setdefault((field, value, other, inner), []).append(position)
        return {key: part for key, part in parts.items() if 1 < len(part) <= BLOCK_MAX}

    def _first_key(self, one: int, other: int) -> Key | None:
        mine, theirs = self._rows[one], self._rows[other]
        large: list[tuple[int, str]] = []
        for field, value in enumerate(mine):
            if value and value == theirs[field]:
                if (field, value) not in self._large:
                    return (field, value, -1, "")
                large.append((field, value))
        for at, first in enumerate(large):
            for second in large[at + 1 :]:
                if (*first, *second) in self._blocks:
                    return (*first, *second)
        return None
