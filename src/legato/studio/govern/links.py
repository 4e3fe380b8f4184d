"""Routes of link keys: signing with a new one, forgetting one that has leaked."""

from __future__ import annotations

from litestar import Router, delete, post
from litestar.params import FromPath

from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import not_found


class Renewed(Noun, frozen=True, kw_only=True):
    number: int
    """Of the key that signs links from now on."""


@post("/renew", opt=needs("administer"), status_code=200, summary="Sign links with a new key")
async def renew(host: Host, caller: Who) -> Renewed:
    """Make a new key; links that older ones signed still work."""
    return Renewed(number=await host.pages.renew_key(by=actor_of(caller)))


@delete("/{number:int}", opt=needs("administer"), summary="Have a key's links count no more")
async def forget(number: FromPath[int], host: Host, caller: Who) -> None:
    """Forget a leaked key: no link that it signed works any more, whoever made it."""
    if not await host.pages.forget_key(number, by=actor_of(caller)):
        raise not_found("links.unknown", "There is no key of this number.", fix="Name another.")


LINKS = Router("/api/links", route_handlers=[renew, forget], tags=["links"])
