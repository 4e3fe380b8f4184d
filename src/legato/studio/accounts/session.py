"""Routes of a browser's session: sign in, who am I, change the password, sign out."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import JSONBody, SkipValidation

from legato.app.app import App
from legato.govern.access.callers import Caller
from legato.govern.access.records import User
from legato.govern.access.secret import digest_of
from legato.govern.access.sessions import AGE_MAX, Proof, csrf_of
from legato.govern.roles import ALLOWED, Permission, Role
from legato.model.instant import SECOND, Instant
from legato.model.noun import Noun
from legato.ports.audit import AuditEntry
from legato.studio.access import (
    PLAIN_COOKIE,
    SECURE_COOKIE,
    entrance,
    needs,
    session_cookie,
)
from legato.studio.accounts.browsers import browser_of
from legato.studio.host import Host, Who
from legato.studio.refusal import Refused
from legato.studio.site import Connection, Site

Place = NamedDependency[SkipValidation[Site]]


class Me(Noun, frozen=True, kw_only=True):
    """Who calls, as they are shown to themselves."""

    name: str
    role: Role
    permissions: tuple[Permission, ...]
    team: str = ""
    csrf: str = ""
    """To be sent as `Legato-CSRF` with whatever changes something; empty for a token."""
    ends_at: Instant | None = None


class Ways(Noun, frozen=True, kw_only=True):
    """How one signs in here."""

    provider: str = ""
    """What the identity provider is called; empty: there is none, passwords only."""
    has_admin: bool
    """False: nobody can sign in yet."""
    is_signed_in: bool
    """Whether the browser that asks is; a page that has no session yet learns so without a 401."""


class Credentials(Noun, frozen=True, kw_only=True):
    email: str
    password: str


class Acceptance(Noun, frozen=True, kw_only=True):
    """An invitation's code, and the password that is chosen."""

    code: str
    password: str


class Present(Noun, frozen=True, kw_only=True):
    password: str


class Left(Noun, frozen=True, kw_only=True):
    """What to do after the session here has ended."""

    go_to: str = ""
    """Where to sign out of the identity provider too; empty: nowhere."""


class NewPassword(Noun, frozen=True, kw_only=True):
    present: str
    password: str


@get("/", opt=entrance(), summary="How does one sign in here?")
async def read_ways(host: Host, site: Place, request: Request[Any, Any, Any]) -> Ways:
    """Return what a page that asks somebody to sign in has to offer."""
    provider = host.plan().sign_in
    text = session_cookie(request, site)
    session = host.access.sessions.who(text, host.clock.now()) if text else None
    return Ways(
        provider="" if provider is None else provider.title or provider.name,
        has_admin=host.access.users.has_admin(),
        is_signed_in=session is not None,
    )


@post("/", opt=entrance(), status_code=200, summary="Sign in")
async def sign_in(
    data: JSONBody[Credentials], host: Host, site: Place, request: Request[Any, Any, Any]
) -> Response[Me]:
    """Begin a session; its secret is in a cookie that no script can read."""
    refuse_in_the_open(request, site)
    now = host.clock.now()
    user = await host.access.sign_in.by_password(
        data.email, data.password, address=site.address(request), now=now
    )
    proof = Proof(way="password", at=now)
    cookie = await begin(user, proof, host=host, site=site, connection=request)
    return Response(_me(host, user, cookie.value or ""), cookies=[cookie])


@get("/", opt=needs("look"), summary="Who am I?")
async def read_session(host: Host, caller: Who, site: Place, request: Request[Any, Any, Any]) -> Me:
    """Return the caller's role and permissions, and what pages send along with changes."""
    is_session = bool(caller.session)
    return Me(
        name=caller.name,
        role=caller.role,
        permissions=caller.permissions,
        team=caller.team,
        csrf=csrf_of(session_cookie(request, site)) if is_session else "",
        ends_at=host.access.sessions.ends_at(caller.session) if is_session else caller.expires_at,
    )


@delete("/", opt=needs("look"), status_code=200, summary="Sign out")
async def sign_out(host: Host, caller: Who, request: Request[Any, Any, Any]) -> Response[Left]:
    """End the session at once, here and in the browser."""
    where, cookies = await end(host, caller, request)
    return Response(Left(go_to=where), cookies=cookies)


@post("/proof", opt=needs("look"), status_code=200, summary="Prove again who one is")
async def prove(data: JSONBody[Present], host: Host, caller: Who) -> None:
    """Take the present password; for 15 minutes one may do what asks for it."""
    refuse_tokens(caller)
    now = host.clock.now()
    await host.access.sign_in.prove(host.access.users.get(caller.user_id), data.password, now=now)
    await host.access.sessions.prove(caller.session, now)


