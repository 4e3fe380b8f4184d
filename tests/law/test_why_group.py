"""Laws of the count over a group: everybody once, and for the reason that is said to each."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

import msgspec
import pytest

from legato.insight.story import whole_story
from legato.insight.why.fate import GroupQuestion
from legato.insight.why.group import Count, GroupAnswer, Looked, Seen, look
from legato.insight.why.stopped import all_stopped
from legato.insight.why.thread import threads
from legato.insight.why.why import Question, why
from legato.model.event import CustomerEvent, Event, decode_event
from legato.model.ids import PersonId
from legato.model.instant import DAY
from legato.model.note import Entered
from legato.model.plan import Plan, decode_plan
from legato.model.state import decode_state
from legato.simulate.trial import live_seed
from legato.simulate.workload import Crowd
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.seeds import plans
from tests.sim.shopkeeping import compile_plan

ALWAYS = """
segment: listed
title: Listed
owner: growth
when: {trait: {email: {exists: true}}}
"""
MESSAGES = ("reminder", "offer", "thanks")
CROWD = Crowd(people=6)


@cache
def listing() -> tuple[Plan, ...]:
    """Return the workspaces with a segment more, which nobody leaves."""
    listed = compile_plan(segments=ALWAYS).segments
    return tuple(
        msgspec.structs.replace(plan, segments={**plan.segments, **listed}) for plan in plans()
    )


class Lived:
    """A random world that has happened, and its counts."""

    def __init__(self, seed: int) -> None:
        self.log, self.store = MemoryLog(), MemoryStore()
        self.now = live_seed(seed, listing(), CROWD, self.log, self.store).now
        head = self.store.head().plan
        assert head is not None
        self.plan: Plan = decode_plan(head[1])
        self.seen: dict[PersonId, Seen] = {}

    async def events(self, positions: Sequence[int]) -> Mapping[int, Event]:
        found = {position: self.log.get(position) for position in positions}
        return {at: decode_event(data) for at, data in found.items() if data is not None}

    def late(self, position: int) -> int:
        data = self.log.get(position)
        assert data is not None
        event = decode_event(data)
        assert isinstance(event, CustomerEvent)
        return event.received_at - event.occurred_at

    def ask(self, question: GroupQuestion) -> GroupAnswer:
        events = [journey.entry.on for journey in self.plan.journeys.values()]
        reading = all_stopped(self.store, events, plan=self.plan, read_events=self.events)
        count, after = Count(question), PersonId("")
        looked: Looked | None = None
        stopped = asyncio.run(reading)
        self.seen = {}
        while looked is None or looked.count:
            looked = look(self.store, after, question, plan=self.plan, stopped=stopped)
            count.take(looked, self.late)
            self.seen.update({one.person_id: one for one in looked.seen})
            after = looked.after
        return count.answer(self.now)

    def people(self) -> list[PersonId]:
        return [person_id for person_id, _ in self.store.people(PersonId(""), 10_000)]


@pytest.fixture(scope="module")
def worlds() -> list[Lived]:
    return [Lived(seed) for seed in range(24)]


def test_the_parts_and_those_who_got_it_are_all_there_are(worlds: list[Lived]) -> None:
    codes: Counter[str] = Counter()
    for world in worlds:
        for journey in world.plan.journeys:
            for message in MESSAGES:
                asked = GroupQuestion(message=message, journey=journey)
                answer = world.ask(asked)

                entered = [one for one in world.people() if has_entered(world, one, journey)]
                assert sorted(world.seen) == sorted(entered)
                assert answer.total == len(entered)
                assert answer.got + sum(part.count for part in answer.parts) == answer.total
                codes.update({part.code: part.count for part in answer.parts})
    assert len(codes) > 10, codes


def has_entered(world: Lived, person_id: PersonId, journey: str) -> bool:
    notes = [note for row in whole_story(world.store, person_id) for note in row.notes]
    return any(isinstance(note, Entered) and note.journey == journey for note in notes)


def test_a_segment_is_counted_whole_whatever_became_of_its_members(worlds: list[Lived]) -> None:
    totals, codes = 0, Counter[str]()
    for world in worlds:
        states = [decode_state(data) for _, data in world.store.people(PersonId(""), 10_000)]
        for segment in world.plan.segments:
            for message in MESSAGES:
                answer = world.ask(GroupQuestion(message=message, segment=segment))

                members = [one.person_id for one in states if segment in one.segments]
                assert sorted(world.seen) == sorted(members)
                assert answer.got + sum(part.count for part in answer.parts) == len(members)
                assert all(len(part.people) <= 5 for part in answer.parts)
                totals += answer.total
                codes.update({part.code: part.count for part in answer.parts})
    assert totals > 100
    assert codes["entry.not_begun"]


def test_nobody_is_counted_for_another_reason_than_they_are_told(worlds: list[Lived]) -> None:
    told: Counter[str] = Counter()
    for world in worlds:
        for message in MESSAGES:
            for journey in world.plan.journeys:
                world.ask(GroupQuestion(message=message, journey=journey))
                for person_id, seen in world.seen.items():
                    story = whole_story(world.store, person_id)
                    mine = [
                        one
                        for one in threads(story)
                        if one.journey == journey and one.message == message
                    ]
                    was_sent = any(one.kind() == "sent" for one in mine)
                    assert (seen.fate is None) == was_sent
                    if seen.fate is None:
                        continue
                    question = Question(person_id=person_id, journey=journey, message=message)
                    answer = why(story, question, plan=world.plan)
                    assert not answer.is_sent
                    told[answer.kind] += 1
                    if answer.kind == "refused":
                        codes = [gate.code for each in answer.weighed for gate in each.gates]
                        assert seen.fate.code in codes or seen.fate.what in answer.sentence
                    elif answer.kind in ("in_journey", "left"):
                        stages = ("journey", "left", "attribute", "entry")
                        assert seen.fate.code.startswith(stages), seen.fate
                        assert (seen.fate.code == "journey.before_it") == (
                            answer.kind == "in_journey"
                        )
    assert len(told) >= 3, told


def test_of_a_time_only_what_was_then_is_counted(worlds: list[Lived]) -> None:
    for world in worlds[:10]:
        for journey in world.plan.journeys:
            asked = GroupQuestion(message="offer", journey=journey, since=world.now + DAY)
            assert world.ask(asked).total == 0
