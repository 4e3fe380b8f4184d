"""Routes of suggested matches: looked for, reviewed, accepted or rejected by a person."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from litestar import Request, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from legato.app.app import App
from legato.app.identity.matches import Match, MatchRun
from legato.govern.access.callers import Caller
from legato.model.ids import PersonId
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.govern.identity import checked_reason, raise_if
from legato.studio.govern.reveal import sight_of
from legato.studio.host import Host, Limit, Who, actor_of, found
from legato.studio.masking import mask_match
from legato.studio.refusal import Refused, not_found

WAIT_SECONDS_MAX = 30
"""Longer calls are cut by what stands between."""

Name: TypeAlias = Annotated[str, QueryParameter(max_length=512)]
Wait: TypeAlias = Annotated[int, QueryParameter(ge=0, le=WAIT_SECONDS_MAX)]


class Opinion(Noun, frozen=True, kw_only=True):
    reason: str


class Accepted(Noun, frozen=True, kw_only=True):
    person_id: PersonId


class Rejected(Noun, frozen=True, kw_only=True):
    match_id: str


@get("/", opt=needs("identify"), summary="People who may be one")
async def read_matches(
    host: Host, request: Request[Any, Caller, Any], limit: Limit = 100, who: Name = ""
) -> list[Match]:
    """Return what waits for a decision, the most probable first, without personal values.

    `who`: of one person alone.
    How two agree in what is sensitive or about health is masked without a reason to see it.
    """
    sight = await sight_of(request, host, action="match.reveal", subject="matches")
    one = await found(host, who) if who else None
    matches = await host.matches.list(limit, of=one)
    return [mask_match(match, host.plan(), sight) for match in matches]


@get("/run", opt=needs("identify"), summary="How far looking for matches has come")
async def read_run(host: Host, wait: Wait = 0) -> MatchRun:
    """Return the present run, or how the last one since the start ended.

    `wait`: answer when it has ended, after so many seconds at the latest.
    """
    return await host.matches.ended(wait)


@post("/run", opt=needs("identify"), status_code=202, summary="Look for matches")
async def begin_run(host: Host, caller: Who) -> MatchRun:
    """Compare all people in the background, as `matching:` says; one run at a time."""
    plan = host.plan()
    if plan.matching is None:
        raise Refused(
            status=409,
            code="match.undeclared",
            message="The plan does not say by which traits people are compared.",
            fix="Add `matching: {compare: [{trait: surname, as: name}, ...]}` and apply it.",
        )
    return await host.matches.begin(plan, by=actor_of(caller))


@post("/{match_id:str}/accept", opt=needs("identify"), status_code=200, summary="They are one")
async def accept(
    match_id: FromPath[str], data: JSONBody[Opinion], host: Host, caller: Who
) -> Accepted:
    """Join the two, as if a person had named them."""
    reason, match = checked_reason(data.reason), await _found(host, match_id)
    raise_if(await host.matches.accept(match, by=actor_of(caller), reason=reason))
    return Accepted(person_id=await found(host, match.one))


@post("/{match_id:str}/reject", opt=needs("identify"), status_code=200, summary="They are two")
async def reject(
    match_id: FromPath[str], data: JSONBody[Opinion], host: Host, caller: Who
) -> Rejected:
    """Never suggest the two again."""
    reason, match = checked_reason(data.reason), await _found(host, match_id)
    await host.matches.reject(match, by=actor_of(caller), reason=reason)
    return Rejected(match_id=match.match_id)


async def _found(host: App, match_id: str) -> Match:
    match = await host.matches.find(match_id)
    if match is None:
        raise not_found(
            "match.unknown",
            "No match of this id waits for a decision.",
            fix="List those that do with `legato identity matches`.",
        )
    return match


MATCHES = Router(
    "/api/matches",
    route_handlers=[read_matches, read_run, begin_run, accept, reject],
    tags=["people"],
)