@post("/password", opt=needs("look"), status_code=200, summary="Change one's own password")
async def change_password(data: JSONBody[NewPassword], host: Host, caller: Who) -> None:
    """Take the present password and another; all other sessions end."""
    refuse_tokens(caller)
    await host.access.sign_in.change_password(
        host.access.users.get(caller.user_id),
        data.present,
        data.password,
        session=caller.session,
        now=host.clock.now(),
    )


@post("/invitation", opt=entrance(), status_code=200, summary="Choose a password when invited")
async def accept(
    data: JSONBody[Acceptance], host: Host, site: Place, request: Request[Any, Any, Any]
) -> Response[Me]:
    """Take the code that an admin has made, once, and begin a session."""
    refuse_in_the_open(request, site)
    now = host.clock.now()
    user = await host.access.sign_in.by_invitation(
        data.code, data.password, address=site.address(request), now=now
    )
    proof = Proof(way="invitation", at=now)
    cookie = await begin(user, proof, host=host, site=site, connection=request)
    return Response(_me(host, user, cookie.value or ""), cookies=[cookie])


async def begin(
    user: User, proof: Proof, *, host: App, site: Site, connection: Connection
) -> Cookie:
    """Begin a session; return what carries it. One that the browser had ends."""
    text = await host.access.sessions.begin(
        user,
        proof,
        now=host.clock.now(),
        before=session_cookie(connection, site),
        agent=browser_of(connection.headers.get("user-agent", "")),
    )
    entry = AuditEntry(
        actor=f"user:{user.user_id}",
        action="session.begin",
        subject=user.user_id,
        detail={"way": proof.way, "from": host.audit.address_digest(site.address(connection))},
    )
    await host.audit.record(entry)
    return session_of(text, is_secure=site.is_secure(connection))


async def end(
    host: App, caller: Caller, request: Request[Any, Any, Any]
) -> tuple[str, list[Cookie]]:
    """End the caller's session at once.

    Return where the browser signs out of the provider too, if anywhere, and what takes the session
    out of the browser.
    """
    refuse_tokens(caller)
    session = host.access.sessions.get(caller.session)
    await host.access.sessions.end(caller.session)
    await host.audit.record(
        AuditEntry(actor=caller.actor, action="session.end", subject=caller.user_id)
    )
    gone = [
        Cookie(key=name, value="", path="/", max_age=0)
        for name in request.cookies
        if name in (SECURE_COOKIE, PLAIN_COOKIE)
    ]
    return "" if session is None else await host.sign_in.way_out(session), gone


async def end_everywhere(
    host: App, caller: Caller, request: Request[Any, Any, Any]
) -> tuple[str, list[Cookie]]:
    """End every session of the caller's at once, this one too; return what `end` does."""
    left = await end(host, caller, request)
    count = await host.access.sessions.end_all(caller.user_id)
    entry = AuditEntry(
        actor=caller.actor,
        action="session.end_all",
        subject=caller.user_id,
        detail={"others": str(count)},
    )
    await host.audit.record(entry)
    return left


def session_of(text: str, *, is_secure: bool) -> Cookie:
    """Return the cookie of a session."""
    return Cookie(
        key=SECURE_COOKIE if is_secure else PLAIN_COOKIE,
        value=text,
        path="/",
        max_age=AGE_MAX // SECOND,
        httponly=True,
        secure=is_secure,
        samesite="strict",
    )


def refuse_in_the_open(connection: Connection, site: Site) -> None:
    """Refuse to take or give a secret where others can read along."""
    if not site.is_private(connection):
        raise Refused(
            status=403,
            code="access.open_line",
            message="On this line others could read along: it is neither TLS nor this machine.",
            fix="Put a proxy that speaks TLS in front and start Legato with --proxies 1, or call "
            "it as 127.0.0.1 on its machine.",
        )


def refuse_tokens(caller: Caller) -> None:
    """Refuse a call that has no session to speak of."""
    if not caller.session:
        raise Refused(
            status=409,
            code="session.none",
            message="This call carries a token: it has no session and no password.",
            fix="Sign in first: POST /api/session.",
        )


def _me(host: App, user: User, text: str) -> Me:
    return Me(
        name=user.email,
        role=user.role,
        permissions=ALLOWED[user.role],
        team=user.team,
        csrf=csrf_of(text),
        ends_at=host.access.sessions.ends_at(digest_of(text)),
    )


SESSION = Router(
    "/api/session",
    route_handlers=[sign_in, read_session, sign_out, prove, change_password],
    tags=["session"],
)
SIGN_IN = Router("/api/sign-in", route_handlers=[read_ways, accept], tags=["session"])
