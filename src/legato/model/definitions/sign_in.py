"""Signing in at an identity provider: which one it is, and what its people may here."""

from __future__ import annotations

from legato.model.noun import Noun


class RoleRule(Noun, frozen=True, kw_only=True):
    """What follows from one value of the provider's claim."""

    value: str
    role: str
    team: str = ""


class SignIn(Noun, frozen=True, kw_only=True):
    """An OpenID provider, and how its claims become users."""

    name: str
    issuer: str
    client_id: str
    secret: str
    """The name under which the client's secret is kept."""
    url: str
    """Where browsers reach this Legato: the provider sends them back there."""
    domains: tuple[str, ...] = ()
    """Addresses end with one of these; empty: any."""
    trust_email: bool = False
    """Whether addresses count that the provider does not call verified."""
    claim: str = "groups"
    rules: tuple[RoleRule, ...] = ()
    """In the order written: the first that fits says role and team."""
    default_role: str = ""
    """Of whom no rule fits; empty: they are not let in."""
    title: str = ""
    """What people call the provider."""
