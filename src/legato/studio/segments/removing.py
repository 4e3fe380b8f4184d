"""Routes that take a segment out of the definitions: what uses it first, then as a change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from litestar import Response, Router, get, post
from litestar.params import FromPath, JSONBody

from legato.model.noun import Noun
from legato.model.problem import Problem
from legato.plan.connecting.texts import definition_of, without
from legato.plan.diff import compare
from legato.plan.impact.uses import RestsOn, uses_of
from legato.studio.access import needs
from legato.studio.changes.routes import Shown, proposed
from legato.studio.drawing.texts import merged
from legato.studio.host import Host, Who
from legato.studio.refusal import not_found
from legato.workspace import check_files


class SegmentRemoval(Noun, frozen=True, kw_only=True):
    """What taking a segment out would mean."""

    file: str
    is_whole_file: bool
    """Nothing else stands in it: it goes too."""
    uses: tuple[RestsOn, ...]
    """What of the running plan uses it."""
    problems: tuple[Problem, ...]
    """What could not be compiled any more: with any of these it cannot be proposed."""
    changes: tuple[str, ...]
    """What would change, in words."""


class RemovalWish(Noun, frozen=True, kw_only=True):
    """Why it goes."""

    title: str
    why: str = ""


@get("/{name:str}/removal", opt=needs("propose"), summary="What uses a segment, before it goes")
async def read_removal(name: FromPath[str], host: Host) -> SegmentRemoval:
    """Return what rests on it, and what would be wrong without it; nothing is changed."""
    before = merged(host, {})
    file, after = await asyncio.to_thread(_without, before, name)
    loaded = await asyncio.to_thread(check_files, after)
    changes: tuple[str, ...] = ()
    if loaded.plan is not None:
        plan = await host.prepared(loaded.plan)
        found = await asyncio.to_thread(compare, host.plan(), plan, {}, host.clock.now())
        changes = tuple(each.what for each in found)
    return SegmentRemoval(
        file=file,
        is_whole_file=file not in after,
        uses=uses_of(host.plan(), "segment", name),
        problems=loaded.problems,
        changes=changes,
    )


@post("/{name:str}/removal", opt=needs("propose"), summary="Propose to take a segment out")
async def propose_removal(
    name: FromPath[str], data: JSONBody[RemovalWish], host: Host, caller: Who
) -> Response[Shown]:
    """Ask for the change; 422 with what would be wrong without it."""
    _, after = await asyncio.to_thread(_without, merged(host, {}), name)
    return await proposed(host, caller, after, title=data.title, why=data.why)


def _without(files: Mapping[str, str], name: str) -> tuple[str, Mapping[str, str]]:
    """Return its file, and the texts without it. Raises Refused."""
    written = definition_of(files, "segment", name)
    if written is None:
        raise not_found(
            "segment.unknown",
            "The running texts have no segment of this name.",
            fix="A draft that never ran is discarded, not removed: DELETE /api/drafts/NAME.",
        )
    return written.file, without(files, written)


REMOVING = Router(
    "/api/segments", route_handlers=[read_removal, propose_removal], tags=["segments"]
)
