"""Tallies: what is measured, and what is kept for it."""

from __future__ import annotations

from typing import Any

import pytest

from legato.expr.number import MICROS, from_micros, to_micros
from legato.expr.packed import numbers
from legato.expr.path import values_at
from legato.expr.tally import (
    ENTRIES_MAX,
    SEQUENCE_ENTRIES_MAX,
    TEXT_MAX,
    VALUES_MAX,
    fold,
    has_value,
    measure,
    merge,
    next_change,
    observe,
    observe_then,
    prune,
)
from legato.model.instant import DAY, HOUR, MINUTE, Instant
from legato.model.noun import to_bytes
from legato.model.rule import EventMatch, Function, Slot, Window
from legato.model.state import Tally

NOW: Instant = 1_772_445_600_000_000  # 2026-03-02T10:00:00Z, a Monday
HORIZON = NOW - 10 * MINUTE
EVER = Window()
TWO_HOURS = Window(kind="sliding", size=2 * HOUR)


def slot(function: Function, window: Window = EVER) -> Slot:
    return Slot(match=EventMatch(event="Viewed"), function=function, window=window)


def sequence(window: Window = EVER) -> Slot:
    return Slot(
        match=EventMatch(event="A"),
        function="sequence",
        then=EventMatch(event="B"),
        within=HOUR,
        window=window,
    )


def seen(of: Slot, *sights: tuple[int, Any]) -> Tally | None:
    """Tally sights given as (age, value)."""
    tally = None
    for age, value in sights:
        tally = observe(of, tally, NOW - age, values=[value], horizon=HORIZON)
    return tally


@pytest.mark.parametrize(
    ("function", "measured"),
    [
        ("count", 4),
        ("sum", 9.5),
        ("min", 1),
        ("max", 5),
        ("average", 2.375),
        ("first", 2.5),
        ("last", 1),
        ("unique", [1, 2.5, 5]),
        ("most_frequent", 1),
    ],
)
@pytest.mark.parametrize("window", [EVER, Window(kind="sliding", size=DAY)])
def test_each_function_measures(function: Function, window: Window, measured: object) -> None:
    of = slot(function, window)
    tally = seen(of, (HOUR, 2.5), (30 * MINUTE, 1), (MINUTE, 5), (0, 1))

    assert measure(of, tally, NOW, "UTC") == measured


@pytest.mark.parametrize(
    ("function", "nothing"),
    [("count", 0), ("sum", 0), ("min", None), ("last", None), ("unique", []), ("sequence", 0)],
)
def test_nothing_is_measured_of_nothing(function: Function, nothing: object) -> None:
    assert measure(slot(function), None, NOW, "UTC") == nothing


def test_a_sliding_window_counts_what_is_newer_than_its_size() -> None:
    of = slot("count", TWO_HOURS)
    tally = seen(of, (2 * HOUR, 0), (2 * HOUR - 1, 0), (0, 0))

    assert measure(of, tally, NOW, "UTC") == 2
    assert measure(of, tally, NOW - 1, "UTC") == 2
    assert measure(of, tally, NOW + 2 * HOUR, "UTC") == 0


def test_a_calendar_window_begins_at_local_midnight() -> None:
    of = slot("count", Window(kind="calendar", unit="day"))
    tally = seen(of, (10 * HOUR, 0), (10 * HOUR + 1, 0))

    assert measure(of, tally, NOW, "UTC") == 1
    assert measure(of, tally, NOW, "Asia/Tokyo") == 2
    assert measure(of, tally, NOW, "America/New_York") == 0


def test_calendar_counts_change_at_the_next_boundary() -> None:
    of = slot("count", Window(kind="calendar", unit="week"))

    assert next_change(of, seen(of, (HOUR, 0)), NOW, "UTC") == NOW + 6 * DAY + 14 * HOUR
    assert next_change(of, seen(of, (11 * HOUR, 0)), NOW, "UTC") is None


def test_a_sliding_count_changes_when_its_oldest_leaves() -> None:
    of = slot("count", TWO_HOURS)

    assert next_change(of, seen(of, (HOUR, 0), (0, 0)), NOW, "UTC") == NOW + HOUR
    assert next_change(of, None, NOW, "UTC") is None
    assert next_change(slot("count"), seen(slot("count"), (0, 0)), NOW, "UTC") is None


def test_a_sequence_needs_its_halves_in_order_and_in_time() -> None:
    of = sequence()
    first = observe(of, None, NOW - 2 * HOUR, values=(), horizon=HORIZON)
    too_late = observe_then(of, first, NOW - HOUR + 1, horizon=HORIZON)

    assert measure(of, too_late, NOW, "UTC") == 0

    in_time = observe_then(of, too_late, NOW - HOUR, horizon=HORIZON)

    assert measure(of, in_time, NOW, "UTC") == 1


