"""Crowds: lives on record lived by people who do not exist, twice the same, nobody twice."""

from __future__ import annotations

from functools import cache

import msgspec
import pytest

from legato.app.rehearse.parallel import Work
from legato.app.rehearse.simulation import Asked, Simulated, lives_of_file, simulate
from legato.core.program import Program
from legato.core.reads import reads
from legato.model.event import CustomerEvent, decode_object
from legato.model.ids import PersonId
from legato.model.instant import DAY, HOUR, MINUTE, WEEK, parse_instant
from legato.plan.crowds.crowd import Crowd, Lag, SourceLike
from legato.plan.crowds.read import read_crowds
from legato.simulate.backtest.went import Ways, Went
from legato.simulate.crowd.lives import Record, draw
from legato.simulate.crowd.people import Casting, lag_of
from legato.simulate.crowd.pressure import percentile, pressure_of
from legato.simulate.dice import Dice
from legato.workspace import read_rehearsed
from tests.sim.test_shop import SHOP, shop

SPAN = 60 * DAY


@cache
def record() -> Record:
    return lives_of_file(SHOP / "history.jsonl.gz", shop())


def simulated(seed: int, people: int = 40, processes: int = 1) -> Simulated:
    crowd = Crowd(people=people, span=3 * WEEK)
    asked = Asked(plan=shop(), crowd=crowd, seed=seed, start=record().start + record().round)
    return simulate(record(), asked, Work(told=lambda _what, _done, _of: None, processes=processes))


def cast(numbers: range, sources: dict[str, SourceLike] | None = None) -> list[CustomerEvent]:
    dice = Dice(7)
    drawn = draw(record(), numbers, dice)
    casting = Casting(drawn, shop(), dice, sources or {})
    start = drawn.start + drawn.round
    return [
        deed
        for number in numbers
        for deed in casting.deeds(number, start, start + SPAN)
        if isinstance(deed, CustomerEvent)
    ]


def test_a_seed_decides_the_same_twice_and_another_one_does_not() -> None:
    once, again, other = simulated(1), simulated(1), simulated(2)

    assert msgspec.json.encode(once.decisions) == msgspec.json.encode(again.decisions)
    assert once.report == again.report
    assert once.decisions
    assert once.report.digest != other.report.digest


def test_several_processes_decide_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("legato.app.rehearse.simulation.PART_PEOPLE", 12)

    assert simulated(1, processes=2).report == simulated(1).report


def test_people_cast_from_one_life_are_never_taken_for_each_other() -> None:
    numbers = range(60)
    lives = draw(record(), numbers, Dice(7)).lives
    assert len({life.names for life in lives.values()}) < len(numbers), "some life is cast twice"

    program = Program(shop())
    owners: dict[str, str] = {}
    for event in cast(numbers):
        number = event.message_id.split(".")[1]
        for pointer in reads(program, event).pointers:
            assert owners.setdefault(pointer, number) == number


def test_a_life_keeps_its_events_gaps_and_weekdays() -> None:
    life = draw(record(), range(1), Dice(7)).lives[0]
    shift = record().round

    told = [e for e in life.deeds if isinstance(e, CustomerEvent)]
    again = cast(range(1))[: len(told)]

    assert [e.name for e in again] == [e.name for e in told]
    assert [e.received_at - shift for e in again] == [e.received_at for e in told]
    assert shift % WEEK == 0


def test_nobody_signs_up_twice_however_long_it_goes_on() -> None:
    events = cast(range(200))

    assert "Signed Up" in record().once
    counts: dict[tuple[str, str], int] = {}
    for event in events:
        if event.name == "Signed Up":
            who = (event.message_id.split(".")[1], event.user_id or "")
            counts[who] = counts.get(who, 0) + 1
    assert counts
    assert max(counts.values()) == 1


def test_a_cart_of_another_round_is_another_cart() -> None:
    rounds: dict[str, set[int]] = {}
    first_end = record().start + 2 * record().round
    for event in cast(range(40)):
        cart = decode_object(event.body).get("cart_id")
        if cart:
            key = f"{event.message_id.split('.')[1]}/{cart}"
            rounds.setdefault(key, set()).add(event.occurred_at >= first_end)
    assert rounds
    assert all(len(seen) == 1 for seen in rounds.values())


def test_what_is_told_in_days_lies_as_long_ago_as_it_did() -> None:
    days = [
        (event.occurred_at - (parse_instant(str(since)) or 0))
        for event in cast(range(80))
        if (since := decode_object(event.body).get("customer_since"))
    ]
    told = [
        (event.occurred_at - (parse_instant(str(since)) or 0))
        for life in record().lives.values()
        for event in life.deeds
        if isinstance(event, CustomerEvent)
        and (since := decode_object(event.body).get("customer_since"))
    ]

    assert days
    assert set(days) <= set(told)


