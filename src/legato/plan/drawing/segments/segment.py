"""A segment as the Studio edits it: its fields, the text of its file, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.expr.english import sentence
from legato.model.noun import Noun
from legato.model.problem import Place
from legato.plan.drawing.paths import spots
from legato.plan.drawing.problems import Finder, told
from legato.plan.drawing.tree import DrawnProblem
from legato.plan.findings import Findings
from legato.plan.load import ENDINGS, SCENARIOS, Loaded
from legato.plan.source import Document, Fields, plain, read_documents


class SegmentDrawing(Noun, frozen=True, kw_only=True):
    """One segment of a workspace's texts."""

    name: str
    place: Place
    fields: Mapping[str, Any]
    """As they stand in YAML."""
    sentence: str
    """Its rule in words, as far as it reads."""
    problems: tuple[DrawnProblem, ...]
    elsewhere: tuple[DrawnProblem, ...]
    """What is wrong with other definitions of these texts."""


def draw_segment(files: Mapping[str, str], loaded: Loaded, name: str) -> SegmentDrawing | None:
    """Read one segment; None: the texts have none of this name."""
    document = find_segment(files, name)
    if document is None:
        return None
    tree = document.tree or Fields(place=document.place, fields=())
    finder = Finder(tree)
    last = max(spot.place.line for spot in spots(tree))
    here = [each for each in loaded.problems if _is_in(each.place, document, last)]
    segment = loaded.draft.segments.get(name) if loaded.draft is not None else None
    return SegmentDrawing(
        name=name,
        place=document.place,
        fields=plain(tree),
        sentence="" if segment is None else sentence(segment.rule),
        problems=tuple(finder.problem(each) for each in here),
        elsewhere=tuple(told(each) for each in loaded.problems if each not in here),
    )


def find_segment(files: Mapping[str, str], name: str) -> Document | None:
    """Return the document of a segment."""
    return next((each for each in segments_in(files) if each.name == name), None)


def segments_in(files: Mapping[str, str]) -> list[Document]:
    """Return the documents of all segments, in the order of the files."""
    return [
        document
        for file in sorted(files)
        if file.endswith(ENDINGS) and not file.startswith(SCENARIOS)
        for document in read_documents(file, files[file], Findings())
        if document.kind == "segment"
    ]


def _is_in(place: Place, document: Document, last: int) -> bool:
    is_between = document.place.line <= place.line <= last or document.tree is None
    return place.file == document.place.file and is_between
