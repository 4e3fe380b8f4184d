"""Routes of drafts: kept as people work, shown to others who do, and proposed as changes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated

from litestar import Response, Router, delete, get, post, put
from litestar.params import FromPath, HeaderParameter, JSONBody

from legato.app.app import App
from legato.app.audit import PLAN_APPLY, Recorded
from legato.app.changes.drafts import Clash, Save, Whole
from legato.govern.drafts.draft import KeptDraft
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.plan.drawing.draw import kinds_in
from legato.ports.audit import AuditQuestion
from legato.studio.access import needs
from legato.studio.changes.routes import Shown, proposed
from legato.studio.drawing.texts import SHUT_KINDS, check_overlay, merged
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused

DRAFT_LENGTH_MAX = 1_000_000
"""Characters of all files of a draft: thirty workspaces like the example shop's."""
WORDS_MAX = 200
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")

IfMatch = Annotated[str, HeaderParameter(name="if-match", max_length=100)]


class DraftTexts(Noun, frozen=True, kw_only=True):
    """A draft as it is to be kept."""

    files: Mapping[str, str | None]
    """Texts in place of the running ones, by path; null: without the file."""
    base: str
    """The running plan that they were made from, as a drawing's `base` says."""
    title: str = ""
    journey: str = ""


class ShownDraft(Noun, frozen=True, kw_only=True):
    """A draft, with its state as the header `ETag` has it."""

    draft: KeptDraft
    files: Mapping[str, str | None]
    etag: str
    was: Mapping[str, str | None]
    """The running texts that its files were made from; null: there was none."""
    moved: tuple[str, ...]
    """Its files of which another text runs since they were made from the running one."""
    moved_by: str
    """Who made the present plan the running one; empty: nothing has moved, or nobody knows."""
    moved_at: Instant


class Clashed(Noun, frozen=True, kw_only=True):
    """The refusal of a save over a state that its author has not seen."""

    code: str
    message: str
    fix: str
    theirs: ShownDraft | None
    """What is kept; none: it was deleted."""


class Wish(Noun, frozen=True, kw_only=True):
    """As what a draft is proposed."""

    title: str
    why: str = ""


@get("/", opt=needs("look"), summary="Drafts that somebody works on")
async def read_drafts(host: Host) -> list[KeptDraft]:
    """Return all by name, without their texts."""
    return await host.drafts.list()


@get("/{name:str}", opt=needs("look"), summary="One draft, with its texts")
async def read_draft(name: FromPath[str], host: Host) -> Response[ShownDraft]:
    """Return it; the header `ETag` names this very state of it."""
    shown = await shown_draft(host, await host.drafts.get(name))
    return Response(shown, status_code=200, headers={"etag": shown.etag})


@put("/{name:str}", opt=needs("propose"), status_code=200, summary="Keep a draft")
async def save_draft(
    name: FromPath[str],
    data: JSONBody[DraftTexts],
    host: Host,
    caller: Who,
    match: IfMatch = "",
) -> Response[ShownDraft | Clashed]:
    """Save over the state that `If-Match` names, or begin; 412 with the state that is kept."""
    _check(name, data)
    wanted = Save(
        name=name, title=data.title, journey=data.journey, base=data.base, files=data.files
    )
    running = host.status().plan
    try:
        kept = await host.drafts.save(wanted, by=actor_of(caller), running=running, match=match)
    except Clash as clash:
        return Response(await clashed(host, clash), status_code=412)
    shown = await shown_draft(host, kept)
    return Response(shown, status_code=200, headers={"etag": shown.etag})


@delete("/{name:str}", opt=needs("propose"), status_code=200, summary="Delete a draft")
async def delete_draft(
    name: FromPath[str], host: Host, caller: Who, match: IfMatch = ""
) -> Response[Clashed | None]:
    """Delete it, where it is in the state that `If-Match` names; without one, as it is."""
    try:
        await host.drafts.remove(name, by=actor_of(caller), match=match)
    except Clash as clash:
        return Response(await clashed(host, clash), status_code=412)
    return Response(None)


