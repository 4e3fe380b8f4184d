"""Journeys that ship as templates: some of them, cut out of their workspace with all they need.

A definition needs those that its text names, in the place where such a name stands: an event
anywhere, a template after `message:`, a segment after `segment:`. What concerns several journeys
(suppressions, properties) comes along where all that it names is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath as Path

import msgspec

from legato.core.program import ZONE_TRAIT

_SPLIT = re.compile(r"^---\n", re.MULTILINE)
_HEAD = re.compile(r"^(\w+): *(.*)$", re.MULTILINE)
_COMMENT = re.compile(r"\A(?:#.*\n)+")
_SENDS = re.compile(r"sends: \[(.*?)\]")
_NAMED = {
    "event": r"\b{}\b",
    "trait": r"\b{}\b",
    "computed": r"\b{}\b",
    "template": r"message: {}\b",
    "segment": r"segment: {}\b",
    "journey": r"in_journey: {}\b",
}
"""Kind of a definition -> how others name one of it."""
_SHARED = ("suppress", "property")
_TOLD = ("scenario", "crowd")
"""What goes with the journey whose file has the same name."""
_JOURNEYS = "journeys/"


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A journey to begin with."""

    name: str
    sentence: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One definition of a workspace of templates."""

    file: str
    kind: str
    name: str
    text: str


def listed(files: Mapping[str, str]) -> list[Template]:
    """Return all templates, by name, each with the sentence that its file begins with."""
    return [
        Template(name=Path(file).stem, sentence=text.partition("\n")[0].removeprefix("#").strip())
        for file, text in sorted(files.items())
        if file.startswith(_JOURNEYS)
    ]


def needed(files: Mapping[str, str], name: str) -> list[Part]:
    """Return a template's journey and all that it needs, but what every workspace has."""
    parts = parts_of(files)
    kept = [each for each in parts if each.file == f"{_JOURNEYS}{name}.yaml"]
    ground = [each for each in parts if _is_ground(each) or each.kind == "crowd"]
    left = [each for each in parts if each not in kept and each not in ground]
    while found := [each for each in left if _is_needed(each, kept)]:
        kept += found
        left = [each for each in left if each not in found]
    return kept


def parts_of(files: Mapping[str, str]) -> list[Part]:
    """Return the definitions of texts, in their order."""
    return [each for file, text in files.items() for each in _documents(file, text)]


def cut(files: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Return the texts of a workspace with some of the templates."""
    documents = parts_of(files)
    wanted = [f"{_JOURNEYS}{name}.yaml" for name in names]
    kept = [each for each in documents if each.file in wanted or _is_ground(each)]
    left = [each for each in documents if each not in kept]
    while found := [each for each in left if _is_needed(each, kept)]:
        kept += found
        left = [each for each in left if each not in found]
    shared = [_fitted(each, kept, left) for each in left if each.kind in _SHARED]
    return _written(files, documents, [*kept, *(each for each in shared if each is not None)])


def _documents(file: str, text: str) -> list[Part]:
    found: list[Part] = []
    for part in _SPLIT.split(_COMMENT.sub("", text)):
        head = _HEAD.search(part)
        if head is not None:
            found.append(Part(file=file, kind=head[1], name=head[2], text=part))
    return found


def _is_ground(one: Part) -> bool:
    """Return whether something is there whichever journeys are."""
    is_zone = one.kind == "trait" and one.name == ZONE_TRAIT
    return is_zone or one.kind not in (*_NAMED, *_SHARED, *_TOLD)


def _is_needed(one: Part, kept: Sequence[Part]) -> bool:
    if one.kind in _TOLD:
        journey = f"{_JOURNEYS}{Path(one.file).name}"
        return any(each.file == journey for each in kept)
    return one.kind in _NAMED and any(_names(each, one) for each in kept)


def _names(one: Part, other: Part) -> bool:
    return re.search(_NAMED[other.kind].format(re.escape(other.name)), one.text) is not None


def _fitted(one: Part, kept: Sequence[Part], left: Sequence[Part]) -> Part | None:
    """Return what concerns several journeys as it concerns these; None: not at all."""
    if any(each.kind in _NAMED and _names(one, each) for each in left):
        return None
    known = {each.name for each in kept if each.kind == "template"}
    sends = _SENDS.search(one.text)
    if sends is None:
        return one
    names = [name for name in sends[1].split(", ") if name in known]
    if not names:
        return None
    return msgspec.structs.replace(
        one, text=_SENDS.sub(f"sends: [{', '.join(names)}]", one.text, count=1)
    )


def _written(
    files: Mapping[str, str], documents: Sequence[Part], kept: Sequence[Part]
) -> dict[str, str]:
    """Put what is kept back into its files, in its order, under the comment of each file."""
    of_names = {(each.file, each.kind, each.name): each for each in kept}
    texts: dict[str, list[str]] = {}
    for each in documents:
        found = of_names.get((each.file, each.kind, each.name))
        if found is not None:
            texts.setdefault(each.file, []).append(found.text.strip("\n") + "\n")
    written: dict[str, str] = {}
    for file, parts in texts.items():
        comment = _COMMENT.match(files[file])
        written[file] = (comment[0] if comment is not None else "") + "---\n".join(parts)
    return written
