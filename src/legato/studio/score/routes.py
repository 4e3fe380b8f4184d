"""The route of the scorecard."""

from __future__ import annotations

from litestar import Router, get
from litestar.params import FromQuery

from legato.app.score.card import Card, Over
from legato.studio.access import needs
from legato.studio.host import Host


@get("/", opt=needs("look"), summary="How well it goes, against its targets")
async def read_score(host: Host, over: FromQuery[Over] = "day") -> Card:
    """Return each figure of the last hour, day, week or month, its trend, and what is worst."""
    return await host.card(over)


SCORE = Router("/api/score", route_handlers=[read_score], tags=["health"])
