"""Routes of drafts beside each other: what differs from what runs, and two drafts as one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from litestar import Router, post
from litestar.params import JSONBody

from legato.model.noun import Noun
from legato.plan.drawing.draw import draw
from legato.plan.drawing.merging.differences import DrawnDifference, differences
from legato.plan.drawing.merging.merge import Choice, Part, Piece, merge
from legato.plan.drawing.merging.walk import every_step
from legato.plan.drawing.tree import Step
from legato.studio.access import needs
from legato.studio.drawing.routes import Asked, ShownDrawing, drawn
from legato.studio.drawing.texts import Texts, merged, texts_with
from legato.studio.host import Host


class ComparedDrawing(Noun, frozen=True, kw_only=True):
    """How a journey differs from the running one of its name."""

    is_new: bool
    """None of its name runs."""
    differences: tuple[DrawnDifference, ...]


class ToMerge(Noun, frozen=True, kw_only=True):
    """Texts of two sides, and what both were made from."""

    journey: str
    base: Mapping[str, str | None] = {}
    mine: Mapping[str, str | None] = {}
    theirs: Mapping[str, str | None] = {}
    """Of each side the texts in place of the running ones: left out, the running ones."""
    choices: Mapping[str, Choice] = {}
    """By the number of the part, counted from 0."""


class MergeSide(Noun, frozen=True, kw_only=True):
    """What one side has at a place."""

    line: int
    text: str
    sentences: tuple[str, ...]
    """Of the steps that are written there."""


class MergePlace(Noun, frozen=True, kw_only=True):
    """Where both sides changed something, and not to the same."""

    file: str
    base: MergeSide
    mine: MergeSide
    theirs: MergeSide
    chosen: Choice


class ShownMerge(ShownDrawing, frozen=True, kw_only=True):
    """Two drafts as one."""

    files: Mapping[str, str | None]
    places: tuple[MergePlace, ...]
    taken: int
    """How many places only the other side had changed: they stand as theirs."""


@post("/compare", opt=needs("look"), status_code=200, summary="A draft of a journey and what runs")
async def compare_drawing(data: JSONBody[Asked], host: Host) -> ComparedDrawing:
    """Say step by step what differs from the running journey; nothing is changed."""
    after = await texts_with(host, data.files)
    before = await texts_with(host, {})
    return await asyncio.to_thread(compared, before, after, data.journey)


@post("/merge", opt=needs("rehearse"), status_code=200, summary="Two drafts of a journey as one")
async def merge_drafts(data: JSONBody[ToMerge], host: Host) -> ShownMerge:
    """Bring together what two made of the same texts, by choices; nothing is kept."""
    base = host.status().plan
    sides = [data.base, data.mine, data.theirs]
    names = sorted({file for side in sides for file in side})
    texts = [await texts_with(host, side) for side in sides]
    whole = [{file: each.files.get(file) for file in names} for each in texts]
    choices: dict[int, Choice] = {
        int(number): choice for number, choice in data.choices.items() if number.isdigit()
    }
    one = await asyncio.to_thread(merge, whole[0], whole[1], whole[2], choices)
    running = merged(host, {})
    files = {file: text for file, text in one.files.items() if running.get(file) != text}
    made = await texts_with(host, files)
    drawing = await asyncio.to_thread(drawn, made, data.journey)
    steps = [await asyncio.to_thread(_steps_of, each, data.journey) for each in texts]
    return ShownMerge(
        drawing=drawing,
        text=made.files[drawing.file],
        base=base,
        files=files,
        places=tuple(_place(part, drawing.file, steps) for part in one.parts),
        taken=one.taken,
    )


def compared(before: Texts, after: Texts, journey: str) -> ComparedDrawing:
    """Say how a journey differs between two workspaces. Raises Refused."""
    old, new = draw(before.files, before.loaded, journey), drawn(after, journey)
    if old is None:
        return ComparedDrawing(is_new=True, differences=())
    return ComparedDrawing(is_new=False, differences=differences(old, new))


def _steps_of(texts: Texts, journey: str) -> list[Step]:
    drawing = draw(texts.files, texts.loaded, journey)
    return [] if drawing is None else list(every_step(drawing.steps))


def _place(part: Part, file: str, steps: list[list[Step]]) -> MergePlace:
    pieces = (part.base, part.mine, part.theirs)
    base, mine, theirs = (
        _side(piece, each if part.file == file else [])
        for piece, each in zip(pieces, steps, strict=True)
    )
    return MergePlace(file=part.file, base=base, mine=mine, theirs=theirs, chosen=part.chosen)


def _side(piece: Piece, steps: list[Step]) -> MergeSide:
    """Name the steps that begin in these lines; where none does, the one that they are in."""
    within = [step for step in steps if piece.line <= step.place.line < piece.end]
    before = [step for step in steps if step.place.line < piece.line]
    told = within or (before[-1:] if piece.text else [])
    sentences = tuple(step.sentence for step in told if step.sentence)
    return MergeSide(line=piece.line, text=piece.text, sentences=sentences)


MERGING = Router("/api/drawing", route_handlers=[compare_drawing, merge_drafts], tags=["drawing"])
"""Beside the drawing board's own routes."""
