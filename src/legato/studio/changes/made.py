"""What changed lately: plans that were made the running one, and journeys paused, by whom."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Literal

from litestar import Router, get
from litestar.params import QueryParameter

from legato.govern.changes.request import ChangeRequest
from legato.model.event import Event, JourneySwitched, PlanActivated
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.host import Host

MADE_MAX = 100
REQUESTS_MAX = 200
"""Change requests among which the one is looked for that brought a plan."""


class MadeChange(Noun, frozen=True, kw_only=True):
    """One thing that was changed, and by whom."""

    at: Instant
    by: str
    kind: Literal["applied", "paused", "resumed"]
    journey: str = ""
    plan: str = ""
    """Digest of the plan that runs since."""
    change: int = 0
    """Number of the change request that brought it; 0: none did."""
    title: str = ""


@get("/history", opt=needs("look"), summary="What changed lately, the newest first")
async def read_made(
    host: Host, limit: Annotated[int, QueryParameter(ge=1, le=MADE_MAX)] = 10
) -> list[MadeChange]:
    """Return the plans that became the running one and the journeys that were paused or resumed.

    Each comes with who did it, and a plan with the change request that brought it.
    """
    eras, log = host.chronicle.eras, host.chronicle.log
    rules = await asyncio.to_thread(lambda: eras.until(log.last_position()))
    events = list(_told(event for _, event in rules))
    requests = await host.changes.list(is_live=False, before=0, limit=REQUESTS_MAX)
    applied = [each for each in requests if each.state == "applied"]
    return list(_made(list(reversed(events))[:limit], applied))


def _told(events: Iterable[Event]) -> Iterator[PlanActivated | JourneySwitched]:
    """Leave out plans that mean what the one before did: comments moved the lines of its steps."""
    running = ""
    for event in events:
        if isinstance(event, JourneySwitched):
            yield event
        elif isinstance(event, PlanActivated) and event.digest != running:
            running = event.digest
            yield event


def _made(events: Sequence[Event], applied: Sequence[ChangeRequest]) -> Iterator[MadeChange]:
    for event in events:
        match event:
            case PlanActivated():
                request = _brought(event, applied)
                yield MadeChange(
                    at=event.received_at,
                    by=event.by,
                    kind="applied",
                    plan=event.digest,
                    change=0 if request is None else request.number,
                    title="" if request is None else request.title,
                )
            case JourneySwitched():
                yield MadeChange(
                    at=event.received_at,
                    by=event.by,
                    kind="paused" if event.is_paused else "resumed",
                    journey=event.journey,
                )
            case _:
                pass


def _brought(event: PlanActivated, applied: Sequence[ChangeRequest]) -> ChangeRequest | None:
    """Return the change that brought a plan: what was rolled back may have come more than once."""
    same = [each for each in applied if each.draft.after == event.digest]
    return min(same, key=lambda each: abs((each.ended_at or 0) - event.received_at), default=None)


MADE = Router("/api/plan", route_handlers=[read_made], tags=["plan"])
