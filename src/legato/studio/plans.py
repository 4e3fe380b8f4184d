"""Routes of the plan: what it is, and checking, comparing and applying definitions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.params import JSONBody

from legato.app.app import App
from legato.app.config import Applied
from legato.fold.lookback import backfill_of
from legato.insight.reach import Reach, count_heads, reach_of
from legato.model.definitions.property import Waiver
from legato.model.noun import Noun
from legato.model.plan import Plan, plan_digest
from legato.model.problem import Problem
from legato.plan.diff import Change, compare
from legato.studio.access import needs
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused
from legato.workspace import check_files

FILES_MAX = 2_000
"""Files of one workspace: the largest known have hundreds."""


class Files(Noun, frozen=True, kw_only=True):
    """A workspace: path in it -> text."""

    files: Mapping[str, str]


class Given(Noun, frozen=True, kw_only=True):
    """A workspace to be made the present plan, and the objections that the caller answers for."""

    files: Mapping[str, str]
    waive: tuple[Waiver, ...] = ()


class ShownPlan(Noun, frozen=True, kw_only=True):
    digest: str
    definitions: Any
    """Everything compiled, without the settings of destinations and the keys of sources."""


class Checked(Noun, frozen=True, kw_only=True):
    is_right: bool
    problems: tuple[Problem, ...]


class Compared(Noun, frozen=True, kw_only=True):
    """What applying would change, and for whom."""

    problems: tuple[Problem, ...] = ()
    before: str = ""
    after: str = ""
    changes: tuple[Change, ...] = ()
    reach: tuple[Reach, ...] = ()
    empty_teams: tuple[str, ...] = ()
    """Teams that would own definitions and have nobody in them."""
    backfill: Unmeasured | None = None


class Unmeasured(Noun, frozen=True, kw_only=True):
    """What is made of the past before the plan becomes active."""

    slots: int
    """Measurements that are new."""
    people: int


@get("/", opt=needs("look"), summary="The present plan")
async def read_plan(host: Host) -> ShownPlan:
    """Return its digest and definitions."""
    plan = host.plan()
    definitions = msgspec.to_builtins(_without_settings(plan))
    return ShownPlan(digest=host.status().plan, definitions=definitions)


@post("/check", opt=needs("rehearse"), status_code=200, summary="Every mistake of a workspace")
async def check(data: JSONBody[Files]) -> Checked:
    """Check files; nothing is changed."""
    loaded = await asyncio.to_thread(check_files, bounded(data))
    return Checked(is_right=loaded.plan is not None, problems=loaded.problems)


@post("/diff", opt=needs("rehearse"), status_code=200, summary="What applying would change")
async def difference(data: JSONBody[Files], host: Host) -> Compared:
    """Compare files with the present plan; nothing is changed."""
    loaded = await asyncio.to_thread(check_files, bounded(data))
    if loaded.plan is None:
        return Compared(problems=loaded.problems)
    before, after = host.plan(), await host.prepared(loaded.plan)
    heads = await asyncio.to_thread(count_heads, host.records)
    changes = compare(before, after, heads.journeys, host.clock.now())
    digest = host.status().plan
    return Compared(
        before=digest,
        after=plan_digest(after),
        changes=changes,
        reach=reach_of(heads, before, after),
        empty_teams=host.access.teams.empty(after),
        backfill=await _unmeasured(host, before, after),
    )


async def _unmeasured(host: App, before: Plan, after: Plan) -> Unmeasured | None:
    backfill = await asyncio.to_thread(backfill_of, before, after)
    if not backfill.slots:
        return None
    counts = await asyncio.to_thread(host.records.counts)
    return Unmeasured(slots=len(backfill.slots), people=counts["people"])


@post("/apply", opt=needs("apply"), summary="Make definitions the present plan")
async def apply(data: JSONBody[Given], host: Host, caller: Who) -> Response[Applied]:
    """Between two events. Any mistake or harm: 422 with each, and nothing is changed."""
    files = bounded(Files(files=data.files))
    waivers = reasoned(data.waive)
    if not caller.may("administer"):
        await refuse_other_sign_in(host, files)
    applied = await host.apply(files, by=actor_of(caller), waivers=waivers)
    return answered(host, applied)


def reasoned(waivers: tuple[Waiver, ...]) -> tuple[Waiver, ...]:
    """Return what somebody answers for. Raises Refused where they do not say why."""
    if any(not waiver.because.strip() for waiver in waivers):
        raise Refused(
            status=422,
            code="waiver.no_reason",
            message="An objection is waived for a reason, which goes on the audit.",
            fix="Say `because`: why it is right so.",
        )
    return waivers


def answered(host: App, applied: Applied) -> Response[Applied]:
    """Say what became of definitions, and whose owners nobody is."""
    if applied.problems:
        return Response(applied, status_code=422)
    empty = host.access.teams.empty(host.plan())
    return Response(msgspec.structs.replace(applied, empty_teams=empty), status_code=200)


async def refuse_other_sign_in(host: App, files: Mapping[str, str]) -> None:
    """Refuse to change who is let in: by that one could give oneself any role."""
    loaded = await asyncio.to_thread(check_files, files)
    if loaded.plan is not None and loaded.plan.sign_in != host.plan().sign_in:
        raise Refused(
            status=403,
            code="access.sign_in",
            message="These definitions change who may sign in, and in which role.",
            fix="Leave `sign_in:` as it is, or have an admin apply them.",
        )


def bounded(data: Files) -> Mapping[str, str]:
    """Return a workspace's texts; refuse more of them than any has."""
    if len(data.files) > FILES_MAX:
        raise Refused(
            status=413,
            code="request.too_large",
            message=f"A workspace has at most {FILES_MAX} files.",
            fix="Put several definitions into one file, apart by `---`.",
        )
    return data.files


def _without_settings(plan: Plan) -> Plan:
    """Leave out what may be secret or only machines read."""
    return msgspec.structs.replace(
        plan,
        destinations={
            name: msgspec.structs.replace(each, settings={}, manifest={})
            for name, each in plan.destinations.items()
        },
        sources={
            name: msgspec.structs.replace(each, key_digests=())
            for name, each in plan.sources.items()
        },
    )


PLAN = Router("/api/plan", route_handlers=[read_plan, check, difference, apply], tags=["plan"])
