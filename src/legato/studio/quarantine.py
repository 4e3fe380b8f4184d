"""Routes of the quarantine: look at what was refused, and feed it in again after a fix."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from legato.core.admit import BLOCKED
from legato.insight.shown import ShownReason, shown_reason
from legato.model.event import CustomerEvent, Event, RejectedItem, decode_object
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.ports.state_store import QuarantineRow
from legato.studio.access import needs
from legato.studio.host import PAGE_MAX, Host, Limit, Who
from legato.studio.masking import MASK, mask_values, may_see
from legato.studio.refusal import Refused, not_found


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
    """A quarantined record whole: its values masked below operator."""

    row: ShownRow
    kind: str
    content: Any


class Positions(Noun, frozen=True, kw_only=True):
    """Which records to replay."""

    positions: tuple[int, ...]


class Replayed(Noun, frozen=True, kw_only=True):
    replayed: int


@get("/", opt=needs("look"), summary="Records in quarantine, oldest first")
async def read_quarantine(
    host: Host, after: FromQuery[int] = 0, limit: Limit = 100
) -> list[ShownRow]:
    """Return a page; go on with `after` set to the last position."""
    rows = await asyncio.to_thread(host.records.quarantine, after, limit)
    return [_shown(row) for row in rows]


@get("/{position:int}", opt=needs("look"), summary="One quarantined record, whole")
async def read_record(position: FromPath[int], host: Host, caller: Who) -> ShownRecord:
    """Return the record as it was received."""
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
    visible = content if may_see(caller) else mask_values(content)
    return ShownRecord(row=_shown(rows[0]), kind=kind, content=visible)


@post("/replay", opt=needs("repair"), status_code=200, summary="Feed records in again")
async def replay(data: JSONBody[Positions], host: Host) -> Replayed:
    """Append the records anew; those that still break a rule come back to quarantine."""
    if not data.positions or len(data.positions) > PAGE_MAX:
        raise Refused(
            status=400,
            code="request.count",
            message=f"A call replays from 1 to {PAGE_MAX} records.",
            fix="Replay them in several calls.",
        )
    return Replayed(replayed=await host.replay(sorted(dict.fromkeys(data.positions))))


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


def _raw(raw: bytes) -> object:
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return raw.decode(errors="replace")


QUARANTINE = Router(
    "/api/quarantine", route_handlers=[read_quarantine, read_record, replay], tags=["quarantine"]
)
