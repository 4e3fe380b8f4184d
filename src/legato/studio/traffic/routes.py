"""Routes of journeys with their people: a page of the list, and the traffic of one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter, SkipValidation

from legato.insight.traffic.crowd import Crowd, Crowds
from legato.insight.traffic.moves import RECORDS_MAX, Moves, count_moves
from legato.insight.traffic.standing import StandingPage, standing_at
from legato.model.definitions.journey import Journey, Leave
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.note import Story
from legato.model.noun import Noun
from legato.plan.explain import entry_text
from legato.studio.access import needs
from legato.studio.host import Host, Limit
from legato.studio.journeys import ShownDegraded, degraded_of, is_called, journey_of
from legato.studio.traffic.crowds import CrowdWatch

STORIES_PAGE = 2_000

Watching: TypeAlias = NamedDependency[SkipValidation[CrowdWatch]]
Word = Annotated[str, QueryParameter(max_length=200)]
Show: TypeAlias = Literal["all", "running", "paused", "unwell"]
Sort: TypeAlias = Literal["name", "inside", "goals"]


class JourneyRow(Noun, frozen=True, kw_only=True):
    """A journey as a list shows it."""

    name: str
    title: str
    owner: str
    purpose: str
    entry: str
    """How people come in, after 'begins'."""
    step_count: int
    is_paused: bool
    degraded: tuple[ShownDegraded, ...] = ()
    inside: int
    """People in it now."""
    ended: int
    """Passages that are over."""
    goals: int
    """Of those, the ones that reached the goal."""
    has_goal: bool


class JourneyPage(Noun, frozen=True, kw_only=True):
    """Some of the journeys that were asked for."""

    rows: tuple[JourneyRow, ...]
    found: int
    """How many there are of what was asked for."""
    total: int
    at: Instant
    """When people were counted."""
    of: int
    """How many people were looked at."""


class Traffic(Noun, frozen=True, kw_only=True):
    """What goes on in one journey."""

    journey: str
    is_paused: bool
    crowd: Crowd
    at: Instant
    moves: Moves


@get("/board", opt=needs("look"), summary="Journeys with their people, a page at a time")
async def read_board(  # noqa: PLR0913, PLR0917 - each is one thing that can be asked for
    host: Host,
    crowds: Watching,
    word: Word = "",
    show: FromQuery[Show] = "all",
    sort: FromQuery[Sort] = "name",
    limit: Limit = 50,
    skip: Annotated[int, QueryParameter(ge=0)] = 0,
) -> JourneyPage:
    """Return those in whose name, title, owner or purpose the word occurs."""
    counted = await crowds.crowds()
    paused = host.paused()
    worse = degraded_of(host.guard.alerts())
    journeys = host.plan().journeys
    wanted = [
        name
        for name in sorted(journeys)
        if is_called(journeys[name], word)
        and _is_shown(show, is_paused=name in paused, is_unwell=name in worse)
    ]
    wanted.sort(key=lambda name: _rank(counted.of_journey(name), sort))
    rows = [
        _row(journeys[name], counted, is_paused=name in paused, degraded=worse.get(name, ()))
        for name in wanted[skip : skip + limit]
    ]
    return JourneyPage(
        rows=tuple(rows), found=len(wanted), total=len(journeys), at=counted.at, of=counted.of
    )


@get("/{name:str}/traffic", opt=needs("look"), summary="Who is where in a journey")
async def read_traffic(name: FromPath[str], host: Host, crowds: Watching) -> Traffic:
    """Return who stands where now, and which ways were taken in the last records."""
    journey_of(host, name)
    counted = await crowds.crowds()
    first = max(host.status().applied - RECORDS_MAX, 0)

    def read(position: int) -> list[Story]:
        return host.records.tail(position, STORIES_PAGE)

    moves = await asyncio.to_thread(count_moves, read, first, name)
    return Traffic(
        journey=name,
        is_paused=name in host.paused(),
        crowd=counted.of_journey(name),
        at=counted.at,
        moves=moves,
    )


@get("/{name:str}/people", opt=needs("look"), summary="Who stands at a step of a journey")
async def read_standing(
    name: FromPath[str], host: Host, step: Word, after: Word = "", limit: Limit = 50
) -> StandingPage:
    """Return their ids, a page at a time; what they are called is asked for one by one."""
    journey_of(host, name)
    return await asyncio.to_thread(
        standing_at, host.records, name, step, after=PersonId(after), limit=limit
    )


def _is_shown(show: Show, *, is_paused: bool, is_unwell: bool) -> bool:
    match show:
        case "all":
            return True
        case "running":
            return not is_paused
        case "paused":
            return is_paused
        case "unwell":
            return is_unwell


def _rank(crowd: Crowd, sort: Sort) -> float:
    match sort:
        case "name":
            return 0
        case "inside":
            return -crowd.inside
        case "goals":
            return -(crowd.goals / crowd.ended) if crowd.ended else 0


def _row(
    journey: Journey, counted: Crowds, *, is_paused: bool, degraded: Sequence[ShownDegraded]
) -> JourneyRow:
    crowd = counted.of_journey(journey.name)
    return JourneyRow(
        name=journey.name,
        title=journey.title,
        owner=journey.owner,
        purpose=journey.purpose,
        entry=entry_text(journey.entry),
        step_count=len(journey.steps),
        is_paused=is_paused,
        degraded=tuple(degraded),
        inside=crowd.inside,
        ended=crowd.ended,
        goals=crowd.goals,
        has_goal=_has_goal(journey),
    )


def _has_goal(journey: Journey) -> bool:
    steps = journey.steps.values()
    ends = any(isinstance(step, Leave) and step.outcome == "goal" for step in steps)
    return ends or any(way.is_goal for way in journey.exits)


TRAFFIC = Router(
    "/api/journeys", route_handlers=[read_board, read_traffic, read_standing], tags=["journeys"]
)
