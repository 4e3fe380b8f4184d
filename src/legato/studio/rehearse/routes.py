"""Routes of rehearsals: begin one, see how far it is, read what came of it, stop it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from legato.app import App
from legato.app.rehearse.jobs.found import Mistakes, WalkFound
from legato.app.rehearse.jobs.rehearsals import Rehearsal, Subject
from legato.app.rehearse.jobs.task import Task, Walk
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.drawing.texts import check_depth, merged
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused

LINES_MAX = 200
WALK_BYTES_MAX = 100_000
WAIT_SECONDS_MAX = 25
"""How long an answer is held back for a rehearsal to end."""


class About(Noun, frozen=True, kw_only=True):
    """Whose texts: a draft's, or a change's, or else those that run."""

    draft: str = ""
    change: int = 0


class Wish(About, frozen=True, kw_only=True):
    """What is to be rehearsed."""

    task: Task


class WalkWish(About, frozen=True, kw_only=True):
    """A walk that is to be gone."""

    walk: Walk


@get("/", opt=needs("rehearse"), summary="Rehearsals, the newest first")
async def read_rehearsals(host: Host) -> list[Rehearsal]:
    """Return all that wait, run or are kept, without what came of them."""
    return host.rehearsals.list()


@post("/", opt=needs("rehearse"), status_code=202, summary="Rehearse definitions")
async def begin_rehearsal(data: JSONBody[Wish], host: Host, caller: Who) -> Rehearsal:
    """Begin in a process of its own; nobody is contacted, and nothing that runs is touched."""
    subject, files = await _texts(host, data)
    return await host.rehearsals.begin(data.task, files, subject, by=actor_of(caller))


@get("/{rehearsal_id:str}", opt=needs("rehearse"), summary="How far it is, and what came of it")
async def read_rehearsal(
    rehearsal_id: FromPath[str],
    host: Host,
    wait: Annotated[int, QueryParameter(ge=0, le=WAIT_SECONDS_MAX)] = 0,
) -> Rehearsal:
    """Return it, with `wait` when it is over or so many seconds later."""
    return await host.rehearsals.wait(rehearsal_id, wait)


@post("/{rehearsal_id:str}/stop", opt=needs("rehearse"), status_code=200, summary="Stop it")
async def stop_rehearsal(rehearsal_id: FromPath[str], host: Host, caller: Who) -> Rehearsal:
    """Stop it where it is not over."""
    return await host.rehearsals.halt(rehearsal_id, by=actor_of(caller))


@post("/walk", opt=needs("rehearse"), status_code=200, summary="Go a walk")
async def walk(data: JSONBody[WalkWish], host: Host) -> WalkFound | Mistakes:
    """Let somebody made up live through some lines; nothing is kept of it."""
    check_depth(data.walk.given)
    check_depth(data.walk.lines)
    if (
        len(data.walk.lines) > LINES_MAX
        or len(msgspec.json.encode(data.walk)) > WALK_BYTES_MAX
        or not {"person", "at"} <= set(data.walk.given)
    ):
        raise Refused(
            status=400,
            code="walk.shape",
            message=f"A walk has one `person`, a beginning `at`, and at most {LINES_MAX} lines.",
            fix="Write `given` and `lines` as scenarios have them under `given` and `when`.",
        )
    _, files = await _texts(host, data)
    return await host.rehearsals.walks.go(files, data.walk)


async def _texts(host: App, wish: About) -> tuple[Subject, Mapping[str, str]]:
    plan = host.status().plan
    if wish.draft and wish.change:
        raise Refused(
            status=400,
            code="rehearsal.subject",
            message="One rehearsal is of a draft or of a change, not of both.",
            fix="Name one of the two; neither rehearses what runs.",
        )
    if wish.draft:
        whole = await host.drafts.get(wish.draft)
        subject = Subject(draft=wish.draft, etag=whole.draft.etag, plan=plan)
        return subject, merged(host, whole.files)
    if wish.change:
        return Subject(change=wish.change, plan=plan), await host.changes.files(wish.change)
    return Subject(plan=plan), merged(host, {})


REHEARSALS = Router(
    "/api/rehearsals",
    route_handlers=[read_rehearsals, begin_rehearsal, walk, read_rehearsal, stop_rehearsal],
    tags=["rehearsals"],
)