def test_one_instant_is_no_sequence() -> None:
    of = sequence()
    tally = observe(of, None, NOW, values=(), horizon=HORIZON)
    tally = observe_then(of, tally, NOW, horizon=HORIZON)

    assert measure(of, tally, NOW, "UTC") == 0


def test_a_sequence_that_has_happened_for_good_keeps_one_number() -> None:
    of = sequence()
    tally = observe(of, None, NOW - HOUR, values=(), horizon=HORIZON)
    tally = observe_then(of, tally, NOW - 30 * MINUTE, horizon=HORIZON)

    assert tally == Tally(base=1)


def test_a_sequence_leaves_its_window_with_its_second_half() -> None:
    of = sequence(Window(kind="sliding", size=2 * HOUR))
    tally = observe(of, None, NOW - 150 * MINUTE, values=(), horizon=HORIZON)
    tally = observe_then(of, tally, NOW - 100 * MINUTE, horizon=HORIZON)

    assert measure(of, tally, NOW, "UTC") == 1
    assert next_change(of, tally, NOW, "UTC") == NOW + 20 * MINUTE


def test_what_no_window_reaches_is_not_kept() -> None:
    of = slot("count", TWO_HOURS)
    tally = seen(of, (HOUR, 0))
    assert tally is not None

    assert prune(of, tally, HORIZON + 3 * HOUR) is None


def test_an_old_entry_of_an_ever_window_is_folded_away() -> None:
    of = slot("sum")

    tally = seen(of, (DAY, 2), (HOUR, 3), (0, 4))

    assert tally is not None
    assert (list(numbers(tally)), tally.base) == ([(NOW, 4_000_000)], 5_000_000)


def test_beyond_its_bound_a_window_sees_its_newest() -> None:
    of = slot("count", Window(kind="sliding", size=DAY))
    ages = list(range(ENTRIES_MAX + 50))

    tally = seen(of, *((age, 0) for age in ages))

    assert to_bytes(tally) == to_bytes(seen(of, *((age, 0) for age in reversed(ages))))
    assert measure(of, tally, NOW, "UTC") == ENTRIES_MAX


def test_beyond_its_bound_an_ever_window_still_counts_all() -> None:
    of = slot("count")
    ages = list(range(ENTRIES_MAX + 50))

    tally = seen(of, *((age, 0) for age in ages))

    assert to_bytes(tally) == to_bytes(seen(of, *((age, 0) for age in reversed(ages))))
    assert measure(of, tally, NOW, "UTC") == ENTRIES_MAX + 50


@pytest.mark.parametrize("function", ["unique", "most_frequent"])
def test_beyond_its_bound_a_base_forgets_the_same_values_in_any_order(function: Function) -> None:
    of = slot(function)
    sights = [(HOUR + place, f"v{place:04d}") for place in range(VALUES_MAX + 20)]

    tally = seen(of, *sights)

    assert tally is not None
    assert len(tally.base) == VALUES_MAX
    assert to_bytes(tally) == to_bytes(seen(of, *reversed(sights)))


def test_unique_forgets_what_was_seen_longest_ago() -> None:
    of = slot("unique")
    tally = seen(of, *((HOUR + place, f"v{place:04d}") for place in range(VALUES_MAX + 1)))

    assert has_value(of, tally, NOW, zone="UTC", value="v0000")
    assert not has_value(of, tally, NOW, zone="UTC", value=f"v{VALUES_MAX:04d}")


def test_an_unfinished_sequence_keeps_a_bounded_number() -> None:
    of = sequence()
    tally = seen(of, *((age * DAY, 0) for age in range(SEQUENCE_ENTRIES_MAX + 9)))

    assert tally is not None
    assert len(tally.entries) == SEQUENCE_ENTRIES_MAX


def test_sums_outgrow_64_bits_without_loss() -> None:
    of = slot("sum")
    tally = seen(of, *((HOUR, 10**12) for _ in range(20)), (HOUR, 0.000001))

    assert tally is not None
    assert tally.base == "20000000000000000001"
    assert measure(of, tally, NOW, "UTC") == pytest.approx(2 * 10**13)


def test_what_cannot_be_measured_is_skipped() -> None:
    assert seen(slot("sum"), (0, "5"), (0, True), (0, None), (0, 10**12 + 1)) is None
    assert seen(slot("last"), (0, None), (0, 2**64), (0, "x" * (TEXT_MAX + 1))) is None


def test_one_and_one_point_zero_are_one_value() -> None:
    of = slot("unique")

    assert measure(of, seen(of, (0, 1), (0, 1.0), (0, "1"), (0, True)), NOW, "UTC") == [
        "1",
        1,
        True,
    ]


