"""Routes that connect an account: a person agrees in a browser, the code comes back here."""

from __future__ import annotations

import re

from litestar import Router, post
from litestar.params import FromPath, JSONBody

from legato.app.accounts.connect import Begun, ConnectError
from legato.govern.access.callers import Caller
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused

_REDIRECT = re.compile(
    r"https://[^\s#]{1,500}|http://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?(/[^\s#]{0,500})?"
)


class Visit(Noun, frozen=True, kw_only=True):
    redirect: str
    """Where the provider sends the browser back to: https, or this machine."""


class Return(Noun, frozen=True, kw_only=True):
    state: str
    code: str


class Declined(Noun, frozen=True, kw_only=True):
    state: str


class Connected(Noun, frozen=True, kw_only=True):
    destination: str


@post(
    "/{name:str}/connect",
    opt=needs("administer"),
    status_code=200,
    summary="Begin to connect an account",
)
async def begin(name: FromPath[str], data: JSONBody[Visit], host: Host, caller: Who) -> Begun:
    """Return the address at the provider where a person agrees; it is good for ten minutes."""
    if not _REDIRECT.fullmatch(data.redirect):
        raise Refused(
            status=400,
            code="connect.redirect",
            message="A browser comes back over https, or to this machine.",
            fix="Give the address that the application has there, such as http://127.0.0.1:8765/.",
        )
    try:
        return host.connections.begin(name, data.redirect, by=_session(caller))
    except ConnectError as error:
        raise _refused(error) from error


@post("/connected", opt=needs("administer"), status_code=200, summary="Exchange the code")
async def finish(data: JSONBody[Return], host: Host, caller: Who) -> Connected:
    """Keep the refresh token sealed; deliveries that were held go on."""
    try:
        name = await host.connections.finish(
            data.state, data.code, actor=actor_of(caller), by=_session(caller)
        )
    except ConnectError as error:
        raise _refused(error) from error
    return Connected(destination=name)


@post("/declined", opt=needs("administer"), status_code=200, summary="Nobody agreed")
async def decline(data: JSONBody[Declined], host: Host, caller: Who) -> Connected:
    """Forget a visit that ended without a code; return the destination that it was for."""
    try:
        return Connected(destination=host.connections.give_up(data.state, by=_session(caller)))
    except ConnectError as error:
        raise _refused(error) from error


def _session(caller: Caller) -> str:
    """Name the very session, or the token: what one began no other ends."""
    return f"{actor_of(caller)} {caller.session}"


def _refused(error: ConnectError) -> Refused:
    status = 404 if error.code == "destination.unknown" else 409
    return Refused(status=status, code=error.code, message=error.what, fix=error.fix)


CONNECTIONS = Router(
    "/api/destinations", route_handlers=[begin, finish, decline], tags=["destinations"]
)
