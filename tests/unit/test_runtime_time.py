"""Alarms, schedules and the small parts of the host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.expr.calendar import Calendar
from legato.fold.cache import Cache
from legato.model.definitions.journey import Entry, Journey
from legato.model.event import Event, JourneyCalled, ScheduleTaken, TimerFired
from legato.model.ids import PersonId
from legato.model.instant import DAY, HOUR, MINUTE, SECOND, Instant, parse_instant
from legato.model.plan import Plan
from legato.model.problem import LegatoError
from legato.model.state import State, encode_state
from legato.ports.intake import Busy
from legato.ports.state_store import Turn
from legato.runtime.progress import Progress
from legato.runtime.schedule import Scheduled, Schedules
from legato.runtime.sweep import plan_of
from legato.runtime.telemetry import Histogram, Rate
from legato.runtime.timers import BATCH_MAX, Alarms
from legato.runtime.walk import Walker
from legato.stores.memory import MemoryStore


def at(text: str) -> Instant:
    instant = parse_instant(text)
    assert instant is not None
    return instant


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self, now: Instant) -> None:
        self.at = now

    def now(self) -> Instant:
        return self.at


class Engine:
    """An intake that applies what it takes at once, as `apply` says."""

    def __init__(self, apply: Callable[[int, Event], None]) -> None:
        self.taken: list[Event] = []
        self.progress = Progress(0)
        self.is_busy = 0
        self._apply = apply
        self.something = asyncio.Event()

    async def accept(self, events: Sequence[Event]) -> int:
        if self.is_busy:
            self.is_busy -= 1
            raise Busy("The disk is full.", retry_after=1)
        for event in events:
            self.taken.append(event)
            self._apply(len(self.taken), event)
        self.something.set()
        asyncio.get_running_loop().call_soon(self.progress.advance, len(self.taken))
        return len(self.taken)


class Waiting:
    """A store of alarms in front of which a host of timers runs."""

    def __init__(self, now: Instant, alarms: dict[PersonId, Instant | None]) -> None:
        self.store = MemoryStore()
        self.store.commit(Turn(position=1, now=now, alarms=alarms))
        self.clock = Hands(now)
        self.engine = Engine(self._apply)
        self.alarms = Alarms(
            self.store,
            self.engine,
            progress=self.engine.progress,
            clock=self.clock,
        )

    def _apply(self, position: int, event: Event) -> None:
        assert isinstance(event, TimerFired)
        gone: dict[PersonId, Instant | None] = {event.person_id: None}
        self.store.commit(Turn(position=position + 1, now=self.clock.now(), alarms=gone))

    def rung(self, count: int, *, jump: Instant | None = None) -> list[TimerFired]:
        """Run until so many rang, or until nothing more is due; return those."""

        async def whole() -> None:
            running = asyncio.create_task(self.alarms.run())
            if jump is not None:
                await asyncio.sleep(0)  # let it look once and fall asleep
                self.clock.at = jump
                self.alarms.changed(0, 0)  # wakes it
            while len(self.engine.taken) < count:
                self.engine.something.clear()
                await self.engine.something.wait()
            for _ in range(10):
                await asyncio.sleep(0)
            running.cancel()

        asyncio.run(asyncio.wait_for(whole(), 20))
        return [event for event in self.engine.taken if isinstance(event, TimerFired)]


def people(count: int, due: Instant) -> dict[PersonId, Instant | None]:
    return {PersonId(f"p{number:05}"): due + number for number in range(count)}


def test_what_is_due_rings_once_in_order_and_the_rest_waits() -> None:
    world = Waiting(1_000, {**people(3, 100), PersonId("later"): 1_000})

    rung = world.rung(3)

    assert [event.due_at for event in rung] == [100, 101, 102]
    assert world.store.count() == 1


def test_thousands_overdue_come_in_bounded_batches_each_once() -> None:
    world = Waiting(10**9, people(3 * BATCH_MAX + 5, 100))

    rung = world.rung(3 * BATCH_MAX + 5)

    assert len({event.person_id for event in rung}) == len(rung) == 3 * BATCH_MAX + 5


def test_a_clock_set_forward_rings_what_has_come_due() -> None:
    world = Waiting(1_000, people(2, 5 * HOUR))

    assert len(world.rung(2, jump=6 * HOUR)) == 2


def test_an_intake_that_is_busy_is_asked_again() -> None:
    world = Waiting(1_000, people(1, 100))
    world.engine.is_busy = 2

    assert len(world.rung(1)) == 1


NINE = "DTSTART:20260302T090000\nRRULE:FREQ=DAILY"


def test_an_occurrence_keeps_its_hour_when_the_clocks_change() -> None:
    calendar = Calendar(NINE, "Europe/Lisbon")

    assert calendar.next(at("2026-03-27T12:00:00Z")) == at("2026-03-28T09:00:00Z")
    assert calendar.next(at("2026-03-28T12:00:00Z")) == at("2026-03-29T08:00:00Z")


def test_a_rule_in_utc_is_read_as_such() -> None:
    calendar = Calendar("DTSTART:20260302T090000Z\nRRULE:FREQ=DAILY", "Asia/Tokyo")

    assert calendar.latest(at("2026-03-05T09:00:00Z")) == at("2026-03-05T09:00:00Z")


def test_a_rule_that_has_ended_has_no_next() -> None:
    calendar = Calendar("DTSTART:20260302T090000\nRRULE:FREQ=DAILY;COUNT=2", "UTC")

    assert calendar.next(at("2026-03-04T00:00:00Z")) is None


class Scheduling:
    """A plan with one journey at nine every day, and a segment of every second person."""

    def __init__(self, now: str, *, taken: str | None, segment: str = "vip") -> None:
        self.clock = Hands(at(now))
        self.taken = {} if taken is None else {"news": at(taken)}
        self.engine = Engine(self._apply)
        store = MemoryStore()
        states: dict[PersonId, bytes | None] = {}
        for number in range(600):
            person_id = PersonId(f"p{number:03}")
            state = State(person_id=person_id, first_seen=0, last_seen=0)
            state.segments = {"vip": 0} if number % 2 else {}
            states[person_id] = encode_state(state)
        store.commit(Turn(position=1, now=0, states=states))
        walker = Walker(store, self.engine, progress=self.engine.progress, backlog=lambda: 0)
        entry = Entry(kind="schedule", rrule=NINE, segment=segment)
        journey = Journey(
            name="news",
            title="",
            owner="",
            purpose="",
            entry=entry,
            exits=(),
            steps={},
            first="",
            version="1",
        )
        plan = Plan(name="shop", journeys={"news": journey})
        self.schedules = Schedules(
            walker, clock=self.clock, known=lambda: Scheduled(plan=plan, taken=self.taken)
        )

    def _apply(self, _position: int, event: Event) -> None:
        if isinstance(event, ScheduleTaken):
            self.taken[event.journey] = event.due_at

    def run(self) -> list[Event]:
        """Look at the calendar once; return what was put into the log."""

        async def whole() -> None:
            running = asyncio.create_task(self.schedules.run())
            while not isinstance(next(reversed(self.engine.taken), None), ScheduleTaken):
                self.engine.something.clear()
                await self.engine.something.wait()
            running.cancel()

        asyncio.run(asyncio.wait_for(whole(), 20))
        return self.engine.taken


def test_at_an_occurrence_the_segment_is_called_in_and_then_it_is_taken() -> None:
    events = Scheduling("2026-03-05T09:00:01Z", taken="2026-03-04T09:00:00Z").run()

    calls = [event for event in events if isinstance(event, JourneyCalled)]
    assert [event.person_id for event in calls] == [f"p{n:03}" for n in range(600) if n % 2]
    assert isinstance(events[-1], ScheduleTaken)
    assert events[-1].due_at == at("2026-03-05T09:00:00Z")


def test_a_walk_taken_up_again_calls_under_the_same_ids() -> None:
    first = Scheduling("2026-03-05T09:00:01Z", taken="2026-03-04T09:00:00Z", segment="").run()
    again = Scheduling("2026-03-05T09:20:00Z", taken="2026-03-04T09:00:00Z", segment="").run()

    ids = [
        [event.event_id for event in events if isinstance(event, JourneyCalled)]
        for events in (first, again)
    ]
    assert len(ids[0]) == 600
    assert ids[0] == ids[1]


def test_what_was_missed_long_ago_is_taken_without_calling_anybody() -> None:
    events = Scheduling("2026-03-05T12:00:00Z", taken="2026-03-02T09:00:00Z").run()

    assert [type(event) for event in events] == [ScheduleTaken]


def test_a_new_schedule_counts_from_now() -> None:
    events = Scheduling("2026-03-05T09:00:01Z", taken=None).run()

    assert [type(event) for event in events] == [ScheduleTaken]
    assert isinstance(events[0], ScheduleTaken)
    assert events[0].due_at == at("2026-03-05T09:00:01Z")


def test_the_plan_of_a_stored_person_is_read_without_the_rest() -> None:
    state = State(person_id=PersonId("p"), first_seen=1, last_seen=2, plan="abc")

    assert plan_of(encode_state(state)) == "abc"


@given(st.lists(st.integers(0, DAY), min_size=1, max_size=200), st.floats(0.01, 1))
def test_a_quantile_is_never_below_the_true_one_and_at_most_an_eighth_above(
    durations: list[int], share: float
) -> None:
    histogram = Histogram()
    for duration in durations:
        histogram.add(duration)

    rank = max(1, -(-len(durations) * share // 1))
    true = sorted(durations)[int(rank) - 1]
    read = histogram.quantile(share)
    assert read is not None
    assert true <= read <= true * 9 // 8 + 1


def test_a_rate_is_the_mean_of_ten_whole_seconds() -> None:
    rate = Rate()
    for second in range(30):
        rate.add(50, second * SECOND)

    assert rate.per_second(30 * SECOND) == 50
    assert rate.per_second(35 * SECOND) == 25
    assert rate.per_second(MINUTE) == 0


def test_a_cache_forgets_what_was_used_longest_ago() -> None:
    cache: Cache[str, int] = Cache(2)
    for name in ("a", "b", "c"):
        cache.put(name, 1)
    cache.get("a")

    cache.trim()

    assert ("a" in cache, "b" in cache, "c" in cache) == (True, False, True)


def test_nobody_waits_for_an_engine_that_has_stopped() -> None:
    async def whole() -> None:
        progress = Progress(3)
        await progress.reached(3)
        waiting = asyncio.create_task(progress.reached(4))
        await asyncio.sleep(0)
        progress.close()
        with pytest.raises(LegatoError):
            await waiting
        with pytest.raises(LegatoError):
            await asyncio.wait_for(progress.reached(4), 5)
        await progress.reached(3)

    asyncio.run(whole())
