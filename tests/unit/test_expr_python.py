"""The Python reader: what rules say, and that users' text never becomes source."""

from __future__ import annotations

from typing import Any

import pytest

from legato.expr.depends import (
    events,
    journeys,
    matches,
    next_change,
    paths,
    reads_about,
    segments,
    slots,
    traits,
    uses_time,
)
from legato.expr.facts import Facts
from legato.expr.path import Json
from legato.expr.python import compile_match, compile_rule, source_of
from legato.expr.sql import NotInSql, person_condition
from legato.expr.tally import observe
from legato.model.ids import PersonId
from legato.model.instant import DAY, HOUR, MINUTE, Instant
from legato.model.rule import (
    AllOf,
    AnyOf,
    EventMatch,
    HistoryHas,
    HistoryIs,
    InJourney,
    InSegment,
    LocalTime,
    Not,
    Operator,
    PropertyIs,
    Rule,
    Slot,
    TraitAge,
    TraitIs,
    Window,
)
from legato.model.rule import Test as Check
from legato.model.state import State, Trait

NOW: Instant = 1_772_445_600_000_000  # 2026-03-02T10:00:00Z, a Monday
ORDERS = Slot(
    match=EventMatch(event="Order Completed"),
    function="sum",
    property="value",
    window=Window(kind="sliding", size=30 * DAY),
)


def ana(**values: Json) -> State:
    return State(
        person_id=PersonId("ana"),
        first_seen=0,
        last_seen=NOW,
        traits={name: Trait(value=value, at=0) for name, value in values.items()},
    )


def met(value: Json, operator: Operator, wanted: Json = None) -> bool:
    """Return what a test says, read from a property, a nested one and a trait alike."""
    check = Check(operator=operator, value=wanted)
    said = [
        compile_rule(rule)(
            Facts(ana(value=value), NOW, "UTC", event={"value": value, "deep": {"value": value}})
        )
        for rule in (
            PropertyIs(path="value", test=check),
            PropertyIs(path="deep.value", test=check),
            TraitIs(name="value", test=check),
        )
    ]
    assert said == [said[0]] * 3
    return said[0]


@pytest.mark.parametrize(
    ("value", "operator", "wanted"),
    [
        (41, "over", 40),
        (40.5, "over", 40),
        (40, "at_least", 40.0),
        (2**53 + 1, "over", 2.0**53),
        ("b", "over", "a"),
        ("abc", "contains", "b"),
        ("abc", "starts_with", "ab"),
        ("abc", "ends_with", "bc"),
        (1, "is", 1.0),
        (True, "is", True),
        (0, "exists", None),
        (False, "exists", None),
        (None, "missing", None),
        ([], "missing", None),
        ({"a": 1}, "missing", None),
        (None, "is_not", 1),
        ("1", "is_not", 1),
        (True, "is_not", 1),
        ("x", "none_of", ("a", 1)),
        (1, "one_of", ("a", 1)),
        ("a", "one_of", ("a", "b")),
        (["a", "b"], "is", "b"),
        ([1, 50], "over", 40),
        (["a", "b"], "is_not", "c"),
    ],
)
def test_a_test_is_met(value: object, operator: Operator, wanted: object) -> None:
    assert met(value, operator, wanted)


@pytest.mark.parametrize(
    ("value", "operator", "wanted"),
    [
        (40, "over", 40),
        ("41", "over", 40),
        (True, "over", 0),
        (True, "over", False),
        (True, "is", 1),
        (1, "is", True),
        (1, "one_of", (True, "1")),
        (None, "is", None),
        (None, "under", 5),
        ("abc", "contains", 5),
        (5, "contains", "5"),
        (["a", "b"], "is_not", "b"),
        (["a", "b"], "none_of", ("b",)),
        ([], "exists", None),
        ([], "over", 0),
        ({"a": 1}, "exists", None),
        ("a", "one_of", ()),
    ],
)
def test_a_test_is_not_met(value: object, operator: Operator, wanted: object) -> None:
    assert not met(value, operator, wanted)


def test_what_users_wrote_never_becomes_source() -> None:
    nasty = "']); raise SystemExit #\n{f}"
    rule = AllOf(
        rules=(
            PropertyIs(path=nasty, test=Check(operator="is", value=nasty)),
            TraitIs(name=nasty, test=Check(operator="one_of", value=(nasty, 1))),
            InSegment(name=nasty),
            InJourney(journey=nasty),
        )
    )
    state = ana(**{nasty: nasty})
    state.segments[nasty] = 0

    source = source_of(rule).split("# C0", maxsplit=1)[0]

    assert "SystemExit" not in source
    assert not compile_rule(rule)(Facts(state, NOW, "UTC", event={nasty: nasty}))


def test_deep_trees_compile_and_run() -> None:
    rule: Rule = InSegment(name="vip")
    for level in range(200):
        rule = Not(rule=AnyOf(rules=(rule, AllOf(rules=(rule,)))) if level < 4 else rule)
    state = ana()

    without = compile_rule(rule)(Facts(state, NOW, "UTC"))
    state.segments["vip"] = 0

    assert without is False
    assert compile_rule(rule)(Facts(state, NOW, "UTC")) is True


def test_a_match_reads_the_body() -> None:
    where = Not(rule=PropertyIs(path="items[].sku", test=Check(operator="is", value="x")))

    assert compile_match(None)({})
    assert compile_match(where)({"items": [{"sku": "y"}]})
    assert not compile_match(where)({"items": [{"sku": "y"}, {"sku": "x"}]})


