"""Routes of the dictionary: what every definition means, who owns it, and who uses it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from litestar import Response, Router, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter

from legato.plan.dictionary.entries import Entry, dictionary, search
from legato.plan.dictionary.export import as_csv, as_markdown
from legato.plan.findings import nearest
from legato.studio.access import needs
from legato.studio.host import Host
from legato.studio.refusal import not_found

_LISTED = ResponseSpec(
    tuple[Entry, ...], description="Definitions, by name", generate_examples=False
)
Word = Annotated[str, QueryParameter(max_length=200)]


@get(
    "/",
    opt=needs("look"),
    summary="Every definition in plain words",
    responses={200: _LISTED},
)
async def read_dictionary(
    host: Host, word: Word = "", form: FromQuery[Literal["json", "csv", "markdown"]] = "json"
) -> Response[tuple[Entry, ...]] | Response[str]:
    """Return all of them, or those that a word names or occurs in; `form` is the file's."""
    found = await asyncio.to_thread(dictionary, host.plan())
    entries = search(found, word) if word else found
    match form:
        case "csv":
            return Response(as_csv(entries), media_type="text/csv; charset=utf-8")
        case "markdown":
            return Response(as_markdown(entries), media_type="text/markdown; charset=utf-8")
        case _:
            return Response(entries)


@get("/{name:str}", opt=needs("look"), summary="What one name means")
async def read_entry(name: FromPath[str], host: Host) -> tuple[Entry, ...]:
    """Return the definitions of a name: an event and a term may share one."""
    found = await asyncio.to_thread(dictionary, host.plan())
    entries = search(found, name)
    if not entries:
        near = nearest(name, [entry.name for entry in found])
        raise not_found(
            "dictionary.unknown",
            "The dictionary has no such word.",
            fix=f"Did you mean `{near}`?" if near else "See /api/dictionary for all of them.",
        )
    return entries


DICTIONARY = Router(
    "/api/dictionary", route_handlers=[read_dictionary, read_entry], tags=["dictionary"]
)
