"""Routes of the deliveries: what waits, what failed for good, and putting it back."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from litestar import Request, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from legato.app.app import App
from legato.core.privacy.law import ceiling_of
from legato.core.privacy.mask import MASK, SPECIAL, Sight, mask_values, special_names
from legato.govern.access.callers import Caller
from legato.insight.shown import ShownReason, shown_reason
from legato.model.delivery import Answered, Delivery
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.problem import Reason
from legato.ports.audit import AuditEntry
from legato.ports.state_store import Outbox, OutboxRow
from legato.studio.access import needs
from legato.studio.govern.reveal import sight_of
from legato.studio.host import PAGE_MAX, Host, Limit, Who, actor_of
from legato.studio.masking import mask_text
from legato.studio.refusal import Refused, not_found

Standing = Literal["waiting", "dead"]
NAMED_MAX = 50
"""Deliveries that an entry of the audit names."""
SEARCH_MAX = 100_000
"""Deliveries looked through for one id; more than that is a destination long down."""


class ShownDelivery(Noun, frozen=True, kw_only=True):
    """A delivery as a line of a list: nothing in it is personal."""

    after: int
    """Where the next page goes on."""
    delivery_id: str
    person_id: str
    standing: Standing
    operation: str
    destination: str
    channel: str
    message: str
    journey: str
    decided_at: Instant
    expires_at: Instant
    attempt_count: int = 0
    next_attempt_at: Instant | None = None
    is_in_doubt: bool = False
    reason: ShownReason | None = None


class ShownAnswer(Noun, frozen=True, kw_only=True):
    """What a destination said last, as far as it is kept."""

    at: Instant
    status: int
    kind: str
    text: str
    is_cut: bool


class WholeDelivery(Noun, frozen=True, kw_only=True):
    """A delivery with what it says and where to: masked unless a reason was given."""

    line: ShownDelivery
    purpose: str
    address: str
    content: Any
    trace: str
    plan: str
    journey_step: str
    about: str
    cost_micros: int
    answer: ShownAnswer | None
    """None: nothing was answered, or a success."""


class DeliveryIds(Noun, frozen=True, kw_only=True):
    delivery_ids: tuple[str, ...]


class Redriven(Noun, frozen=True, kw_only=True):
    redriven: int


@get("/", opt=needs("look"), summary="Deliveries that wait, or that failed for good")
async def read_deliveries(  # noqa: PLR0913 - as many as there are filters
    host: Host,
    *,
    standing: FromQuery[Standing] = "dead",
    destination: Annotated[str, QueryParameter(max_length=200)] = "",
    after: FromQuery[int] = 0,
    limit: Limit = 100,
    code: Annotated[str | None, QueryParameter(max_length=200)] = None,
) -> list[ShownDelivery]:
    """Return a page. Waiting ones are listed a destination at a time, when it is named.

    `code`: of the reason why they died; empty: none was given.
    """
    wanted = Wanted(standing=standing, destination=destination, code=code)
    return await asyncio.to_thread(_pages, host.outbox, wanted, after, limit)


@get("/{delivery_id:str}", opt=needs("look"), summary="One delivery, whole")
async def read_delivery(
    delivery_id: FromPath[str], host: Host, request: Request[Any, Caller, Any]
) -> WholeDelivery:
    """Return what was to be sent, where to, and how far it came."""
    line, delivery, answered = await found_delivery(host, delivery_id)
    if answered is None and line.standing == "waiting":
        answered = host.answered(delivery.destination, delivery.delivery_id)
    sight = await sight_of(
        request, host, action="delivery.reveal", subject=f"{delivery.person_id} {delivery_id}"
    )
    is_open = sight != "masked"
    return WholeDelivery(
        line=line,
        purpose=delivery.purpose,
        address=delivery.address if is_open else MASK,
        content=_masked(delivery, plan=host.plan(), sight=sight),
        trace=delivery.trace,
        plan=delivery.plan,
        journey_step=delivery.journey_step,
        about=delivery.about if is_open else MASK,
        cost_micros=delivery.cost_micros,
        answer=_shown(answered, delivery, plan=host.plan(), sight=sight),
    )


@post("/redrive", opt=needs("repair"), status_code=200, summary="Put dead deliveries back")
async def redrive(data: JSONBody[DeliveryIds], host: Host, caller: Who) -> Redriven:
    """Try them again, under the same idempotency keys; the gates are read again first."""
    if not data.delivery_ids or len(data.delivery_ids) > PAGE_MAX:
        raise Refused(
            status=400,
            code="request.count",
            message=f"A call redrives from 1 to {PAGE_MAX} deliveries.",
            fix="Redrive them in several calls.",
        )
    delivery_ids = list(dict.fromkeys(data.delivery_ids))
    count = await host.redrive(delivery_ids)
    detail = {"delivery_ids": " ".join(delivery_ids[:NAMED_MAX]), "redriven": str(count)}
    entry = AuditEntry(
        actor=actor_of(caller), action="delivery.redrive", subject="deliveries", detail=detail
    )
    await host.audit.record(entry)
    return Redriven(redriven=count)


async def found_delivery(
    host: App, delivery_id: str
) -> tuple[ShownDelivery, Delivery, Answered | None]:
    """Return a delivery that waits or is dead, with what was answered. Raises Refused."""
    found = await asyncio.to_thread(_find, host.outbox, delivery_id)
    if found is None:
        raise not_found(
            "delivery.unknown",
            "No delivery of this id waits or is dead.",
            fix="One that is over is among its person's: GET /api/people/{who}/deliveries.",
        )
    return found


def _masked(delivery: Delivery, *, plan: Plan, sight: Sight) -> object:
    """Mask a delivery's content; whole, where its destination may be given what is sensitive."""
    shown = sight_for(delivery, plan, sight)
    return mask_values(dict(delivery.content), shown, special_names(plan))


