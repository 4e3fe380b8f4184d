"""Problems as they are found: all of them, in the order of the files, never raised."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from legato.model.problem import Place, Problem


class Findings:
    """Collects the mistakes of one workspace."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def report(self, code: str, place: Place, what: str, fix: str) -> None:
        """Note one mistake."""
        self.add(Problem(code=code, place=place, what=what, fix=fix))

    def add(self, problem: Problem) -> None:
        """Note one mistake."""
        self._problems.append(problem)

    def all(self) -> tuple[Problem, ...]:
        """Return the mistakes by file and line, each once."""
        once = dict.fromkeys(self._problems)
        return tuple(
            sorted(once, key=lambda p: (p.place.file, p.place.line, p.place.column, p.code, p.what))
        )


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant."""
    names = sorted(dict.fromkeys(known))
    by_lower = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Write names as a sentence does: `a`, `b` or `c`."""
    words = [f"`{name}`" for name in names]
    if len(words) > limit:
        return ", ".join(words[:limit]) + ", …"
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
