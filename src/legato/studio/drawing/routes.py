"""Routes of the drawing board: what steps there are, a journey as a tree, and commands on it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from litestar import Router, get, post
from litestar.params import FromQuery, JSONBody, QueryParameter

from legato.model.noun import Noun
from legato.plan.drawing.commands import Command
from legato.plan.drawing.draw import draw, journeys_in, kinds_in
from legato.plan.drawing.edit import NotDone, edit
from legato.plan.drawing.kinds import Kind, Words, step_kinds
from legato.plan.drawing.tree import Drawing
from legato.plan.drawing.words import MANY, ManyWords, Word, of_many, words_of
from legato.plan.findings import nearest
from legato.plan.schemas import document_schemas
from legato.studio.access import needs
from legato.studio.drawing.causes import ProblemCause, causes_of
from legato.studio.drawing.texts import SHUT_KINDS, Texts, check_depth, merged, texts_with
from legato.studio.host import Host, Limit
from legato.studio.journeys import some_of
from legato.studio.refusal import Refused, not_found

WORDS_MAX = 200
"""Segments or journeys told at once; a rule's field searches the others as one types."""
Typed = Annotated[str, QueryParameter(max_length=200)]
EDITS_MAX = 200
"""Commands in one call: more than anybody does between two looks."""


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
    causes: tuple[ProblemCause, ...] = ()
    """Changes of what runs, by whomever, that made its problems."""


class ToEdit(Asked, frozen=True, kw_only=True):
    """Commands on a journey, done one after the other: all of them or none."""

    edits: tuple[Command, ...]


class ShownEdit(ShownDrawing, frozen=True, kw_only=True):
    """A journey after commands: keep `files`, and what they were before to undo."""

    files: Mapping[str, str | None]
    """What was sent, as it is now: the texts that differ from the running ones."""
    said: tuple[str, ...]
    """What each command did, after 'undo:'."""
    path: str
    """What the last command was about."""


class ShownKinds(Noun, frozen=True, kw_only=True):
    """What steps there are, and the words of the running plan that may stand in them."""

    kinds: tuple[Kind, ...]
    head: Any
    """JSON Schema of a journey."""
    definitions: Any
    """What the schemas refer to as `#/$defs/...`."""
    words: Mapping[Words, tuple[Word, ...]]
    cut: tuple[ManyWords, ...] = ()
    """Words of which there are more; `GET /api/drawing/words` searches them."""


@get("/kinds", opt=needs("look"), summary="What a step can be, with schemas and words")
async def read_kinds(host: Host) -> ShownKinds:
    """Return every kind of step with its schema, and what the running plan declares."""
    definitions = document_schemas()["journey"]["$defs"]
    words = await asyncio.to_thread(words_of, host.plan())
    cut: tuple[ManyWords, ...] = tuple(kind for kind in MANY if len(words[kind]) > WORDS_MAX)
    told: dict[Words, tuple[Word, ...]] = {**words}
    for kind in cut:
        told[kind] = words[kind][:WORDS_MAX]
    return ShownKinds(
        kinds=step_kinds(),
        head=definitions["journey"],
        definitions=definitions,
        words=told,
        cut=cut,
    )


@get("/words", opt=needs("look"), summary="Segments or journeys by what they are called")
async def read_words(
    host: Host, kind: FromQuery[ManyWords], q: Typed = "", limit: Limit = 60
) -> list[Word]:
    """Return those in whose name, title or owner every word of `q` occurs, the first of them."""
    found = await asyncio.to_thread(of_many, host.plan(), kind, q)
    return found[:limit]


@post("/read", opt=needs("look"), status_code=200, summary="A journey as a tree")
async def read_drawing(data: JSONBody[Asked], host: Host) -> ShownDrawing:
    """Draw a journey of the running texts, or of others in their place; nothing is changed."""
    base = host.status().plan
    texts = await texts_with(host, data.files)
    drawing = await asyncio.to_thread(drawn, texts, data.journey)
    return ShownDrawing(
        drawing=drawing,
        text=texts.files[drawing.file],
        base=base,
        causes=await causes_of(host, drawing),
    )


@post("/edit", opt=needs("rehearse"), status_code=200, summary="Do commands to a journey's text")
async def edit_drawing(data: JSONBody[ToEdit], host: Host) -> ShownEdit:
    """Change texts as small as can be; nothing is kept here, and nothing running is changed."""
    check_count(data.edits)
    check_depth(msgspec.to_builtins(data.edits))
    base, before = host.status().plan, merged(host, data.files)
    edited = await asyncio.to_thread(edit, before, data.journey, data.edits)
    if isinstance(edited, NotDone):
        raise not_done(edited)
    changed = {file: text for file, text in edited.files.items() if before.get(file) != text}
    overlay = {**data.files, **changed}
    texts = await texts_with(host, overlay)
    for file in changed:
        check_open(texts, file)
    drawing = await asyncio.to_thread(drawn, texts, edited.journey)
    return ShownEdit(
        drawing=drawing,
        text=texts.files[drawing.file],
        base=base,
        files=overlay,
        said=edited.said,
        path=edited.path,
        causes=await causes_of(host, drawing),
    )


def drawn(texts: Texts, journey: str) -> Drawing:
    """Draw a journey. Raises Refused."""
    drawing = draw(texts.files, texts.loaded, journey)
    if drawing is None:
        names = [each.name for each in journeys_in(texts.files)]
        near = nearest(journey, names)
        raise not_found(
            "journey.unknown",
            "These texts have no journey of this name.",
            fix=f"Did you mean `{near}`?" if near else f"They have: {some_of(names)}.",
        )
    check_open(texts, drawing.file)
    return drawing


def check_count(edits: Sequence[object]) -> None:
    """Refuse more commands than go in one call."""
    if len(edits) > EDITS_MAX:
        raise Refused(
            status=413,
            code="request.too_large",
            message=f"At most {EDITS_MAX} commands go in one call.",
            fix="Send them in several.",
        )


def not_done(command: NotDone) -> Refused:
    """Return the refusal of a command, and of all that were sent with it."""
    return Refused(
        status=422,
        code="drawing.not_done",
        message=f"Command {command.number + 1} cannot be done: {command.what}",
        fix=command.fix,
    )


def check_open(texts: Texts, file: str) -> None:
    """Refuse to show a file that may hold a key."""
    kinds = kinds_in(file, texts.files[file])
    closed = [kind for kind in kinds if kind in SHUT_KINDS]
    if closed:
        raise Refused(
            status=409,
            code="drawing.shared_file",
            message=f"{file} holds a `{closed[0]}` too, and such a file is not shown.",
            fix="Give what is edited, or what names it, a file of its own.",
        )


DRAWING = Router(
    "/api/drawing",
    route_handlers=[read_kinds, read_words, read_drawing, edit_drawing],
    tags=["drawing"],
)
