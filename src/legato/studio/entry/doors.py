"""The pages that let people in: with a password, with an invitation."""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Request, Response, get, post
from litestar.params import FromPath

from legato.app.app import App
from legato.govern.access.denial import Denial
from legato.govern.access.sessions import Proof
from legato.govern.access.users import EMAIL_LENGTH_MAX
from legato.studio.access import entrance, session_cookie
from legato.studio.accounts.session import Place, begin, refuse_in_the_open
from legato.studio.accounts.users import INVITATION
from legato.studio.entry import screens
from legato.studio.entry.answers import (
    TurnedDown,
    fields_of,
    pages,
    see,
    shown,
)
from legato.studio.entry.screens import ACCOUNT, SIGN_IN, Screen
from legato.studio.host import Host


@get(SIGN_IN, opt=entrance(), media_type=MediaType.HTML, summary="The page to sign in on")
async def ask_who(host: Host, site: Place, request: Request[Any, Any, Any]) -> Response[str]:
    """Ask for address and password, or offer the way to the identity provider."""
    refuse_in_the_open(request, site)
    text = session_cookie(request, site)
    if text and host.access.sessions.who(text, host.clock.now()) is not None:
        return see(ACCOUNT)
    return shown(screens.sign_in(host.plan().sign_in))


@post(SIGN_IN, opt=entrance(), media_type=MediaType.HTML, summary="Sign in on the page")
async def sign_in(host: Host, site: Place, request: Request[Any, Any, Any]) -> Response[str]:
    """Begin a session, or say on the same page why not."""
    refuse_in_the_open(request, site)
    said, now = await fields_of(request), host.clock.now()
    email = said.get("email", "")
    try:
        user = await host.access.sign_in.by_password(
            email, said.get("password", ""), address=site.address(request), now=now
        )
    except Denial as denial:
        typed = email[:EMAIL_LENGTH_MAX]
        again = screens.sign_in(host.plan().sign_in, email=typed, denial=denial)
        raise TurnedDown(denial, again) from denial
    proof = Proof(way="password", at=now)
    cookie = await begin(user, proof, host=host, site=site, connection=request)
    return see(ACCOUNT, cookies=[cookie])


@get(
    f"{INVITATION}/{{code:str}}",
    opt=entrance(),
    media_type=MediaType.HTML,
    summary="The page to choose a password on",
)
async def ask_password(
    code: FromPath[str], host: Host, site: Place, request: Request[Any, Any, Any]
) -> Response[str]:
    """Ask an invited user for a password. Looking uses nothing up: scanners follow links."""
    refuse_in_the_open(request, site)
    try:
        user = host.access.sign_in.invited(
            code, address=site.address(request), now=host.clock.now()
        )
    except Denial as denial:
        raise TurnedDown(denial, screens.invitation_over(denial)) from denial
    return shown(screens.invitation(user, code))


@post(
    f"{INVITATION}/{{code:str}}",
    opt=entrance(),
    media_type=MediaType.HTML,
    summary="Choose a password on the page",
)
async def choose_password(
    code: FromPath[str], host: Host, site: Place, request: Request[Any, Any, Any]
) -> Response[str]:
    """Take the password, use the invitation up, and begin a session."""
    refuse_in_the_open(request, site)
    said = await fields_of(request)
    address, now = site.address(request), host.clock.now()
    try:
        host.access.sign_in.invited(code, address=address, now=now)
        refuse_unlike(said.get("password", ""), said.get("again", ""))
        user = await host.access.sign_in.by_invitation(
            code, said.get("password", ""), address=address, now=now
        )
    except Denial as denial:
        raise TurnedDown(denial, _again(host, code, denial)) from denial
    proof = Proof(way="invitation", at=now)
    cookie = await begin(user, proof, host=host, site=site, connection=request)
    return see(ACCOUNT, cookies=[cookie])


def refuse_unlike(password: str, again: str) -> None:
    """Refuse two texts that should be one."""
    if password != again:
        raise Denial(
            "shape",
            "password.unlike",
            "These are two different passwords.",
            fix="Type the same one twice.",
        )


def _again(host: App, code: str, denial: Denial) -> Screen:
    """Ask once more where the invitation still holds."""
    try:
        user = host.access.users.invited(code, host.clock.now())
    except Denial:
        return screens.invitation_over(denial)
    return screens.invitation(user, code, denial=denial)


DOORS = pages("/", ask_who, sign_in, ask_password, choose_password)
