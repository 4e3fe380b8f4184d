"""A history of which all but the newest is rolled gives every answer that it gave before."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from legato.app.rehearse.backtest import History, Span, decide_again, read_index
from legato.fold.eras import Eras
from legato.fold.then import Chronicle, Then, Until, then
from legato.insight.profile import profile_bytes, profile_of
from legato.model.ids import PersonId
from legato.model.instant import DAY
from legato.model.note import Story
from legato.model.problem import Reason
from legato.runtime.engine.dialogue import Question
from legato.runtime.retention import Keeping, Retention
from legato.simulate.replay import Refolded, refold
from legato.simulate.trial import live_seed
from legato.simulate.workload import Crowd
from legato.stores.memory import MemoryLog, MemoryStore
from legato.stores.retention_file import RetentionFile
from legato.stores.rolled.records.maker import Limits
from legato.stores.rolled.records.manifest import FOLDER
from legato.stores.search import search_folder
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore
from tests.conformance.rolling import mend_records, roll, roll_records
from tests.sim.seeds import plans
from tests.sim.test_backtest import backtest, host, keep, live_weeks, plan_of, work
from tests.sim.test_retired import Shop, Standing, retiring_properties, usual


def rolled(folder: Path) -> int:
    """Roll all of a stopped folder but the newest; return how many files of records there are."""
    log, store = SqliteLog(folder / "log.db"), SqliteStore(folder / "state.db")
    roll_records(log, limits=Limits(rows=40))
    roll(store)
    with log.file.reading() as reader:
        assert reader.execute("SELECT count(*) FROM log").get == 1
    file_count = len(log.rolling.standing().segments)
    log.close()
    store.close()
    return file_count


def refolded(folder: Path) -> tuple[Refolded, list[tuple[PersonId, bytes]], list[Story]]:
    """Make the state anew from nothing but the log."""
    log, store = SqliteLog(folder / "log.db", is_writer=False), MemoryStore()
    found = refold(log, lambda: store, turn_records=16)
    log.close()
    return found, list(store.people(PersonId(""), 1_000)), store.tail(0, 100_000)


def decided(folder: Path) -> object:
    with History(folder) as history:
        index = read_index(history, work())
        span = Span(start=index.first_at, end=index.last_at)
        return index, decide_again(history, index, span, host(30))


def stood(folder: Path) -> list[bytes | Reason]:
    """Return everybody as of each tenth record's time."""
    log = SqliteLog(folder / "log.db", is_writer=False)
    store = SqliteStore(folder / "state.db", is_writer=False)
    chronicle = Chronicle(log=log, stories=store, leads=store.pointers, eras=Eras(log))
    people = [person_id for person_id, _ in store.people(PersonId(""), 1_000)]
    found: list[bytes | Reason] = []
    for at in [story.at for story in store.tail(0, 100_000)][::10]:
        for person_id in people:
            past = then(chronicle, person_id, Until(at=at))
            if isinstance(past, Then):
                state = past.person(person_id)
                if state is not None:
                    profile = profile_of(state, plan=past.program.plan, now=at)
                    found.append(profile_bytes(profile))
            else:
                found.append(past)
    log.close()
    store.close()
    return found


@pytest.mark.parametrize("seed", [3, 5])
def test_a_state_made_anew_replays_and_moments_of_the_past_are_the_same(
    seed: int, tmp_path: Path
) -> None:
    log = MemoryLog()
    live_seed(seed, plans(), Crowd(people=5, doings=10), log, MemoryStore())
    folder = keep(tmp_path, log)
    before = refolded(folder), decided(folder), stood(folder)

    file_count = rolled(folder)

    assert file_count > 2
    assert (refolded(folder), decided(folder), stood(folder)) == before
    assert before[2]


def test_a_backtest_finds_the_same(tmp_path: Path) -> None:
    folder = keep(tmp_path, live_weeks(plan_of()))
    other = plan_of(wait="2h")
    before = backtest(folder, other)

    assert rolled(folder)

    assert backtest(folder, other) == before


def test_what_was_retired_is_in_no_file_when_it_is_said_to_be_gone(tmp_path: Path) -> None:
    shop = Shop(usual())
    shop.world.track("ana", "Order Completed", {"order_id": "o1", "coupon": "PLANTED"})
    shop.activate(retiring_properties())
    shop.world.advance(31 * DAY)
    folder = keep(tmp_path, shop.log)
    assert rolled(folder)
    with_it = search_folder(folder / FOLDER, ["PLANTED"]).found
    log = SqliteLog(folder / "log.db")
    said: list[tuple[str, dict[str, int]]] = []

    async def tell(_: Question) -> None:
        return

    async def hear(thing: str, _: int) -> None:
        said.append((thing, search_folder(folder / FOLDER, ["PLANTED"]).found))

    async def rewrite() -> None:
        await asyncio.to_thread(mend_records, log)

    tools = Keeping(
        log=log,
        book=RetentionFile(folder),
        clock=Standing(shop.world.now),
        plan=lambda: shop.plan,
        applied=log.last_position,
        tell=tell,
        removed=hear,
        rewrite=rewrite,
    )
    asyncio.run(Retention(tools).look())

    assert with_it
    assert dict(said)["property Order Completed/coupon"] == {}
    assert search_folder(folder, ["PLANTED"]).found.keys() <= {"state.db", "state.db-wal"}
    log.close()
