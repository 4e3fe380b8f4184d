"""Problems of a drawing: each with its part of it, and the commands that put it right."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping

from legato.model.problem import Place, Problem
from legato.plan.drawing.commands import (
    Command,
    DeleteStep,
    RemoveField,
    RenameField,
    SetField,
)
from legato.plan.drawing.paths import Spot, joined, parent, spots
from legato.plan.drawing.tree import DrawnProblem, Repair
from legato.plan.source import Fields, Items

_MEANT = re.compile(r"did you mean `([^`]+)`")
_ADD = re.compile(r"add `(\w+): ([^`\[{]+)`")
_ADDED = ("at_most", "expires", "within", "time")
"""Keys whose example is a sensible value anywhere; others name what this workspace may not have."""

_MISSING = re.compile(r"there is no (channel|purpose) named `([^`]+)`")
_OFFERED_MAX = 5
"""Names to choose from: more are a list, not a repair."""
_WHOLE = 100
"""Shares are written in percent."""


class Finder:
    """Knows what stands where in one journey."""

    def __init__(self, tree: Fields, names: Mapping[str, Iterable[str]] | None = None) -> None:
        self._tree = tree
        self._names = names or {}
        """What there is to choose from, by kind."""
        self._spots = sorted(spots(tree), key=lambda spot: _order(spot.place))
        self._orders = [_order(spot.place) for spot in self._spots]

    def problem(self, problem: Problem) -> DrawnProblem:
        """Return a problem of this journey with its path, and repairs."""
        here = [spot for spot in self._spots if spot.place == problem.place]
        path = here[0].path if here else self._before(problem.place)
        return told(problem, path=path, repairs=self._repairs(problem, here))

    def _before(self, place: Place) -> str:
        number = bisect_right(self._orders, _order(place))
        return self._spots[number - 1].path if number else ""

    def _repairs(self, problem: Problem, here: list[Spot]) -> tuple[Repair, ...]:
        if not here:
            return ()
        meant = _MEANT.search(problem.fix)
        if meant is not None:
            return (_instead(here, meant[1]),)
        added = _ADD.search(problem.fix)
        if added is not None and added[1] in _ADDED:
            return (self._add(here[0], added[1], added[2].strip().strip('"')),)
        missing = _MISSING.search(problem.what)
        if missing is not None:
            return self._others(here[-1], missing[1])
        match problem.code:
            case "D103":
                key = next((spot for spot in here if spot.is_key), here[0])
                return (_repair(f"Remove `{parent(key.path)[1]}`", RemoveField(path=key.path)),)
            case "J301":
                return (_repair("Remove this step", DeleteStep(path=here[0].path)),)
            case "J305":
                return _even_shares(here)
            case _:
                return ()

    def _others(self, spot: Spot, kind: str) -> tuple[Repair, ...]:
        """Put one that is there in place of a name that is not; of several, leave it out."""
        outer, last = parent(spot.path)
        holder = next((each for each in self._spots if each.path == outer), None)
        items = holder.value.items if holder is not None and isinstance(holder.value, Items) else ()
        if last.isdigit() and len(items) > 1:
            return (_repair("Leave it out", RemoveField(path=spot.path)),)
        names = sorted(self._names.get(kind, ()))[:_OFFERED_MAX]
        return tuple(
            _repair(f"Use `{name}`", SetField(path=spot.path, value=name)) for name in names
        )

    def _add(self, spot: Spot, key: str, value: str) -> Repair:
        path = spot.path if isinstance(spot.value, Fields) else parent(spot.path)[0]
        said = int(value) if value.isdigit() else value
        edit = SetField(path=joined(path, key), value=said)
        return _repair(f"Add `{key}: {value}`", edit)


def told(problem: Problem, *, path: str = "", repairs: tuple[Repair, ...] = ()) -> DrawnProblem:
    """Return a problem as a drawing has it."""
    return DrawnProblem(
        code=problem.code,
        place=problem.place,
        what=problem.what,
        fix=problem.fix,
        path=path,
        repairs=repairs,
    )


def _order(place: Place) -> tuple[int, int]:
    return place.line, place.column


def _repair(title: str, *edits: Command) -> Repair:
    return Repair(title=title, edits=edits)


def _instead(here: list[Spot], word: str) -> Repair:
    """Put the word that was probably meant in place of the value or the key."""
    key = next((spot for spot in here if spot.is_key), None)
    if key is not None:
        return _repair(f"Use `{word}`", RenameField(path=key.path, key=word))
    return _repair(f"Use `{word}`", SetField(path=here[-1].path, value=word))


def _even_shares(here: list[Spot]) -> tuple[Repair, ...]:
    for spot in here:
        if isinstance(spot.value, Items) and 0 < len(spot.value.items) <= _WHOLE:
            count = len(spot.value.items)
            break
    else:
        return ()
    share, rest = divmod(_WHOLE, count)
    shares = [share + (number < rest) for number in range(count)]
    edits = [
        SetField(path=joined(spot.path, str(number), "share"), value=f"{each}%")
        for number, each in enumerate(shares)
    ]
    return (_repair("Share evenly", *edits),)