def test_an_event_is_folded_by_its_path() -> None:
    of = Slot(match=EventMatch(event="Bought"), function="sum", property="items[].price")
    body = {"items": [{"price": 2}, {"price": 0.5}, {}]}

    assert measure(of, fold(of, None, NOW, body=body, horizon=HORIZON), NOW, "UTC") == 2.5


@pytest.mark.parametrize(
    ("number", "micros"),
    [
        (1, 1_000_000),
        (0.1, 100_000),
        (0.0000005, 0),  # a half goes to the even neighbour
        (0.0000015, 2),
        (-0.0000025, -2),
        (19.9999995, 20_000_000),
        (123456789.123456789, 123_456_789_123_457),
        (10**12, 10**18),
        (1e-9, 0),
        (1036.7111185, 1_036_711_118),  # its float times a million is above the half
        (True, None),
        ("1", None),
        (1e300, None),
        (float("nan"), None),
    ],
)
def test_numbers_are_millionths_of_their_text(number: object, micros: int | None) -> None:
    assert to_micros(number) == micros


@pytest.mark.parametrize(("micros", "average"), [((1, 2), 2), ((2, 3), 2), ((-1, -2), -2)])
def test_an_average_between_two_millionths_is_the_even_one(
    micros: tuple[int, int], average: int
) -> None:
    of = slot("average")
    tally = seen(of, *((MINUTE, value / 1_000_000) for value in micros))

    assert measure(of, tally, NOW, "UTC") == average / 1_000_000


def test_a_year_counts_from_its_first_day() -> None:
    of = slot("count", Window(kind="calendar", unit="year"))
    december = NOW + 300 * DAY
    tally = observe(of, None, NOW - 60 * DAY, values=(), horizon=NOW)  # New Year's Day
    assert tally is not None

    assert prune(of, tally, december) is tally
    assert measure(of, tally, december, "UTC") == 1


def test_whole_millionths_are_integers() -> None:
    assert repr(from_micros(3_000_000)) == "3"
    assert repr(from_micros(-100_000)) == "-0.1"


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("value", [5]),
        ("tags", ["a", "b"]),
        ("tags[]", ["a", "b"]),
        ("items[].sku", ["x", "y"]),
        ("items[].sizes", [1, 2]),
        ("items.sku", []),
        ("items", [3]),
        ("deep.city", ["Porto"]),
        ("deep.city.street", []),
        ("a.b", [True]),
        ("nothing", []),
        ("absent", []),
        ("value[]", []),
    ],
)
def test_paths_lead_to_scalars(path: str, values: list[object]) -> None:
    body: dict[str, Any] = {
        "value": 5,
        "tags": ["a", None, "b", {}],
        "items": [{"sku": "x", "sizes": [1, 2]}, {"sku": "y"}, 3],
        "deep": {"city": "Porto"},
        "a.b": True,
        "nothing": None,
    }

    assert values_at(body, path) == values


@pytest.mark.parametrize("window", [EVER, TWO_HOURS])
def test_a_count_of_a_state_of_before_is_read_and_goes_on(window: Window) -> None:
    of = slot("count", window)
    ages = (5 * MINUTE, 3 * MINUTE, MINUTE)
    before = Tally(entries=tuple((NOW - age, None) for age in ages))

    assert measure(of, before, NOW, "UTC") == 3
    assert next_change(of, before, NOW, "UTC") == next_change(
        of, seen(of, *[(age, 0) for age in ages]), NOW, "UTC"
    )
    after = observe(of, before, NOW - 2 * MINUTE, values=[], horizon=HORIZON)
    assert after == seen(of, *[(age, 0) for age in (*ages, 2 * MINUTE)])
    merged = merge(of, Tally(entries=((NOW - HOUR, None),)), after, HORIZON)
    assert measure(of, merged, NOW, "UTC") == 5
    assert merged is not None
    assert merged.entries == ()


@pytest.mark.parametrize("window", [EVER, TWO_HOURS])
@pytest.mark.parametrize(
    ("function", "measured"), [("sum", 10), ("average", 2.5), ("min", 1), ("max", 4)]
)
def test_numbers_of_a_state_of_before_are_read_and_go_on(
    function: Function, measured: float, window: Window
) -> None:
    of = slot(function, window)
    said = [(5 * MINUTE, 3), (3 * MINUTE, 1), (MINUTE, 2)]
    before = Tally(entries=tuple((NOW - age, value * MICROS) for age, value in said))

    new = seen(of, *said)
    assert measure(of, before, NOW, "UTC") == measure(of, new, NOW, "UTC")
    assert next_change(of, before, NOW, "UTC") == next_change(of, new, NOW, "UTC")
    after = observe(of, before, NOW - 2 * MINUTE, values=[4], horizon=HORIZON)
    assert after == seen(of, *said, (2 * MINUTE, 4))
    assert measure(of, after, NOW, "UTC") == measured
