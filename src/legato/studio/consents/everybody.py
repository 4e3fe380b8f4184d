"""Routes of everybody's consents: the matrix, who is behind a figure, what a withdrawal reached."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAlias

from litestar import Request, Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter, SkipValidation

from legato.core.program import destinations_with
from legato.govern.access.callers import Caller
from legato.insight.consents.answers import (
    AnswererPage,
    Asked,
    Cell,
    Count,
    people_behind,
    places,
    special_purposes,
    without_few,
)
from legato.insight.consents.lately import PROMISED, Lately
from legato.insight.consents.rules import rules_of_cell, rules_of_purpose
from legato.insight.reach import PEOPLE_MAX
from legato.insight.shown import ShownReason, shown_reason
from legato.model.consent import LegalBasis
from legato.model.delivery import OPT_OUTS, Delivery
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.plan import Plan, Purpose
from legato.ports.state_store import Outbox
from legato.studio.access import needs
from legato.studio.consents.watch import ConsentWatch
from legato.studio.govern.reveal import sight_of
from legato.studio.host import Host, Limit
from legato.studio.refusal import Refused

ROWS = 500
LOOKED_MAX = 20_000
"""Deliveries looked through in one call; more are a destination long down, and its oldest do."""
LIST_MAX = 500

Watching: TypeAlias = NamedDependency[SkipValidation[ConsentWatch]]
Word = Annotated[str, QueryParameter(max_length=200)]
AnswerWord: TypeAlias = Literal["yes", "no", "pending", "never"]


class ShownCell(Noun, frozen=True, kw_only=True):
    """What people answered in one channel, and what is needed there."""

    counted: Cell
    rules: tuple[str, ...]


class ShownPurpose(Noun, frozen=True, kw_only=True):
    """A line of the matrix."""

    name: str
    title: str
    basis: LegalBasis
    is_promotional: bool
    is_asked: bool
    """Whether it is for people to say yes or no to it; if not, there are no cells."""
    rules: tuple[str, ...]
    cells: tuple[ShownCell, ...]


class ShownChannel(Noun, frozen=True, kw_only=True):
    """A column of the matrix; `*` is for what is of no channel."""

    name: str
    title: str


class Matrix(Noun, frozen=True, kw_only=True):
    """What everybody answered."""

    at: Instant
    of: int
    """How many people were looked at."""
    total: int
    """How many there are."""
    is_sample: bool
    """More than are looked at: those were drawn by their ids, which are digests."""
    channels: tuple[ShownChannel, ...]
    purposes: tuple[ShownPurpose, ...]


class Withdrawals(Noun, frozen=True, kw_only=True):
    """What a withdrawal reaches, and what came of it lately."""

    told: tuple[str, ...]
    """Destinations whose connector can be told."""
    lists: tuple[str, ...]
    """Those that keep lists, which people are taken off."""
    untellable: tuple[str, ...]
    """Those that send to people and cannot be told: they send what Legato gives them alone."""
    lately: Lately


class Untold(Noun, frozen=True, kw_only=True):
    """Somebody's withdrawal that a destination has not taken."""

    delivery_id: str
    person_id: str
    destination: str
    is_list: bool
    """It is to take them off a list."""
    standing: Literal["waiting", "dead"]
    said_at: Instant
    attempt_count: int = 0
    """Of one that waits; of one given up, its story says."""
    next_attempt_at: Instant | None = None
    reason: ShownReason | None = None


class UntoldList(Noun, frozen=True, kw_only=True):
    rows: tuple[Untold, ...]
    """The oldest first of those given up, then of those that wait."""
    is_cut: bool
    """There are more."""


@get("/", opt=needs("look"), summary="What everybody consented to")
async def read_matrix(host: Host, consents: Watching) -> Matrix:
    """Return yes, no and unanswered for every purpose and channel, with what the rules ask."""
    plan = host.plan()
    counted = await consents.answers()
    counts = await asyncio.to_thread(host.records.counts)
    used = dict.fromkeys(channel for channels in places(plan).values() for channel in channels)
    return Matrix(
        at=counted.at,
        of=counted.of,
        total=max(counts["people"], counted.of),
        is_sample=counted.of >= PEOPLE_MAX,
        channels=tuple(ShownChannel(name=name, title=_title(plan, name)) for name in used),
        purposes=tuple(_purpose(plan, each, counted) for each in plan.purposes.values()),
    )


