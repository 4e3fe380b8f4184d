"""Sizes of segments among more people than are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from legato.insight.segments.gathering import (
    count_gatherings,
    count_overlap,
    estimated,
    members_of,
)
from legato.model.ids import PersonId, derive
from legato.model.instant import DAY
from legato.model.state import State, encode_state, memberships_of
from legato.ports.state_store import Records

NOW = 400 * DAY
EVERYBODY = 4_000


class Crowd:
    """People by id, as a store walks them: of each tenth it is known that they buy."""

    def __init__(self) -> None:
        self._people = sorted((derive("person", str(each)), each) for each in range(EVERYBODY))

    def people(self, after: PersonId, limit: int) -> Iterator[tuple[PersonId, bytes]]:
        above = [each for each in self._people if each[0] > after][:limit]
        for name, number in above:
            yield PersonId(name), encode_state(state_of(PersonId(name), number))

    def counts(self) -> dict[str, int]:
        return {"people": EVERYBODY}


def state_of(person_id: PersonId, number: int) -> State:
    state = State(person_id=person_id, first_seen=NOW, last_seen=NOW)
    state.segments = {"all": NOW - 2 * DAY}
    if number % 10 == 0:
        state.segments["buyers"] = NOW
    return state


@pytest.fixture
def crowd() -> Records:
    return cast("Records", Crowd())


def test_what_somebody_is_in_is_read_without_the_rest_of_them() -> None:
    state = state_of(PersonId("p"), 10)

    assert memberships_of(encode_state(state)) == state.segments


def test_everybody_is_counted_where_there_are_few_enough(crowd: Records) -> None:
    counted = count_gatherings(crowd, NOW)

    assert (counted.of, counted.everybody) == (EVERYBODY, EVERYBODY)
    assert counted.of_segment("buyers").people == EVERYBODY // 10
    assert (counted.of_segment("buyers").came, counted.of_segment("all").came) == (400, 0)
    assert estimated(400, EVERYBODY, EVERYBODY).within == 0


def test_of_a_larger_crowd_the_size_is_worked_out_with_how_sure(crowd: Records) -> None:
    counted = count_gatherings(crowd, NOW, at_most=1_000)
    overlap = count_overlap(crowd, "all", NOW, at_most=1_000)

    found = estimated(counted.of_segment("buyers").people, counted.of, counted.everybody)
    both = estimated(overlap.both["buyers"], overlap.of, overlap.everybody)

    assert (counted.of, counted.everybody) == (1_000, EVERYBODY)
    assert abs(found.people - EVERYBODY // 10) <= found.within
    assert 0 < found.within < 100
    assert both == found


def test_of_nobody_seen_it_is_said_how_many_there_may_be() -> None:
    assert estimated(0, 1_000, 4_000).within == 12
    assert estimated(0, 0, 0).within == 0


def test_people_are_found_page_by_page_without_anybody_twice(crowd: Records) -> None:
    found: list[PersonId] = []
    after = PersonId("")
    while True:
        page = members_of(crowd, "buyers", after=after, limit=150)
        found += [each.person_id for each in page.people]
        after = PersonId(page.after)
        if not after:
            break

    assert len(found) == len(dict.fromkeys(found)) == EVERYBODY // 10
