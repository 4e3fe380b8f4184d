"""Routes of the dictionary: what every definition means, who owns it, and who uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from litestar import Request, Response, Router, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter

from legato.app.app import App
from legato.govern.access.callers import Caller
from legato.insight.words.samples import RECORDS_MAX, Samples, latest, of_event, of_trait
from legato.model.note import Story
from legato.plan.dictionary.entries import Entry, dictionary, search
from legato.plan.dictionary.export import as_csv, as_markdown
from legato.plan.findings import nearest
from legato.studio.access import needs
from legato.studio.govern.reveal import sight_of
from legato.studio.host import Host
from legato.studio.refusal import not_found

_LISTED = ResponseSpec(
    tuple[Entry, ...], description="Definitions, by name", generate_examples=False
)
STORIES_PAGE = 2_000
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
    return await read_entries(host, name)


@get("/{name:str}/samples", opt=needs("look"), summary="What a word looked like lately")
async def read_samples(
    name: FromPath[str], host: Host, request: Request[Any, Caller, Any]
) -> list[Samples]:
    """Return example values of a trait, or of an event's properties, out of what was last seen.

    Personal ones only with a reason to see them; what is sensitive or of health never.
    """
    entries = [one for one in await read_entries(host, name) if one.name == name]
    sight = await sight_of(request, host, action="dictionary.reveal", subject=f"word:{name}")
    found: list[Samples] = []
    for entry in entries:
        match entry.kind:
            case "trait":
                found.append(await asyncio.to_thread(of_trait, host.records, entry, sight))
            case "event":
                positions = await asyncio.to_thread(_latest, host, name)
                events = await host.events(positions)
                found += await asyncio.to_thread(of_event, entry, list(events.values()), sight)
            case "computed" | "segment" | "term" | "team":
                pass
    return found


def _latest(host: App, name: str) -> list[int]:
    return latest(_pages(host, max(host.status().applied - RECORDS_MAX, 0)), name)


def _pages(host: App, after: int) -> Iterator[list[Story]]:
    while page := host.records.tail(after, STORIES_PAGE):
        yield page
        after = page[-1].position


async def read_entries(host: App, name: str) -> tuple[Entry, ...]:
    """Return the definitions of a name, or refuse with the nearest there is."""
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
    "/api/dictionary",
    route_handlers=[read_dictionary, read_entry, read_samples],
    tags=["dictionary"],
)
