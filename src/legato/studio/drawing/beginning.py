"""Routes of templates: journeys to begin with, and one of them as a draft of this workspace."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from litestar import Router, get, post
from litestar.params import JSONBody

from legato.model.noun import Noun
from legato.plan.beginning.bring import (
    Asked,
    Brought,
    OfferedTemplate,
    TemplatePart,
    bring,
    offered,
)
from legato.plan.beginning.cut import listed
from legato.plan.findings import nearest
from legato.studio.access import needs
from legato.studio.drawing.drafts import WORDS_MAX
from legato.studio.drawing.routes import ShownDrawing, drawn
from legato.studio.drawing.texts import merged, texts_with
from legato.studio.host import Host
from legato.studio.refusal import Refused, not_found
from legato.workspace import shipped_templates


class ToBegin(Noun, frozen=True, kw_only=True):
    """Which template to begin with."""

    template: str
    title: str = ""
    """Empty: the template's."""
    owner: str = ""
    """Of all that comes along; empty: the template's."""
    files: Mapping[str, str | None] = {}
    """Texts in place of the running ones."""


class ShownBeginning(ShownDrawing, frozen=True, kw_only=True):
    """A template as a draft: its journey drawn, and all texts that come with it."""

    files: Mapping[str, str | None]
    said: tuple[str, ...]
    came: tuple[TemplatePart, ...]
    """What it needs, and what became of each."""


@get("/templates", opt=needs("look"), summary="Journeys to begin with")
async def read_journey_templates(host: Host) -> list[OfferedTemplate]:
    """Return the templates that are shipped, and what of each this workspace has."""
    running = merged(host, {})
    return await asyncio.to_thread(offered, shipped_templates(), running)


@post("/begin", opt=needs("rehearse"), status_code=200, summary="A template as a draft")
async def begin_with_template(data: JSONBody[ToBegin], host: Host) -> ShownBeginning:
    """Return a template's texts as they fit this workspace; nothing is kept."""
    if max(len(data.title), len(data.owner)) > WORDS_MAX:
        raise Refused(
            status=400,
            code="drawing.words",
            message=f"A title and an owner have at most {WORDS_MAX} characters.",
            fix="Say it shorter: the journey has room for more.",
        )
    base, running = host.status().plan, merged(host, data.files)
    drafts = await host.drafts.list()
    asked = Asked(
        template=data.template,
        title=data.title,
        owner=data.owner,
        taken=[name for each in drafts for name in (each.name, each.journey)],
    )
    brought = await asyncio.to_thread(bring, shipped_templates(), running, asked)
    if brought is None:
        raise _unknown(data.template)
    return await _shown(host, data, brought, base)


async def _shown(host: Host, data: ToBegin, brought: Brought, base: str) -> ShownBeginning:
    overlay = {**data.files, **brought.files}
    texts = await texts_with(host, overlay)
    drawing = await asyncio.to_thread(drawn, texts, brought.journey)
    return ShownBeginning(
        drawing=drawing,
        text=texts.files[drawing.file],
        base=base,
        files=overlay,
        said=(f"begin {brought.journey} with a template",),
        came=brought.came,
    )


def _unknown(name: str) -> Refused:
    names = [each.name for each in listed(shipped_templates())]
    near = nearest(name, names)
    return not_found(
        "template.unknown",
        "There is no template of this name.",
        fix=f"Did you mean `{near}`?" if near else f"There are: {', '.join(names)}.",
    )


BEGINNING = Router(
    "/api/drawing", route_handlers=[read_journey_templates, begin_with_template], tags=["drawing"]
)
"""Beside the drawing board's own routes."""
