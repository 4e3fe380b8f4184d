"""What goes wrong costs what it touches and nothing else: events, files, clocks, destinations."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from legato.core.exchange import Loaded, Result
from legato.core.program import Program
from legato.core.step import step
from legato.fold.memory import Core
from legato.model.event import CustomerEvent, Event
from legato.model.ids import PersonId
from legato.model.instant import DAY, HOUR, SECOND, Instant
from legato.model.note import Decided, Entered, Story
from legato.stores.sqlite.file import SqliteFile
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore
from tests.door.embedded import Embedded, OwnClock, Sink, compile_text, embedded
from tests.door.test_api_routes import KEY, Answered, Legato, started

NOON: Instant = 20_500 * DAY + 12 * HOUR
POISON = 7_777
CROWD = 10_000
WAIT_SECONDS = 60

WORKSPACE = """
workspace: misfortune
lateness: 10m
accept_unknown: true
---
identity:
  - {kind: user_id, from: [user_id], unique: true}
---
event: Ordered
owner: tests
purposes: [marketing, service]
---
purposes:
  marketing: {basis: consent, promotional: true, may_use: [service], title: Marketing}
  service: {basis: contract, promotional: false, title: Service}
---
consent: {opt_out_scope: global}
---
channel: hook
destination: sink
address: identifier user_id
---
destination: sink
connector: webhook
settings: {url: "http://127.0.0.1:PORT/hook"}
retry: {first: 50ms, factor: 1.2, longest: 200ms, give_up: 1h}
allow_private: true
---
template: thanks
title: Thanks
purpose: service
hook: {body: Thanks}
---
template: offer
title: Offer
purpose: marketing
hook: {body: Buy}
---
journey: thanks
title: Thanks
owner: tests
purpose: service
enter: {on: Ordered, key: order, again: any time}
steps:
  - send: {message: thanks, on: hook, expires: 6h}
---
journey: offer
title: Offer
owner: tests
purpose: marketing
enter: {on: Sale Began, again: any time}
steps:
  - send: {message: offer, on: hook, expires: 6h}
