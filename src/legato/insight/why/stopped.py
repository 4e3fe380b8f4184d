"""A person's events that wait in quarantine: they left no note, so they are looked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from legato.core.program import Program
from legato.core.reads import reads
from legato.insight.why.why import Question, Stopped
from legato.model.event import CustomerEvent, Event
from legato.model.plan import Plan
from legato.model.state import State
from legato.ports.state_store import QuarantineRow, Records

PAGE = 1_000
ROWS_MAX = 20_000
"""Rows of quarantine looked through: more of them means a broken source, and `legato quarantine`
is the place to look."""
EVENTS_MAX = 2_000
"""Records read from the log for one answer: about 20 us each."""

ReadEvents: TypeAlias = Callable[[Sequence[int]], Awaitable[Mapping[int, Event]]]


async def stopped_events(
    records: Records, state: State, question: Question, *, plan: Plan, read_events: ReadEvents
) -> list[Stopped]:
    """Return quarantined events that carry an identifier of this person and could matter."""
    names = _entry_events(plan, question)
    rows = [row for row in _rows(records) if row.quarantine.name in names][-EVENTS_MAX:]
    events = await read_events([row.position for row in rows])
    # Identifiers depend on the identity rules alone: nothing else needs to be compiled.
    program = Program(Plan(name=plan.name, identity=plan.identity))
    return [_stopped(row) for row in rows if _is_of(program, state, events.get(row.position))]


async def all_stopped(
    records: Records, names: Sequence[str], *, plan: Plan, read_events: ReadEvents
) -> dict[tuple[str, str], list[Stopped]]:
    """Return quarantined events of some names under each identifier that they carry."""
    program = Program(Plan(name=plan.name, identity=plan.identity))
    rows = [row for row in _rows(records) if row.quarantine.name in names]
    found: dict[tuple[str, str], list[Stopped]] = {}
    for start in range(0, len(rows), PAGE):
        page = rows[start : start + PAGE]
        events = await read_events([row.position for row in page])
        for row in page:
            event = events.get(row.position)
            if isinstance(event, CustomerEvent):
                for carried in reads(program, event).identifiers:
                    found.setdefault(carried, []).append(_stopped(row))
    return found


def stopped_of(found: Mapping[tuple[str, str], Sequence[Stopped]], state: State) -> list[Stopped]:
    """Return those of one person, in order."""
    mine = {
        one.position: one
        for kind, values in state.identifiers.items()
        for value in values
        for one in found.get((kind, value), ())
    }
    return [mine[position] for position in sorted(mine)]


def _stopped(row: QuarantineRow) -> Stopped:
    return Stopped(
        position=row.position,
        at=row.quarantine.received_at,
        name=row.quarantine.name,
        reason=row.quarantine.reason,
    )


def _entry_events(plan: Plan, question: Question) -> dict[str, bool]:
    """Name the events that enter the journeys asked about."""
    return {
        journey.entry.on: True
        for journey in plan.entered
        if journey.entry.kind == "event" and question.journey in ("", journey.name)
    }


def _rows(records: Records) -> list[QuarantineRow]:
    rows: list[QuarantineRow] = []
    after = 0
    while len(rows) < ROWS_MAX and (page := records.quarantine(after, PAGE)):
        rows += page
        after = page[-1].position
    return rows


def _is_of(program: Program, state: State, event: Event | None) -> bool:
    if not isinstance(event, CustomerEvent):
        return False
    carried = reads(program, event).identifiers
    return any(value in state.identifiers.get(kind, {}) for kind, value in carried)
