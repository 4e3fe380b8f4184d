"""Who may sign in to the Studio of the demonstration, with a password for that run."""

from __future__ import annotations

import msgspec

from legato.cli.client import Client
from legato.govern.access.secret import new_secret
from legato.govern.roles import Role
from legato.model.noun import Noun

VISITORS: tuple[tuple[str, Role], ...] = (
    ("ada@shop.example", "admin"),
    ("mara@shop.example", "marketer"),
    ("theo@shop.example", "approver"),
)
"""Three, because a change that one of them proposes is approved by another."""
PASSWORD_LENGTH = 16


class _User(msgspec.Struct):
    user_id: str
    email: str


class _Invited(msgspec.Struct):
    user: _User


class Visitors(Noun, frozen=True, kw_only=True):
    password: str

    def lines(self, url: str) -> list[str]:
        """Say where they sign in, and as whom."""
        (first, _), *others = VISITORS
        rest = ", ".join(f"{email} ({role})" for email, role in others)
        return [
            f"The Studio: {url}/studio/",
            f"  sign in as {first}, password {self.password}",
            f"  with the same password: {rest}",
        ]


def let_in(client: Client) -> Visitors:
    """Make the visitors, or give those of a kept folder a new password."""
    password = new_secret()[:PASSWORD_LENGTH]
    known = {user.email: user for user in client.get("/api/users", list[_User])}
    for email, role in VISITORS:
        user = known.get(email)
        if user is None:
            wish = {"email": email, "role": role, "password": password}
            client.post("/api/users", _Invited, wish)
        else:
            client.post(f"/api/users/{user.user_id}/password", object, {"password": password})
    return Visitors(password=password)
