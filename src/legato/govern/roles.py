"""Roles, and what each may do: one table, which every door asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

Permission: TypeAlias = Literal[
    "look",  # how it goes: plan, journeys, stories, lists; personal values masked
    "rehearse",  # check, compare and try definitions out
    "propose",  # ask for a change of definitions
    "approve",  # answer for somebody else's change
    "run",  # pause and resume journeys, let people into them
    "apply",  # make definitions the present plan
    "repair",  # replay quarantine, redrive deliveries, answer drift
    "identify",  # answer suggested matches, split what was joined
    "reveal",  # see personal values, for a stated reason
    "reveal_special",  # sensitive ones and those of health too
    "consent",  # put on record what a person said
    "erase",  # export or erase a person
    "audit",  # read who did what
    "administer",  # users, teams, tokens, secrets
]
Role: TypeAlias = Literal[
    "viewer", "analyst", "marketer", "approver", "privacy", "engineer", "admin"
]

PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
MEANINGS: Mapping[Permission, str] = {
    "look": "See how it goes: journeys, stories, lists. Personal values are masked",
    "rehearse": "Check, compare and try definitions out, and ask in SQL",
    "propose": "Ask for a change of definitions",
    "approve": "Answer for a change that somebody else asks for",
    "run": "Pause and resume journeys, let people into them",
    "apply": "Make definitions the present ones",
    "repair": "Replay the quarantine, redrive deliveries, answer drift",
    "identify": "Say that two profiles are one person, or that one is two",
    "reveal": "See personal values, for a stated reason",
    "reveal_special": "See sensitive values and those of health too, for a stated reason",
    "consent": "Put on record what a person said",
    "erase": "Give out what is kept of a person, or erase them",
    "audit": "Read who did what, and who saw what",
    "administer": "Users, teams, tokens and secrets",
}
"""The same in words for people."""
ROLES: tuple[Role, ...] = get_args(Role)

ALLOWED: Mapping[Role, tuple[Permission, ...]] = {
    "viewer": ("look",),
    "analyst": ("look", "rehearse"),
    "marketer": ("look", "rehearse", "propose", "run"),
    "approver": ("look", "rehearse", "propose", "approve", "run"),
    "privacy": (
        *("look", "rehearse", "identify", "reveal", "reveal_special", "consent", "erase", "audit"),
    ),
    "engineer": (*("look", "rehearse", "propose", "run", "apply", "repair", "identify", "reveal"),),
    "admin": PERMISSIONS,
}


def may(role: Role, permission: Permission) -> bool:
    """Return whether a role includes a permission."""
    return permission in ALLOWED[role]


def holders(permission: Permission) -> tuple[Role, ...]:
    """Return the roles that include a permission."""
    return tuple(role for role in ROLES if may(role, permission))
