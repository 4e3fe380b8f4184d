"""Routes of segments with their people: a page of the list, and one with its overlap and people."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from litestar import Request, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter, SkipValidation

from legato.expr.english import sentence
from legato.govern.access.callers import Caller
from legato.insight.segments.gathering import (
    Gatherings,
    MemberPage,
    Overlap,
    estimated,
    members_of,
)
from legato.insight.why.fate import GroupQuestion
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.plan import Plan, SegmentType
from legato.plan.dictionary.entries import dictionary
from legato.studio.access import needs
from legato.studio.govern.reveal import sight_of
from legato.studio.host import Host, Limit
from legato.studio.masking import is_special
from legato.studio.refusal import not_found
from legato.studio.segments.watch import SegmentWatch

FEW = 5
"""Fewer people in two segments at once are not told apart: somebody may be known by one of them."""

Watching: TypeAlias = NamedDependency[SkipValidation[SegmentWatch]]
Word = Annotated[str, QueryParameter(max_length=200)]
Sort: TypeAlias = Literal["name", "people", "came"]


class SegmentRow(Noun, frozen=True, kw_only=True):
    """A segment as a list shows it."""

    name: str
    title: str
    owner: str
    definition: str
    """What it means, where somebody wrote it."""
    sentence: str
    """Its rule, after 'someone who'."""
    people: int
    came: int
    """Of those, who came within the last 24 hours."""
    within: int
    """The people are so many more or fewer at most, 95 % sure; 0: they were counted."""
    used_by: tuple[str, ...]
    """As `journey cart_rescue`, `destination ads`."""
    keep_in: tuple[str, ...] = ()
    purpose: str = ""


class SegmentPage(Noun, frozen=True, kw_only=True):
    """Some of the segments that were asked for."""

    rows: tuple[SegmentRow, ...]
    found: int
    total: int
    at: Instant
    """When people were counted."""
    of: int
    """How many people were looked at."""
    everybody: int
    """How many there are: where these are more, figures are worked out of those looked at."""


class ShownSegment(Noun, frozen=True, kw_only=True):
    """One segment, as it runs."""

    segment: SegmentRow
    at: Instant
    of: int
    everybody: int


class Shared(Noun, frozen=True, kw_only=True):
    """Another segment, and who is in both."""

    name: str
    title: str
    people: int
    both: int | None
    """None: fewer than five."""
    within: int
    """Those in both are so many more or fewer at most, 95 % sure; 0: they were counted."""


class ShownOverlap(Noun, frozen=True, kw_only=True):
    segment: str
    people: int
    others: tuple[Shared, ...]
    """The most people in both first."""
    at: Instant
    of: int
    everybody: int


@get("/", opt=needs("look"), summary="Segments with their people, a page at a time")
async def read_segments(  # noqa: PLR0913, PLR0917 - each is one thing that can be asked for
    host: Host,
    segments: Watching,
    word: Word = "",
    sort: FromQuery[Sort] = "name",
    limit: Limit = 50,
    skip: Annotated[int, QueryParameter(ge=0)] = 0,
) -> SegmentPage:
    """Return those in whose name, title, owner, meaning or rule the word occurs."""
    counted, plan = await segments.gatherings(), host.plan()
    rows = await asyncio.to_thread(_rows, plan, counted)
    wanted = [row for row in rows if _has(row, word)]
    if sort != "name":
        wanted.sort(key=lambda row: -(row.people if sort == "people" else row.came))
    return SegmentPage(
        rows=tuple(wanted[skip : skip + limit]),
        found=len(wanted),
        total=len(rows),
        at=counted.at,
        of=counted.of,
        everybody=counted.everybody,
    )


@get("/{name:str}", opt=needs("look"), summary="One segment with its people counted")
async def read_segment(name: FromPath[str], host: Host, segments: Watching) -> ShownSegment:
    """Return it as it runs."""
    plan = host.plan()
    segment_of(plan, name)
    counted = await segments.gatherings()
    row = next(row for row in _rows(plan, counted) if row.name == name)
    return ShownSegment(segment=row, at=counted.at, of=counted.of, everybody=counted.everybody)


@get("/{name:str}/overlap", opt=needs("look"), summary="Which people are in other segments too")
async def read_overlap(name: FromPath[str], host: Host, segments: Watching) -> ShownOverlap:
    """Return every other segment of the plan that has some of these people."""
    plan = host.plan()
    segment_of(plan, name)
    counted, overlap = await segments.gatherings(), await segments.overlap(name)
    of, everybody = overlap.of, overlap.everybody
    others = [
        _shared(plan.segments[other], both, counted=counted, overlap=overlap)
        for other, both in sorted(overlap.both.items(), key=lambda each: -each[1])
        if other in plan.segments
    ]
    return ShownOverlap(
        segment=name,
        people=estimated(overlap.people, of, everybody).people,
        others=tuple(others),
        at=overlap.at,
        of=of,
        everybody=everybody,
    )


@get("/{name:str}/people", opt=needs("look"), summary="Who is in a segment")
async def read_members(
    name: FromPath[str],
    host: Host,
    request: Request[Any, Caller, Any],
    after: Word = "",
    limit: Limit = 50,
) -> MemberPage:
    """Return ids, a page at a time.

    To be in a segment may say that somebody has an illness: of one that reads such facts nobody is
    named but for a reason, to who may see them.
    """
    plan = host.plan()
    segment_of(plan, name)
    if is_special(plan, GroupQuestion(message="", segment=name)):
        sight = await sight_of(request, host, action="people.reveal", subject=f"segment {name}")
        if sight != "whole":
            why = (
                "It reads sensitive facts: who is in it is shown for a reason, to who may see them."
            )
            return MemberPage(people=(), after="", untold=why)
    return await asyncio.to_thread(
        members_of, host.records, name, after=PersonId(after), limit=limit
    )


def segment_of(plan: Plan, name: str) -> SegmentType:
    """Return the segment of this name, or refuse."""
    segment = plan.segments.get(name)
    if segment is None:
        raise not_found(
            "segment.unknown",
            "The present plan has no segment of this name.",
            fix="See `GET /api/segments` for its segments; a draft runs once it is applied.",
        )
    return segment


def _shared(other: SegmentType, both: int, *, counted: Gatherings, overlap: Overlap) -> Shared:
    people = counted.of_segment(other.name).people
    found = estimated(both, overlap.of, overlap.everybody)
    return Shared(
        name=other.name,
        title=other.title,
        people=estimated(people, counted.of, counted.everybody).people,
        both=found.people if both >= FEW else None,
        within=found.within if both >= FEW else 0,
    )


def _rows(plan: Plan, counted: Gatherings) -> list[SegmentRow]:
    users = {each.name: each.used_by for each in dictionary(plan) if each.kind == "segment"}
    return [_row(plan.segments[name], counted, users) for name in sorted(plan.segments)]


def _row(
    segment: SegmentType, counted: Gatherings, users: Mapping[str, tuple[str, ...]]
) -> SegmentRow:
    gathering = counted.of_segment(segment.name)
    people = estimated(gathering.people, counted.of, counted.everybody)
    return SegmentRow(
        name=segment.name,
        title=segment.title,
        owner=segment.owner,
        definition=segment.definition,
        sentence=sentence(segment.rule),
        people=people.people,
        came=estimated(gathering.came, counted.of, counted.everybody).people,
        within=people.within,
        used_by=users[segment.name],
        keep_in=segment.destinations,
        purpose=segment.purpose,
    )


def _has(row: SegmentRow, word: str) -> bool:
    texts = (row.name, row.title, row.owner, row.definition, row.sentence)
    return not word or any(word.casefold() in text.casefold() for text in texts)


SEGMENTS = Router(
    "/api/segments",
    route_handlers=[read_segments, read_segment, read_overlap, read_members],
    tags=["segments"],
)
