"""Whom a changed definition concerns: the people now in its journey or segment, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

from legato.model.ids import PersonId
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.state import State, decode_state
from legato.ports.state_store import Records

PAGE = 1_000
PEOPLE_MAX = 200_000
"""People looked at: about 20 us each. Beyond it the counts are of the first so many."""


class Reach(Noun, frozen=True, kw_only=True):
    """How many people one changed definition concerns now."""

    kind: Literal["journey", "segment"]
    name: str
    people: int
    of: int
    """How many people were looked at."""


class HeadCount(Noun, frozen=True, kw_only=True):
    """How many people are in each journey and each segment now."""

    of: int
    journeys: Mapping[str, int]
    segments: Mapping[str, int]


def count_heads(records: Records) -> HeadCount:
    """Count by walking everybody, PEOPLE_MAX at most."""
    journeys: Counter[str] = Counter()
    segments: Counter[str] = Counter()
    of = 0
    for state in people_of(records):
        of += 1
        segments.update(list(state.segments))
        inside = [each.journey for each in state.enrollments if each.ended_at is None]
        journeys.update(list(dict.fromkeys(inside)))
    return HeadCount(of=of, journeys=dict(journeys), segments=dict(segments))


def reach_of(heads: HeadCount, before: Plan, after: Plan) -> tuple[Reach, ...]:
    """Return the people in journeys and segments that differ between two plans."""
    journeys = [
        name
        for name, journey in sorted(before.journeys.items())
        if name not in after.journeys or after.journeys[name].version != journey.version
    ]
    segments = [
        name
        for name, segment in sorted(before.segments.items())
        if name not in after.segments or after.segments[name].rule != segment.rule
    ]
    return (
        *(_reach("journey", name, heads.journeys, of=heads.of) for name in journeys),
        *(_reach("segment", name, heads.segments, of=heads.of) for name in segments),
    )


def _reach(
    kind: Literal["journey", "segment"], name: str, counts: Mapping[str, int], *, of: int
) -> Reach:
    return Reach(kind=kind, name=name, people=counts.get(name, 0), of=of)


def people_of(records: Records) -> Iterator[State]:
    """Walk everybody's state, PEOPLE_MAX at most."""
    after, count = PersonId(""), 0
    while count < PEOPLE_MAX:
        page = list(records.people(after, PAGE))
        for person_id, state in page:
            after = person_id
            yield decode_state(state)
        count += len(page)
        if len(page) < PAGE:
            return
