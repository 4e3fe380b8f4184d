"""Schedules in rehearsed worlds: they come round as they do live, and backtests try other ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from legato.app.rehearse.backtest import History, Span, decide_again, read_index
from legato.app.rehearse.scenarios import open_book, outcome_of, rehearse_scenario
from legato.app.rehearse.simulation import Asked, simulate
from legato.fold.schedule import Due
from legato.insight.recording.recording import record
from legato.insight.story import whole_story
from legato.model.definitions.journey import Journey
from legato.model.event import JourneyCalled, decode_event
from legato.model.ids import EventId, PersonId
from legato.model.instant import DAY, HOUR, MINUTE, SECOND, Instant, parse_instant
from legato.model.plan import Plan
from legato.plan.crowds.crowd import Crowd, Kind
from legato.simulate.world import START, Unscripted, World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.shopkeeping import BASE, compile_plan, known_person
from tests.sim.test_backtest import backtest, host, keep, work

NEWS = """
journey: news
title: News
owner: growth
purpose: marketing
enter: {{schedule: "DTSTART:20260302T{hour}0000 RRULE:FREQ=WEEKLY;BYDAY={days}"{who}}}
steps:
  - send: {{message: reminder, on: email, expires: 6h}}
"""
GOLD = """
segment: gold
title: Gold
owner: growth
when: {trait: {plan: {is: gold}}}
---
segment: tin
title: Tin
owner: growth
when: {trait: {plan: {is: tin}}}
"""
OF_GOLD = ", segment: gold"
NOBODY = compile_plan(segments=GOLD)


def plan_of(
    hour: str = "09", days: str = "TU,TH", who: str = OF_GOLD, zone: str = "UTC", more: str = ""
) -> Plan:
    letter = NEWS.format(hour=hour, days=days, who=who)
    return compile_plan(
        *([letter, more] if more else [letter]),
        segments=GOLD,
        legato=BASE["legato.yaml"].replace("UTC", zone),
    )


def live_fortnight(plan: Plan) -> MemoryLog:
    """Let six people be there for two weeks: half of them gold, one of the others becomes so."""
    log = MemoryLog()
    world = World(plan, log, MemoryStore())
    for number in range(6):
        known_person(world, f"p{number}")
        world.identify(f"p{number}", {"plan": "gold" if number % 2 else "tin"})
    world.advance(7 * DAY)
    world.identify("p4", {"plan": "gold"})
    world.advance(5 * DAY)
    world.track("p0", "Product Viewed")
    return log


def calls(log: MemoryLog) -> list[JourneyCalled]:
    events = (decode_event(record) for _, record in log.read(0, 1_000_000))
    return [event for event in events if isinstance(event, JourneyCalled)]


def test_a_schedule_takes_in_at_its_local_time_who_is_in_its_segment() -> None:
    log = live_fortnight(plan_of(zone="Asia/Tokyo"))

    days = [(call.received_at - START) // HOUR for call in calls(log)]
    assert days == [14] * 3 + [14 + 48] * 3 + [14 + 168] * 4 + [14 + 216] * 4
    assert START % DAY == 10 * HOUR


def test_a_scenario_says_that_a_schedule_took_somebody_in() -> None:
    story = """
scenario: the letter of tuesday
given: {people: {ana: {traits: {plan: gold}}, ben: {}}, at: 2026-03-02T10:00Z}
when: [ana: {consents: {email: granted}}, after 4d]
then:
  ana: {enters: news, messages: [{message: reminder, by: email, at: 2026-03-03T00:00Z}, reminder]}
  ben: {never_enters: news}
"""
    plan = plan_of(zone="Asia/Tokyo")

    book = open_book({"scenarios/a.yaml": story}, {}, plan)
    outcome = outcome_of(rehearse_scenario(book.scenarios[0], plan, {}))

    assert not book.problems
    assert not outcome.misses


@pytest.mark.parametrize(("days", "codes"), [("1d", []), ("20h", ["G305"])])
def test_a_scenario_expects_a_schedule_only_when_it_comes_round(
    days: str, codes: list[str]
) -> None:
    story = f"""
