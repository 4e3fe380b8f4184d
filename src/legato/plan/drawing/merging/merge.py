"""Brings together what two people made of one text, line by line, as version control does.

Where only one of them changed something, theirs stands. Where both did, differently, somebody
chooses; until then it is `mine`. So nothing is lost unseen, comments and order of lines stay, and
what comes out is checked as any other text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Literal, TypeAlias, assert_never

from legato.model.noun import Noun

Choice: TypeAlias = Literal["mine", "theirs", "base", "both"]
Overlay: TypeAlias = Mapping[str, str | None]


class Piece(Noun, frozen=True, kw_only=True):
    """Some lines of one side's text."""

    line: int
    """Where they begin, counted from 1; where there are none, what they would stand before."""
    text: str

    @property
    def end(self) -> int:
        """The line after them."""
        return self.line + len(self.text.splitlines())


class Part(Noun, frozen=True, kw_only=True):
    """A place of a file that both changed, and not to the same."""

    file: str
    base: Piece
    mine: Piece
    theirs: Piece
    chosen: Choice


class Merged(Noun, frozen=True, kw_only=True):
    """Texts of two sides, as one."""

    files: Overlay
    parts: tuple[Part, ...]
    """In order of files and lines: a choice goes by its place here."""
    taken: int
    """Places that only the other side changed."""


class _Change(Noun, frozen=True, kw_only=True):
    """Lines of the base, and the lines of one side in their place."""

    base: tuple[int, int]
    side: tuple[int, int]


def merge(
    base: Overlay, mine: Overlay, theirs: Overlay, choices: Mapping[int, Choice] | None = None
) -> Merged:
    """Bring two sides together; a choice goes by the number of the part, counted from 0."""
    chosen: Mapping[int, Choice] = {} if choices is None else choices
    files: dict[str, str | None] = {}
    parts: list[Part] = []
    taken = 0
    for file in sorted({**base, **mine, **theirs}):
        sides = _Sides(
            file=file,
            base=_lines(base.get(file)),
            mine=_lines(mine.get(file)),
            theirs=_lines(theirs.get(file)),
        )
        one = _Whole(sides, chosen, first=len(parts))
        text = one.text()
        is_gone = text == "" and None in (mine.get(file), theirs.get(file))
        files[file] = None if is_gone else text
        parts += one.parts
        taken += one.taken
    return Merged(files=files, parts=tuple(parts), taken=taken)


class _Sides(Noun, frozen=True, kw_only=True):
    """The lines of one file, by who has them."""

    file: str
    base: Sequence[str]
    mine: Sequence[str]
    theirs: Sequence[str]


class _Whole:
    """One file, merged once."""

    def __init__(self, sides: _Sides, chosen: Mapping[int, Choice], *, first: int) -> None:
        self._sides = sides
        self._chosen, self._first = chosen, first
        self.parts: list[Part] = []
        self.taken = 0

    def text(self) -> str:
        """Return the text, and note its parts."""
        base = self._sides.base
        out: list[str] = []
        at = 0
        for low, high, mine, theirs in _regions(
            _changes(base, self._sides.mine), _changes(base, self._sides.theirs)
        ):
            out += base[at:low]
            out += self._region((low, high), mine, theirs)
            at = high
        return "".join([*out, *base[at:]])

    def _region(
        self, base: tuple[int, int], mine: tuple[int, int], theirs: tuple[int, int]
    ) -> Sequence[str]:
        was = self._sides.base[slice(*base)]
        ours, others = self._sides.mine[slice(*mine)], self._sides.theirs[slice(*theirs)]
        if others in (ours, was):
            return ours
        if ours == was:
            self.taken += 1
            return others
        choice = self._chosen.get(self._first + len(self.parts), "mine")
        part = Part(
            file=self._sides.file,
            base=_piece(base[0], was),
            mine=_piece(mine[0], ours),
            theirs=_piece(theirs[0], others),
            chosen=choice,
        )
        self.parts.append(part)
        match choice:
            case "mine":
                return ours
            case "theirs":
                return others
            case "base":
                return was
            case "both":
                return [*ours, *others]
            case _:
                assert_never(choice)


def _lines(text: str | None) -> list[str]:
    """Return lines that all end, so that each can stand anywhere."""
    lines = (text or "").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return lines


def _piece(first: int, lines: Sequence[str]) -> Piece:
    return Piece(line=first + 1, text="".join(lines))


def _changes(base: Sequence[str], side: Sequence[str]) -> list[_Change]:
    matcher = SequenceMatcher(None, base, side, autojunk=False)
    return [
        _Change(base=(low, high), side=(first, last))
        for tag, low, high, first, last in matcher.get_opcodes()
        if tag != "equal"
    ]


def _regions(
    mine: Sequence[_Change], theirs: Sequence[_Change]
) -> Iterator[tuple[int, int, tuple[int, int], tuple[int, int]]]:
    """Yield places of the base that changed, each with its lines on both sides.

    Changes that touch are one place: what one wrote may be about what the other wrote beside it.
    """
    rest = [list(mine), list(theirs)]
    shift = [0, 0]
    while rest[0] or rest[1]:
        low = min(side[0].base[0] for side in rest if side)
        high = low
        taken: list[list[_Change]] = [[], []]
        while touching := [
            number for number, side in enumerate(rest) if side and side[0].base[0] <= high
        ]:
            change = rest[touching[0]].pop(0)
            taken[touching[0]].append(change)
            high = max(high, change.base[1])
        spans: list[tuple[int, int]] = []
        for number, changes in enumerate(taken):
            first = low + shift[number]
            shift[number] += sum(
                (each.side[1] - each.side[0]) - (each.base[1] - each.base[0]) for each in changes
            )
            spans.append((first, high + shift[number]))
        yield low, high, spans[0], spans[1]
