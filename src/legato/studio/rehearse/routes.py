"""Routes of rehearsals: begin one, see how far it is, read what came of it, stop it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated

import msgspec
from litestar import MediaType, Response, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec.structs import replace

from legato.app.app import App
from legato.app.rehearse.jobs.found import Mistakes, WalkFound
from legato.app.rehearse.jobs.rehearsals import Rehearsal, Subject
from legato.app.rehearse.jobs.task import Job, Prove, Simulate, Task, Walk
from legato.model.instant import DAY
from legato.model.noun import Noun
from legato.model.plan import encode_plan
from legato.model.problem import Problem
from legato.plan.crowds.read import read_crowds
from legato.studio.access import needs
from legato.studio.drawing.texts import check_depth, merged
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused
from legato.workspace import CROWDS, read_rehearsed

LINES_MAX = 200
WALK_BYTES_MAX = 100_000
PEOPLE_MAX = 20_000
"""Some minutes for a quarter of a year; one process, beside what is collected."""
DAYS_MAX = 365
SEED_MAX = 1_000_000_000
WAIT_SECONDS_MAX = 25
"""How long an answer is held back for a rehearsal to end."""


class About(Noun, frozen=True, kw_only=True):
    """Whose texts: a draft's, or a change's, or else those that run."""

    draft: str = ""
    change: int = 0


class Wish(About, frozen=True, kw_only=True):
    """What is to be rehearsed."""

    task: Task


class CrowdShown(Noun, frozen=True, kw_only=True):
    """A crowd of the workspace."""

    name: str
    people: int
    days: int
    is_recorded: bool
    """Its people live as people on record did; else it says itself what they do."""


class CrowdsShown(Noun, frozen=True, kw_only=True):
    """Those there are, and what keeps others from being read."""

    crowds: tuple[CrowdShown, ...]
    problems: tuple[Problem, ...]


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
    config = host.config
    job = Job(task=data.task, files=files, data=str(config.data), speed=config.speed)
    if config.speed == 1 and isinstance(data.task, Prove | Simulate):
        # In time-lapse the times that run are others than those that stand in texts.
        job = replace(job, active=encode_plan(host.plan()))
    if isinstance(data.task, Simulate):
        _check_size(data.task)
        crowds = await asyncio.to_thread(read_rehearsed, config.workspace, CROWDS)
        job = replace(job, crowds=crowds)
        if data.task.beside_running:
            job = replace(job, running=merged(host, {}))
    return await host.rehearsals.begin(job, subject, by=actor_of(caller))


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


@get("/crowds", opt=needs("rehearse"), summary="Crowds that can be simulated")
async def read_simulated_crowds(host: Host) -> CrowdsShown:
    """Return those of crowds/ that can be read under the plan that runs, and what is wrong."""
    texts = await asyncio.to_thread(read_rehearsed, host.config.workspace, CROWDS)
    found = await asyncio.to_thread(read_crowds, texts, host.plan())
    return CrowdsShown(
        crowds=tuple(
            CrowdShown(
                name=one.name,
                people=one.people,
                days=max(1, one.span // DAY),
                is_recorded=not one.kinds,
            )
            for one in found.crowds
        ),
        problems=found.problems,
    )


@get(
    "/{rehearsal_id:str}/page",
    opt=needs("rehearse"),
    media_type=MediaType.HTML,
    summary="What came of a simulation, as one file that needs nothing else",
)
async def read_rehearsal_page(rehearsal_id: FromPath[str], host: Host) -> Response[str]:
    """Return it to be saved: it has no script, and asks no network for anything."""
    page = host.rehearsals.page(rehearsal_id)
    headers = {"content-disposition": 'attachment; filename="simulation.html"'}
    return Response(page, media_type=MediaType.HTML, headers=headers)


def _check_size(task: Simulate) -> None:
    if 1 <= task.people <= PEOPLE_MAX and 1 <= task.days <= DAYS_MAX and 0 <= task.seed <= SEED_MAX:
        return
    raise Refused(
        status=400,
        code="simulation.size",
        message=f"A simulation has 1 to {PEOPLE_MAX:,} people, 1 to {DAYS_MAX} days, and a seed "
        f"from 0 to {SEED_MAX:,}.",
        fix="Ask for less; `legato simulate` lets larger crowds live, on all cores of a machine.",
    )


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
    route_handlers=[
        *(read_rehearsals, begin_rehearsal, walk, read_simulated_crowds),
        *(read_rehearsal, read_rehearsal_page, stop_rehearsal),
    ],
    tags=["rehearsals"],
)
