"""Routes that tell who may what: the roles in words, and how people get theirs at the provider."""

from __future__ import annotations

from litestar import Router, get

from legato.app.sign_in import CALLBACK
from legato.govern.roles import ALLOWED, MEANINGS, PERMISSIONS, ROLES, Permission, Role
from legato.model.definitions.sign_in import RoleRule
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.host import Host


class Ability(Noun, frozen=True, kw_only=True):
    """Something that one may be allowed, and who is."""

    permission: Permission
    means: str
    roles: tuple[Role, ...]


class Abilities(Noun, frozen=True, kw_only=True):
    """The table that every door asks."""

    roles: tuple[Role, ...]
    abilities: tuple[Ability, ...]


class ShownProvider(Noun, frozen=True, kw_only=True):
    """The identity provider that the workspace names, without what is secret."""

    name: str
    title: str
    issuer: str
    client_id: str
    has_secret: bool
    """Without it nobody comes in by this way."""
    secret: str
    """The name it is to be kept under."""
    redirect: str
    """The address that has to be registered there."""
    domains: tuple[str, ...]
    claim: str
    rules: tuple[RoleRule, ...]
    default_role: str
    trust_email: bool


class ProviderState(Noun, frozen=True, kw_only=True):
    provider: ShownProvider | None = None
    """None: the workspace names none, and passwords are the only way in."""


@get("/roles", opt=needs("look"), summary="What each role may do")
async def read_roles() -> Abilities:
    """Return every permission in words, with the roles that include it."""
    return Abilities(
        roles=ROLES,
        abilities=tuple(
            Ability(
                permission=each,
                means=MEANINGS[each],
                roles=tuple(role for role in ROLES if each in ALLOWED[role]),
            )
            for each in PERMISSIONS
        ),
    )


@get("/provider", opt=needs("administer"), summary="How people sign in at the identity provider")
async def read_provider(host: Host) -> ProviderState:
    """Return what the workspace says of it, and whether its secret is kept."""
    said = host.plan().sign_in
    if said is None:
        return ProviderState()
    kept = [each for each in host.secrets.known((said.secret,)) if each.name == said.secret]
    return ProviderState(
        provider=ShownProvider(
            name=said.name,
            title=said.title or said.name,
            issuer=said.issuer,
            client_id=said.client_id,
            has_secret=any(each.is_in_environment or each.set_at for each in kept),
            secret=said.secret,
            redirect=f"{said.url}{CALLBACK}",
            domains=said.domains,
            claim=said.claim,
            rules=said.rules,
            default_role=said.default_role,
            trust_email=said.trust_email,
        )
    )


RULES_OF_ACCESS = Router("/api/access", route_handlers=[read_roles, read_provider], tags=["users"])