def test_a_slow_source_is_late_by_its_own_distribution() -> None:
    like = SourceLike(lag=Lag(usual=2 * MINUTE, slow=30 * MINUTE), twice=0.05)
    events = cast(range(150), {"web": like})

    lags = sorted(e.received_at - e.occurred_at for e in events if e.source == "web")
    assert MINUTE < lags[len(lags) // 2] < 4 * MINUTE
    assert 15 * MINUTE < lags[len(lags) * 99 // 100] < HOUR
    twice = len(lags) - len({e.message_id for e in events if e.source == "web"})
    assert 0.03 < twice / len(lags) < 0.07


def test_a_lag_is_its_median_in_half_the_draws() -> None:
    lag = Lag(usual=MINUTE, slow=HOUR)

    assert lag_of(lag, 0.5) == MINUTE
    assert lag_of(lag, 0.99) == HOUR


def message(number: int, journey: str, at: int) -> Went:
    return Went(
        person_id=PersonId("ana"),
        journey=journey,
        pass_id=f"pass{number}",
        message="hello",
        number=1,
        decided_at=at,
        at=at,
        channel="email",
        cost_micros=1_000,
        fate="sent",
    )


def test_pressure_counts_weeks_and_journeys_that_meet() -> None:
    sent = [
        message(0, "cart", HOUR),
        message(1, "welcome", 3 * HOUR),
        message(2, "cart", 10 * DAY),
        message(3, "news", 12 * DAY),
    ]
    ways = Ways(messages={(one.pass_id, one.message, 1): one for one in sent})

    found = pressure_of(
        ways,
        {"pass0/hello": "coat", "pass1/hello": "coat"},
        start=0,
        people=5,
        record_count=4,
    )

    assert found.loads == {2: 2}
    assert found.pairs == {"cart + welcome": 1}
    assert found.same_item == {"cart + welcome": 1}
    assert found.days[0] == {"email": 2}


def test_percentiles_are_the_loads_that_so_many_weeks_do_not_exceed() -> None:
    loads = {1: 90, 2: 8, 7: 2}

    assert [percentile(loads, share) for share in (0.5, 0.95, 0.99, 1.0)] == [1, 2, 7, 7]
    assert percentile({}, 0.5) == 0


DECLARED = """
crowd: tried
people: 60
lasting: 20d
kinds:
  - called: buyers
    share: 50%
    zones: [Europe/London]
    has: {email: 100%, phone: 50%}
    consents: {marketing: 100%}
    does:
      - event: Checkout Started
        every: 5d
        with: {value: {from: 60, to: 90}, currency: GBP}
        then:
          - {event: Order Completed, after: 10m, share: 40%}
  - called: lookers
    share: 50%
    has: {email: 100%}
    does:
      - {event: Product Viewed, every: 1d, with: {price: [5, 10]}}
providers:
  email_provider: {fails: 10%, latency: {usual: 1s, slow: 10s}}
"""


def test_declared_people_do_what_is_said_of_them_and_nothing_else() -> None:
    found = read_crowds({"crowds/tried.yaml": DECLARED}, shop())
    assert found.problems == ()
    crowd = found.crowds[0]
    asked = Asked(plan=shop(), crowd=crowd, seed=3, start=record().start)

    simulated = simulate(None, asked, Work(told=lambda _what, _done, _of: None, processes=1))

    side = simulated.report.pressure.side
    assert simulated.report.people == 60
    assert {"cart_rescue", "post_purchase"} <= set(side.entered)
    assert "welcome" not in side.entered
    again = simulate(None, asked, Work(told=lambda _what, _done, _of: None, processes=1))
    assert again.report == simulated.report


def test_the_crm_of_the_crowd_confirms_orders_after_its_lag() -> None:
    texts = read_rehearsed(SHOP, "crowds")
    crowd = msgspec.structs.replace(read_crowds(texts, shop()).crowds[0], people=60, span=40 * DAY)
    asked = Asked(plan=shop(), crowd=crowd, seed=1, start=record().start + record().round)

    found = simulate(record(), asked, Work(told=lambda _what, _done, _of: None, processes=1))

    thanked = [one for one in found.decisions if one.message == "order_thanks"]
    assert thanked
    assert found.report.pressure.side.entered["post_purchase"] >= len(thanked)
