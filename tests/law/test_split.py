"""A merge undone by replay: both persons are as if they had never been merged."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from legato.insight.profile import Profile, profile_of
from legato.model.event import PersonsJoined, PersonSplit
from legato.model.ids import EventId, PersonId
from legato.model.instant import DAY, HOUR, MINUTE
from legato.model.note import Admitted, NotLinked, Rejected, Story
from legato.model.plan import Plan
from legato.model.state import State, decode_state
from legato.simulate.dice import Dice
from legato.simulate.world import World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.law.test_identity import COMPUTED, SEGMENTS
from tests.sim.shopkeeping import compile_plan

HISTORIES = 150
IDENTITY = """
identity:
  - {kind: user_id, from: [user_id], limit: 5}
  - {kind: anonymous_id, from: [anonymous_id], limit: 5}
"""
ANA, BEN = ("ana", "ana-phone"), ("ben", "ben-phone")
"""Each goes by a user id or on a device; only a wrong event knows both."""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return compile_plan(identity=IDENTITY, computed=COMPUTED, segments=SEGMENTS)


class Living:
    """A world in which what two people do is drawn from a seed."""

    def __init__(self, plan: Plan, seed: int, store: MemoryStore | None = None) -> None:
        self.dice = Dice(seed)
        self.log, self.store = MemoryLog(), store or MemoryStore()
        self.world = World(plan, self.log, self.store)
        self.number = 0

    def live(self, count: int) -> None:
        for _ in range(count):
            self.number += 1
            user, device = self.dice.pick((ANA, BEN), "who", self.number)
            is_known = self.dice.is_hit(0.5, "known", self.number)
            self.happen(user if is_known else None, device)
            self.world.advance(self.dice.between(1, 40, "gap", self.number) * HOUR)

    def happen(self, user: str | None, device: str | None) -> None:
        number, dice = self.number, self.dice
        kind = dice.pick(("identify", "track", "track", "consent"), "kind", number)
        name, body = (
            "Identified",
            {"name": dice.pick(("Ana", "Ben"), "name", number), "plan": number},
        )
        if kind == "track":
            name, body = "Product Viewed", {"value": dice.between(1, 9, "value", number)}
        elif kind == "consent":
            granted = dice.is_hit(0.5, "granted", number)
            name, body = "Consent Changed", {"purpose": "marketing", "granted": granted}
        event = self.world.event("", "identify" if kind == "identify" else "track", {}, name=name)
        late = dice.between(0, 5, "late", number) * MINUTE
        self.world.feed(
            msgspec.structs.replace(
                event,
                user_id=user,
                anonymous_id=device,
                occurred_at=event.occurred_at - late,
                body=msgspec.json.encode(body),
            )
        )

    def mix_up(self, *, is_wrong: bool) -> None:
        """Let Ana be seen on Ben's phone; not wrong: without the phone."""
        self.number += 1
        self.happen("ana", "ben-phone" if is_wrong else None)

    def person(self, key: str) -> State:
        (person_id,) = self.store.pointers([key]).values()
        return decode_state(self.store.states([person_id])[person_id])

    def profile(self, plan: Plan, key: str) -> Profile:
        profile = profile_of(self.person(key), plan=plan, now=self.world.now)
        # Since when someone is in a segment is by our clock: now, for whoever is back.
        segments = [msgspec.structs.replace(one, since=0) for one in profile.segments]
        return msgspec.structs.replace(profile, segments=tuple(segments), merged=())

    def split(self) -> None:
        ana = self.person("user_id:ana")
        for gone in ana.merged:
            self.world.feed(
                PersonSplit(
                    event_id=EventId(f"split {gone}"),
                    received_at=self.world.now,
                    person_id=self.store.resolve(gone),
                    gone=gone,
                    by="token:privacy",
                )
            )


def both(plan: Plan, seed: int) -> tuple[Living, Living]:
    """Return a world with a wrong event in the middle, and one without it."""
    wrong, right = Living(plan, seed), Living(plan, seed)
    for living, is_wrong in ((wrong, True), (right, False)):
        # Each is known by both identifiers first: how they meet later is then all the same.
        for user, device in (ANA, BEN):
            living.number += 1
            living.happen(user, device)
        living.live(living.dice.between(0, 6, "before"))
        living.mix_up(is_wrong=is_wrong)
        living.live(living.dice.between(0, 8, "after"))
    return wrong, right


