"""The page of somebody who is signed in: who they are, where, their password, and the way out."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import MediaType, Request, Response, get, post
from litestar.params import QueryParameter

from legato.app import App
from legato.govern.access.callers import Caller
from legato.govern.access.denial import Denial
from legato.govern.access.sessions import csrf_of
from legato.ports.audit import AuditEntry
from legato.studio.access import needs_form, session_cookie
from legato.studio.accounts.session import Place, end, refuse_tokens
from legato.studio.entry import screens
from legato.studio.entry.answers import (
    TurnedDown,
    fields_of,
    pages,
    see,
    shown,
)
from legato.studio.entry.doors import refuse_unlike
from legato.studio.entry.screens import ACCOUNT, SIGN_IN, Standing
from legato.studio.host import Host, Who
from legato.studio.site import Site

_NOTES = {"password": "The password is changed. All other sessions of yours have ended."}


@get("/", opt=needs_form("look"), media_type=MediaType.HTML, summary="The page of who is signed in")
async def show_account(
    host: Host,
    caller: Who,
    site: Place,
    request: Request[Any, Any, Any],
    now: Annotated[str, QueryParameter(max_length=20)] = "",
) -> Response[str]:
    """Say who one is, what one may, and in which browsers one is signed in."""
    standing = _standing(host, caller, site, request)
    return shown(screens.account(standing, note=_NOTES.get(now, "")))


@post(
    "/password",
    opt=needs_form("look"),
    media_type=MediaType.HTML,
    summary="Change one's password on the page",
)
async def change_password(
    host: Host, caller: Who, site: Place, request: Request[Any, Any, Any]
) -> Response[str]:
    """Take the present password and another, twice; all other sessions end."""
    standing = _standing(host, caller, site, request)
    said = await fields_of(request)
    try:
        refuse_unlike(said.get("password", ""), said.get("again", ""))
        await host.access.sign_in.change_password(
            standing.user,
            said.get("present", ""),
            said.get("password", ""),
            session=caller.session,
            now=host.clock.now(),
        )
    except Denial as denial:
        raise TurnedDown(denial, screens.account(standing, denial=denial)) from denial
    return see(f"{ACCOUNT}?now=password")


@post(
    "/sign-out", opt=needs_form("look"), media_type=MediaType.HTML, summary="Sign out on the page"
)
async def sign_out(host: Host, caller: Who, request: Request[Any, Any, Any]) -> Response[str]:
    """End the session, here and in the browser."""
    return see(SIGN_IN, cookies=await end(host, caller, request))


@post(
    "/sign-out-everywhere",
    opt=needs_form("look"),
    media_type=MediaType.HTML,
    summary="End all of one's sessions",
)
async def sign_out_everywhere(
    host: Host, caller: Who, request: Request[Any, Any, Any]
) -> Response[str]:
    """End every session of the caller's, this one too."""
    cookies = await end(host, caller, request)
    count = await host.access.sessions.end_all(caller.user_id)
    entry = AuditEntry(
        actor=caller.actor,
        action="session.end_all",
        subject=caller.user_id,
        detail={"others": str(count)},
    )
    await host.audit.record(entry)
    return see(SIGN_IN, cookies=cookies)


def _standing(host: App, caller: Caller, site: Site, request: Request[Any, Any, Any]) -> Standing:
    refuse_tokens(caller)
    provider = host.plan().sign_in
    return Standing(
        user=host.access.users.get(caller.user_id),
        sessions=tuple(host.access.sessions.of(caller.user_id, host.clock.now())),
        present=caller.session,
        csrf=csrf_of(session_cookie(request, site)),
        provider="" if provider is None else provider.title or provider.name,
    )


ACCOUNTS = pages(ACCOUNT, show_account, change_password, sign_out, sign_out_everywhere)
