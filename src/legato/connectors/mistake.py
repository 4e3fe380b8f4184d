"""What is wrong in a manifest or in a destination's settings: collected, never raised."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from legato.model.noun import Noun


class Mistake(Noun, frozen=True, kw_only=True):
    """One mistake. The loader of the workspace turns it into a Problem with a place."""

    path: tuple[str | int, ...]
    """Keys and indexes from the top of the manifest or settings to the mistake."""
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))}: {self.what}. {self.fix}"


def one_of(name: str, known: Iterable[str]) -> str:
    """Return how to fix an unknown name: the nearest known one, or all there are."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"Known here: {', '.join(names) or 'none'}."
