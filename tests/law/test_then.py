"""Whoever is asked for as of a moment is who they were at that moment, byte for byte."""

from __future__ import annotations

import pytest

from legato.fold.eras import Eras
from legato.fold.then import Chronicle, Then, Until, then
from legato.insight.profile import profile_bytes, profile_of
from legato.model.event import PlanActivated
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.plan import encode_plan, plan_digest
from legato.model.state import decode_state
from legato.ports.log import Log
from legato.ports.state_store import Turn
from legato.simulate.dice import Dice
from legato.simulate.trial import live_seed
from legato.simulate.workload import Crowd
from legato.stores.memory import MemoryLog, MemoryStore
from tests.law import test_backfill as backfills
from tests.law import test_split as splits
from tests.law.test_identity import COMPUTED, OPEN, SEGMENTS
from tests.sim.seeds import plans
from tests.sim.shopkeeping import compile_plan

EVERYBODY = 1_000


class Diary(MemoryStore):
    """A store that writes down how everybody stands at every instant."""

    def __init__(self) -> None:
        super().__init__()
        self.days: dict[Instant, dict[PersonId, bytes]] = {}
        self.is_steady = True
        """The clock has never been set back: an instant is one moment."""

    def commit(self, turn: Turn) -> None:
        self.is_steady = self.is_steady and turn.now >= self.head().now
        super().commit(turn)
        self.days[turn.now] = dict(self.people(PersonId(""), EVERYBODY))


def agree(log: Log, diary: Diary, *, seed: int, count: int) -> int:
    """Ask for everybody as of some instants; return how many answers were held to the diary."""
    chronicle = Chronicle(log=log, stories=diary, leads=diary.pointers, eras=Eras(log))
    instants, asked = sorted(diary.days), 0
    for number in range(count):
        at = Dice(seed).pick(instants, "asked", number)
        for person_id, stored in diary.days[at].items():
            found = then(chronicle, person_id, Until(at=at))
            assert isinstance(found, Then), (seed, at, found)
            state, plan = found.person(person_id), found.program.plan
            assert state is not None
            live = profile_of(decode_state(stored), plan=plan, now=at)
            assert profile_bytes(profile_of(state, plan=plan, now=at)) == profile_bytes(live)
            asked += 1
    return asked


@pytest.mark.parametrize("start", range(0, 40, 10))
def test_everybody_stands_as_they_stood_in_a_shop_with_faults_and_changes_of_plan(
    start: int,
) -> None:
    asked = 0
    for seed in range(start, start + 10):
        log, diary = MemoryLog(), Diary()
        live_seed(seed, plans(), Crowd(people=4, days=2), log, diary)
        if diary.is_steady:
            asked += agree(log, diary, seed=seed, count=4)
    assert asked > 50


@pytest.mark.parametrize("start", range(0, 30, 10))
def test_who_was_merged_and_parted_stands_as_they_stood_before_and_after(start: int) -> None:
    plan = compile_plan(identity=splits.IDENTITY, computed=COMPUTED, segments=SEGMENTS)
    for seed in range(start, start + 10):
        diary = Diary()
        living = splits.Living(plan, seed, diary)
        living.happen("ana", "ana-phone")
        living.live(4)
        living.mix_up(is_wrong=True)
        living.live(4)
        living.split()
        living.live(3)
        assert agree(living.log, diary, seed=seed, count=8) > 8


def test_measurements_that_were_born_late_stand_as_they_stood() -> None:
    late = compile_plan(identity=OPEN)
    early = compile_plan(identity=OPEN, computed=COMPUTED, segments=backfills.BORN)
    for seed in range(30):
        diary = Diary()
        life = backfills.Life(late, seed, diary)
        life.live(8)
        backfill = backfills.backfill_of(late, early)
        life.begin(backfill)
        life.live(2)
        life.measure(backfill, [one.person_id for one in life.people()])
        life.live(2)
        life.world.feed(
            PlanActivated(received_at=life.now, digest=plan_digest(early), plan=encode_plan(early))
        )
        life.look_at_everybody()
        life.live(4)
        assert diary.is_steady
        assert agree(life.log, diary, seed=seed, count=6) > 5


def test_it_is_told_how_far_the_past_has_come() -> None:
    log, diary = MemoryLog(), Diary()
    live_seed(3, plans(), Crowd(people=4, days=2), log, diary)
    chronicle = Chronicle(log=log, stories=diary, leads=diary.pointers, eras=Eras(log))
    ((person_id, _), *_) = diary.people(PersonId(""), 1)
    heard: list[tuple[str, int, int]] = []

    def hear(phase: str, done: int, of: int) -> None:
        heard.append((phase, done, of))

    then(chronicle, person_id, Until(), hear)

    last = log.last_position()
    assert heard[0] == ("rules", last, last)
    assert {phase for phase, _, _ in heard[1:]} == {"records"}
    assert all(done <= of for _, done, of in heard)
