"""Routes of one's own account: who one is, where one is signed in, and the way out of all of it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, delete, get

from legato.govern.access.records import Way
from legato.govern.roles import Role
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.accounts.session import Left, end_everywhere, refuse_tokens
from legato.studio.host import Host, Who


class OwnSession(Noun, frozen=True, kw_only=True):
    """A browser in which one is signed in."""

    browser: str
    """As `Firefox on Linux`; empty where it did not say."""
    way: Way
    begun_at: Instant
    seen_at: Instant
    is_present: bool
    """The one that asks."""


class Account(Noun, frozen=True, kw_only=True):
    """Who is signed in, as they are shown to themselves."""

    email: str
    name: str
    role: Role
    team: str
    created_at: Instant
    has_password: bool
    is_provided: bool
    """The identity provider says the role."""
    is_at_provider: bool
    """The identity provider knows them: they can prove there who they are."""
    sessions: tuple[OwnSession, ...]


@get("/account", opt=needs("look"), summary="One's own account")
async def read_account(host: Host, caller: Who) -> Account:
    """Return who one is, and in which browsers one is signed in, the last used first."""
    refuse_tokens(caller)
    user = host.access.users.get(caller.user_id)
    return Account(
        email=user.email,
        name=user.name,
        role=user.role,
        team=user.team,
        created_at=user.created_at,
        has_password=bool(user.password),
        is_provided=user.is_provided,
        is_at_provider=bool(user.subject),
        sessions=tuple(
            OwnSession(
                browser=each.agent,
                way=each.way,
                begun_at=each.created_at,
                seen_at=each.seen_at,
                is_present=each.digest == caller.session,
            )
            for each in host.access.sessions.of(user.user_id, host.clock.now())
        ),
    )


@delete(
    "/everywhere",
    opt=needs("look", is_grave=True),
    status_code=200,
    summary="End all of one's sessions",
)
async def sign_out_everywhere(
    host: Host, caller: Who, request: Request[Any, Any, Any]
) -> Response[Left]:
    """End every session of the caller's, this one too."""
    where, cookies = await end_everywhere(host, caller, request)
    return Response(Left(go_to=where), cookies=cookies)


OWN = Router("/api/session", route_handlers=[read_account, sign_out_everywhere], tags=["session"])
