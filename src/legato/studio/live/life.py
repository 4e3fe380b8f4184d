"""The route of one record's life: from the sender to the provider's answer, with the times."""

from __future__ import annotations

import asyncio

from litestar import Router, get
from litestar.params import FromPath

from legato.app.app import App
from legato.insight.life.life import Life, effects_of, life_of
from legato.model.ids import PersonId
from legato.model.note import Story
from legato.studio.access import needs
from legato.studio.host import Host
from legato.studio.live.stream import stream_tail
from legato.studio.refusal import not_found

STEPS_MAX = 200
"""Of one record: most have one, those of everybody have many."""
MENTIONS_MAX = 500


@get("/{position:int}", opt=needs("look"), summary="One record of the log, and what came of it")
async def read_life(position: FromPath[int], host: Host) -> Life:
    """Return its stages in order, without personal values. Its content is not part of it."""
    event = (await host.events([position])).get(position)
    if event is None:
        raise not_found(
            "event.unknown",
            "The log has no record at this position.",
            fix="It may have been erased since, or kept as long as the workspace says.",
        )
    return await asyncio.to_thread(lambda: life_of(position, event, *_steps(host, position)))


def _steps(host: App, position: int) -> tuple[list[Story], list[Story]]:
    """Return the notes of a record, and those that mention the deliveries that came of it."""
    rows = host.records.tail(position - 1, STEPS_MAX)
    steps = [row for row in rows if row.position == position]
    later: list[Story] = []
    for person_id in dict.fromkeys(row.person_id for row in steps if row.person_id):
        own = [row for row in steps if row.person_id == person_id]
        marks = [delivery_id.encode() for delivery_id in effects_of(own)]
        if marks:
            later += host.records.mentions(PersonId(person_id), marks, MENTIONS_MAX)
    return steps, later


LIVE = Router("/api/tail", route_handlers=[stream_tail, read_life], tags=["people"])
