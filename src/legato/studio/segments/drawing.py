"""Routes that read a segment from texts, and do commands to them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec
from litestar import Router, post
from litestar.params import JSONBody

from legato.model.noun import Noun
from legato.plan.drawing.edit import NotDone
from legato.plan.drawing.segments.edit import SegmentCommand, edit_segment
from legato.plan.drawing.segments.segment import SegmentDrawing, draw_segment, segments_in
from legato.plan.findings import nearest
from legato.studio.access import needs
from legato.studio.drawing.routes import check_count, check_open, not_done
from legato.studio.drawing.texts import Texts, check_depth, merged, texts_with
from legato.studio.host import Host
from legato.studio.refusal import not_found


class AskedSegment(Noun, frozen=True, kw_only=True):
    """Which segment, of which texts."""

    segment: str
    files: Mapping[str, str | None] = {}
    """Texts in place of the running ones, by path in the workspace; null: without the file."""


class ShownSegmentText(Noun, frozen=True, kw_only=True):
    """A segment as it is written, and the text in which it stands."""

    drawing: SegmentDrawing
    text: str
    """Of the whole file."""
    base: str
    """The running plan, which the texts that were not sent are of."""


class SegmentToEdit(AskedSegment, frozen=True, kw_only=True):
    """Commands on a segment, done one after the other: all of them or none."""

    edits: tuple[SegmentCommand, ...]


class ShownSegmentEdit(ShownSegmentText, frozen=True, kw_only=True):
    """A segment after commands."""

    files: Mapping[str, str | None]
    """What was sent, as it is now: the texts that differ from the running ones."""


@post("/read", opt=needs("look"), status_code=200, summary="A segment as it is written")
async def read_segment_text(data: JSONBody[AskedSegment], host: Host) -> ShownSegmentText:
    """Read a segment of the running texts, or of others in their place; nothing is changed."""
    base = host.status().plan
    texts = await texts_with(host, data.files)
    drawing = await asyncio.to_thread(drawn_segment, texts, data.segment)
    return ShownSegmentText(drawing=drawing, text=texts.files[drawing.place.file], base=base)


@post("/edit", opt=needs("rehearse"), status_code=200, summary="Do commands to a segment's text")
async def edit_segment_text(data: JSONBody[SegmentToEdit], host: Host) -> ShownSegmentEdit:
    """Change texts as small as can be; nothing is kept here, and nothing running is changed."""
    check_count(data.edits)
    check_depth(msgspec.to_builtins(data.edits))
    base, before = host.status().plan, merged(host, data.files)
    edited = await asyncio.to_thread(edit_segment, before, data.segment, data.edits)
    if isinstance(edited, NotDone):
        raise not_done(edited)
    changed = {file: text for file, text in edited.files.items() if before.get(file) != text}
    overlay = {**data.files, **changed}
    texts = await texts_with(host, overlay)
    for file in changed:
        check_open(texts, file)
    drawing = await asyncio.to_thread(drawn_segment, texts, edited.segment)
    return ShownSegmentEdit(
        drawing=drawing, text=texts.files[drawing.place.file], base=base, files=overlay
    )


def drawn_segment(texts: Texts, name: str) -> SegmentDrawing:
    """Read a segment. Raises Refused."""
    drawing = draw_segment(texts.files, texts.loaded, name)
    if drawing is None:
        names = [each.name for each in segments_in(texts.files)]
        near = nearest(name, names)
        raise not_found(
            "segment.unknown",
            "These texts have no segment of this name.",
            fix=f"Did you mean `{near}`?" if near else "Begin it with the command new_segment.",
        )
    check_open(texts, drawing.place.file)
    return drawing


SEGMENT_TEXTS = Router(
    "/api/drawing/segment", route_handlers=[read_segment_text, edit_segment_text], tags=["drawing"]
)
