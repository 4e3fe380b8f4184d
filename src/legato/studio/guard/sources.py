"""The route of the sources: when each was last heard, and what rests on those that are silent."""

from __future__ import annotations

from litestar import Router, get, post
from litestar.params import FromPath
from msgspec.structs import replace

from legato.app.guard.sources import SourceSeen
from legato.ports.audit import AuditEntry
from legato.runtime.polling.poller import Asked
from legato.studio.access import needs
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused, not_found


@get("/", opt=needs("look"), summary="Where events come from, and when they last did")
async def read_sources(host: Host) -> list[SourceSeen]:
    """Return them by name."""
    asked = host.providers.polls.asked()
    return [replace(one, asked=asked.get(one.source)) for one in host.guard.sources()]


@post(
    "/{source:str}/poll",
    opt=needs("repair"),
    status_code=200,
    summary="Ask a source that is polled, now",
)
async def poll_source(source: FromPath[str], host: Host, caller: Who) -> Asked:
    """Return how it went, once all that is new is in the log."""
    found = host.plan().sources.get(source)
    if found is not None and found.broken is not None:
        raise Refused(
            status=409,
            code="source.broken",
            message=f"Its manifest is broken: {found.broken.in_one_line()}",
            fix="Mend it there and run `legato apply`: then it is polled.",
        )
    asked = await host.providers.polls.ask(source)
    if asked is None:
        fix = (
            "Its polled sources: "
            + (", ".join(sorted(host.providers.polls.asked())) or "none")
            + "."
        )
        raise not_found("source.not_polled", "No source of this name is polled.", fix=fix)
    await host.audit.record(
        AuditEntry(actor=actor_of(caller), action="source.poll", subject=f"sources/{source}")
    )
    return asked


SOURCES = Router("/api/sources", route_handlers=[read_sources, poll_source], tags=["sources"])
