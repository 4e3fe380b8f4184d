"""The route that tells who somebody on record is: `user:usr_...` is a name and a role."""

from __future__ import annotations

from litestar import Router, get

from legato.govern.roles import Role
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.host import Host


class Actor(Noun, frozen=True, kw_only=True):
    """Somebody who signs in, as colleagues know them."""

    actor: str
    """As the audit and change requests name them."""
    name: str
    """The address, of whoever has given no name."""
    role: Role
    team: str


@get("/", opt=needs("look"), summary="Who the people on record are")
async def read_actors(host: Host) -> list[Actor]:
    """Return everybody who may sign in, by address; programs are named by their tokens."""
    return [
        Actor(
            actor=f"user:{user.user_id}",
            name=user.name or user.email,
            role=user.role,
            team=user.team,
        )
        for user in host.access.users.all()
    ]


ACTORS = Router("/api/actors", route_handlers=[read_actors], tags=["users"])
