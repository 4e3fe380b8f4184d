"""Measurements over a person's events: `did: Product Viewed, at_least: 2, within: 2h`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from legato.model.rule import (
    ALWAYS,
    AllOf,
    EventMatch,
    Function,
    HistoryHas,
    HistoryIs,
    Rule,
    Slot,
    Test,
    Window,
)
from legato.plan import form
from legato.plan.conditions.operators import OPERATORS, read_test
from legato.plan.conditions.properties import check_test, property_schema, schema_of_function
from legato.plan.form import Form
from legato.plan.scope import Scope
from legato.plan.source import Field, Fields, Value

FUNCTIONS = ("count", "sum", "min", "max", "average", "first", "last", "unique", "most_frequent")
NUMERIC = ("sum", "min", "max", "average")
SINCE = {"today": "day", "this_week": "week", "this_month": "month", "this_year": "year"}

_COUNTS = {
    "at_least": "at_least",
    "at_most": "at_most",
    "exactly": "is",
    "over": "over",
    "under": "under",
}
_WINDOW = ("within", "since")
KEYS: Mapping[str, tuple[str, ...]] = {
    "did": ("where", *_COUNTS, *_WINDOW),
    "did_not": ("where", *_WINDOW),
    "sequence": ("within", "in_last"),
    "did_same": ("on", "subject", "where", *_WINDOW),
    **dict.fromkeys(FUNCTIONS, ("of", "where", *_WINDOW, *OPERATORS)),
}
"""The keys that belong to each kind of measurement."""

ReadWhere = Callable[[Value, str], Rule]
"""Reads a condition on the properties of the event named."""


def read_history(
    scope: Scope, part: Form, word: str, *, entry: str | None, where: ReadWhere
) -> Rule:
    """Read one measurement and what it is compared with."""
    match word:
        case "did" | "did_not":
            slot = _slot(scope, part, "count", event_key=word, where=where)
            tests = [Test(operator="is", value=0)] if word == "did_not" else _counts(part)
            return _all(slot, tests)
        case "sequence":
            return _sequence(scope, part, where)
        case "did_same":
            return _did_same(scope, part, entry, where)
        case _:
            slot = read_slot(scope, part, word, where)
            return _compared(scope, part, slot)


def read_slot(scope: Scope, part: Form, function: str, where: ReadWhere) -> Slot:
    """Read `count: Event` or `sum: path, of: Event` with its `where` and window."""
    if function == "count" and "of" not in part:
        return _slot(scope, part, "count", event_key="count", where=where)
    slot = _slot(scope, part, cast("Function", function), event_key="of", where=where)
    path_value = part.take(function)
    path = part.read(function, form.text, "")
    if path_value is None or not path:
        return slot
    schema = property_schema(scope, slot.match.event, path, path_value.place)
    if function in NUMERIC:
        number = Test(operator="over", value=0)
        check_test(scope, number, schema, f"`{path}`", path_value.place)
    return Slot(match=slot.match, function=slot.function, property=path, window=slot.window)


def read_window(part: Form) -> Window:
    """Read `within: 2h` or `since: today`."""
    if "within" in part and "since" in part:
        part.findings.report(
            "R403",
            part.place_of("since"),
            "`within` and `since` both say which part of history counts",
            "keep one of the two",
        )
    if "within" in part:
        return Window(kind="sliding", size=part.read("within", form.duration, 1))
    if "since" in part:
        word = part.read("since", form.one_of(tuple(SINCE)), "today")
        unit = SINCE[word]
        match unit:
            case "day" | "week" | "month" | "year":
                return Window(kind="calendar", unit=unit)
            case _:
                raise AssertionError(unit)
    return Window()


def _slot(
    scope: Scope, part: Form, function: Function, *, event_key: str, where: ReadWhere
) -> Slot:
    event = part.need_read(event_key, form.text, "", example=f"{event_key}: Order Completed")
    value = part.take(event_key)
    if event and value is not None:
        scope.refer("event", event, value.place)
    condition = part.take("where")
    rule = where(condition, event) if condition is not None else None
    return Slot(
        match=EventMatch(event=event, where=rule), function=function, window=read_window(part)
    )


def _counts(part: Form) -> list[Test]:
    tests: list[Test] = []
    for key, operator in _COUNTS.items():
        if key in part:
            number = part.read(key, form.count, 1)
            match operator:
                case "at_least" | "at_most" | "is" | "over" | "under":
                    tests.append(Test(operator=operator, value=number))
                case _:
                    raise AssertionError(operator)
    return tests or [Test(operator="at_least", value=1)]


def _compared(scope: Scope, part: Form, slot: Slot) -> Rule:
    tests: list[Test] = []
    schema = schema_of_function(slot.function)
    for key in OPERATORS:
        value = part.take(key)
        if value is None:
            continue
        place = part.place_of(key)
        test = read_test(scope.findings, Field(key=key, place=place, value=value), slot.function)
        check_test(scope, test, schema, f"`{slot.function}`", place)
        tests.append(test)
    if not tests:
        scope.findings.report(
            "R405",
            part.place,
            f"`{slot.function}` is compared with nothing",
            "add such as `over: 500` or `at_least: 1`",
        )
    return _all(slot, tests)


def _all(slot: Slot, tests: list[Test]) -> Rule:
    rules = tuple(HistoryIs(slot=slot, test=test) for test in tests)
    return rules[0] if len(rules) == 1 else AllOf(rules=rules)


def _sequence(scope: Scope, part: Form, where: ReadWhere) -> Rule:
    value = part.take("sequence")
    found = form.items(scope.findings, value, "sequence") if value is not None else None
    within = part.need_read("within", form.duration, 1, example="within: 2h")
    window = Window()
    if "in_last" in part:
        window = Window(kind="sliding", size=part.read("in_last", form.duration, 1))
    if found is None:
        return ALWAYS
    if len(found.items) != 2:  # noqa: PLR2004 - a sequence is a pair
        scope.findings.report(
            "R403",
            found.place,
            "`sequence` must name two events, the earlier first",
            "write `sequence: [Product Viewed, Order Completed]`",
        )
        return ALWAYS
    first, then = (_match(scope, item, where) for item in found.items)
    slot = Slot(match=first, function="sequence", window=window, then=then, within=within)
    return HistoryIs(slot=slot, test=Test(operator="is", value=1))


def _match(scope: Scope, value: Value, where: ReadWhere) -> EventMatch:
    if isinstance(value, Fields):
        part = Form(scope.findings, value, "this event")
        event = part.need_read("did", form.text, "", example="did: Product Viewed")
        place = part.place_of("did")
        condition = part.take("where")
        rule = where(condition, event) if condition is not None else None
        part.close()
    else:
        event = form.text(scope.findings, value, "sequence") or ""
        place, rule = value.place, None
    if event:
        scope.refer("event", event, place)
    return EventMatch(event=event, where=rule)


def _did_same(scope: Scope, part: Form, entry: str | None, where: ReadWhere) -> Rule:
    slot = _slot(scope, part, "unique", event_key="did_same", where=where)
    path = part.need_read("on", form.text, "", example="on: products[].product_id")
    property_schema(scope, slot.match.event, path, part.place_of("on"))
    subject = part.read("subject", form.text, "")
    if subject and entry:
        property_schema(scope, entry, subject, part.place_of("subject"))
    same = Slot(match=slot.match, function="unique", property=path, window=slot.window)
    return HistoryHas(slot=same, subject=subject)