@get("/people", opt=needs("look"), summary="Who is behind a figure of the matrix")
async def read_people(  # noqa: PLR0913, PLR0917 - each is one thing that can be asked for
    host: Host,
    request: Request[Any, Caller, Any],
    purpose: Word,
    channel: Word,
    answer: FromQuery[AnswerWord],
    after: Word = "",
    limit: Limit = 50,
) -> AnswererPage:
    """Return their ids, a page at a time; of what is sensitive only with a reason to see it."""
    plan = host.plan()
    if channel not in places(plan).get(purpose, ()):
        raise Refused(
            status=400,
            code="consent.place",
            message="Nobody is asked for this purpose in this channel.",
            fix="Take a purpose and a channel that GET /api/consents names together.",
        )
    if purpose in special_purposes(plan):
        subject = f"purpose:{purpose}"
        if await sight_of(request, host, action="consent.reveal", subject=subject) != "whole":
            return AnswererPage(people=(), after="", is_hidden=True)
    return await asyncio.to_thread(
        people_behind,
        host.records,
        plan,
        Asked(purpose, channel, "never asked" if answer == "never" else answer),
        after=PersonId(after),
        limit=limit,
    )


@get("/reach", opt=needs("look"), summary="What a withdrawal reaches, and how soon")
async def read_reach(host: Host, consents: Watching) -> Withdrawals:
    """Return who is told of it, and withdrawals and receipts of the last days."""
    plan = host.plan()
    told = destinations_with(plan, "opt_out")
    lists = [one.destination for one in plan.audiences.values()]
    sends = [one.destination for one in plan.channels.values()]
    return Withdrawals(
        told=told,
        lists=tuple(sorted(dict.fromkeys(lists))),
        untellable=tuple(
            name for name in sorted(dict.fromkeys(sends)) if name not in (*told, *lists)
        ),
        lately=await consents.lately(),
    )


@get("/untold", opt=needs("look"), summary="Withdrawals that a destination has not taken")
async def read_untold(host: Host) -> UntoldList:
    """Return those given up, which can be redriven, and those that wait too long."""
    before = host.clock.now() - PROMISED
    rows = await asyncio.to_thread(lambda: list(_untold(host.outbox, before)))
    return UntoldList(rows=tuple(rows[:LIST_MAX]), is_cut=len(rows) > LIST_MAX)


def _purpose(plan: Plan, purpose: Purpose, counted: Count) -> ShownPurpose:
    cells = [each for each in counted.cells if each.purpose == purpose.name]
    return ShownPurpose(
        name=purpose.name,
        title=purpose.title or purpose.name,
        basis=purpose.basis,
        is_promotional=purpose.is_promotional,
        is_asked=purpose.name in places(plan),
        rules=rules_of_purpose(plan, purpose),
        cells=tuple(
            ShownCell(
                counted=without_few(plan, cell), rules=rules_of_cell(plan, purpose, cell.channel)
            )
            for cell in cells
        ),
    )


def _title(plan: Plan, channel: str) -> str:
    declared = plan.channels.get(channel)
    return "" if declared is None else declared.title or declared.name


def _untold(outbox: Outbox, before: Instant) -> Iterator[Untold]:
    after = looked = 0
    while looked < LOOKED_MAX and (dead := outbox.dead("", after, ROWS)):
        for _, row in dead:
            reason = row.settle.reason
            if row.delivery.operation in OPT_OUTS:
                yield _line(
                    row.delivery,
                    standing="dead",
                    reason=shown_reason(reason) if reason is not None else None,
                )
        looked, after = looked + len(dead), dead[-1][0]
    for destination, _ in outbox.destinations():
        for row in outbox.waiting(destination, 0, ROWS):
            if row.delivery.operation in OPT_OUTS and row.delivery.decided_at < before:
                yield _line(
                    row.delivery,
                    standing="waiting",
                    attempt_count=row.attempt_count,
                    next_attempt_at=row.next_attempt_at,
                )


def _line(
    delivery: Delivery,
    *,
    standing: Literal["waiting", "dead"],
    attempt_count: int = 0,
    next_attempt_at: Instant | None = None,
    reason: ShownReason | None = None,
) -> Untold:
    return Untold(
        delivery_id=delivery.delivery_id,
        person_id=delivery.person_id,
        destination=delivery.destination,
        is_list=delivery.operation == "audience_remove",
        standing=standing,
        said_at=delivery.decided_at,
        attempt_count=attempt_count,
        next_attempt_at=next_attempt_at,
        reason=reason,
    )


EVERYBODY = Router(
    "/api/consents",
    route_handlers=[read_matrix, read_people, read_reach, read_untold],
    tags=["consents"],
)
