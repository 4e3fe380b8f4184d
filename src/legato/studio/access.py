"""Who may call: every route names the permission it needs, and the guard asks for it."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from legato.app.audit import AuditBook
from legato.govern.roles import Permission, holders, may
from legato.model.instant import MINUTE, SECOND, Duration, Instant
from legato.model.problem import LegatoError
from legato.ports.audit import AuditEntry
from legato.ports.clock import Clock
from legato.studio.host import actor_of, route_of
from legato.studio.refusal import Refused
from legato.studio.tokens import Token, Tokens

FAILURES_MAX = 10
"""Wrong tokens from one address before it has to wait: a person mistypes fewer."""
FAILURE_WINDOW: Duration = MINUTE
ADDRESSES_MAX = 10_000
"""Addresses remembered; the longest unseen is forgotten first, so memory is bounded."""


def needs(permission: Permission) -> dict[str, Any]:
    """Mark a route with the permission it needs."""
    return {"permission": permission}


def public() -> dict[str, Any]:
    """Mark a route as open to anybody."""
    return {"is_public": True}


class Access:
    """The guard of every route."""

    def __init__(self, tokens: Tokens, clock: Clock, audit: AuditBook) -> None:
        self._tokens = tokens
        self._clock = clock
        self._audit = audit
        self._failures: OrderedDict[str, list[Instant]] = OrderedDict()

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        """Let the call pass, or refuse it with 401, 403 or 429, which goes on record."""
        if handler.opt.get("is_public") is True:
            return
        needed: Permission = handler.opt["permission"]
        try:
            token = self._token(connection)
        except Refused as refused:
            await self._record(connection, "unknown", refused)
            raise
        if not may(token.role, needed):
            refused = Refused(
                status=403,
                code="access.role",
                message=f"The token '{token.name}' is of the role {token.role}, which may not "
                f"{needed}.",
                fix=f"Use a token of one of these roles: {', '.join(holders(needed))}.",
            )
            await self._record(connection, actor_of(token), refused)
            raise refused
        connection.scope["auth"] = token
        connection.scope["user"] = token.name

    async def _record(
        self, connection: ASGIConnection[Any, Any, Any, Any], actor: str, refused: Refused
    ) -> None:
        address = connection.client.host if connection.client else ""
        detail = {"code": refused.refusal.code, "from": self._audit.address_digest(address)}
        entry = AuditEntry(
            actor=actor,
            action="access.refuse",
            subject=route_of(connection),
            detail=detail,
            outcome="refused",
        )
        # A refusal stays one when the disk is full.
        with suppress(LegatoError):
            await self._audit.count(entry)

    def _token(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Token:
        address = connection.client.host if connection.client else ""
        self._refuse_if_guessing(address)
        scheme, _, text = connection.headers.get("authorization", "").partition(" ")
        if not text:
            raise Refused(
                status=401,
                code="access.no_token",
                message="This call carries no token.",
                fix="Send `Authorization: Bearer TOKEN`.",
            )
        token = self._tokens.who(text.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            self._remember_failure(address)
            raise Refused(
                status=401,
                code="access.unknown_token",
                message="This token is not known here.",
                fix="Ask an admin for one: `legato tokens add NAME --role viewer`.",
            )
        return token

    def _refuse_if_guessing(self, address: str) -> None:
        since = self._clock.now() - FAILURE_WINDOW
        recent = [at for at in self._failures.get(address, []) if at > since]
        if len(recent) >= FAILURES_MAX:
            seconds = max(1, -(-(recent[0] - since) // SECOND))
            raise Refused(
                status=429,
                code="access.too_many_failures",
                message="Too many wrong tokens came from this address.",
                fix=f"Wait {seconds} seconds.",
                headers={"retry-after": str(seconds)},
            )

    def _remember_failure(self, address: str) -> None:
        recent = [*self._failures.pop(address, []), self._clock.now()]
        self._failures[address] = recent[-FAILURES_MAX:]
        if len(self._failures) > ADDRESSES_MAX:
            self._failures.popitem(last=False)
