"""The route that says of a whole segment or journey why a message went, or did not."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import json

from legato.app.app import App
from legato.core.privacy.mask import Sight
from legato.govern.access.callers import Caller
from legato.insight.why.fate import GroupQuestion
from legato.insight.why.group import PAGE, Count, GroupAnswer, look
from legato.insight.why.stopped import all_stopped
from legato.insight.why.why import senders
from legato.model.event import CustomerEvent
from legato.model.ids import PersonId
from legato.model.instant import Duration
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.ports.audit import AuditEntry
from legato.studio.access import needs
from legato.studio.govern.reveal import sight_of
from legato.studio.host import Host, actor_of, caller_of, route_of, since_of
from legato.studio.masking import mask_group
from legato.studio.refusal import Refused, not_found

NAMED_MAX = 8
"""Names told to who asked for another."""
Name = Annotated[str, QueryParameter(max_length=512)]


class GroupLine(Noun, frozen=True, kw_only=True):
    """A line of the answer: how far the count has come, and in the last one what came of it."""

    looked_at: int
    of: int
    answer: GroupAnswer | None = None


@get(
    "/",
    opt=needs("look"),
    media_type="application/x-ndjson",
    summary="Why a segment, or all who entered a journey, got a message or did not",
)
async def read_group_why(  # noqa: PLR0913, PLR0917 - one for each parameter of the query
    host: Host,
    request: Request[Any, Caller, Any],
    message: Name = "",
    segment: Name = "",
    journey: Name = "",
    since: Name = "",
) -> Stream:
    """Count everybody once, by the first thing that kept it from them: JSON, line by line.

    Each line says how far the count has come; the last one holds the answer. That it was asked is
    on record first. Of a group that rests on something sensitive or of health, no ids are shown and
    no reason that only a few share, without leave to see such values and a reason to.
    """
    plan = host.plan()
    _check(plan, message, segment=segment, journey=journey)
    start = since_of(since, host.clock.now(), code="why.since")
    question = GroupQuestion(message=message, segment=segment, journey=journey, since=start)
    sight = await _sight(request, host, question)
    return Stream(_lines(host, plan, question, sight), media_type="application/x-ndjson")


async def _sight(request: Request[Any, Caller, Any], host: App, question: GroupQuestion) -> Sight:
    """Put on record that a group was asked about, and return what is seen of it."""
    group = f"segment {question.segment}" if question.segment else f"journey {question.journey}"
    detail = {"route": route_of(request), "message": question.message}
    entry = AuditEntry(
        actor=actor_of(caller_of(request)), action="people.why", subject=group, detail=detail
    )
    await host.audit.record(entry)
    return await sight_of(request, host, action="people.reveal", subject=group)


async def _lines(
    host: App, plan: Plan, question: GroupQuestion, sight: Sight
) -> AsyncGenerator[bytes]:
    """Yield a line for each page of people."""
    of = (await asyncio.to_thread(host.records.counts))["people"]
    yield _line(GroupLine(looked_at=0, of=of))
    names = [question.journey] if question.journey else senders(plan, question.message)
    entries = [plan.journeys[name].entry for name in names if name in plan.journeys]
    events = [entry.on for entry in entries if entry.kind == "event"]
    stopped = await all_stopped(host.records, events, plan=plan, read_events=host.events)
    count, after, is_last = Count(question), PersonId(""), False
    while not is_last:
        looked = await asyncio.to_thread(
            look, host.records, after, question, plan=plan, stopped=stopped
        )
        late = await _delays(host, looked.late_events())
        count.take(looked, late.get)
        after, is_last = looked.after, looked.count < PAGE
        if not is_last:
            yield _line(GroupLine(looked_at=count.looked_at, of=of))
    answer = mask_group(count.answer(host.clock.now()), plan, sight)
    yield _line(GroupLine(looked_at=count.looked_at, of=of, answer=answer))


def _line(line: GroupLine) -> bytes:
    return json.encode(line) + b"\n"


async def _delays(host: App, positions: Iterable[int]) -> dict[int, Duration]:
    """Return how long after they happened some events came in."""
    events = await host.events(tuple(positions))
    return {
        position: event.received_at - event.occurred_at
        for position, event in events.items()
        if isinstance(event, CustomerEvent)
    }


def _check(plan: Plan, message: str, *, segment: str, journey: str) -> None:
    if not message or not (segment or journey):
        raise Refused(
            status=400,
            code="why.no_group",
            message="This question names no message, or neither a segment nor a journey.",
            fix="Ask with `message`, and with `segment` or `journey`.",
        )
    journeys = [*plan.journeys, *(one.name for one in plan.retired)]
    _known("message", message, plan.templates)
    if segment:
        _known("segment", segment, plan.segments)
    if journey:
        _known("journey", journey, journeys)


def _known(noun: str, name: str, known: Iterable[str]) -> None:
    names = list(known)
    if name in names:
        return
    near = difflib.get_close_matches(name, names, n=1)
    raise not_found(
        f"{noun}.unknown",
        f"The present plan has no {noun} of this name.",
        fix=f"Is it `{near[0]}`?" if near else _there_are(noun, names),
    )


def _there_are(noun: str, names: Sequence[str]) -> str:
    """Name the first of those there are."""
    if not names:
        return f"It has none: write a {noun} into the workspace, and apply it."
    more = f" and {len(names) - NAMED_MAX:,} more" if len(names) > NAMED_MAX else ""
    return f"There are {', '.join(names[:NAMED_MAX])}{more}."


GROUP_WHY = Router("/api/why", route_handlers=[read_group_why], tags=["people"])
