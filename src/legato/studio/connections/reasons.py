"""Routes of what did not get on, by reason: events in quarantine, and deliveries that are dead.

Newer ones behind those that were looked at are not counted: answers say whether all were.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from litestar import Router, get

from legato.insight.shown import ShownReason, shown_reason
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.ports.state_store import DeadRow, Outbox, QuarantineRow, Records
from legato.studio.access import needs
from legato.studio.host import PAGE_MAX, Host

LOOK_MAX = 20_000
"""Rows looked at in one call: a third of a second."""


class QuarantineGroup(Noun, frozen=True, kw_only=True):
    """Events in quarantine for one reason, of one kind, from one source."""

    code: str
    source: str
    name: str
    count: int
    reason: ShownReason
    """Of the newest."""
    first_at: Instant
    last_at: Instant
    last: int
    """The position of the newest: what comes back behind it was replayed in vain."""


class QuarantineReasons(Noun, frozen=True, kw_only=True):
    groups: tuple[QuarantineGroup, ...]
    """The largest first."""
    looked_at: int
    is_all: bool


class DeadGroup(Noun, frozen=True, kw_only=True):
    """Dead deliveries of one destination, for one reason."""

    destination: str
    code: str
    count: int
    reason: ShownReason | None
    """Of the newest."""
    first_at: Instant
    last_at: Instant
    last: int
    """Where the newest stands: what dies behind it was put back in vain."""


class DeadReasons(Noun, frozen=True, kw_only=True):
    groups: tuple[DeadGroup, ...]
    looked_at: int
    is_all: bool


@get("/reasons", opt=needs("look"), summary="Why events wait in quarantine, and how many")
async def read_quarantine_reasons(host: Host) -> QuarantineReasons:
    """Return them by reason, source and name."""
    rows = await asyncio.to_thread(lambda: list(_quarantined(host.records)))
    groups: dict[tuple[str, str, str], QuarantineGroup] = {}
    for row in rows:
        kept = row.quarantine
        key = (kept.reason.code, kept.source, kept.name)
        before = groups.get(key)
        groups[key] = QuarantineGroup(
            code=kept.reason.code,
            source=kept.source,
            name=kept.name,
            count=1 if before is None else before.count + 1,
            reason=shown_reason(kept.reason),
            first_at=kept.received_at if before is None else before.first_at,
            last_at=kept.received_at,
            last=row.position,
        )
    return QuarantineReasons(
        groups=tuple(sorted(groups.values(), key=lambda each: -each.count)),
        looked_at=len(rows),
        is_all=len(rows) < LOOK_MAX,
    )


@get("/reasons", opt=needs("look"), summary="Why deliveries are dead, and how many")
async def read_dead_reasons(host: Host) -> DeadReasons:
    """Return them by destination and reason."""
    rows = await asyncio.to_thread(lambda: list(_dead(host.outbox)))
    groups: dict[tuple[str, str], DeadGroup] = {}
    for number, row in rows:
        reason = row.settle.reason
        key = (row.delivery.destination, "" if reason is None else reason.code)
        before = groups.get(key)
        groups[key] = DeadGroup(
            destination=key[0],
            code=key[1],
            count=1 if before is None else before.count + 1,
            reason=None if reason is None else shown_reason(reason),
            first_at=row.at if before is None else before.first_at,
            last_at=row.at,
            last=number,
        )
    return DeadReasons(
        groups=tuple(sorted(groups.values(), key=lambda each: -each.count)),
        looked_at=len(rows),
        is_all=len(rows) < LOOK_MAX,
    )


def _quarantined(records: Records) -> Iterator[QuarantineRow]:
    after = 0
    for _ in range(LOOK_MAX // PAGE_MAX):
        page = records.quarantine(after, PAGE_MAX)
        yield from page
        if len(page) < PAGE_MAX:
            return
        after = page[-1].position


def _dead(outbox: Outbox) -> Iterator[tuple[int, DeadRow]]:
    after = 0
    for _ in range(LOOK_MAX // PAGE_MAX):
        page = outbox.dead("", after, PAGE_MAX)
        yield from page
        if len(page) < PAGE_MAX:
            return
        after = page[-1][0]


QUARANTINE_REASONS = Router(
    "/api/quarantine", route_handlers=[read_quarantine_reasons], tags=["quarantine"]
)
DEAD_REASONS = Router("/api/deliveries", route_handlers=[read_dead_reasons], tags=["deliveries"])