scenario: a
given: {{person: ana, at: 2026-03-02T10:00Z}}
when: [after {days}]
then: {{enters: news}}
"""
    problems = open_book({"scenarios/a.yaml": story}, {}, plan_of()).problems

    assert [one.code for one in problems] == codes


def test_a_crowd_gets_what_schedules_send() -> None:
    kind = Kind(share=1.0, has={"email": 1.0}, consents={"marketing": 1.0})
    crowd = Crowd(people=20, span=14 * DAY, kinds=(kind,))
    asked = Asked(plan=plan_of(who=""), crowd=crowd, seed=1, start=START)

    pressure = simulate(None, asked, work()).report.pressure

    assert pressure.journeys == {"news": 80}
    assert pressure.loads == {2: 40}


def test_an_unchanged_schedule_makes_no_difference(tmp_path: Path) -> None:
    plan = plan_of()
    folder = keep(tmp_path, live_fortnight(plan))

    for since in (0, START + 2 * DAY):
        found = backtest(folder, plan, since=since)
        assert found.counts == {}
        assert found.was == found.now
    assert found.same == 3 + 4 + 4


@pytest.mark.parametrize(
    ("changed", "counts"),
    [
        pytest.param(plan_of(hour="11"), {"moved": 14}, id="another hour"),
        pytest.param(plan_of(days="TU"), {"lost": 7}, id="a day less"),
        pytest.param(plan_of(days="TU,WE,TH"), {"new": 7}, id="a day more"),
        pytest.param(
            plan_of(who=", segment: tin"), {"lost": 12, "new": 8, "moved": 2}, id="others"
        ),
        pytest.param(plan_of(who=""), {"new": 10}, id="everybody"),
        pytest.param(NOBODY, {"lost": 14}, id="removed"),
    ],
)
def test_a_changed_schedule_says_who_gets_what_otherwise(
    changed: Plan, counts: dict[str, int], tmp_path: Path
) -> None:
    folder = keep(tmp_path, live_fortnight(plan_of()))

    assert backtest(folder, changed).counts == counts


def test_a_new_schedule_is_tried_on_who_there_was(tmp_path: Path) -> None:
    folder = keep(tmp_path, live_fortnight(NOBODY))

    assert backtest(folder, plan_of()).counts == {"new": 14}


class Host:
    """A live host as it is on a busy day: it walks over everybody, and takes its time."""

    def __init__(self, plan: Plan) -> None:
        self.log = MemoryLog()
        self.plan = plan
        self.store = MemoryStore()
        self.world = World(plan, self.log, self.store, script=Elsewhere())
        for number in range(6):
            known_person(self.world, f"p{number}")
            self.becomes(number, "gold" if number % 2 else "tin")

    def becomes(self, number: int, plan: str) -> None:
        self.world.identify(f"p{number}", {"plan": plan})

    def due(self, at: str) -> Due:
        instant = parse_instant(at)
        assert instant is not None
        self.world.run_until(instant)
        return Due(journey=self.plan.journeys["news"], at=instant, calls_in=True, plan=self.plan)

    def whose_turn(self, due: Due) -> list[PersonId]:
        return [state.person_id for state in self.world.everybody() if due.takes(state)]

    def take(self, due: Due, people: list[PersonId] | None = None) -> None:
        """Call people in who were found, and end the walk."""
        for person_id in self.whose_turn(due) if people is None else people:
            self.world.advance(SECOND)
            self.world.feed(due.call(person_id, self.world.now))
        self.world.advance(SECOND)
        self.world.feed(due.taken(self.world.now))


class Elsewhere(Unscripted):
    """Somebody else takes schedules."""

    def calls(self, journey: Journey, due_at: Instant) -> bool:  # noqa: ARG002 - as promised
        return True


def recorded(plan: Plan) -> MemoryLog:
    """Let a host be late, be crossed by what people do, be down, and be called by hand."""
    live = Host(plan)
    live.world.feed(
        Due(journey=plan.journeys["news"], at=START, calls_in=False, plan=plan).taken(START)
    )
    due = live.due("2026-03-03T09:00:00Z")
    live.world.advance(20 * MINUTE)
    found = live.whose_turn(due)
    live.becomes(0, "gold")
    live.becomes(1, "tin")
    live.take(due, found)
    live.take(live.due("2026-03-05T09:00:00Z"))
    due = live.due("2026-03-12T09:00:00Z")
    live.world.advance(3 * HOUR)
    live.take(due, [])
    state = live.world.state("p2")
    assert state is not None
    call = JourneyCalled(
        event_id=EventId("by hand"),
        received_at=live.world.now,
        person_id=state.person_id,
        journey="news",
    )
    live.world.feed(call)
    live.world.advance(DAY)
    return live.log


def test_walks_that_took_their_time_or_were_missed_stay_as_they_were(tmp_path: Path) -> None:
    plan = plan_of()
    folder = keep(tmp_path, recorded(plan))
    other = plan_of(more=NEWS.replace("news", "late").format(hour="15", days="FR", who=OF_GOLD))

    assert backtest(folder, plan).counts == {}
    found = backtest(folder, other)

    assert found.was.entered == {"news": 3 + 3 + 1}
    assert found.now.entered == {"news": 3 + 3 + 1, "late": 3}
    assert found.counts == {"new": 3}


def test_what_schedules_did_is_lived_again_as_it_was(tmp_path: Path) -> None:
    for name, log in (("host", recorded(plan_of())), ("world", live_fortnight(plan_of()))):
        folder = tmp_path / name
        folder.mkdir()
        with History(keep(folder, log)) as history:
            index = read_index(history, work())
            span = Span(start=index.first_at, end=index.last_at)
            count, differing = decide_again(history, index, span, host())
        assert differing == []
        assert count >= 7


def test_a_recorded_letter_comes_round_in_its_scenario_too() -> None:
    plan, log, store = plan_of(), MemoryLog(), MemoryStore()
    world = World(plan, log, store)
    known_person(world, "ana")
    world.identify("ana", {"plan": "gold"})
    world.advance(4 * DAY)
    state = world.state("ana")
    assert state is not None
    stories = whole_story(store, state.person_id)
    events = {position: decode_event(data) for position, data in log.read(0, 1_000)}

    text = record(state, stories, events, plan=plan, now=world.now).text
    book = open_book({"scenarios/ana.yaml": text}, {}, plan)
    lived = rehearse_scenario(book.scenarios[0], plan, {})

    assert "put into" not in text
    assert not outcome_of(lived).misses
    assert len(lived.sent_to("ana")) == 2
