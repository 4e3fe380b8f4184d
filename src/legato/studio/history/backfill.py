"""Routes that say how far a backfill has come, and give it up."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get, post
from litestar.params import QueryParameter

from legato.app.history.backfill import BackfillRun
from legato.studio.access import needs
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused

WAIT_MAX = 20.0
"""Seconds a call is held where nothing changes."""
Wait = Annotated[float, QueryParameter(ge=0, le=WAIT_MAX)]


@get("/", opt=needs("look"), summary="How far the past is measured for a plan to come")
async def read_backfill(host: Host, wait: Wait = 0.0) -> BackfillRun:
    """Return it at once, or with `wait` when it has changed."""
    return await host.backfills.look(wait)


@post("/stop", opt=needs("apply"), status_code=200, summary="Give up the plan that is to come")
async def stop_backfill(host: Host, caller: Who) -> BackfillRun:
    """Stop measuring the past: the plan before runs on, and the one to come is given up."""
    stopped = await host.stop_backfill(by=actor_of(caller))
    if stopped is None:
        raise Refused(
            status=409,
            code="backfill.none",
            message="Nothing is being measured.",
            fix="See with `legato backfill` what became of the last one.",
        )
    return stopped


BACKFILL = Router("/api/backfill", route_handlers=[read_backfill, stop_backfill], tags=["plan"])
