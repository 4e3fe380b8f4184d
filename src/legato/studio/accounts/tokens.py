"""Routes of the API's own tokens: list, add, revoke. A token's text is shown once."""

from __future__ import annotations

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody

from legato.govern.access.tokens import Wish
from legato.govern.roles import ALLOWED, Permission, Role, holders
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.ports.audit import AuditEntry
from legato.studio.access import needs
from legato.studio.govern.reveal import checked_reason
from legato.studio.host import Host, Who
from legato.studio.refusal import Refused


class ShownToken(Noun, frozen=True, kw_only=True):
    name: str
    role: Role
    created_at: Instant
    reveal_reason: str = ""
    permissions: tuple[Permission, ...] | None = None
    prefixes: tuple[str, ...] = ()
    expires_at: Instant | None = None
    is_over: bool = False
    seen_at: Instant | None = None
    team: str = ""
    maker: str = ""


class Created(Noun, frozen=True, kw_only=True):
    name: str
    role: Role
    token: str
    """Shown this once: only its digest is kept."""


@get("/", opt=needs("administer"), summary="Which tokens there are")
async def read_tokens(host: Host) -> list[ShownToken]:
    """Return names, roles and scopes; the tokens themselves are kept nowhere."""
    now = host.clock.now()
    return [
        ShownToken(
            name=token.name,
            role=token.role,
            created_at=token.created_at,
            reveal_reason=token.reveal_reason,
            permissions=token.permissions,
            prefixes=token.prefixes,
            expires_at=token.expires_at,
            is_over=token.expires_at is not None and now >= token.expires_at,
            seen_at=token.seen_at,
            team=token.team,
            maker=token.maker,
        )
        for token in host.access.tokens.all()
    ]


@post("/", opt=needs("administer"), summary="A new token")
async def create_token(data: JSONBody[Wish], host: Host, caller: Who) -> Created:
    """Make a token of a role, narrowed to some permissions and routes if wanted."""
    reason = checked_reason(data.reveal_reason) if data.reveal_reason else ""
    wanted = ALLOWED[data.role] if data.permissions is None else data.permissions
    if reason and "reveal" not in wanted:
        raise Refused(
            status=400,
            code="reveal.role",
            message="This token would see personal values masked, whatever the reason.",
            fix=f"Leave the reason out, or take one of: {', '.join(holders('reveal'))}.",
        )
    text = await host.access.tokens.create(data, maker=caller, now=host.clock.now())
    detail = {
        "role": data.role,
        "reveal_reason": reason,
        "permissions": "all of the role" if data.permissions is None else " ".join(wanted),
        "prefixes": " ".join(data.prefixes),
        "expires_in_us": "" if data.expires_in is None else str(data.expires_in),
    }
    await host.audit.record(
        AuditEntry(actor=caller.actor, action="token.create", subject=data.name, detail=detail)
    )
    return Created(name=data.name, role=data.role, token=text)


@delete("/{name:str}", opt=needs("administer"), summary="Revoke a token")
async def revoke_token(name: FromPath[str], host: Host, caller: Who) -> None:
    """Forget it: it stops working at once."""
    await host.access.tokens.revoke(name)
    entry = AuditEntry(actor=caller.actor, action="token.revoke", subject=name)
    await host.audit.record(entry)


TOKENS = Router(
    "/api/tokens", route_handlers=[read_tokens, create_token, revoke_token], tags=["tokens"]
)
