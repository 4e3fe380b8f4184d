"""The live stream: everybody's steps as server-sent events, as many as eyes can follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from legato.app.app import App
from legato.govern.access.callers import Caller
from legato.insight.story import Told, tell
from legato.model.note import Story
from legato.model.noun import Noun
from legato.studio.access import needs
from legato.studio.host import PAGE_MAX, Host, Who
from legato.studio.masking import mask_told

EVENTS = "text/event-stream"
PACE_SECONDS = 0.5
STEPS_MAX = 5
"""A page: ten steps a second are as many as somebody can see go by."""
FIRST_MAX = 40
"""Of the first page: a screen full."""
ROWS_MAX = 5_000
"""Read at once; what came in faster is skipped and counted as such."""
SECONDS_MAX = 300
"""Then the browser calls again, from where it was, and is asked anew whether it may."""
LIVELY_TICKS = 30
"""Proxies take a line on which nothing is said for a dead one."""


class LivePage(Noun, frozen=True, kw_only=True):
    """Some steps of the last moment."""

    after: int
    """Where to go on."""
    steps: tuple[Told, ...]
    matched: int
    """Steps of this moment that were asked for: those that are not in `steps` were left out."""
    passed: int
    """Steps of this moment, asked for or not."""


class Wanted(Noun, frozen=True, kw_only=True):
    """Which steps somebody wants to see. Everything empty: all."""

    person_id: str
    about: tuple[str, ...]
    """Types of notes."""

    def has(self, row: Story) -> bool:
        """Return whether a step is one of them."""
        if self.person_id not in ("", row.person_id):
            return False
        if not row.notes:
            return False
        tags = (str(note.__struct_config__.tag) for note in row.notes)
        return not self.about or any(tag in self.about for tag in tags)


_PAGES = ResponseSpec(
    LivePage, description="Events named `page`", media_type=EVENTS, generate_examples=False
)


@get(
    "/live",
    opt=needs("look"),
    media_type=EVENTS,
    summary="What happens, to anybody, as server-sent events",
    responses={200: _PAGES},
)
async def stream_tail(  # noqa: PLR0913 - what may be asked for
    host: Host,
    caller: Who,
    request: Request[Any, Caller, Any],
    *,
    person_id: FromQuery[str] = "",
    about: FromQuery[str] = "",
    after: FromQuery[int] = -1,
    back: Annotated[int, QueryParameter(ge=0, le=PAGE_MAX)] = 0,
    seconds: Annotated[int, QueryParameter(ge=0, le=SECONDS_MAX)] = SECONDS_MAX,
) -> Stream:
    """Send a page each half second in which something happened, from now or from `after` on.

    `back`: so many records before now, too; the first page holds more of them than later ones.

    `about` names types of notes, with commas between. A page holds the newest few of what was asked
    for and says how many there were. It ends by itself; the browser then goes on where it was.
    """
    last = request.headers.get("last-event-id", "")
    start = int(last) if last.isdigit() else after
    if start < 0:
        start = max(host.status().applied - back, 0)
    wanted = Wanted(person_id=person_id, about=tuple(filter(None, about.split(","))))
    pages = _pages(host, caller, wanted, start=start, tick_count=int(seconds / PACE_SECONDS))
    return Stream(pages, media_type=EVENTS)


async def _pages(
    host: App, caller: Caller, wanted: Wanted, *, start: int, tick_count: int
) -> AsyncGenerator[bytes]:
    yield b": here\n\n"
    for tick in range(tick_count):
        if caller.session and host.access.sessions.get(caller.session) is None:
            return
        rows = await asyncio.to_thread(host.records.tail, start, ROWS_MAX)
        if rows:
            start = rows[-1].position
            yield _event(_page(rows, wanted, STEPS_MAX if tick else FIRST_MAX))
        elif tick % LIVELY_TICKS == 0:
            yield b": still here\n\n"
        await asyncio.sleep(PACE_SECONDS)


def _page(rows: Sequence[Story], wanted: Wanted, steps_max: int) -> LivePage:
    matched = [row for row in rows if wanted.has(row)]
    return LivePage(
        after=rows[-1].position,
        steps=tuple(mask_told(tell(row)) for row in matched[-steps_max:]),
        matched=len(matched),
        passed=sum(1 for row in rows if row.notes),
    )


def _event(page: LivePage) -> bytes:
    return b"id: %d\nevent: page\ndata: %s\n\n" % (page.after, msgspec.json.encode(page))