---
event: Sale Began
owner: tests
purpose: marketing
"""


def plan_for(port: int, *, journeys: bool = True) -> str:
    text = WORKSPACE.replace("PORT", str(port))
    return text if journeys else text.partition("---\njourney:")[0]


async def arrivals(sink: Sink, count: int) -> Counter[str]:
    """Wait for so many requests and return how often each key was seen."""
    async with asyncio.timeout(WAIT_SECONDS):
        while len(sink.arrivals) < count:  # noqa: ASYNC110 - a socket of another's says nothing
            await asyncio.sleep(0.01)
    return Counter(arrival.key for arrival in sink.arrivals)


def test_one_poison_event_of_ten_thousand_stops_nobody_else(tmp_path: Path) -> None:
    def broken(program: Program, loaded: Loaded, event: Event, now: Instant) -> Result:
        if isinstance(event, CustomerEvent) and event.user_id == f"p{POISON}":
            raise AssertionError("somebody@example.com")
        return step(program, loaded, event, now)

    async def scene() -> None:
        plan = compile_text(plan_for(9, journeys=False))
        clock = OwnClock(NOON)
        async with embedded(tmp_path, plan, clock, core=Core(step=broken)) as running:
            events = [running.event(f"p{number}", "Ordered") for number in range(CROWD)]
            groups = [events[start : start + 500] for start in range(0, CROWD, 500)]
            await asyncio.gather(*(running.feed(*group) for group in groups))

            [row] = running.store.quarantine(0, 10)
            assert row.quarantine.reason.code == "engine.fault"
            assert "AssertionError" in row.quarantine.reason.what
            assert "somebody@" not in repr(row)
            assert len(list(running.store.people(PersonId(""), CROWD))) == CROWD - 1

    asyncio.run(scene())


def test_a_person_whose_stored_state_is_damaged_stops_nobody_else(tmp_path: Path) -> None:
    async def scene(sink: Sink) -> None:
        plan = compile_text(plan_for(sink.port))
        async with embedded(tmp_path, plan, OwnClock(NOON)) as running:
            await running.feed(*(running.event(who, "Ordered", {"order": "1"}) for who in PEOPLE))
            await arrivals(sink, len(PEOPLE))
            bob = running.store.pointers(["user_id:bob"])["user_id:bob"]
        damage(tmp_path / "state.db", bob)

        async with embedded(tmp_path, plan, OwnClock(NOON + HOUR)) as running:
            await running.feed(*(running.event(who, "Ordered", {"order": "2"}) for who in PEOPLE))
            counts = await arrivals(sink, 2 * len(PEOPLE) - 1)

            assert len(counts) == 2 * len(PEOPLE) - 1
            [row] = running.store.quarantine(0, 10)
            assert row.quarantine.reason.code == "engine.fault"

    play(scene)


PEOPLE = ("ana", "bob", "cy", "eve")


def damage(path: Path, person_id: PersonId) -> None:
    store = SqliteStore(path)
    with store.file.writing() as writer:
        writer.execute("UPDATE person SET state = x'c1c1' WHERE person_id = ?", (person_id,))
    store.close()


def test_a_message_repeated_up_to_a_hundred_times_at_once_is_one_entry_and_one_send(
    tmp_path: Path,
) -> None:
    people = [f"p{number}" for number in range(2, 101, 7)]

    async def scene(sink: Sink) -> None:
        async with embedded(tmp_path, compile_text(plan_for(sink.port)), OwnClock(NOON)) as running:
            events = {who: running.event(who, "Ordered", {"order": "1"}) for who in people}
            room = running.host.room
            copies = [room.accept([events[who]]) for who in people for _ in range(int(who[1:]))]
            await asyncio.gather(*copies)
            await running.host.progress.reached(room.position)

            counts = await arrivals(sink, len(people))
            entered = Counter(story.person_id for story in enter_stories(running))
            assert set(entered.values()) == {1}
            assert len(entered) == len(people)
        assert set(counts.values()) == {1}
        assert len(sink.arrivals) == len(people)

    play(scene)


def enter_stories(running: Embedded) -> list[Story]:
    stories = running.store.tail(0, CROWD)
    return [one for one in stories if any(isinstance(note, Entered) for note in one.notes)]


@pytest.mark.parametrize("scope", ["global", "channel"])
@pytest.mark.parametrize("jump", [-30 * SECOND, -2 * HOUR])
def test_a_no_counts_although_the_clock_was_set_back_since_the_yes(
    tmp_path: Path, jump: int, scope: str
) -> None:
    async def scene(sink: Sink) -> None:
        clock = OwnClock(NOON)
        text = plan_for(sink.port).replace("opt_out_scope: global", f"opt_out_scope: {scope}")
        async with embedded(tmp_path, compile_text(text), clock) as running:
            yes = {"purpose": "marketing", "granted": True}
            await running.feed(running.event("ana", "Consent Changed", yes))
            clock.set(NOON + jump)

            no = {"purpose": "marketing", "granted": False, "channel": "hook"}
            await running.feed(running.event("ana", "Consent Changed", no))
            await running.feed(running.event("ana", "Sale Began"))

            notes = [note for story in running.store.tail(0, 100) for note in story.notes]
            [decided] = [note for note in notes if isinstance(note, Decided)]
            assert decided.verdict == "refuse"
            assert decided.reason is not None
            assert decided.reason.code == "consent.withdrawn"

    play(scene)


@pytest.mark.parametrize("jump", [-DAY, -HOUR, 3 * HOUR])
def test_a_clock_that_jumps_loses_no_message_and_repeats_none(tmp_path: Path, jump: int) -> None:
    async def scene(sink: Sink) -> None:
        clock = OwnClock(NOON)
        async with embedded(tmp_path, compile_text(plan_for(sink.port)), clock) as running:
            for number in range(40):
                if number == 20:
                    clock.set(NOON + jump)
                event = running.event(f"p{number}", "Ordered", {"order": str(number)})
                await running.host.room.accept([event])
            counts = await arrivals(sink, 40)
        assert set(counts.values()) == {1}
        assert len(counts) == 40

    play(scene)


def test_a_record_from_before_the_clock_was_set_back_expires_no_later_message(
    tmp_path: Path,
) -> None:
    async def scene(sink: Sink) -> None:
        clock = OwnClock(NOON)
        async with embedded(tmp_path, compile_text(plan_for(sink.port)), clock) as running:
            straggler = running.event("cy", "Ordered", {"order": "1"})
            clock.set(NOON - DAY)
            await running.feed(running.event("ana", "Ordered", {"order": "1"}), straggler)

            counts = await arrivals(sink, 2)
            assert set(counts.values()) == {1}

    play(scene)


def test_a_destination_that_was_dead_gets_everything_once_it_is_back(tmp_path: Path) -> None:
    async def scene(sink: Sink) -> None:
        await sink.close()
        async with embedded(tmp_path, compile_text(plan_for(sink.port)), OwnClock(NOON)) as running:
            await running.feed(
                *(running.event(f"p{number}", "Ordered", {"order": "1"}) for number in range(40))
            )
            # Nobody answers: some attempts fail before there is somebody again.
            async with asyncio.timeout(WAIT_SECONDS):
                while running.lanes.status()["sink"].retry_count < 5:  # noqa: ASYNC110 - a count
                    await asyncio.sleep(0.01)
            await sink.open()

            counts = await arrivals(sink, 40)
            assert set(counts.values()) == {1}
            assert len(counts) == 40

    play(scene)


def play(scene: Callable[[Sink], Awaitable[None]]) -> None:
    """Run a scene beside a sink."""

    async def whole() -> None:
        async with Sink() as sink:
            await asyncio.wait_for(scene(sink), WAIT_SECONDS)

    asyncio.run(whole())


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path) as running:
        yield running


def post(legato: Legato, number: int) -> Answered:
    properties = {"method": "web", "padding": "x" * 20_000}
    call = {"userId": f"u{number}", "event": "Signed Up", "properties": properties}
    return legato.call("POST", "/v1/track", {"writeKey": KEY, **call}, token=None)


def allow_pages(file: SqliteFile, more: int) -> None:
    """Let a file grow by so many pages, as if the disk were full then."""
    with file.reading_own() as writer:
        writer.execute(f"PRAGMA max_page_count={writer.execute('PRAGMA page_count').get + more}")


def test_a_full_disk_is_503_before_anything_is_lost_and_goes_on_when_there_is_room(
    legato: Legato,
) -> None:
    assert isinstance(legato.app.log, SqliteLog)
    allow_pages(legato.app.log.file, 30)

    answers = [post(legato, number) for number in range(20)]
    ready = legato.call("GET", "/readyz", token=None).status
    allow_pages(legato.app.log.file, 10_000)
    after = post(legato, 99)

    statuses = [answer.status for answer in answers]
    assert set(statuses) == {200, 503}
    assert all(int(one.headers["retry-after"]) > 0 for one in answers if one.status == 503)
    assert ready == 503
    assert after.status == 200
    taken = [f"u{number}" for number, status in enumerate(statuses) if status == 200] + ["u99"]
    assert known(legato, [f"u{number}" for number in (*range(20), 99)]) == taken


def test_what_was_acknowledged_is_applied_when_a_full_disk_held_up_the_state(
    tmp_path: Path,
) -> None:
    with started(tmp_path, is_one_process=True) as legato:  # whose file the test can hold small
        assert isinstance(legato.app.outbox, SqliteStore)
        allow_pages(legato.app.outbox.file, 0)

        statuses = [post(legato, number).status for number in range(20)]
        faults = legato.app.status().faults
        allow_pages(legato.app.outbox.file, 10_000)

        people = [f"u{number}" for number in range(20)]
        assert set(statuses) == {200}
        assert any("disk is full" in fault for fault in faults)
        assert known(legato, people) == people


def known(legato: Legato, people: list[str]) -> list[str]:
    legato.runner.run(legato.app.applied(legato.app.status().position))
    return [who for who in people if legato.call("GET", f"/api/people/{who}").status == 200]


def test_what_arrives_later_than_allowed_is_told_as_late_and_sends_nothing(legato: Legato) -> None:
    call = {"userId": "ana", "event": "Signed Up", "properties": {"method": "web"}}
    legato.consent("ana")
    legato.identify("ana", email="ana@example.com")

    late = {**call, "timestamp": "2020-01-01T00:00:00Z"}
    legato.call("POST", "/v1/track", {"writeKey": KEY, **late}, token=None)
    legato.runner.run(legato.app.applied(legato.app.status().position))

    story = legato.call("GET", "/api/people/ana/story").json()
    told = [line for step in story for line in step["sentences"]]
    assert any("did 'Signed Up' (arrived late)" in line for line in told)
    why = legato.call("GET", "/api/people/ana/why?journey=welcome").json()
    assert (why["is_sent"], why["first_blocking"]["code"]) == (False, "entry.late")
