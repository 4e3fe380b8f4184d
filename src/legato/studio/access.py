"""Who may call: every route names the permission it needs, and the guard asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from litestar.handlers import BaseRouteHandler
from litestar.types import Message, Scope

from legato.app.app import App
from legato.govern.access.callers import Caller
from legato.govern.access.denial import Denial
from legato.govern.access.pace import (
    SESSION_BURST,
    SESSION_RATE,
    TOKEN_BURST,
    TOKEN_RATE,
    Pace,
)
from legato.govern.access.sessions import is_csrf, is_proved
from legato.govern.access.throttle import Throttle
from legato.govern.roles import Permission, holders
from legato.model.instant import HOUR, MINUTE, SECOND, Instant
from legato.model.problem import LegatoError
from legato.ports.audit import AuditEntry
from legato.studio.host import method_of, route_of
from legato.studio.refusal import Refused
from legato.studio.site import SAFE_METHODS, Connection, Site

FAILURES_MAX = 10
"""Wrong tokens from one address before it has to wait: a person mistypes fewer."""
SECURE_COOKIE = "__Host-legato"
"""The prefix has browsers refuse it from anybody but this very host, over TLS."""
PLAIN_COOKIE = "legato"
"""On this machine there need be no TLS, and without it browsers take no such prefix."""
CSRF_HEADER = "legato-csrf"

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_ONLY_TLS = (b"strict-transport-security", b"max-age=31536000")


def needs(permission: Permission, *, is_grave: bool = False) -> dict[str, Any]:
    """Mark a route with the permission it needs.

    `is_grave`: who does it has proved lately who they are, as with all that is administered.
    """
    return {"permission": permission, "is_grave": is_grave}


def needs_form(permission: Permission, *, is_grave: bool = False) -> dict[str, Any]:
    """Mark a page: what proves that one of ours sent it may be a field of its form.

    The guard has not read the form; entry.answers.check_form does. `is_grave`: who does it has
    proved lately who they are.
    """
    return {"permission": permission, "is_form": True, "is_grave": is_grave}


def public() -> dict[str, Any]:
    """Mark a route as open to anybody."""
    return {"is_public": True}


def entrance() -> dict[str, Any]:
    """Mark a route as open to anybody who calls us by our name from a page of our own."""
    return {"is_public": True, "is_entrance": True}


class Access:
    """The guard of every route, and what stands around each answer."""

    def __init__(self, host: App, site: Site) -> None:
        self._host = host
        self._site = site
        self._guesses = Throttle(free=FAILURES_MAX, first=MINUTE, longest=HOUR)
        self._token_pace = Pace(rate=TOKEN_RATE, burst=TOKEN_BURST)
        self._session_pace = Pace(rate=SESSION_RATE, burst=SESSION_BURST)

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Let the call pass, or refuse it with 401, 403, 421 or 429."""
        if handler.opt.get("is_public") is True:
            if handler.opt.get("is_entrance") is True:
                self._site.check_name(connection)
                if method_of(connection) not in SAFE_METHODS:
                    self._site.check_origin(connection)
            return
        self._site.check_name(connection)
        now = self._host.clock.now()
        is_form = handler.opt.get("is_form") is True
        caller = self._caller(connection, now, is_form=is_form)
        connection.scope["auth"] = caller
        connection.scope["user"] = caller.name
        self._check_pace(caller, now)
        _check_scope(caller, handler.opt["permission"], connection.scope["path"])
        is_grave = handler.opt["permission"] == "administer" or handler.opt.get("is_grave") is True
        if is_grave and method_of(connection) not in SAFE_METHODS and not is_proved(caller, now):
            raise _unproved()
        await self._host.access.keep_seen(now)

    async def record(self, error: Exception, scope: Scope) -> None:
        """Put a refusal on record."""
        match error:
            case Denial():
                code, known = error.code, error.actor
            case Refused() if error.refusal.code.startswith("access."):
                code, known = error.refusal.code, ""
            case _:
                return
        connection = Connection(scope)
        caller = cast("Mapping[str, Any]", scope).get("auth")
        address = self._site.address(connection)
        entry = AuditEntry(
            actor=caller.actor if isinstance(caller, Caller) else known or "unknown",
            action="access.refuse",
            subject=route_of(connection),
            detail={"code": code, "from": self._host.audit.address_digest(address)},
            outcome="refused",
        )
        # A refusal stays one when the disk is full.
        with suppress(LegatoError):
            await self._host.audit.count(entry)

    async def dress(self, message: Message, scope: Scope) -> None:
        """Give an answer the headers that keep browsers from being too helpful."""
        if message["type"] != "http.response.start":
            return
        given = [name for name, _ in message["headers"]]
        added = [*_HEADERS, _POLICY]
        if self._site.is_secure(Connection(scope)):
            added.append(_ONLY_TLS)
        message["headers"] = [
            *message["headers"],
            *(header for header in added if header[0] not in given),
        ]

    def _caller(self, connection: Connection, now: Instant, *, is_form: bool) -> Caller:
        header = connection.headers.get("authorization")
        if header:
            return self._bearer(connection, header, now)
        text = session_cookie(connection, self._site)
        if not text:
            raise Refused(
                status=401,
                code="access.no_token",
                message="This call carries no token and no session.",
                fix="Send `Authorization: Bearer TOKEN`, or sign in: POST /api/session.",
            )
        caller = self._host.access.sessions.who(text, now)
        if caller is None:
            raise Refused(
                status=401,
                code="access.session_over",
                message="This session has ended.",
                fix="Sign in again: POST /api/session.",
            )
        if method_of(connection) not in SAFE_METHODS:
            self._site.check_origin(connection)
            if not is_form and not is_csrf(text, connection.headers.get(CSRF_HEADER, "")):
                raise Refused(
                    status=403,
                    code="access.csrf",
                    message="This call changes something and does not prove that a page of ours "
                    "made it.",
                    fix="Send the header `Legato-CSRF` with what GET /api/session gives as `csrf`.",
                )
        return caller

    def _bearer(self, connection: Connection, header: str, now: Instant) -> Caller:
        address = self._site.address(connection)
        wait = self._guesses.wait(address, now)
        if wait:
            raise _too_early("access.too_many_failures", "Too many wrong tokens", wait=wait)
        scheme, _, text = header.partition(" ")
        caller = None
        if scheme.lower() == "bearer":
            caller = self._host.access.tokens.who(text.strip(), now)
        if caller is None:
            self._guesses.begin(address, now)
            raise Refused(
                status=401,
                code="access.unknown_token",
                message="This token is not known here, or has expired.",
                fix="Ask an admin for one: `legato tokens add NAME --role viewer`.",
            )
        return caller

    def _check_pace(self, caller: Caller, now: Instant) -> None:
        pace = self._session_pace if caller.session else self._token_pace
        wait = pace.wait(caller.actor, now)
        if wait:
            raise _too_early("access.too_fast", "Too many calls", wait=wait)


