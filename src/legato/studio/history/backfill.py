"""The route that says how far a backfill has come."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get
from litestar.params import QueryParameter

from legato.app import BackfillRun
from legato.studio.access import needs
from legato.studio.host import Host

WAIT_MAX = 20.0
"""Seconds a call is held where nothing changes."""
Wait = Annotated[float, QueryParameter(ge=0, le=WAIT_MAX)]


@get("/", opt=needs("look"), summary="How far the past is measured for a plan to come")
async def read_backfill(host: Host, wait: Wait = 0.0) -> BackfillRun:
    """Return it at once, or with `wait` when it has changed."""
    return await host.backfills.look(wait)


BACKFILL = Router("/api/backfill", route_handlers=[read_backfill], tags=["plan"])
