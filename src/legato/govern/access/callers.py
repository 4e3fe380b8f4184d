"""A caller: somebody's session or a program's token, and all that follows from it for a call."""

from __future__ import annotations

from legato.govern.access.records import Session, Token, User
from legato.govern.roles import ALLOWED, Permission, Role
from legato.model.instant import Instant
from legato.model.noun import Noun


class Caller(Noun, frozen=True, kw_only=True):
    """Who calls, as routes see them."""

    name: str
    """A token's name, or the user's address."""
    actor: str
    """As the audit names them."""
    role: Role
    permissions: tuple[Permission, ...]
    """What they may: the role's, and what a token was narrowed to."""
    prefixes: tuple[str, ...] = ()
    """Routes begin with one of these; empty: any route."""
    team: str = ""
    reveal_reason: str = ""
    """Why a program may see personal values without saying so each time."""
    user_id: str = ""
    """Who signed in, or whom a token acts for."""
    session: str = ""
    """The digest of the session; empty for a token."""
    expires_at: int | None = None
    proved_at: Instant = 0
    """When the user of a session last proved who they are."""

    def may(self, permission: Permission) -> bool:
        """Return whether they may."""
        return permission in self.permissions

    def may_go(self, path: str) -> bool:
        """Return whether a route is among theirs."""
        return not self.prefixes or any(is_under(path, prefix) for prefix in self.prefixes)


def is_under(path: str, prefix: str) -> bool:
    """Return whether a path is a prefix or goes on from it: `/api/plan` is not `/api/planets`."""
    bare = prefix.rstrip("/")
    return path == bare or path.startswith(f"{bare}/")


def token_caller(token: Token, maker: User | None) -> Caller:
    """Return the caller that a token stands for; `maker` is the user it acts for."""
    allowed: tuple[Permission, ...] = ALLOWED[token.role]
    if token.permissions is not None:
        wanted = token.permissions
        allowed = tuple(each for each in allowed if each in wanted)
    if maker is not None:
        bound = ALLOWED[maker.role]
        allowed = tuple(each for each in allowed if each in bound)
    return Caller(
        name=token.name,
        actor=f"token:{token.name}",
        role=token.role,
        permissions=allowed,
        prefixes=token.prefixes,
        team=token.team,
        reveal_reason=token.reveal_reason,
        user_id=token.maker,
        expires_at=token.expires_at,
    )


def session_caller(session: Session, user: User) -> Caller:
    """Return the caller that a session stands for."""
    return Caller(
        name=user.email,
        actor=f"user:{user.user_id}",
        role=user.role,
        permissions=ALLOWED[user.role],
        team=user.team,
        user_id=user.user_id,
        session=session.digest,
        proved_at=session.proved_at,
    )
