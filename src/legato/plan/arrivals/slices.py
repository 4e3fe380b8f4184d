"""The definitions of a file as the very text they are written in, to be taken out and put back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from legato.model.noun import Noun
from legato.plan.findings import Findings
from legato.plan.load import SINGLE
from legato.plan.source import chunks, read_documents

MARK = "\ufeff"
"""Some editors begin a text with it."""
NAMELESS = (*SINGLE, "purposes")
_DIVIDER = re.compile(r"---[ \t]*\r?\n")


class Slice(Noun, frozen=True, kw_only=True):
    """One document of a file, byte for byte."""

    kind: str
    """Empty: nothing is defined here, as where all is a comment."""
    name: str
    """Empty where there is one of the kind in a workspace."""
    title: str = ""
    line: int
    """Of its first key, counted from 1."""
    text: str
    """With the line that divides it from the one before."""

    @property
    def key(self) -> tuple[str, str]:
        """What it is among all definitions of a workspace."""
        return self.kind, self.name

    @property
    def alone(self) -> str:
        """As a file of its own."""
        found = _DIVIDER.match(self.text)
        return self.text[found.end() :] if found else self.text


def slices(file: str, text: str) -> tuple[Slice, ...]:
    """Return the documents of a file: together they are its text, but for a byte order mark."""
    return tuple(_slices(file, text))


def _slices(file: str, text: str) -> Iterator[Slice]:
    documents = read_documents(file, text, Findings())
    parts = list(chunks(text))
    ends = [line for line, _ in parts[1:]] + [len(text) + 1]
    for (first, part), end in zip(parts, ends, strict=True):
        found = next((each for each in documents if first < each.place.line <= end), None)
        if found is None:
            yield Slice(kind="", name="", line=first + 1, text=part)
            continue
        title = found.tree.get("title") if found.tree is not None else None
        yield Slice(
            kind=found.kind,
            name="" if found.kind in NAMELESS else found.name,
            title=str(getattr(title, "value", "") or ""),
            line=found.place.line,
            text=part,
        )


def with_slice(file: str, text: str, new: Slice) -> str:
    """Return a file with a definition in the place of the one of its kind and name, or behind."""
    parts = list(slices(file, text))
    at = next((index for index, each in enumerate(parts) if each.key == new.key), None)
    body = new.alone.removeprefix(MARK)
    if at is None:
        before = text if not text or text.endswith("\n") else f"{text}\n"
        return f"{before}---\n{body}" if text.strip() else body
    head = parts[at].text[: len(parts[at].text) - len(parts[at].alone)]
    if at + 1 < len(parts) and not body.endswith("\n"):
        body += "\n"
    begin = MARK if text.startswith(MARK) else ""
    whole = [each.text for each in parts]
    return begin + "".join([*whole[:at], head + body, *whole[at + 1 :]])


def places(files: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Return the file in which each definition of a workspace stands."""
    return {
        each.key: file
        for file in sorted(files, reverse=True)
        for each in slices(file, files[file])
        if each.kind
    }
