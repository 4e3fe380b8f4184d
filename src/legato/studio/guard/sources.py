"""The route of the sources: when each was last heard, and what rests on those that are silent."""

from __future__ import annotations

from litestar import Router, get

from legato.app import SourceSeen
from legato.studio.access import needs
from legato.studio.host import Host


@get("/", opt=needs("look"), summary="Where events come from, and when they last did")
async def read_sources(host: Host) -> list[SourceSeen]:
    """Return them by name."""
    return host.guard.sources()


SOURCES = Router("/api/sources", route_handlers=[read_sources], tags=["sources"])
