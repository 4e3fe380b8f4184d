"""Comments of a text that another, which is to take its place, does not have.

A comment belongs to the line below it, or to the one it ends. Where that line still stands in the
other text the comment is put back there; where the line is gone it goes too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

from legato.model.noun import Noun
from legato.plan.findings import Findings
from legato.plan.source import plain, read_documents

_ENDING = re.compile(r"(?<=\S)\s+#.*$")
_KEY = re.compile(r"\s*(?:- )?[^\s:#][^:#]*:")


class LostComment(Noun, frozen=True, kw_only=True):
    """A comment of the running text that the one to take its place does not have."""

    file: str
    line: int
    """Where it stands in the running text."""
    text: str


class _Back(Noun, frozen=True, kw_only=True):
    """A comment, and before or behind which line of the other text it goes."""

    comment: LostComment
    line: int
    is_ending: bool
    words: str
    """As it is written, with what stands before it."""


def with_comments(file: str, before: str, after: str) -> tuple[str, tuple[LostComment, ...]]:
    """Return a text with the comments that an earlier one had, and which these are."""
    backs = list(_backs(file, before, after))
    meant = meaning(file, after)
    if meant is None or not backs:
        return after, ()
    whole = _put(after, backs)
    if meaning(file, whole) != meant:  # what looks like one may stand inside of a longer value
        backs = [back for back in backs if meaning(file, _put(after, [back])) == meant]
        whole = _put(after, backs)
    if meaning(file, whole) != meant:
        return after, ()
    return whole, tuple(back.comment for back in backs)


def meaning(file: str, text: str) -> tuple[object, ...] | None:
    """Return what a text says whatever its layout; None: no reader takes it."""
    findings = Findings()
    documents = read_documents(file, text, findings)
    if findings.all() or any(document.tree is None for document in documents):
        return None
    return tuple(plain(document.tree) for document in documents if document.tree is not None)


def _backs(file: str, before: str, after: str) -> Iterator[_Back]:
    olds, news = before.splitlines(), after.splitlines()
    stands = _stands(olds, news)
    there = Counter(_comments(news).values())
    for number, words in _comments(olds).items():
        if there[words] > 0:
            there[words] -= 1
            continue
        is_ending = not _is_comment(olds[number])
        owner = number if is_ending else _below(olds, number)
        line = stands.get(owner, -1)
        if line < 0 or (is_ending and _ENDING.search(news[line])):
            continue
        found = _ENDING.search(olds[number])
        yield _Back(
            comment=LostComment(file=file, line=number + 1, text=words),
            line=line,
            is_ending=is_ending,
            words=found[0] if is_ending and found else olds[number],
        )


def _stands(olds: Sequence[str], news: Sequence[str]) -> dict[int, int]:
    """Return which line of the second text each line with code of the first has become."""
    before, after = _code(olds), _code(news)
    codes = list(before.values()), list(after.values())
    numbers = list(before), list(after)
    found = {len(olds): len(news)}
    matcher = SequenceMatcher(None, *codes, autojunk=False)
    for tag, low, high, first, last in matcher.get_opcodes():
        if tag == "equal":
            found |= dict(zip(numbers[0][low:high], numbers[1][first:last], strict=True))
        elif tag == "replace":
            left = list(range(first, last))
            for index in range(low, high):
                key = _KEY.match(codes[0][index])
                same = [at for at in left if key and codes[1][at].startswith(key[0])]
                if same:
                    found[numbers[0][index]] = numbers[1][same[0]]
                    left = [at for at in left if at > same[0]]
    return found


def _code(lines: Sequence[str]) -> Mapping[int, str]:
    return {
        number: _ENDING.sub("", line).rstrip()
        for number, line in enumerate(lines)
        if line.strip() and not _is_comment(line)
    }


def _comments(lines: Sequence[str]) -> Mapping[int, str]:
    found: dict[int, str] = {}
    for number, line in enumerate(lines):
        ending = _ENDING.search(line)
        if _is_comment(line):
            found[number] = line.strip()
        elif ending:
            found[number] = ending[0].strip()
    return found


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _below(lines: Sequence[str], number: int) -> int:
    """Return the line that a comment is about: the next with code, or the end of the text."""
    rest = range(number + 1, len(lines))
    return next((at for at in rest if lines[at].strip() and not _is_comment(lines[at])), len(lines))


def _put(text: str, backs: Iterable[_Back]) -> str:
    lines = text.splitlines(keepends=True)
    end = "\r\n" if "\r\n" in text else "\n"
    above: dict[int, list[str]] = {}
    for back in backs:
        if back.is_ending:
            line = lines[back.line]
            bare = line.rstrip("\r\n")
            lines[back.line] = f"{bare}{back.words}{line[len(bare) :]}"
        else:
            above.setdefault(back.line, []).append(back.words + end)
    if len(lines) in above and lines and not lines[-1].endswith("\n"):
        lines[-1] += end
    return "".join(
        "".join(above.get(number, ())) + (line or "")
        for number, line in zip_longest(range(len(lines) + 1), lines)
    )