@post("/{name:str}/propose", opt=needs("propose"), summary="Propose a draft as a change")
async def propose_draft(
    name: FromPath[str], data: JSONBody[Wish], host: Host, caller: Who, match: IfMatch = ""
) -> Response[Shown | Clashed]:
    """Ask for a change to the running texts with the draft's in their place; 422 with mistakes."""
    whole = await host.drafts.get(name)
    if match not in ("", whole.draft.etag):
        return Response(await clashed(host, Clash(whole)), status_code=412)
    if whole.moved:
        raise Refused(
            status=409,
            code="draft.moved",
            message=f"Another text runs since of: {', '.join(whole.moved)}.",
            fix="Bring what runs now into the draft, and save it with the running plan as `base`.",
        )
    files = merged(host, whole.files)
    answer = await proposed(host, caller, files, title=data.title, why=data.why)
    change = answer.content.change
    if change is not None:
        await host.drafts.note_proposed(name, by=actor_of(caller), change=change.number)
    return Response(answer.content, status_code=answer.status_code)


def _check(name: str, data: DraftTexts) -> None:
    if not _NAME.fullmatch(name) or len(data.title) > WORDS_MAX or len(data.journey) > WORDS_MAX:
        raise Refused(
            status=400,
            code="draft.name",
            message="A draft is named by small letters, digits, `-` and `_`, at most 80; its title "
            f"and journey have at most {WORDS_MAX} characters.",
            fix="Name it as `cart-rescue-longer`.",
        )
    check_overlay(data.files)
    if sum(len(text or "") for text in data.files.values()) > DRAFT_LENGTH_MAX:
        raise Refused(
            status=413,
            code="request.too_large",
            message=f"A draft has at most {DRAFT_LENGTH_MAX:,} characters in all.",
            fix="Keep only the files that differ from the running ones.",
        )
    check_shut(data.files)


def check_shut(files: Mapping[str, str | None]) -> None:
    """Refuse files that may hold a key: everybody here sees drafts."""
    for file, text in files.items():
        shut = [kind for kind in kinds_in(file, text or "") if kind in SHUT_KINDS]
        if shut:
            raise Refused(
                status=409,
                code="drawing.shared_file",
                message=f"{file} holds a `{shut[0]}`, and drafts are shown to everybody here.",
                fix="Propose changes of such definitions with `legato change propose`.",
            )


async def shown_draft(host: App, whole: Whole) -> ShownDraft:
    """Return a draft as it is shown."""
    latest: list[Recorded] = []
    if whole.moved:
        asked = AuditQuestion(action=PLAN_APPLY, is_newest_first=True)
        latest = await asyncio.to_thread(host.audit.read, 0, 1, asked)
    return ShownDraft(
        draft=whole.draft,
        files=whole.files,
        etag=whole.draft.etag,
        was=whole.was,
        moved=whole.moved,
        moved_by=latest[0].entry.actor if latest else "",
        moved_at=latest[0].at if latest else 0,
    )


async def clashed(host: App, clash: Clash) -> Clashed:
    """Return the refusal of a save, with the state that is kept."""
    theirs = clash.theirs
    return Clashed(
        code="draft.clash",
        message="The draft was deleted meanwhile."
        if theirs is None
        else f"Another state is kept: revision {theirs.draft.revision}, saved by "
        f"{theirs.draft.saved_by}.",
        fix="Begin it anew without `If-Match`."
        if theirs is None
        else "Look at `theirs`, choose, and save with its `etag` as `If-Match`.",
        theirs=None if theirs is None else await shown_draft(host, theirs),
    )


DRAFTS = Router(
    "/api/drafts",
    route_handlers=[read_drafts, read_draft, save_draft, delete_draft, propose_draft],
    tags=["drafts"],
)
