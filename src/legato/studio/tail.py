"""The tail of everybody's notes: a page at once, or held until something happens."""

from __future__ import annotations

import asyncio
from typing import Annotated

from litestar import Router, get
from litestar.params import FromQuery, QueryParameter

from legato.app.app import App
from legato.insight.story import Told, noted, tell
from legato.model.note import Story
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.host import Host, Limit
from legato.studio.masking import mask_told

WAIT_SECONDS_MAX = 30.0
"""Proxies between here and the caller give up at about a minute."""


class TailPage(Noun, frozen=True, kw_only=True):
    """Steps in the order of the log, and where to go on."""

    after: int
    steps: tuple[Told, ...]


@get("/", opt=needs("look"), summary="What happens, to anybody, as it happens")
async def read_tail(
    host: Host,
    after: FromQuery[int] = -1,
    limit: Limit = 200,
    wait: Annotated[float, QueryParameter(ge=0, le=WAIT_SECONDS_MAX)] = 0.0,
) -> TailPage:
    """Return steps above `after`; where there are none, hold the call up to `wait` seconds.

    Without `after`, from now on.
    """
    start = after if after >= 0 else host.status().applied
    rows, last = await _rows(host, start, limit)
    if not rows and wait > 0:
        rows, last = await _awaited(host, last, limit, wait)
    return TailPage(after=last, steps=tuple(mask_told(tell(row)) for row in rows))


async def _rows(host: App, after: int, limit: int) -> tuple[list[Story], int]:
    def read(position: int) -> list[Story]:
        return host.records.tail(position, limit)

    return await asyncio.to_thread(noted, read, after)


async def _awaited(host: App, after: int, limit: int, wait: float) -> tuple[list[Story], int]:
    """Return what is noted above `after` as soon as there is any: nothing after `wait` seconds.

    A step that noted nothing wakes nobody.
    """
    committed = asyncio.Event()
    forget = host.watch(lambda _position: committed.set())
    rows = list[Story]()
    try:
        async with asyncio.timeout(wait):
            while not rows:
                committed.clear()
                rows, after = await _rows(host, after, limit)
                if not rows:
                    await committed.wait()
    except TimeoutError:
        pass
    finally:
        forget()
    return rows, after


TAIL = Router("/api/tail", route_handlers=[read_tail], tags=["people"])
