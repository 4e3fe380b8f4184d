"""Routes that erase and export a person, and show the proof."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from litestar import Request, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from legato.govern.access.callers import Caller
from legato.insight.certificate import Certificate
from legato.insight.export import Export
from legato.model.ids import EventId
from legato.model.instant import INSTANT_MAX
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.govern.reveal import HEADER, checked_reason
from legato.studio.host import Host, Limit, Who, actor_of, found, nobody
from legato.studio.refusal import Refused, not_found

REASON_LENGTH_MAX = 500


class Asked(Noun, frozen=True, kw_only=True):
    """Why somebody is erased. It is kept: it must not name the person."""

    reason: str


class Row(Noun, frozen=True, kw_only=True):
    position: int
    """Of the request; go on with `before` set to the last."""
    certificate: Certificate


@post("/{who:str}/erase", opt=needs("erase"), status_code=202, summary="Erase a person")
async def erase(who: FromPath[str], data: JSONBody[Asked], host: Host, caller: Who) -> Certificate:
    """Erase a person everywhere; nothing answers for them when this returns.

    The certificate is complete moments later: ask for it by its id.
    """
    if not data.reason.strip() or len(data.reason) > REASON_LENGTH_MAX:
        raise Refused(
            status=400,
            code="erasure.reason",
            message=f"An erasure needs a reason of at most {REASON_LENGTH_MAX} letters.",
            fix='Send {"reason": "..."}, without naming the person in it.',
        )
    person_id = await found(host, who)
    by = actor_of(caller)
    erasure_id = await host.erasures.request(person_id, by=by, reason=data.reason)
    certificate = await host.erasures.certificate(erasure_id)
    assert certificate is not None
    return certificate


@get("/{who:str}/export", opt=needs("erase"), summary="Everything that is kept of a person")
async def export(
    who: FromPath[str], host: Host, caller: Who, request: Request[Any, Caller, Any]
) -> Export:
    """Return identifiers, traits, consents, journeys, messages and raw events, unmasked.

    For a reason that stands in the header `Legato-Reason`, and on record before anything is shown.
    """
    reason = _reason_of(request)
    state = await host.person(await found(host, who))
    if state is None:
        raise nobody()
    return await host.erasures.export(
        state, by=actor_of(caller), reason=reason, read_events=host.events
    )


def _reason_of(request: Request[Any, Caller, Any]) -> str:
    given = request.headers.get(HEADER)
    if given is None:
        raise Refused(
            status=400,
            code="export.reason",
            message="Everything that is kept of a person is given out for a reason only.",
            fix="Say why in the header `Legato-Reason`, such as `their letter of 3 March`.",
        )
    return checked_reason(unquote(given))


@get("/", opt=needs("erase"), summary="Erasures, the newest first")
async def read_erasures(
    host: Host, before: FromQuery[int] = INSTANT_MAX, limit: Limit = 100
) -> list[Row]:
    """Return certificates; go on with `before` set to the last position."""
    rows = await host.erasures.list(before, limit)
    return [Row(position=position, certificate=one) for position, one in rows]


@get("/{erasure_id:str}", opt=needs("erase"), summary="The certificate of an erasure")
async def read_erasure(erasure_id: FromPath[str], host: Host) -> Certificate:
    """Return the certificate as far as it goes."""
    certificate = await host.erasures.certificate(EventId(erasure_id))
    if certificate is None:
        raise not_found(
            "erasure.unknown",
            "There is no erasure of this id.",
            fix="See GET /api/erasures for those there are.",
        )
    return certificate


ERASING = Router("/api/people", route_handlers=[erase, export], tags=["privacy"])
ERASURES = Router("/api/erasures", route_handlers=[read_erasures, read_erasure], tags=["privacy"])
