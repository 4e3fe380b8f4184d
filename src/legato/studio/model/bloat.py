"""Routes of the bloat report: what is kept and nothing reads, with its bytes and cost."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from litestar import Router, get, post
from litestar.params import FromQuery, QueryParameter

from legato.app.definitions.bloat import Weighing
from legato.insight.bloat.report import BloatReport
from legato.model.instant import DAY, Duration, parse_duration
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.host import Host
from legato.studio.refusal import Refused

WAIT_SECONDS_MAX = 30
"""Longer calls are cut by what stands between."""
SINCE = "90d"
SINCE_MAX: Duration = 3_650 * DAY

Wait: TypeAlias = Annotated[int, QueryParameter(ge=0, le=WAIT_SECONDS_MAX)]


class Shown(Noun, frozen=True, kw_only=True):
    run: Weighing
    """How far the present weighing is, or how the last one ended."""
    report: BloatReport | None
    """Of the last one that came to its end; None: nothing was weighed since the start."""


@get("/", opt=needs("look"), summary="What is kept and nothing reads")
async def read_bloat(host: Host, since: FromQuery[str] = SINCE, wait: Wait = 0) -> Shown:
    """Return what nothing has read for as long as `since`, and what of it was last weighed.

    `wait`: answer when a weighing that goes on has ended, after so many seconds at the latest.
    """
    period = parse_duration(since)
    if period is None or not 0 < period <= SINCE_MAX:
        raise Refused(
            status=400,
            code="request.since",
            message="`since` must be a length of time of at most ten years.",
            fix="Write it as `since=90d`.",
        )
    run = await host.bloat.ended(wait)
    return Shown(run=run, report=await host.bloat.report(period))


@post("/", opt=needs("rehearse"), status_code=202, summary="Weigh what is kept")
async def begin_weighing(host: Host) -> Weighing:
    """Look through the log and all people in the background; one weighing at a time."""
    return host.bloat.begin()


BLOAT = Router("/api/bloat", route_handlers=[read_bloat, begin_weighing], tags=["plan"])
