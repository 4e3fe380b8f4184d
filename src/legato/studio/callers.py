"""Routes of the API's own tokens: list, add, revoke. A token's text is shown once."""

from __future__ import annotations

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation

from legato.govern.roles import Role, holders, may
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.ports.audit import AuditEntry
from legato.studio.access import needs
from legato.studio.govern.reveal import checked_reason
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused, not_found
from legato.studio.tokens import Tokens

Kept = NamedDependency[SkipValidation[Tokens]]
NAME_LENGTH_MAX = 100


class ShownToken(Noun, frozen=True, kw_only=True):
    name: str
    role: Role
    created_at: Instant
    reveal_reason: str = ""


class Wanted(Noun, frozen=True, kw_only=True):
    name: str
    role: Role = "viewer"
    reveal_reason: str = ""
    """For a program that sees personal values: why it may, once and for good."""


class Created(Noun, frozen=True, kw_only=True):
    name: str
    role: Role
    token: str
    """Shown this once: only its digest is kept."""


@get("/", opt=needs("administer"), summary="Who may call")
async def read_tokens(kept: Kept) -> list[ShownToken]:
    """Return names and roles; the tokens themselves are kept nowhere."""
    return [
        ShownToken(
            name=token.name,
            role=token.role,
            created_at=token.created_at,
            reveal_reason=token.reveal_reason,
        )
        for token in kept.all()
    ]


@post("/", opt=needs("administer"), summary="A new token")
async def create_token(data: JSONBody[Wanted], kept: Kept, host: Host, caller: Who) -> Created:
    """Make a token of a role."""
    if not data.name.strip() or len(data.name) > NAME_LENGTH_MAX:
        raise Refused(
            status=400,
            code="token.name",
            message=f"A token's name has 1 to {NAME_LENGTH_MAX} characters.",
            fix="Name who or what will use it.",
        )
    reason = checked_reason(data.reveal_reason) if data.reveal_reason else ""
    if reason and not may(data.role, "reveal"):
        raise Refused(
            status=400,
            code="reveal.role",
            message=f"The role {data.role} sees personal values masked, whatever the reason.",
            fix=f"Leave the reason out, or take one of: {', '.join(holders('reveal'))}.",
        )
    text = kept.create(data.name, data.role, now=host.clock.now(), reveal_reason=reason)
    if text is None:
        raise Refused(
            status=409,
            code="token.taken",
            message="There is a token of this name.",
            fix="Choose another name, or revoke that one first.",
        )
    detail = {"role": data.role, "reveal_reason": reason}
    entry = AuditEntry(
        actor=actor_of(caller), action="token.create", subject=data.name, detail=detail
    )
    await host.audit.record(entry)
    return Created(name=data.name, role=data.role, token=text)


@delete("/{name:str}", opt=needs("administer"), summary="Revoke a token")
async def revoke_token(name: FromPath[str], kept: Kept, host: Host, caller: Who) -> None:
    """Forget it: it stops working at once."""
    if not kept.revoke(name):
        raise not_found(
            "token.unknown", "There is no token of this name.", fix="List them: GET /api/tokens."
        )
    entry = AuditEntry(actor=actor_of(caller), action="token.revoke", subject=name)
    await host.audit.record(entry)


TOKENS = Router(
    "/api/tokens", route_handlers=[read_tokens, create_token, revoke_token], tags=["tokens"]
)