@pytest.mark.parametrize("start", range(0, HISTORIES, 15))
def test_both_are_as_if_they_had_never_been_merged(plan: Plan, start: int) -> None:
    for seed in range(start, start + 15):
        wrong, right = both(plan, seed)
        assert wrong.person("user_id:ana").person_id == wrong.person("user_id:ben").person_id

        wrong.split()

        for key in ("user_id:ana", "user_id:ben", "anonymous_id:ben-phone"):
            assert wrong.profile(plan, key) == right.profile(plan, key), (seed, key)


@pytest.mark.parametrize("seed", range(20))
def test_who_was_parted_is_joined_no_more_by_what_they_share(plan: Plan, seed: int) -> None:
    wrong, _ = both(plan, seed)
    wrong.split()

    wrong.mix_up(is_wrong=True)

    ana, ben = wrong.person("user_id:ana"), wrong.person("user_id:ben")
    assert ana.person_id != ben.person_id
    refused = [note for _, _, note in wrong.world.notes if isinstance(note, NotLinked)]
    assert refused[-1].reason.code == "identity.apart"


def admitted(story: Sequence[Story]) -> list[EventId]:
    notes = (note for row in story for note in row.notes)
    return [note.event_id for note in notes if isinstance(note, Admitted)]


def test_each_is_told_their_own_story_again(plan: Plan) -> None:
    wrong, right = both(plan, 3)
    wrong.split()

    for key in ("user_id:ana", "user_id:ben"):
        told = wrong.store.story(wrong.person(key).person_id, 0, 1_000)
        alone = right.store.story(right.person(key).person_id, 0, 1_000)
        assert admitted(told) == admitted(alone)


def test_a_split_that_means_nobody_changes_nothing(plan: Plan) -> None:
    living, _ = both(plan, 5)
    ana = living.person("user_id:ana")

    living.world.feed(
        PersonSplit(
            event_id=EventId("split"),
            received_at=living.world.now,
            person_id=ana.person_id,
            gone=PersonId("nobody"),
            by="token:privacy",
        )
    )

    assert living.person("user_id:ana") == ana
    story = living.store.story(ana.person_id, 0, 1_000)
    (note,) = story[-1].notes
    assert isinstance(note, Rejected)
    assert note.reason.code == "identity.no_split"


def test_who_looked_at_both_can_join_them_and_part_them_again(plan: Plan) -> None:
    _, right = both(plan, 7)
    before = {key: right.profile(plan, key) for key in ("user_id:ana", "user_id:ben")}
    ana, ben = right.person("user_id:ana"), right.person("user_id:ben")
    joined = PersonsJoined(
        event_id=EventId("join"),
        received_at=right.world.now,
        person_id=ana.person_id,
        other=ben.person_id,
        by="user:mia",
    )

    right.world.feed(joined)
    is_one = right.person("user_id:ana").person_id == right.person("user_id:ben").person_id
    right.split()

    assert is_one
    assert {key: right.profile(plan, key) for key in before} == before


def test_who_is_parted_twice_gets_nothing_of_the_first(plan: Plan) -> None:
    wrong, right = both(plan, 13)
    for living, device in ((wrong, "cat-phone"), (right, None)):
        living.happen("cat", "cat-phone")
        living.happen("ana", device)
    assert len(wrong.person("user_id:ana").merged) == 2

    wrong.split()

    for key in ("user_id:ana", "user_id:ben", "user_id:cat", "anonymous_id:ben-phone"):
        assert wrong.profile(plan, key) == right.profile(plan, key)
    ana, ben = wrong.person("user_id:ana"), wrong.person("user_id:ben")
    assert ben.person_id in ana.apart


def test_time_goes_on_for_both(plan: Plan) -> None:
    wrong, right = both(plan, 11)
    wrong.split()

    for living in (wrong, right):
        living.world.advance(12 * DAY)

    for key in ("user_id:ana", "user_id:ben"):
        assert wrong.profile(plan, key) == right.profile(plan, key)