def session_cookie(connection: Connection, site: Site) -> str:
    """Return the text of the session that a browser sends along; none where it was no secret."""
    if site.is_secure(connection):
        return connection.cookies.get(SECURE_COOKIE, "")
    return connection.cookies.get(PLAIN_COOKIE, "") if site.is_private(connection) else ""


def _check_scope(caller: Caller, needed: Permission, path: str) -> None:
    if not caller.may(needed):
        raise Refused(
            status=403,
            code="access.role",
            message=f"'{caller.name}' has the role {caller.role} and may not {needed}.",
            fix=f"These roles may: {', '.join(holders(needed))}. A token may be narrower than its "
            "role.",
        )
    if not caller.may_go(path):
        raise Refused(
            status=403,
            code="access.route",
            message=f"The token '{caller.name}' is not for this route.",
            fix=f"It is for those under: {', '.join(caller.prefixes)}.",
        )


def _unproved() -> Refused:
    return Refused(
        status=403,
        code="access.prove",
        message="This is worth so much that whoever does it proves again who they are.",
        fix="POST /api/session/proof {password}, or go to GET /api/sign-in/oidc?again=true; the "
        "proof holds for 15 minutes.",
    )


def _too_early(code: str, what: str, *, wait: int) -> Refused:
    seconds = max(1, -(-wait // SECOND))
    return Refused(
        status=429,
        code=code,
        message=f"{what} came from here.",
        fix=f"Wait {seconds} seconds.",
        headers={"retry-after": str(seconds)},
    )
