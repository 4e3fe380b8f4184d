"""Routes of the drawing board: what steps there are, and a journey as a tree."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar import Router, get, post
from litestar.params import JSONBody

from legato.model.noun import Noun
from legato.plan.drawing.draw import draw, journeys_in, kinds_in
from legato.plan.drawing.kinds import Kind, Words, step_kinds
from legato.plan.drawing.tree import Drawing
from legato.plan.drawing.words import Word, words_of
from legato.plan.findings import nearest
from legato.plan.schemas import document_schemas
from legato.studio.access import needs
from legato.studio.drawing.texts import Texts, texts_with
from legato.studio.host import Host
from legato.studio.refusal import Refused, not_found

SHUT_KINDS = ("source", "destination", "sign_in", "manifest", "inbound")
"""Documents that may hold a key: a file with one of them is not shown as it stands."""


class Asked(Noun, frozen=True, kw_only=True):
    """Which journey, of which texts."""

    journey: str
    files: Mapping[str, str | None] = {}
    """Texts in place of the running ones, by path in the workspace; null: without the file."""


class ShownDrawing(Noun, frozen=True, kw_only=True):
    """A journey as a tree, and the text that it is the tree of."""

    drawing: Drawing
    text: str
    """Of the whole file in which the journey stands."""
    base: str
    """The running plan, which the texts that were not sent are of."""


class ShownKinds(Noun, frozen=True, kw_only=True):
    """What steps there are, and the words of the running plan that may stand in them."""

    kinds: tuple[Kind, ...]
    head: Any
    """JSON Schema of a journey."""
    definitions: Any
    """What the schemas refer to as `#/$defs/...`."""
    words: Mapping[Words, tuple[Word, ...]]


@get("/kinds", opt=needs("look"), summary="What a step can be, with schemas and words")
async def read_kinds(host: Host) -> ShownKinds:
    """Return every kind of step with its schema, and what the running plan declares."""
    definitions = document_schemas()["journey"]["$defs"]
    return ShownKinds(
        kinds=step_kinds(),
        head=definitions["journey"],
        definitions=definitions,
        words=await asyncio.to_thread(words_of, host.plan()),
    )


@post("/read", opt=needs("look"), status_code=200, summary="A journey as a tree")
async def read_drawing(data: JSONBody[Asked], host: Host) -> ShownDrawing:
    """Draw a journey of the running texts, or of others in their place; nothing is changed."""
    base = host.status().plan
    texts = await texts_with(host, data.files)
    drawing = await asyncio.to_thread(drawn, texts, data.journey)
    return ShownDrawing(drawing=drawing, text=texts.files[drawing.file], base=base)


def drawn(texts: Texts, journey: str) -> Drawing:
    """Draw a journey. Raises Refused."""
    drawing = draw(texts.files, texts.loaded, journey)
    if drawing is None:
        names = [each.name for each in journeys_in(texts.files)]
        near = nearest(journey, names)
        raise not_found(
            "journey.unknown",
            "These texts have no journey of this name.",
            fix=f"Did you mean `{near}`?" if near else f"They have: {', '.join(names) or 'none'}.",
        )
    _check_open(texts, drawing.file)
    return drawing


def _check_open(texts: Texts, file: str) -> None:
    kinds = kinds_in(file, texts.files[file])
    closed = [kind for kind in kinds if kind in SHUT_KINDS]
    if closed:
        raise Refused(
            status=409,
            code="drawing.shared_file",
            message=f"This journey stands in one file with a `{closed[0]}`, which is not shown.",
            fix="Move the journey to a file of its own, such as journeys/NAME.yaml.",
        )


DRAWING = Router("/api/drawing", route_handlers=[read_kinds, read_drawing], tags=["drawing"])