def test_each_scope_reads_its_own_event() -> None:
    facts = Facts(ana(), NOW, "UTC", event={"a": 1}, entry={"a": 2}, answer={"a": 3})
    scopes: dict[Any, int] = {"event": 1, "entry": 2, "answer": 3}

    for scope, value in scopes.items():
        check = Check(operator="is", value=value)
        assert compile_rule(PropertyIs(path="a", test=check, scope=scope))(facts)


def test_a_computed_trait_is_measured_when_read() -> None:
    state = ana(spent=0)
    tally = observe(ORDERS, None, NOW - DAY, values=[50], horizon=NOW)
    assert tally is not None
    state.history[ORDERS.slot_id] = tally
    rule = TraitIs(name="spent", test=Check(operator="is", value=50))
    computed = {"spent": ORDERS}

    assert compile_rule(rule)(Facts(state, NOW, "UTC", computed=computed))
    assert not compile_rule(rule)(Facts(state, NOW + 29 * DAY, "UTC", computed=computed))
    assert next_change(rule, Facts(state, NOW, "UTC", computed=computed)) == NOW + 29 * DAY
    assert uses_time(rule, computed)
    assert not uses_time(rule)


def test_the_same_thing_is_found_by_subject_or_by_what_the_message_is_about() -> None:
    bought = Slot(match=EventMatch(event="Bought"), function="unique", property="sku")
    state = ana()
    tally = observe(bought, None, NOW, values=["x"], horizon=NOW)
    assert tally is not None
    state.history[bought.slot_id] = tally
    by_subject = compile_rule(HistoryHas(slot=bought, subject="items[].sku"))
    by_about = compile_rule(HistoryHas(slot=bought))

    assert by_subject(Facts(state, NOW, "UTC", entry={"items": [{"sku": "y"}, {"sku": "x"}]}))
    assert not by_subject(Facts(state, NOW, "UTC", entry={"items": [{"sku": "y"}]}, about="x"))
    assert by_about(Facts(state, NOW, "UTC", about="x"))
    assert not by_about(Facts(state, NOW, "UTC"))


@pytest.mark.parametrize("value", ["2026-03-01T10:00:00Z", 1_772_359_200, 1_772_359_200_000])
def test_the_age_of_a_trait_crosses_its_duration_once(value: object) -> None:
    facts = Facts(ana(born=value), NOW, "UTC")
    over = TraitAge(name="born", operator="over", duration=DAY)
    under = TraitAge(name="born", operator="under", duration=DAY)

    assert not compile_rule(over)(facts)
    assert not compile_rule(under)(facts)
    assert next_change(over, facts) == NOW + 1
    assert next_change(under, facts) is None
    assert compile_rule(over)(Facts(ana(born=value), NOW + 1, "UTC"))
    assert compile_rule(under)(Facts(ana(born=value), NOW - 1, "UTC"))


def test_local_hours_may_span_midnight() -> None:
    night = compile_rule(LocalTime(after=22 * 60, before=8 * 60))
    hours: dict[int, bool] = {7: True, 8: False, 21: False, 22: True, 23: True, 0: True}

    for hour, is_night in hours.items():
        assert night(Facts(ana(), NOW + (hour - 10) * HOUR, "UTC")) is is_night


def test_local_time_changes_at_its_boundaries() -> None:
    rule = LocalTime(weekdays=(0,), after=9 * 60, before=17 * 60)

    assert compile_rule(rule)(Facts(ana(), NOW, "UTC"))
    assert not compile_rule(rule)(Facts(ana(), NOW, "America/New_York"))
    assert next_change(rule, Facts(ana(), NOW, "UTC")) == NOW + 7 * HOUR
    assert next_change(rule, Facts(ana(), NOW + 7 * HOUR, "UTC")) == NOW + 14 * HOUR


def test_a_rule_names_what_it_depends_on() -> None:
    sequence = Slot(
        match=EventMatch(event="A"), then=EventMatch(event="B"), function="sequence", within=MINUTE
    )
    check = Check(operator="is", value=1)
    rule = AllOf(
        rules=(
            AnyOf(rules=(HistoryIs(slot=sequence, test=check), TraitIs(name="plan", test=check))),
            Not(rule=HistoryIs(slot=ORDERS, test=check)),
            TraitAge(name="born", operator="over", duration=DAY),
            InSegment(name="vip"),
            InJourney(journey="cart"),
            PropertyIs(path="value", test=check),
            PropertyIs(path="cart_id", test=check, scope="entry"),
            HistoryHas(slot=ORDERS, subject="sku"),
        )
    )

    assert slots(rule) == (sequence, ORDERS)
    assert [match.event for match in matches(sequence)] == ["A", "B"]
    assert events(rule) == ("A", "B", "Order Completed")
    assert traits(rule) == ("plan", "born")
    assert segments(rule) == ("vip",)
    assert journeys(rule) == ("cart",)
    assert paths(rule, "event") == ("value",)
    assert paths(rule, "entry") == ("cart_id", "sku")
    assert not reads_about(rule)
    assert reads_about(HistoryHas(slot=ORDERS))
    assert uses_time(rule)
    assert not uses_time(InSegment(name="vip"))


@pytest.mark.parametrize(
    "rule",
    [
        PropertyIs(path="a", test=Check(operator="exists")),
        HistoryHas(slot=ORDERS),
        InSegment(name="zero\x00byte"),
        TraitIs(name='a.b"', test=Check(operator="exists")),
    ],
)
def test_what_no_warehouse_can_say_is_refused(rule: Rule) -> None:
    with pytest.raises(NotInSql):
        person_condition(Not(rule=rule), NOW)


def test_sql_quotes_what_users_wrote() -> None:
    assert "'O''Hara'" in person_condition(InSegment(name="O'Hara"), NOW)
