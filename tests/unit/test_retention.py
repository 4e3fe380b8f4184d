"""What is not kept for ever leaves: records by the log's writer, traits by their person's alarm."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from legato.model.event import CustomerEvent, Erased, decode_event
from legato.model.ids import PersonId
from legato.model.instant import DAY, Instant
from legato.model.note import SegmentChanged, TraitExpired
from legato.model.plan import Plan
from legato.model.state import decode_state
from legato.ports.retention import Removed
from legato.runtime.engine.dialogue import Question, Struck
from legato.runtime.retention import SILENT, Keeping, Retention
from legato.simulate.replay import refold
from legato.simulate.world import START, World
from legato.stores.memory import MemoryLog, MemoryStore
from legato.stores.retention_file import RetentionFile
from tests.sim.shopkeeping import BASE, compile_plan

EVENTS = BASE["events.yaml"].replace(
    "event: Product Viewed\n", "event: Product Viewed\nretain: 90d\n"
)
CATALOG = BASE["catalog.yaml"].replace("trait: plan\n", "trait: plan\nretain: 30d\n")
SEGMENT = """
segment: gold
title: Gold
owner: crm
when: {trait: {plan: gold}}
"""


class Fixed:
    """A clock that stands."""

    def __init__(self, now: Instant) -> None:
        self._now = now

    def now(self) -> Instant:
        return self._now


def overwrite(log: MemoryLog, plan: Plan, book: RetentionFile, now: Instant) -> list[Question]:
    told: list[Question] = []

    async def tell(question: Question) -> None:
        told.append(question)

    tools = Keeping(
        log=log,
        book=book,
        clock=Fixed(now),
        plan=lambda: plan,
        applied=log.last_position,
        tell=tell,
        removed=SILENT,
    )
    asyncio.run(Retention(tools).look())
    return told


def test_records_are_overwritten_once_they_are_too_old_and_no_others(tmp_path: Path) -> None:
    plan, log, book = compile_plan(events=EVENTS), MemoryLog(), RetentionFile(tmp_path)
    world = World(plan, log, MemoryStore())
    for name in ("Product Viewed", "Order Completed", "Product Viewed"):
        world.track("ana", name)
        world.advance(30 * DAY)

    nothing = overwrite(log, plan, book, START + 80 * DAY)
    told = overwrite(log, plan, book, START + 100 * DAY)
    overwrite(log, plan, book, START + 101 * DAY)

    events = [decode_event(log.get(position) or b"") for position in (2, 3, 4)]
    assert [type(event) for event in events] == [Erased, CustomerEvent, CustomerEvent]
    assert isinstance(events[0], Erased)
    assert events[0].received_at == START
    assert nothing == []
    assert [question.positions for question in told if isinstance(question, Struck)] == [[2]]
    removed = Removed(count=1, last_at=START + 100 * DAY)
    assert book.read().removed == {"Product Viewed": removed}


def test_a_shorter_time_is_looked_for_in_the_whole_log(tmp_path: Path) -> None:
    log, book = MemoryLog(), RetentionFile(tmp_path)
    long, short = (compile_plan(events=EVENTS.replace("90d", days)) for days in ("90d", "1d"))
    world = World(long, log, MemoryStore())
    world.track("ana", "Product Viewed")
    overwrite(log, long, book, START + 50 * DAY)

    overwrite(log, short, book, START + 50 * DAY)

    assert isinstance(decode_event(log.get(2) or b""), Erased)


def test_a_trait_leaves_the_records_that_said_it_and_no_state_made_of_them_has_it(
    tmp_path: Path,
) -> None:
    plan, log = compile_plan(catalog=CATALOG), MemoryLog()
    world = World(plan, log, MemoryStore())
    world.identify("ana", {"plan": "gold", "name": "Ana"}, {"traits": {"plan": "gold"}})
    world.advance(20 * DAY)
    world.identify("ana", {"plan": "silver"})

    told = overwrite(log, plan, RetentionFile(tmp_path), START + 31 * DAY)
    store = MemoryStore()
    refold(log, lambda: store, turn_records=5)

    assert b"gold" not in b"".join(data for _, data in log.read(1, 100))
    assert told == []  # the records stay: nothing of theirs is forgotten
    ((_, data),) = store.people(PersonId(""), 10)
    ana = decode_state(data)
    assert {name: trait.value for name, trait in ana.traits.items()} == {
        "name": "Ana",
        "plan": "silver",
    }


def test_a_trait_leaves_by_itself_and_its_segment_with_it() -> None:
    plan = compile_plan(catalog=CATALOG, segments=SEGMENT)
    world = World(plan, MemoryLog(), MemoryStore())
    world.identify("ana", {"plan": "gold", "name": "Ana"})
    world.advance(29 * DAY)
    before = world.state("ana")
    assert before is not None
    assert "plan" in before.traits

    world.advance(2 * DAY)

    state = world.state("ana")
    assert state is not None
    assert list(state.traits) == ["name"]
    notes = world.notes_of("ana")
    assert TraitExpired(name="plan") in notes
    assert SegmentChanged(segment="gold", is_member=False) in notes


def test_a_trait_that_is_said_again_stays_longer() -> None:
    world = World(compile_plan(catalog=CATALOG), MemoryLog(), MemoryStore())
    world.identify("ana", {"plan": "gold"})
    world.advance(20 * DAY)

    world.identify("ana", {"plan": "gold"})
    world.advance(20 * DAY)

    state = world.state("ana")
    assert state is not None
    assert "plan" in state.traits


def test_a_word_that_comes_too_late_is_not_kept() -> None:
    world = World(compile_plan(catalog=CATALOG), MemoryLog(), MemoryStore())
    late = world.event("ana", "identify", {"plan": "gold"})
    world.advance(40 * DAY)

    world.feed(msgspec.structs.replace(late, received_at=world.now))

    state = world.state("ana")
    assert state is not None
    assert "plan" not in state.traits
