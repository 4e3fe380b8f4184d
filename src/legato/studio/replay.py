"""Routes of history to a destination: what it has not had of all that was recorded."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from litestar import Router, get, post
from litestar.params import JSONBody, QueryParameter

from legato.app.app import App
from legato.app.stream.recall import CONTACTING, RecallRun, Wanted
from legato.model.definitions.stream import Stream
from legato.model.event import NAME_OF_KIND
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.studio.access import needs
from legato.studio.host import Host, Who, actor_of, since_of
from legato.studio.refusal import Refused, not_found

WAIT_SECONDS_MAX = 30
"""Longer calls are cut by what stands between."""

Wait: TypeAlias = Annotated[int, QueryParameter(ge=0, le=WAIT_SECONDS_MAX)]


class Asked(Noun, frozen=True, kw_only=True):
    destination: str
    since: str = ""
    """By when it happened: `30d` back from now, or `2026-01-31`; empty: from the beginning."""
    only: tuple[str, ...] = ()
    """Names of events; empty: all that the destination asks for."""
    contacts_people: bool = False
    """It is known that the destination writes to people because of events, maybe years late."""


@get("/", opt=needs("look"), summary="How far a replay to a destination has come")
async def read_replay(host: Host, wait: Wait = 0) -> RecallRun:
    """Return the present run, or how the last one since the start ended.

    `wait`: answer when it has ended, after so many seconds at the latest.
    """
    return await host.recalls.ended(wait)


@post("/", opt=needs("repair"), status_code=202, summary="Replay history to one destination")
async def begin_replay(data: JSONBody[Asked], host: Host, caller: Who) -> RecallRun:
    """Hand recorded events on that a destination has not had, as the law and consent are now.

    In the background, one destination at a time, at the rate that it allows, and never twice.
    """
    stream = _stream(host, data)
    running = await host.recalls.ended(0)
    if running.phase in ("reading", "sending") and running.destination != data.destination:
        raise Refused(
            status=409,
            code="replay.busy",
            message=f"A replay to {running.destination} goes on.",
            fix="Wait for its end, or stop it: `legato replay --stop`.",
        )
    since = since_of(data.since, host.clock.now(), code="replay.since")
    wanted = Wanted(destination=data.destination, since=since, only=data.only)
    return await host.recalls.begin(wanted, stream, by=actor_of(caller))


@post("/stop", opt=needs("repair"), status_code=200, summary="Stop a replay")
async def stop_replay(host: Host) -> RecallRun:
    """Ask for no more; what was handed on goes out. Begun again, it goes on where it was."""
    return await host.recalls.stop()


def _stream(host: App, asked: Asked) -> Stream:
    plan = host.plan()
    destination = plan.destinations.get(asked.destination)
    if destination is None:
        raise not_found(
            "destination.unknown",
            "There is no destination of this name.",
            fix="Name one of destinations/ of the workspace.",
        )
    if destination.events is None:
        raise Refused(
            status=409,
            code="replay.no_events",
            message=f"{destination.name} gets no events.",
            fix="Say with `events:` at the destination which it gets, and for what purpose.",
        )
    _check_names(plan, asked)
    if destination.manifest.get("category") in CONTACTING and not asked.contacts_people:
        raise Refused(
            status=409,
            code="replay.contacts_people",
            message=f"{destination.name} may write to people because of what they did long ago.",
            fix="Make sure that it does not, then ask again with `--yes-contact-people`.",
        )
    return destination.events


def _check_names(plan: Plan, asked: Asked) -> None:
    known = (*plan.events, *NAME_OF_KIND.values())
    unknown = [name for name in asked.only if name not in known]
    if unknown and not plan.accept_unknown:
        raise not_found(
            "event.unknown",
            f"The catalog has no event `{unknown[0]}`.",
            fix="Name events as the catalog does.",
        )


REPLAY = Router(
    "/api/replay",
    route_handlers=[read_replay, begin_replay, stop_replay],
    tags=["deliveries"],
)
