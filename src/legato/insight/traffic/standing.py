"""Who stands at one step of a journey now: the people behind a count."""

from __future__ import annotations

from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.state import decode_state
from legato.ports.state_store import Records

PAGE = 1_000
LOOKED_MAX = 20_000
"""People looked at in one call: where fewer are found, the next call goes on from there."""


class Standing(Noun, frozen=True, kw_only=True):
    """One passage that stands at the step."""

    person_id: PersonId
    since: Instant
    due_at: Instant | None
    """When time alone moves it on."""


class StandingPage(Noun, frozen=True, kw_only=True):
    """Some of them by id; `after` is where to go on, empty at the end."""

    people: tuple[Standing, ...]
    after: str


def standing_at(
    records: Records, journey: str, step: str, *, after: PersonId, limit: int
) -> StandingPage:
    """Return those above an id, `limit` people or LOOKED_MAX looked at."""
    found: list[Standing] = []
    looked = people = 0
    while looked < LOOKED_MAX:
        page = list(records.people(after, PAGE))
        for person_id, state in page:
            after = person_id
            here = [
                Standing(person_id=person_id, since=each.since, due_at=each.due_at)
                for each in decode_state(state).enrollments
                if each.journey == journey and each.step_id == step and each.ended_at is None
            ]
            found += here
            people += bool(here)
            if people == limit:
                return StandingPage(people=tuple(found), after=after)
        looked += len(page)
        if len(page) < PAGE:
            return StandingPage(people=tuple(found), after="")
    return StandingPage(people=tuple(found), after=after)
