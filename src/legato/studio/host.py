"""What every route is handed: the running app, the caller, and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias, cast

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from legato.app.app import App
from legato.govern.access.callers import Caller
from legato.model.ids import PersonId
from legato.model.instant import Instant, parse_duration, parse_instant
from legato.studio.refusal import Refused, not_found

PAGE_MAX = 1_000
"""Rows a call: larger answers are read page by page, by `after`."""

Host: TypeAlias = NamedDependency[SkipValidation[App]]
Who: TypeAlias = NamedDependency[SkipValidation[Caller]]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)]


def actor_of(caller: Caller) -> str:
    """Name a caller as the audit does."""
    return caller.actor


def method_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return a call's method; the framework's scopes may be of sockets, which have none."""
    return cast("Mapping[str, Any]", connection.scope)["method"]


def route_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Name the route of a call without what stands in it, which may be somebody's address."""
    scope = cast("Mapping[str, Any]", connection.scope)
    return f"{method_of(connection)} {scope['path_template']}"


def caller_of(request: Request[Any, Caller, Any]) -> Caller:
    """Return who makes a guarded call."""
    return request.auth


async def found(host: App, who: str) -> PersonId:
    """Return whom a text leads to, or refuse with 404 without repeating it."""
    person_id = await host.find(who)
    if person_id is None:
        raise nobody()
    return person_id


def nobody() -> Exception:
    """Return the refusal of somebody who is not known."""
    return not_found(
        "person.unknown",
        "Nobody is known by this id or identifier.",
        fix="Give a person id or `kind:value` of a declared identifier, such as `email:...`.",
    )


def since_of(text: str, now: Instant, *, code: str) -> Instant:
    """Return from when on, or refuse; empty: from the beginning."""
    if not text:
        return 0
    duration = parse_duration(text)
    found = parse_instant(text) if duration is None else now - duration
    if found is None:
        raise Refused(
            status=400,
            code=code,
            message="`since` is neither a length of time nor an instant.",
            fix="Write it as `30d` or `2026-01-31`.",
        )
    return max(found, 0)
