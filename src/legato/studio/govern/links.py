"""The route of link keys: signing with a new one."""

from __future__ import annotations

from litestar import Router, post

from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.host import Host, Who, actor_of


class Renewed(Noun, frozen=True, kw_only=True):
    number: int
    """Of the key that signs links from now on."""


@post("/renew", opt=needs("administer"), status_code=200, summary="Sign links with a new key")
async def renew(host: Host, caller: Who) -> Renewed:
    """Make a new key; links that older ones signed still work."""
    return Renewed(number=await host.pages.renew_key(by=actor_of(caller)))


LINKS = Router("/api/links", route_handlers=[renew], tags=["links"])
