"""Routes that say which notes and records are rolled, and roll more."""

from __future__ import annotations

from litestar import Router, get, post
from litestar.params import JSONBody

from legato.app.history.roll import RollBusy, RollRun
from legato.model.instant import parse_duration
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.history.backfill import Wait
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused


class Older(Noun, frozen=True, kw_only=True):
    """How old notes and records must be."""

    older: str = ""
    """As 30d. Empty: what the workspace says."""


@get("/", opt=needs("look"), summary="What is rolled into Parquet files")
async def read_rolled(host: Host, wait: Wait = 0.0) -> RollRun:
    """Return it at once, or with `wait` when a rolling that goes on has come further."""
    return await host.rolls.look(wait)


@post("/roll", opt=needs("repair"), status_code=202, summary="Roll old notes and records")
async def roll(data: JSONBody[Older], host: Host, caller: Who) -> RollRun:
    """Begin to roll old notes and records; `GET /api/history` says how far it is."""
    older = parse_duration(data.older) if data.older else host.plan().roll_after
    if older is None or (not data.older and not older):
        raise Refused(
            status=400,
            code="history.shape",
            message="It is not said how old notes and records must be.",
            fix="Send {older: '30d'}, or write `history: {roll_after: 30d}` in legato.yaml.",
        )
    try:
        return await host.rolls.begin(older, by=actor_of(caller))
    except RollBusy:
        raise Refused(
            status=409,
            code="history.busy",
            message="It is being rolled already.",
            fix="See how far it is with `legato history`.",
        ) from None


ROLLED = Router("/api/history", route_handlers=[read_rolled, roll], tags=["history"])
