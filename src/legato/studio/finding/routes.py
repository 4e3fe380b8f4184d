"""The route by which anything is found from one field.

What is looked for may be somebody's address: it comes in a body, and stands in no line of a log.
"""

from __future__ import annotations

from typing import Annotated

from litestar import Router, post
from litestar.params import JSONBody
from msgspec import Meta

from legato.app.finder import FoundPage
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.host import Host

TEXT_MAX = 512
"""As long as an identifier may be."""
PAGE_MAX = 50
OFFSET_MAX = 1_000
"""Who has not found it among so many asks for less."""


class WantedThing(Noun, frozen=True, kw_only=True):
    """What is looked for, and which of what is found."""

    text: Annotated[str, Meta(max_length=TEXT_MAX)]
    offset: Annotated[int, Meta(ge=0, le=OFFSET_MAX)] = 0
    limit: Annotated[int, Meta(ge=1, le=PAGE_MAX)] = 20


@post("/", opt=needs("look"), status_code=200, summary="Find anything")
async def find_anything(data: JSONBody[WantedThing], host: Host) -> FoundPage:
    """Return definitions by name, title or words, and a person by any identifier, best first."""
    return await host.finder.find(data.text, offset=data.offset, limit=data.limit)


FINDING = Router("/api/find", route_handlers=[find_anything], tags=["finding"])
