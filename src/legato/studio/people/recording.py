"""The route that turns a person's story into a masked scenario."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Router, get
from litestar.params import FromPath

from legato.govern.access.callers import Caller
from legato.insight.recording.recording import Recorded, record
from legato.insight.story import whole_story
from legato.ports.audit import AuditEntry
from legato.studio.access import needs
from legato.studio.host import Host, Who, actor_of, found, nobody, route_of


@get("/{who:str}/scenario", opt=needs("reveal"), summary="A person's story as a masked scenario")
async def read_scenario(
    who: FromPath[str], host: Host, caller: Who, request: Request[Any, Caller, Any]
) -> Recorded:
    """Return what happened to a person, when, and what came of it; every value is made up.

    Reading somebody's story is an access to personal data, whatever is shown of it: it is on
    record first.
    """
    state = await host.person(await found(host, who))
    if state is None:
        raise nobody()
    await host.audit.record(
        AuditEntry(
            actor=actor_of(caller),
            action="person.record",
            subject=state.person_id,
            detail={"route": route_of(request)},
        )
    )
    stories = await asyncio.to_thread(whole_story, host.records, state.person_id)
    events = await host.events(list(dict.fromkeys(row.position for row in stories)))
    plan, now = host.plan(), host.clock.now()
    return await asyncio.to_thread(lambda: record(state, stories, events, plan=plan, now=now))


RECORDING = Router("/api/people", route_handlers=[read_scenario], tags=["people"])
