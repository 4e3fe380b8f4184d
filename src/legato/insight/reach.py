"""Whom a changed definition concerns: the people now in its journey or segment, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
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


def reach_of(records: Records, before: Plan, after: Plan) -> tuple[Reach, ...]:
    """Count the people in journeys and segments that differ between two plans."""
    journeys = [
        name
        for name, journey in before.journeys.items()
        if name not in after.journeys or after.journeys[name].version != journey.version
    ]
    segments = [
        name
        for name, segment in before.segments.items()
        if name not in after.segments or after.segments[name].rule != segment.rule
    ]
    if not journeys and not segments:
        return ()
    in_journey: Counter[str] = Counter()
    in_segment: Counter[str] = Counter()
    of = 0
    for state in _people(records):
        of += 1
        in_segment.update(list(state.segments))
        open_now = [each.journey for each in state.enrollments if each.ended_at is None]
        in_journey.update(list(dict.fromkeys(open_now)))
    return (
        *(Reach(kind="journey", name=n, people=in_journey[n], of=of) for n in sorted(journeys)),
        *(Reach(kind="segment", name=n, people=in_segment[n], of=of) for n in sorted(segments)),
    )


def _people(records: Records) -> Iterator[State]:
    after, count = PersonId(""), 0
    while count < PEOPLE_MAX:
        page = list(records.people(after, PAGE))
        for person_id, state in page:
            after = person_id
            yield decode_state(state)
        count += len(page)
        if len(page) < PAGE:
            return
