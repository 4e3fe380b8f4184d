"""The page of somebody who is signed in: who they are, where, their password, and the way out."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import QueryParameter

from legato.app.app import App
from legato.govern.access.callers import Caller
from legato.govern.access.denial import Denial
from legato.govern.access.sessions import csrf_of
from legato.studio.access import needs_form, session_cookie
from legato.studio.accounts.session import Place, end, end_everywhere, refuse_tokens
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

_NOTES = {
    "password": "The password is changed. All other sessions of yours have ended.",
    "proof": "Thank you. For 15 minutes you may do what asked for it: do it once more.",
}


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
    """End the session, here and in the browser; then the provider's, where it has a way to."""
    return _left(*await end(host, caller, request))


@post(
    "/sign-out-everywhere",
    opt=needs_form("look", is_grave=True),
    media_type=MediaType.HTML,
    summary="End all of one's sessions",
)
async def sign_out_everywhere(
    host: Host, caller: Who, request: Request[Any, Any, Any]
) -> Response[str]:
    """End every session of the caller's, this one too."""
    return _left(*await end_everywhere(host, caller, request))


@get("/proof", opt=needs_form("look"), media_type=MediaType.HTML, summary="Prove again who one is")
async def ask_proof(
    host: Host, caller: Who, site: Place, request: Request[Any, Any, Any]
) -> Response[str]:
    """Ask for the password again, or offer the way to the provider."""
    return shown(screens.proof(_standing(host, caller, site, request)))


@post(
    "/proof", opt=needs_form("look"), media_type=MediaType.HTML, summary="Prove it by the password"
)
async def prove(
    host: Host, caller: Who, site: Place, request: Request[Any, Any, Any]
) -> Response[str]:
    """Take the present password; for 15 minutes one may do what asks for it."""
    standing = _standing(host, caller, site, request)
    present = (await fields_of(request)).get("present", "")
    now = host.clock.now()
    try:
        await host.access.sign_in.prove(standing.user, present, now=now)
    except Denial as denial:
        raise TurnedDown(denial, screens.proof(standing, denial=denial)) from denial
    await host.access.sessions.prove(caller.session, now)
    return see(f"{ACCOUNT}?now=proof")


def _left(where: str, cookies: list[Cookie]) -> Response[str]:
    """Take a browser on that has signed out."""
    if not where:
        return see(SIGN_IN, cookies=cookies)
    # A page, and not a redirect: our policy lets forms lead to no other site.
    return shown(screens.leaving(where), cookies=cookies)


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


ACCOUNTS = pages(
    ACCOUNT,
    show_account,
    change_password,
    sign_out,
    sign_out_everywhere,
    ask_proof,
    prove,
)
