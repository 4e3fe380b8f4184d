"""Routes of signing in at the identity provider: there, and back with a session."""

from __future__ import annotations

import re
from typing import Annotated, Any

from litestar import MediaType, Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.params import FromQuery, QueryParameter

from legato.govern.access.denial import Denial
from legato.govern.access.provided import VISIT_MAX
from legato.govern.access.secret import digest_of
from legato.model.instant import SECOND
from legato.ports.audit import AuditEntry
from legato.studio.access import entrance
from legato.studio.accounts.session import Place, begin, refuse_in_the_open
from legato.studio.entry import screens
from legato.studio.entry.answers import FORM_BYTES_MAX, TurnedDown, fields_of, pages, shown
from legato.studio.entry.screens import ACCOUNT
from legato.studio.host import Host

SECURE_AWAY = "__Host-legato-away"
PLAIN_AWAY = "legato-away"
Text = Annotated[str, QueryParameter(max_length=4096)]
BACK_LENGTH_MAX = 1_000
_OWN_PAGE = re.compile(r"/studio/(?!.*\.\.)[A-Za-z0-9/_.~%?=&+:,-]*")
"""An address of the Studio and of nobody else, whatever stands in it."""


@get("/", opt=entrance(), summary="Sign in at the identity provider")
async def leave(
    host: Host,
    site: Place,
    request: Request[Any, Any, Any],
    back: Annotated[str, QueryParameter(max_length=BACK_LENGTH_MAX)] = "",
    *,
    again: FromQuery[bool] = False,
) -> Response[None]:
    """Send the browser there, with a cookie by which it is known when it comes back.

    `again`: to prove who one is, though one may be signed in there.
    `back`: the page of the Studio to come back to; any other is left out.
    """
    refuse_in_the_open(request, site)
    page = back if _OWN_PAGE.fullmatch(back) else ""
    try:
        where, browser = await host.sign_in.leave(host.clock.now(), is_again=again, back=page)
    except Denial as denial:
        raise TurnedDown(denial, screens.at_provider_refused(denial)) from denial
    is_secure = site.is_secure(request)
    away = Cookie(
        key=SECURE_AWAY if is_secure else PLAIN_AWAY,
        value=browser,
        path="/",
        max_age=VISIT_MAX // SECOND,
        httponly=True,
        secure=is_secure,
        samesite="lax",  # the way back begins at the provider's site
    )
    return Response(None, status_code=302, headers={"location": where}, cookies=[away])


@get(
    "/callback",
    opt=entrance(),
    media_type=MediaType.HTML,
    summary="Back from the identity provider",
)
async def come_back(
    host: Host,
    site: Place,
    request: Request[Any, Any, Any],
    code: Text = "",
    oidc_state: Annotated[str, QueryParameter(name="state", max_length=200)] = "",
) -> Response[str]:
    """Begin a session for whom the provider answers for."""
    refuse_in_the_open(request, site)
    name = SECURE_AWAY if site.is_secure(request) else PLAIN_AWAY
    browser = request.cookies.get(name, "")
    try:
        arrived = await host.sign_in.come_back(code, oidc_state, browser, now=host.clock.now())
    except Denial as denial:
        raise TurnedDown(denial, screens.at_provider_refused(denial)) from denial
    cookie = await begin(arrived.user, arrived.proof, host=host, site=site, connection=request)
    host.sign_in.remember(digest_of(cookie.value or ""), arrived.token)
    gone = Cookie(key=name, value="", path="/", max_age=0)
    # A page, and not a redirect: on a redirect that began at the provider's site a browser does
    # not send a cookie that is `SameSite=Strict`.
    return shown(screens.signed_in(arrived.back or ACCOUNT), cookies=[cookie, gone])


@post("/logout", opt=entrance(), status_code=200, summary="Somebody has left the provider")
async def hear_farewell(host: Host, request: Request[Any, Any, Any]) -> None:
    """End the sessions that a logout token of the provider's is about (back-channel logout)."""
    said = await fields_of(request)
    ended = await host.sign_in.farewell(said.get("logout_token", ""), host.clock.now())
    for each in ended:
        entry = AuditEntry(
            actor="system",
            action="session.end",
            subject=each.user_id,
            detail={"way": "provider"},
        )
        await host.audit.record(entry)


FAREWELL = Router(
    "/api/sign-in/oidc",
    route_handlers=[hear_farewell],
    tags=["session"],
    request_max_body_size=FORM_BYTES_MAX,
)
OIDC = pages("/api/sign-in/oidc", leave, come_back, tag="session")
