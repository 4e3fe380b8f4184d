"""The English reader: each rule is said as a person would say it."""

from __future__ import annotations

import pytest

from legato.expr.english import sentence
from legato.model.instant import DAY, HOUR
from legato.model.rule import (
    AllOf,
    AnyOf,
    EventMatch,
    Function,
    HistoryHas,
    HistoryIs,
    InJourney,
    InSegment,
    LocalTime,
    Not,
    Operator,
    PropertyIs,
    Rule,
    Scalar,
    Slot,
    TraitAge,
    TraitIs,
    Window,
)
from legato.model.rule import Test as Check

TWO_HOURS = Window(kind="sliding", size=2 * HOUR)
OVER_40 = PropertyIs(path="value", test=Check(operator="over", value=40))


def did(operator: Operator, value: Scalar, window: Window = TWO_HOURS) -> HistoryIs:
    slot = Slot(match=EventMatch(event="Product Viewed"), function="count", window=window)
    return HistoryIs(slot=slot, test=Check(operator=operator, value=value))


def measured(function: Function, unit: str = "") -> HistoryIs:
    window = Window(kind="calendar", unit="month") if unit else Window()
    match = EventMatch(event="Order Completed", where=OVER_40)
    slot = Slot(match=match, function=function, property="value", window=window)
    return HistoryIs(slot=slot, test=Check(operator="at_least", value=2.5))


SEQUENCE = Slot(
    match=EventMatch(event="A"),
    then=EventMatch(event="B"),
    function="sequence",
    within=HOUR,
    window=Window(kind="sliding", size=7 * DAY),
)
SAME = Slot(
    match=EventMatch(event="Order Completed"),
    function="unique",
    property="products[].product_id",
    window=Window(kind="sliding", size=14 * DAY),
)

SAID: list[tuple[Rule, str]] = [
    (
        AllOf(rules=(did("at_least", 2), OVER_40)),
        "did Product Viewed at least 2 times in the last 2 hours and value is over 40",
    ),
    (did("at_least", 1, Window()), "did Product Viewed"),
    (did("is", 0), "did not do Product Viewed in the last 2 hours"),
    (Not(rule=did("over", 0)), "did not do Product Viewed in the last 2 hours"),
    (Not(rule=did("at_least", 2)), "not (did Product Viewed at least 2 times in the last 2 hours)"),
    (did("is", 1), "did Product Viewed exactly 1 time in the last 2 hours"),
    (
        measured("sum", "month"),
        "the sum of value of Order Completed (where value is over 40) this month is at least 2.5",
    ),
    (
        measured("most_frequent"),
        "the most frequent value of Order Completed (where value is over 40) is at least 2.5",
    ),
    (
        HistoryIs(slot=SEQUENCE, test=Check(operator="is", value=1)),
        "did A then B within 1 hour in the last 7 days",
    ),
    (
        HistoryIs(slot=SEQUENCE, test=Check(operator="is", value=0)),
        "did not do A then B within 1 hour in the last 7 days",
    ),
    (
        HistoryHas(slot=SAME),
        (
            "did Order Completed with products[].product_id the same as what the message is about"
            " in the last 14 days"
        ),
    ),
    (
        Not(rule=HistoryHas(slot=SAME, subject="product_id")),
        (
            "did not do Order Completed with products[].product_id the same as the entry's"
            " product_id in the last 14 days"
        ),
    ),
    (
        PropertyIs(path="id", test=Check(operator="exists"), scope="entry"),
        "the entry's id is known",
    ),
    (
        PropertyIs(path="ok", test=Check(operator="is", value=True), scope="answer"),
        "the answer's ok is true",
    ),
    (
        TraitIs(name="plan", test=Check(operator="one_of", value=("gold", "big spender", "x"))),
        'their plan is one of gold, "big spender" or x',
    ),
    (
        TraitAge(name="created_at", operator="over", duration=30 * DAY),
        "their created_at was over 30 days ago",
    ),
    (
        TraitAge(name="created_at", operator="under", duration=30 * DAY),
        "their created_at was less than 30 days ago",
    ),
    (
        AnyOf(
            rules=(
                InSegment(name="vip"),
                AllOf(
                    rules=(Not(rule=InSegment(name="new")), InJourney(journey="cart", state="in"))
                ),
            )
        ),
        "is in segment vip or (is not in segment new and is in journey cart)",
    ),
    (
        Not(rule=InJourney(journey="cart", state="reached_goal")),
        "never reached the goal of cart",
    ),
    (
        LocalTime(weekdays=(0, 5), after=540, before=1_020),
        "their local time is between 09:00 and 17:00 on Monday or Saturday",
    ),
    (AllOf(rules=()), "always"),
    (AnyOf(rules=()), "never"),
    (AnyOf(rules=(InSegment(name="vip"),)), "is in segment vip"),
]


@pytest.mark.parametrize(("rule", "said"), SAID, ids=[said for _, said in SAID])
def test_a_rule_is_said_in_english(rule: Rule, said: str) -> None:
    assert sentence(rule) == said
