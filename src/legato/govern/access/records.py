"""What is kept of those who may call. Of passwords, tokens and sessions only digests are."""

from __future__ import annotations

from typing import Literal, TypeAlias

from legato.govern.roles import Permission, Role
from legato.model.instant import Instant
from legato.model.noun import Noun

Way: TypeAlias = Literal["password", "invitation", "provider"]
"""How somebody signed in."""


class User(Noun, frozen=True, kw_only=True):
    """A person who works with Legato."""

    user_id: str
    email: str
    role: Role
    created_at: Instant
    name: str = ""
    team: str = ""
    password: str = ""
    """argon2id in PHC's notation; empty: there is none to sign in with."""
    is_disabled: bool = False
    is_provided: bool = False
    """Made by the first sign-in at the identity provider, which also says the role."""
    subject: str = ""
    """The digest of the provider's issuer and of who they are there."""


class Session(Noun, frozen=True, kw_only=True):
    digest: str
    user_id: str
    created_at: Instant
    seen_at: Instant
    way: Way
    agent: str = ""
    """The browser it is in, as `Firefox on Linux`: for its owner to know it by."""
    proved_at: Instant = 0
    """When they last proved who they are; 0: the provider did not say when they did."""
    provided: str = ""
    """The digest of the provider's issuer and of its session, which may end this one."""


class Invitation(Noun, frozen=True, kw_only=True):
    """A code, once and not for long, in exchange for which a user chooses a password."""

    digest: str
    user_id: str
    expires_at: Instant


class Token(Noun, frozen=True, kw_only=True):
    name: str
    role: Role
    digest: str
    created_at: Instant
    reveal_reason: str = ""
    """Why a program may see personal values without saying so each time."""
    permissions: tuple[Permission, ...] | None = None
    """Narrower than the role; None: all that the role may."""
    prefixes: tuple[str, ...] = ()
    """Routes begin with one of these; empty: any route."""
    expires_at: Instant | None = None
    seen_at: Instant | None = None
    """Last used, to within a minute."""
    team: str = ""
    maker: str = ""
    """The user it acts for: it may at no time more than they. Empty: made on the machine."""
