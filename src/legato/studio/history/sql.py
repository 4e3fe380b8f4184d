"""The route that answers SQL over events, notes and people; personal values are masked."""

from __future__ import annotations

from typing import Any

from litestar import Request, Router, post
from litestar.params import JSONBody

from legato.app.history.sql import ROWS_MAX, Mistaken, Table, name_of
from legato.govern.access.callers import Caller
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.govern.reveal import sight_of
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused

QUERY_MAX = 20_000
"""Characters of a query."""


class Query(Noun, frozen=True, kw_only=True):
    """A question in SQL."""

    query: str
    limit: int = 1_000
    """Rows of the answer."""


@post("/", opt=needs("rehearse"), status_code=200, summary="Answer a query in SQL")
async def ask(
    data: JSONBody[Query], host: Host, caller: Who, request: Request[Any, Caller, Any]
) -> Table:
    """Answer one SELECT over events, notes, people, consents, memberships, deliveries and more.

    Values are masked without a reason to see them. It reads a snapshot, in a process of its own.
    """
    if not data.query.strip() or len(data.query) > QUERY_MAX or not 1 <= data.limit <= ROWS_MAX:
        raise Refused(
            status=400,
            code="sql.shape",
            message=f"A query has 1 to {QUERY_MAX:,} characters, an answer 1 to {ROWS_MAX:,} rows.",
            fix="Send {query, limit}, such as {query: 'SELECT count(*) FROM events'}.",
        )
    sight = await sight_of(request, host, action="sql.reveal", subject=name_of(data.query))
    try:
        return await host.queries.ask(
            data.query, sight=sight, rows_max=data.limit, by=actor_of(caller)
        )
    except Mistaken as mistake:
        raise Refused(status=400, code="sql.query", message=mistake.what, fix=mistake.fix) from None


SQL = Router("/api/sql", route_handlers=[ask], tags=["history"])
