"""Routes of the quarantine: look at what was refused, and feed it in again after a fix."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Request, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from legato.core.admit import BLOCKED
from legato.core.privacy.mask import MASK, SPECIAL, Sight, mask_values, special_names
from legato.govern.access.callers import Caller
from legato.insight.shown import ShownReason, shown_reason
from legato.model.event import CustomerEvent, Event, RejectedItem, decode_object
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.ports.audit import AuditEntry
from legato.ports.state_store import QuarantineRow, Records
from legato.studio.access import needs
from legato.studio.govern.reveal import sight_of
from legato.studio.host import PAGE_MAX, Host, Limit, Who, actor_of
from legato.studio.refusal import Refused, not_found

SEARCH_MAX = 100_000
"""Records looked through for one page: a second and a half."""

Filter: TypeAlias = Annotated[str, QueryParameter(max_length=200)]


class ShownRow(Noun, frozen=True, kw_only=True):
    """A quarantined record, as a line of a list."""

    position: int
    event_id: str
    source: str
    message_id: str
    name: str
    received_at: Instant
    reason: ShownReason


class ShownRecord(Noun, frozen=True, kw_only=True):
    """A quarantined record whole: its values masked unless a reason was given."""

    row: ShownRow
    kind: str
    content: Any


class Positions(Noun, frozen=True, kw_only=True):
    """Which records to replay."""

    positions: tuple[int, ...]


class Replayed(Noun, frozen=True, kw_only=True):
    replayed: int


@get("/", opt=needs("look"), summary="Records in quarantine, oldest first")
async def read_quarantine(  # noqa: PLR0913 - as many as there are filters
    host: Host,
    *,
    after: FromQuery[int] = 0,
    limit: Limit = 100,
    code: Filter = "",
    source: Filter = "",
    name: Filter = "",
) -> list[ShownRow]:
    """Return a page; go on with `after` set to the last position.

    `code`: of the reason; `name`: of the event. Empty: any.
    """
    wanted = Wanted(code=code, source=source, name=name)
    rows = await asyncio.to_thread(_pages, host.records, wanted, after, limit)
    return [_shown(row) for row in rows]


@get("/{position:int}", opt=needs("look"), summary="One quarantined record, whole")
async def read_record(
    position: FromPath[int], host: Host, request: Request[Any, Caller, Any]
) -> ShownRecord:
    """Return the record as it was received; values are masked without a reason to see them."""
    rows = await asyncio.to_thread(host.records.quarantine, position - 1, 1)
    events = await host.events([position])
    event = events.get(position)
    is_there = bool(rows) and rows[0].position == position
    if not is_there or event is None or rows[0].quarantine.reason.code == BLOCKED:
        raise not_found(
            "quarantine.unknown",
            f"No record at position {position} is in quarantine.",
            fix="List them with GET /api/quarantine; a replayed one is there no more, and of a "
            "blocked one only the reason is kept.",
        )
    kind, content = _content(event)
    sight = await sight_of(
        request, host, action="quarantine.reveal", subject=f"position {position}"
    )
    visible = _masked(content, event, plan=host.plan(), sight=sight)
    return ShownRecord(row=_shown(rows[0]), kind=kind, content=visible)


@post("/replay", opt=needs("repair"), status_code=200, summary="Feed records in again")
async def replay(data: JSONBody[Positions], host: Host, caller: Who) -> Replayed:
    """Append the records anew; those that still break a rule come back to quarantine."""
    if not data.positions or len(data.positions) > PAGE_MAX:
        raise Refused(
            status=400,
            code="request.count",
            message=f"A call replays from 1 to {PAGE_MAX} records.",
            fix="Replay them in several calls.",
        )
    positions = sorted(dict.fromkeys(data.positions))
    count = await host.replay(positions)
    detail = {"first": str(positions[0]), "last": str(positions[-1]), "replayed": str(count)}
    entry = AuditEntry(
        actor=actor_of(caller), action="quarantine.replay", subject="quarantine", detail=detail
    )
    await host.audit.record(entry)
    return Replayed(replayed=count)


class Wanted(Noun, frozen=True, kw_only=True):
    """Which records are listed; what is empty is any."""

    code: str
    source: str
    name: str


def _pages(records: Records, wanted: Wanted, after: int, limit: int) -> list[QuarantineRow]:
    """Return as many rows as are wanted, of those that are looked through."""
    is_any = not (wanted.code or wanted.source or wanted.name)
    found: list[QuarantineRow] = []
    size = limit if is_any else PAGE_MAX
    for _ in range(SEARCH_MAX // PAGE_MAX):
        page = records.quarantine(after, size)
        found += [row for row in page if _is_wanted(row, wanted)]
        if is_any or len(found) >= limit or len(page) < size:
            break
        after = page[-1].position
    return found[:limit]


def _is_wanted(row: QuarantineRow, wanted: Wanted) -> bool:
    kept = row.quarantine
    return (
        wanted.code in ("", kept.reason.code)
        and wanted.source in ("", kept.source)
        and wanted.name in ("", kept.name)
    )


def _shown(row: QuarantineRow) -> ShownRow:
    kept = row.quarantine
    return ShownRow(
        position=row.position,
        event_id=kept.event_id,
        source=kept.source,
        message_id=kept.message_id,
        name=kept.name,
        received_at=kept.received_at,
        reason=shown_reason(kept.reason),
    )


def _content(event: Event) -> tuple[str, object]:
    match event:
        case CustomerEvent():
            return event.kind, {
                "user_id": event.user_id,
                "anonymous_id": event.anonymous_id,
                "occurred_at": event.occurred_at,
                "body": decode_object(event.body),
                "context": decode_object(event.context),
            }
        case RejectedItem():
            return "rejected", _raw(event.raw)
        case _:
            return "internal", {"record": MASK}


def _masked(content: object, event: Event, *, plan: Plan, sight: Sight) -> object:
    """Mask by the event's privacy class, and by name what is sensitive of a person."""
    declared = plan.events.get(event.name) if isinstance(event, CustomerEvent) else None
    is_special = declared is not None and declared.privacy in SPECIAL
    shown: Sight = "masked" if is_special and sight != "whole" else sight
    return mask_values(content, shown, special_names(plan))


def _raw(raw: bytes) -> object:
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return raw.decode(errors="replace")


QUARANTINE = Router(
    "/api/quarantine", route_handlers=[read_quarantine, read_record, replay], tags=["quarantine"]
)
