"""The readers of rules agree: generated Python, SQL and a brute-force oracle; English reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any, cast
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.expr.depends import events as event_names
from legato.expr.depends import matches, next_change, slots
from legato.expr.english import sentence
from legato.expr.facts import Facts
from legato.expr.path import Json, values_at
from legato.expr.python import compile_match, compile_rule
from legato.expr.sql import PRELUDE, person_condition
from legato.expr.tally import observe, observe_then
from legato.model.ids import EnrollmentId, EventId, PersonId
from legato.model.instant import DAY, HOUR, MINUTE, from_datetime, to_datetime
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
    PropertyIs,
    Rule,
    Slot,
    TraitAge,
    TraitIs,
    Window,
)
from legato.model.rule import Test as Check
from legato.model.state import Enrollment, Passage, State, Trait

NOWS = [
    from_datetime(datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # clocks went forward in Lisbon
    from_datetime(datetime(2026, 10, 25, 1, 10, 5, tzinfo=UTC)),  # and back
    from_datetime(datetime(2026, 1, 1, 0, 0, tzinfo=UTC)),
    from_datetime(datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC)),
]
ZONES = ["UTC", "Europe/Lisbon", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
EVENTS = ["Viewed", "O'Hara"]
AGES = [0, 1, MINUTE, HOUR, HOUR + 1, 23 * HOUR, 3 * DAY, 40 * DAY, 290 * DAY]
TEXTS = ["a", "b", "ab", "it's", "é", "1"]
NUMBERS = [0, 1, -1, 2, 40.5, 0.0000005, 0.0000015, 0.000001, 0.000002, 1e13, 10**12, 1e-9]
PATHS = ["value", "tags", "tags[]", "items[].sku", "deep.city", "dotted.key", "items"]
TRAITS = ["plan", "score", "address.city", "tags", "bought", "nothing"]
SINCE = ["2026-03-01T00:00:00Z", "2025-12-31T22:00:00+02:00", 1_772_000_000, "soon"]
LATENESS = 10 * MINUTE


@dataclass(frozen=True)
class Happening:
    name: str
    at: int
    body: dict[str, Any]


@dataclass(frozen=True)
class Person:
    """All about one person, as raw as it can be."""

    now: int
    zone: str
    history: list[Happening]
    traits: dict[str, Any]
    segments: list[str]
    journeys: dict[str, tuple[bool, bool]]
    event: dict[str, Any]
    about: str


# Random people and trees

scalars = st.one_of(st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.booleans())
anything = st.one_of(scalars, st.none(), st.lists(scalars | st.none(), max_size=3))
bodies = st.fixed_dictionaries(
    {},
    optional={
        "value": anything,
        "tags": st.lists(scalars, max_size=3),
        "items": st.lists(
            st.fixed_dictionaries({}, optional={"sku": anything, "price": scalars}), max_size=3
        )
        | scalars,
        "deep": st.fixed_dictionaries({}, optional={"city": anything}) | scalars,
        "dotted.key": anything,
    },
)
names = st.sampled_from(EVENTS)
operators = st.sampled_from(
    ["is", "is_not", "over", "at_least", "under", "at_most", "contains", "starts_with", "ends_with"]
)
checks = st.one_of(
    st.builds(Check, operator=operators, value=scalars),
    st.builds(
        Check,
        operator=st.sampled_from(["one_of", "none_of"]),
        value=st.lists(scalars, max_size=3).map(tuple),
    ),
    st.builds(Check, operator=st.sampled_from(["exists", "missing"])),
)
properties = st.builds(PropertyIs, path=st.sampled_from(PATHS), test=checks)


def trees(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw leaves under and, or, not."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(AllOf, rules=st.lists(inner, max_size=3).map(tuple)),
            st.builds(AnyOf, rules=st.lists(inner, max_size=3).map(tuple)),
            st.builds(Not, rule=inner),
        ),
        max_leaves=4,
    )


event_matches = st.builds(EventMatch, event=names, where=st.none() | st.none() | trees(properties))
windows = st.one_of(
    st.just(Window()),
    st.builds(Window, kind=st.just("sliding"), size=st.sampled_from(AGES[1:])),
    st.builds(
        Window, kind=st.just("calendar"), unit=st.sampled_from(["day", "week", "month", "year"])
    ),
)
measures = st.sampled_from(
    ["sum", "min", "max", "average", "first", "last", "unique", "most_frequent"]
)
slots_drawn = st.one_of(
    st.builds(Slot, match=event_matches, function=st.just("count"), window=windows),
    st.builds(
        Slot,
        match=event_matches,
        function=measures,
        property=st.sampled_from(PATHS),
        window=windows,
    ),
    st.builds(
        Slot,
        match=event_matches,
        function=st.just("sequence"),
        then=event_matches,
        within=st.sampled_from(AGES[1:]),
        window=windows,
    ),
)
counts = st.builds(
    Check,
    operator=st.sampled_from(["is", "over", "at_least", "under", "at_most"]),
    value=st.sampled_from([0, 1, 2, 3, 0.000001, 0.000002]),
)
measurements = st.builds(HistoryIs, slot=slots_drawn, test=checks | counts | counts)
leaves = st.one_of(
    measurements,
    measurements,
    measurements,
    st.builds(TraitIs, name=st.sampled_from(TRAITS), test=checks),
    st.builds(
        TraitAge,
        name=st.just("bought"),
        operator=st.sampled_from(["over", "under"]),
        duration=st.sampled_from(AGES),
    ),
    st.builds(InSegment, name=st.sampled_from(["vip", "new"])),
    st.builds(
        InJourney,
        journey=st.sampled_from(["cart", "welcome"]),
        state=st.sampled_from(["in", "was_in", "reached_goal"]),
    ),
    st.builds(
        LocalTime,
        weekdays=st.lists(st.integers(0, 6), max_size=4).map(tuple),
        after=st.sampled_from([0, 60, 90, 540, 1_320]),
        before=st.sampled_from([0, 61, 120, 1_020, 1_440]),
    ),
)
event_leaves = st.one_of(
    properties,
    st.builds(
        HistoryHas,
        slot=st.builds(
            Slot,
            match=event_matches,
            function=st.just("unique"),
            property=st.sampled_from(PATHS),
            window=windows,
        ),
        subject=st.sampled_from(["", "value", "items[].sku"]),
    ),
)


@st.composite
def people(draw: st.DrawFn) -> Person:
    now = draw(st.sampled_from(NOWS))
    happenings = st.builds(
        Happening, name=names, at=st.sampled_from(AGES).map(lambda age: now - age), body=bodies
    )
    return Person(
        now=now,
        zone=draw(st.sampled_from(ZONES)),
        history=draw(st.lists(happenings, max_size=10)),
        traits=draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "plan": anything,
                    "score": anything,
                    "tags": anything,
                    "address": st.fixed_dictionaries({}, optional={"city": anything}),
                    "bought": st.sampled_from(SINCE) | scalars,
                },
            )
        ),
        segments=draw(st.lists(st.sampled_from(["vip", "new"]), unique=True)),
        journeys=draw(
            st.dictionaries(
                st.sampled_from(["cart", "welcome"]), st.tuples(st.booleans(), st.booleans())
            )
        ),
        event=draw(bodies),
        about=draw(st.sampled_from(["", "a", "1"])),
    )


# The laws


@settings(max_examples=800, deadline=None, derandomize=True)
@given(person=people(), rule=trees(leaves | event_leaves))
def test_the_generated_python_says_what_brute_force_says(person: Person, rule: Rule) -> None:
    said = compile_rule(rule)(facts_of(person, rule))

    assert said == holds(rule, person)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(person=people(), rule=trees(leaves))
def test_the_sql_says_what_brute_force_says(
    warehouse: duckdb.DuckDBPyConnection, person: Person, rule: Rule
) -> None:
    store(warehouse, person)

    row = warehouse.execute(
        f"SELECT {person_condition(rule, person.now)} FROM people p WHERE person_id = 'ana'"
    ).fetchone()

    assert row == (holds(rule, person),)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(person=people(), slot=slots_drawn)
def test_each_reader_measures_what_brute_force_measures(
    warehouse: duckdb.DuckDBPyConnection, person: Person, slot: Slot
) -> None:
    values = measured(slot, person)
    exists = HistoryIs(slot=slot, test=Check(operator="exists"))
    equal = [HistoryIs(slot=slot, test=Check(operator="is", value=value)) for value in values]
    rule = AllOf(rules=(exists, *equal)) if values else Not(rule=exists)
    store(warehouse, person)

    condition = person_condition(rule, person.now)
    row = warehouse.execute(f"SELECT {condition} FROM people p").fetchone()

    assert row == (True,)
    assert compile_rule(rule)(facts_of(person, rule))


@pytest.mark.parametrize("function", ["sum", "average"])
@pytest.mark.parametrize("values", [[0.0000005], [0.0000015], [-0.0000025], [0.000001, 0.000002]])
def test_each_reader_rounds_a_half_to_the_even_millionth(
    warehouse: duckdb.DuckDBPyConnection, function: Function, values: list[float]
) -> None:
    history = [Happening("Viewed", NOWS[0], {"value": value}) for value in values]
    ana = Person(NOWS[0], "UTC", history, {}, [], {}, {}, "")
    slot = Slot(match=EventMatch(event="Viewed"), function=function, property="value")
    check = Check(operator="is", value=measured(slot, ana)[0])
    store(warehouse, ana)

    condition = person_condition(HistoryIs(slot=slot, test=check), ana.now)

    assert warehouse.execute(f"SELECT {condition} FROM people p").fetchone() == (True,)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(person=people(), rule=trees(leaves))
def test_nothing_changes_before_the_next_change(person: Person, rule: Rule) -> None:
    facts = facts_of(person, rule)
    change = next_change(rule, facts)

    later = [person.now + age for age in (1, 15 * MINUTE, 3 * HOUR, 30 * DAY, 400 * DAY)]
    if change is not None:
        later = [change - 1]
        assert change > person.now
    for now in later:
        then = replace(person, now=now)
        assert holds(rule, then) == holds(rule, person)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(rule=trees(leaves | event_leaves))
def test_the_english_names_every_event_and_says_the_same_twice(rule: Rule) -> None:
    said = sentence(rule)

    assert said
    assert said == sentence(rule)
    for name in event_names(rule):
        assert name in said


# A person for each reader


@pytest.fixture(scope="module")
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(PRELUDE)
    connection.execute("""
        CREATE TABLE people (person_id TEXT, zone TEXT);
        CREATE TABLE events (person_id TEXT, name TEXT, occurred_at BIGINT, body JSON);
        CREATE TABLE traits (person_id TEXT, name TEXT, value JSON);
        CREATE TABLE segments (person_id TEXT, segment TEXT);
        CREATE TABLE passages
          (person_id TEXT, journey TEXT, is_in BOOLEAN, reached_goal BOOLEAN);
    """)
    return connection


def store(warehouse: duckdb.DuckDBPyConnection, person: Person) -> None:
    tables: dict[str, Sequence[tuple[Any, ...]]] = {
        "people": [(person.zone,)],
        "events": [(item.name, item.at, json.dumps(item.body)) for item in person.history],
        "traits": [(name, json.dumps(value)) for name, value in person.traits.items()],
        "segments": [(name,) for name in person.segments],
        "passages": [(name, *flags) for name, flags in person.journeys.items()],
    }
    for table, rows in tables.items():
        warehouse.execute(f"DELETE FROM {table}")
        for row in rows:
            marks = ", ".join("?" for _ in row)
            warehouse.execute(f"INSERT INTO {table} VALUES ('ana', {marks})", row)


def facts_of(person: Person, rule: Rule) -> Facts:
    state = State(
        person_id=PersonId("ana"),
        first_seen=0,
        last_seen=person.now,
        traits={name: Trait(value=value, at=0) for name, value in person.traits.items()},
        segments=dict.fromkeys(person.segments, 0),
    )
    for slot in slots(rule):
        tally = None
        observers: list[Callable[..., Any]] = [observe, observe_then]
        for match, observer in zip(matches(slot), observers, strict=False):
            is_match = compile_match(match.where)
            for item in person.history:
                if item.name == match.event and is_match(item.body):
                    extra: dict[str, Any] = (
                        {"values": values_at(item.body, slot.property) if slot.property else ()}
                        if observer is observe
                        else {}
                    )
                    horizon = person.now - LATENESS
                    tally = observer(slot, tally, item.at, horizon=horizon, **extra)
        if tally is not None:
            state.history[slot.slot_id] = tally
    for name, (is_in, has_goal) in person.journeys.items():
        state.passages[f"{name}\x1fkey"] = Passage(
            entered_at=0, entry_count=1, ended_at=None, outcome="", reached_goal=has_goal
        )
        if is_in:
            state.enrollments.append(enrollment(name))
    return Facts(
        state,
        person.now,
        person.zone,
        event=person.event,
        entry=person.event,
        about=person.about,
    )


def enrollment(journey: str) -> Enrollment:
    return Enrollment(
        enrollment_id=EnrollmentId("e"),
        journey=journey,
        version="v",
        key="key",
        entered_at=0,
        entry_event=EventId("x"),
        entry=b"{}",
        step_id="0",
        since=0,
    )


# The oracle: every rule over the raw list of what happened


def holds(rule: Rule, person: Person) -> bool:
    match rule:
        case AllOf():
            return all(holds(inner, person) for inner in rule.rules)
        case AnyOf():
            return any(holds(inner, person) for inner in rule.rules)
        case Not():
            return not holds(rule.rule, person)
        case PropertyIs():
            return meets(found(person.event, rule.path), rule.test)
        case TraitIs():
            return meets(found(person.traits, rule.name), rule.test)
        case TraitAge():
            return age_holds(rule, person)
        case HistoryIs():
            return meets(measured(rule.slot, person), rule.test)
        case HistoryHas():
            wanted = found(person.event, rule.subject) if rule.subject else [person.about]
            return any(
                equals(one, other)
                for one in wanted
                for other in measured(rule.slot, person)
                if one != ""
            )
        case InSegment():
            return rule.name in person.segments
        case InJourney():
            is_in, has_goal = person.journeys.get(rule.journey, (None, False))
            return {"in": is_in is True, "was_in": is_in is not None, "reached_goal": has_goal}[
                rule.state
            ]
        case LocalTime():
            return time_holds(rule, wall(person.now, person.zone))


def found(body: Json, path: str) -> list[Any]:
    if path in body:
        return flat(body[path])
    key, _, rest = path.partition(".")
    is_each = key.endswith("[]")
    key = key.removesuffix("[]")
    if key not in body:
        return []
    inside = body[key]
    inner = (listed(inside) if isinstance(inside, list) else []) if is_each else [inside]
    if not rest:
        return [value for item in inner for value in flat(item)]
    return [value for item in inner if isinstance(item, dict) for value in found(item, rest)]


def flat(value: Json) -> list[Any]:
    return [item for item in listed(value) if isinstance(item, str | int | float)]


def listed(value: Json) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def kind(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def equals(one: Json, other: Json) -> bool:
    return kind(one) == kind(other) and one == other


def meets(values: list[Any], test: Check) -> bool:
    if test.operator in ("is_not", "none_of", "missing"):
        opposite: Any = {"is_not": "is", "none_of": "one_of", "missing": "exists"}[test.operator]
        return not meets(values, Check(operator=opposite, value=test.value))
    return any(meets_one(value, test) for value in values)


def meets_one(value: Json, test: Check) -> bool:
    wanted: Any = test.value
    if test.operator == "exists":
        return True
    if test.operator == "one_of":
        return any(equals(value, option) for option in wanted)
    if kind(value) != kind(wanted):
        return False
    if test.operator == "is":
        return value == wanted
    if test.operator in ("contains", "starts_with", "ends_with"):
        if kind(value) != "text":
            return False
        return {
            "contains": wanted in value,
            "starts_with": value.startswith(wanted),
            "ends_with": value.endswith(wanted),
        }[test.operator]
    if kind(value) == "boolean":
        return False
    return {
        "over": value > wanted,
        "at_least": value >= wanted,
        "under": value < wanted,
        "at_most": value <= wanted,
    }[test.operator]


def measured(slot: Slot, person: Person) -> list[Any]:
    happened = [
        item
        for item in person.history
        if is_match(item, slot.match) and is_inside(item.at, slot.window, person)
    ]
    if slot.function == "count":
        return [len(happened)]
    if slot.function == "sequence":
        return [1 if is_followed(slot, person) else 0]
    pairs = [(item.at, value) for item in happened for value in found(item.body, slot.property)]
    if slot.function in ("sum", "min", "max", "average"):
        return numbers_measured(slot.function, [value for _, value in pairs])
    return texts_measured(slot.function, pairs)


def is_match(item: Happening, match: EventMatch) -> bool:
    if item.name != match.event:
        return False
    here = Person(0, "UTC", [], {}, [], {}, item.body, "")
    return match.where is None or holds(match.where, here)


def is_inside(at: int, window: Window, person: Person) -> bool:
    if at > person.now:
        return False
    if window.kind == "sliding":
        return person.now - at < window.size
    return window.kind == "ever" or period(at, window, person) == period(person.now, window, person)


def period(at: int, window: Window, person: Person) -> tuple[int, ...]:
    day = wall(at, person.zone).date()
    match window.unit:
        case "day":
            return (day.toordinal(),)
        case "week":
            return day.isocalendar()[:2]
        case "month":
            return (day.year, day.month)
        case _:
            return (day.year,)


def is_followed(slot: Slot, person: Person) -> bool:
    assert slot.then is not None
    return any(
        is_match(first, slot.match)
        and is_match(second, slot.then)
        and 0 < second.at - first.at <= slot.within
        and is_inside(second.at, slot.window, person)
        for first in person.history
        for second in person.history
    )


def numbers_measured(function: str, values: list[Any]) -> list[Any]:
    six = [
        Decimal(repr(value)).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)
        for value in values
        if kind(value) == "number" and abs(value) <= 10**12
    ]
    if function == "sum":
        return [float(sum(six))]
    if not six:
        return []
    if function == "average":
        millionths = round(Fraction(sum(six)) * 10**6 / len(six))  # rounds a half to the even
        return [float(Fraction(millionths, 10**6))]
    return [float(min(six) if function == "min" else max(six))]


def texts_measured(function: str, pairs: list[tuple[int, Any]]) -> list[Any]:
    texts = [(at, canonical(value)) for at, value in pairs]
    if not texts:
        return []
    if function == "unique":
        return [json.loads(text) for _, text in texts]
    if function in ("first", "last"):
        return [json.loads((min(texts) if function == "first" else max(texts))[1])]
    only = [text for _, text in texts]
    return [json.loads(min(only, key=lambda text: (-only.count(text), text)))]


def canonical(value: Json) -> str:
    is_whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if is_whole else value, ensure_ascii=False)


def age_holds(rule: TraitAge, person: Person) -> bool:
    values = flat(person.traits.get(rule.name))
    if not values or isinstance(values[0], bool):
        return False
    if isinstance(values[0], str):
        try:
            moment = datetime.fromisoformat(values[0])
        except ValueError:
            return False
        instant = from_datetime(moment.astimezone(UTC))
    else:
        unit = 10**6 if abs(values[0]) < 10**11 else 10**3
        instant = int(values[0] * unit)
    age = person.now - instant
    return age > rule.duration if rule.operator == "over" else age < rule.duration


def time_holds(rule: LocalTime, local: datetime) -> bool:
    minute = local.hour * 60 + local.minute
    if rule.weekdays and local.weekday() not in rule.weekdays:
        return False
    if rule.after <= rule.before:
        return rule.after <= minute < rule.before
    return minute >= rule.after or minute < rule.before


def wall(at: int, zone: str) -> datetime:
    return to_datetime(at).astimezone(ZoneInfo(zone))