def _shown(
    answered: Answered | None, delivery: Delivery, *, plan: Plan, sight: Sight
) -> ShownAnswer | None:
    """Return what was answered, without what it repeats of the delivery or looks like somebody."""
    if answered is None:
        return None
    is_masked = sight_for(delivery, plan, sight) == "masked"
    values = (delivery.address, delivery.person_id, dict(delivery.content))
    return ShownAnswer(
        at=answered.at,
        status=answered.status,
        kind=answered.kind,
        text=mask_text(answered.text, values) if is_masked else answered.text,
        is_cut=answered.is_cut,
    )


def sight_for(delivery: Delivery, plan: Plan, sight: Sight) -> Sight:
    """Return what is shown of a delivery's values, by what its destination may be given."""
    ceiling = ceiling_of(plan.destinations.get(delivery.destination))
    return "masked" if ceiling in SPECIAL and sight != "whole" else sight


class Wanted(Noun, frozen=True, kw_only=True):
    """Which deliveries are listed."""

    standing: Standing
    destination: str
    code: str | None
    """None: whatever the reason is."""


def _pages(outbox: Outbox, wanted: Wanted, after: int, limit: int) -> list[ShownDelivery]:
    """Return as many lines as are wanted, of those that are looked through."""
    found: list[ShownDelivery] = []
    size = limit if wanted.code is None else PAGE_MAX
    for _ in range(SEARCH_MAX // PAGE_MAX):
        page = _page(
            outbox, wanted.standing, destination=wanted.destination, after=after, limit=size
        )
        found += [line for line, *_ in page if wanted.code is None or _code(line) == wanted.code]
        if wanted.code is None or len(found) >= limit or len(page) < size:
            break
        after = page[-1][0].after
    return found[:limit]


def _code(line: ShownDelivery) -> str:
    return "" if line.reason is None else line.reason.code


_Found: TypeAlias = tuple[ShownDelivery, Delivery, Answered | None]


def _page(
    outbox: Outbox, standing: Standing, *, destination: str, after: int, limit: int
) -> list[_Found]:
    if standing == "dead":
        return [
            (
                _line(
                    position,
                    row.delivery,
                    standing="dead",
                    reason=row.settle.reason,
                ),
                row.delivery,
                row.settle.answered,
            )
            for position, row in outbox.dead(destination, after, limit)
        ]
    names = [destination] if destination else [name for name, _ in outbox.destinations()]
    lines: list[_Found] = []
    for name in sorted(names):
        for row in outbox.waiting(name, after, limit):
            line = _line(row.position, row.delivery, standing="waiting")
            lines.append((_attempted(line, row), row.delivery, None))
    return sorted(lines, key=lambda each: (each[0].after, each[0].delivery_id))[:limit]


def _line(
    position: int, delivery: Delivery, *, standing: Standing, reason: Reason | None = None
) -> ShownDelivery:
    return ShownDelivery(
        after=position,
        delivery_id=delivery.delivery_id,
        person_id=delivery.person_id,
        standing=standing,
        operation=delivery.operation,
        destination=delivery.destination,
        channel=delivery.channel,
        message=delivery.message,
        journey=delivery.journey,
        decided_at=delivery.decided_at,
        expires_at=delivery.expires_at,
        reason=shown_reason(reason) if reason is not None else None,
    )


def _attempted(line: ShownDelivery, row: OutboxRow) -> ShownDelivery:
    return msgspec.structs.replace(
        line,
        attempt_count=row.attempt_count,
        next_attempt_at=row.next_attempt_at,
        is_in_doubt=row.is_in_doubt,
    )


def _find(outbox: Outbox, delivery_id: str) -> _Found | None:
    standings: tuple[Standing, ...] = ("dead", "waiting")
    for standing in standings:
        after = 0
        for _ in range(SEARCH_MAX // PAGE_MAX):
            page = _page(outbox, standing, destination="", after=after, limit=PAGE_MAX)
            for found in page:
                if found[1].delivery_id == delivery_id:
                    return found
            if len(page) < PAGE_MAX:
                break
            after = page[-1][0].after
    return None


DELIVERIES = Router(
    "/api/deliveries",
    route_handlers=[read_deliveries, read_delivery, redrive],
    tags=["deliveries"],
)
