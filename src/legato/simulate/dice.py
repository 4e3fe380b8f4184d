"""Chance in a rehearsal: every throw is a digest of the seed and of what is thrown for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from legato.model.ids import share

T = TypeVar("T")


class Dice:
    """The same seed and the same words give the same throw, in any order of asking."""

    def __init__(self, seed: int) -> None:
        self._salt = f"rehearsal:{seed}"

    def throw(self, *words: object) -> float:
        """Return a number in [0, 1)."""
        return share(self._salt, "/".join(map(str, words)))

    def is_hit(self, chance: float, *words: object) -> bool:
        """Return whether something that happens in this share of cases happens here."""
        return self.throw(*words) < chance

    def between(self, least: int, most: int, *words: object) -> int:
        """Return a whole number in [least, most]."""
        return least + int(self.throw(*words) * (most - least + 1))

    def pick(self, options: Sequence[T], *words: object) -> T:
        """Return one of several, each as likely."""
        return options[int(self.throw(*words) * len(options))]
