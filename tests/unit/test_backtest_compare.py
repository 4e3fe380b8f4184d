"""When a message counts as moved between two lives."""

from __future__ import annotations

from legato.model.ids import PersonId
from legato.model.instant import HOUR, MILLISECOND, MINUTE, Duration, Instant
from legato.simulate.backtest.compare import compare
from legato.simulate.backtest.report import sentence_of
from legato.simulate.backtest.went import Ways, Went


def life(at: Instant, *, taken_after: Duration = 0) -> Ways:
    """Return a life with one message, sent at an instant; 0: it ends before that is taken."""
    went = Went(
        person_id=PersonId("person_1"),
        journey="cart",
        pass_id="pass_1",
        message="reminder",
        number=1,
        decided_at=at,
        at=at + taken_after,
        channel="email",
        cost_micros=0,
        fate="sent",
    )
    return Ways(messages={("pass_1", "reminder", 1): went})


def test_a_minute_is_no_difference_in_life() -> None:
    assert compare(life(0), life(MINUTE)).counts == {}
    assert compare(life(0), life(MINUTE + 1)).counts == {"moved": 1}


def test_in_time_lapse_a_minute_of_the_plan_is_none() -> None:
    later = 500 * MILLISECOND

    found = compare(life(HOUR), life(HOUR + later), speed=3_600)

    assert found.counts == {"moved": 1}
    assert "goes 500 ms later" in sentence_of(found.examples["moved"][0])
    assert compare(life(0), life(MINUTE // 3_600), speed=3_600).counts == {}


def test_what_no_answer_is_on_record_of_is_not_moved_by_one() -> None:
    unanswered, answered = life(HOUR), life(HOUR, taken_after=2 * MINUTE)

    assert compare(unanswered, answered).counts == {}
    assert compare(life(HOUR, taken_after=1), answered).counts == {"moved": 1}
