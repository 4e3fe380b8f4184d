"""One identifier parted by replay: its person is as if it had never been theirs."""

from __future__ import annotations

import msgspec
import pytest

from legato.fold.eras import Eras
from legato.fold.then import Chronicle, Then, Until, then
from legato.insight.profile import Profile, profile_of
from legato.model.event import PersonSplit
from legato.model.ids import EventId, PersonId, derive
from legato.model.instant import DAY, HOUR
from legato.model.note import NotLinked, Rejected
from legato.model.plan import Plan
from legato.model.state import State
from legato.stores.memory import MemoryStore
from tests.law.test_identity import COMPUTED, SEGMENTS
from tests.law.test_split import IDENTITY, Living
from tests.sim.shopkeeping import compile_plan

SHARED = ("anonymous_id", "shared-tablet")
ITS_ID = PersonId(derive("person", ":".join(SHARED)))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return compile_plan(identity=IDENTITY, computed=COMPUTED, segments=SEGMENTS)


def lived(plan: Plan, seed: int, *, is_wrong: bool, begins_known: bool) -> Living:
    """Let Ana be seen by name, on her phone, and on a tablet; not wrong: never by both there."""
    living = Living(plan, seed)
    beside = SHARED[1] if is_wrong else None
    ways = [("ana", "ana-phone"), ("ana", beside), (None, "ana-phone"), (None, SHARED[1])]
    first = ways[:2] if begins_known else [ways[3], *ways[:2]]
    more = [living.dice.pick(ways, "way", number) for number in range(8)]
    for user, device in (*first, *more):
        living.number += 1
        living.happen(user, device)
        living.world.advance(living.dice.between(1, 40, "gap", living.number) * HOUR)
    return living


def part(living: Living, *, identifier: tuple[str, str] = SHARED) -> None:
    living.world.feed(
        PersonSplit(
            event_id=EventId("part"),
            received_at=living.world.now,
            person_id=living.person("user_id:ana").person_id,
            gone=ITS_ID,
            by="user:mia",
            identifier=identifier,
        )
    )


def shown(living: Living, plan: Plan, key: str) -> Profile:
    """Return a profile but for what is made of when it was linked, and since when in a segment."""
    profile = living.profile(plan, key)
    bare = tuple(msgspec.structs.replace(one, since=0) for one in profile.identifiers)
    return msgspec.structs.replace(profile, identifiers=bare, first_seen=0)


@pytest.mark.parametrize("start", range(0, 100, 10))
def test_who_stays_is_as_if_it_had_never_been_theirs(plan: Plan, start: int) -> None:
    for seed in range(start, start + 10):
        known = seed % 2 == 0
        wrong = lived(plan, seed, is_wrong=True, begins_known=known)
        right = lived(plan, seed, is_wrong=False, begins_known=known)

        part(wrong)

        assert shown(wrong, plan, "user_id:ana") == shown(right, plan, "user_id:ana"), seed
        its = wrong.person(":".join(SHARED))
        assert (its.person_id, list(its.identifiers)) == (ITS_ID, [SHARED[0]])
        if ITS_ID in right.store.states([ITS_ID]):
            key = ":".join(SHARED)
            assert shown(wrong, plan, key) == shown(right, plan, key), seed


def test_it_joins_them_no_more(plan: Plan) -> None:
    living = lived(plan, 3, is_wrong=True, begins_known=False)
    part(living)

    living.number += 1
    living.happen("ana", SHARED[1])

    assert living.person("user_id:ana").person_id != living.person(":".join(SHARED)).person_id
    refused = [note for _, _, note in living.world.notes if isinstance(note, NotLinked)]
    assert refused[-1].reason.code == "identity.apart"


@pytest.mark.parametrize("identifier", [("anonymous_id", "unknown"), ("email", "a@example.com")])
def test_one_that_is_not_theirs_changes_nothing(plan: Plan, identifier: tuple[str, str]) -> None:
    living = lived(plan, 5, is_wrong=True, begins_known=True)
    before = living.person("user_id:ana")

    part(living, identifier=identifier)

    assert living.person("user_id:ana") == before
    (note,) = living.store.story(before.person_id, 0, 1_000)[-1].notes
    assert isinstance(note, Rejected)
    assert note.reason.code == "identity.no_split"


def test_the_last_one_cannot_be_taken(plan: Plan) -> None:
    living = Living(plan, 1)
    living.happen("ana", None)

    part(living, identifier=("user_id", "ana"))

    assert list(living.person("user_id:ana").identifiers) == ["user_id"]


def test_time_goes_on_and_the_past_is_told_as_it_was(plan: Plan) -> None:
    wrong = lived(plan, 8, is_wrong=True, begins_known=False)
    right = lived(plan, 8, is_wrong=False, begins_known=False)
    at, was = wrong.world.now, shown(wrong, plan, "user_id:ana")
    part(wrong)
    for living in (wrong, right):
        living.world.advance(12 * DAY)

    assert shown(wrong, plan, "user_id:ana") == shown(right, plan, "user_id:ana")
    for key in ("user_id:ana", ":".join(SHARED)):
        state, told = wrong.person(key), told_as_of(wrong, key, wrong.world.now)
        assert told == profile_of(state, plan=plan, now=wrong.world.now)
    before = told_as_of(wrong, "user_id:ana", at - 1)
    assert {one.value for one in before.identifiers} == {one.value for one in was.identifiers}


def told_as_of(living: Living, key: str, at: int) -> Profile:
    store: MemoryStore = living.store
    chronicle = Chronicle(
        log=living.log, stories=store, leads=store.pointers, eras=Eras(living.log)
    )
    found = then(chronicle, living.person(key).person_id, Until(at=at))
    assert isinstance(found, Then), found
    state: State | None = found.known_by([key])
    assert state is not None
    return profile_of(state, plan=found.program.plan, now=at)
