"""The route that shows what is kept how long, and what was removed."""

from __future__ import annotations

import asyncio
from typing import Literal

from litestar import Router, get

from legato.model.instant import Duration, Instant
from legato.model.noun import Noun
from legato.ports.retention import Removed
from legato.studio.access import needs
from legato.studio.host import Host


class Retained(Noun, frozen=True, kw_only=True):
    """One event or trait of the catalog."""

    kind: Literal["event", "trait"]
    name: str
    retain: Duration | None
    """None: as long as the log, or the person, is there."""
    removed_count: int
    """Records overwritten. Of a trait, the story of each person says when it left."""
    last_removed_at: Instant | None


@get("/", opt=needs("look"), summary="What is kept how long, and what was removed")
async def read_retention(host: Host) -> list[Retained]:
    """Return every event and trait of the catalog; those kept for ever are last."""
    plan = host.plan()
    kept = await asyncio.to_thread(host.retention.read)
    rows: list[Retained] = []
    for name, event in plan.events.items():
        removed = kept.removed.get(name, Removed())
        rows.append(
            Retained(
                kind="event",
                name=name,
                retain=event.retain or None,
                removed_count=removed.count,
                last_removed_at=removed.last_at,
            )
        )
    for name, trait in plan.traits.items():
        rows.append(
            Retained(
                kind="trait",
                name=name,
                retain=trait.retain or None,
                removed_count=0,
                last_removed_at=None,
            )
        )
    return sorted(rows, key=lambda row: (row.retain is None, row.kind, row.name))


RETENTION = Router("/api/retention", route_handlers=[read_retention], tags=["privacy"])
