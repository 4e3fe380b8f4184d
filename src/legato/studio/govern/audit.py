"""Routes of the audit: what is on record, and how far it goes."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from litestar import Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter, SkipValidation
from msgspec import structs

from legato.app.audit import Recorded
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.ports.audit import AuditQuestion, Head, Outcome
from legato.studio.access import needs
from legato.studio.host import Host, Limit

Order = Literal["oldest", "newest"]
Text = Annotated[str, QueryParameter(max_length=512)]


class ShownEntry(Noun, frozen=True, kw_only=True):
    number: int
    at: Instant
    actor: str
    action: str
    subject: str
    detail: dict[str, str]
    outcome: Outcome
    digest: str


def _question(
    actor: Text = "", action: Text = "", subject: Text = "", since: FromQuery[Instant] = 0
) -> AuditQuestion:
    return AuditQuestion(actor=actor, action=action, subject=subject, since=since)


Asked = NamedDependency[SkipValidation[AuditQuestion]]


@get(
    "/",
    opt=needs("audit"),
    summary="Who did what",
    dependencies={"question": Provide(_question, sync_to_thread=False)},
)
async def read_audit(
    host: Host,
    question: Asked,
    order: FromQuery[Order] = "oldest",
    after: FromQuery[int] = 0,
    limit: Limit = 100,
) -> list[ShownEntry]:
    """Return a page, the oldest or the newest first; go on with `after` set to its last number.

    An `action` finds those that begin with it too: `person` finds `person.reveal`.
    """
    asked = structs.replace(question, is_newest_first=order == "newest")
    rows = await asyncio.to_thread(host.audit.read, after, limit, asked)
    return [_shown(row) for row in rows]


@get("/head", opt=needs("audit"), summary="How far the audit goes")
async def read_head(host: Host) -> Head:
    """Return the newest number and digest. Noted elsewhere, they prove that no end was cut off."""
    return await asyncio.to_thread(host.audit.head)


def _shown(row: Recorded) -> ShownEntry:
    entry = row.entry
    return ShownEntry(
        number=row.number,
        at=row.at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        detail=dict(entry.detail),
        outcome=entry.outcome,
        digest=row.digest,
    )


AUDIT = Router("/api/audit", route_handlers=[read_audit, read_head], tags=["audit"])
