"""Laws of tallies: no order matters, a merge is a sum, the past is exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.expr.tally import measure, merge, next_change, observe, observe_then, prune
from legato.model.instant import DAY, HOUR, MINUTE, Instant
from legato.model.noun import to_bytes
from legato.model.rule import EventMatch, Slot, Window
from legato.model.state import Tally

NOW: Instant = 1_772_445_600_000_000  # 2026-03-02T10:00:00Z
HORIZON: Instant = NOW - 10 * MINUTE
AGES = [0, 1, MINUTE, 10 * MINUTE, 10 * MINUTE + 1, HOUR, HOUR + 1, 11 * HOUR, 2 * DAY, 40 * DAY]
VALUES = ["a", "b", "é", 1, 1.0, 2.5, -3, True, False, 0.0000005, 10**12, 10**13, None]

Sight = tuple[Instant, bool, list[Any]]
"""When, whether it is the second half of a sequence, and what it says."""

functions = st.sampled_from(
    [
        "count",
        "sum",
        "min",
        "max",
        "average",
        "first",
        "last",
        "unique",
        "most_frequent",
        "sequence",
    ]
)
windows = st.one_of(
    st.just(Window()),
    st.builds(Window, kind=st.just("sliding"), size=st.sampled_from([1, HOUR, 2 * DAY])),
    st.builds(
        Window, kind=st.just("calendar"), unit=st.sampled_from(["day", "week", "month", "year"])
    ),
)
slots = st.builds(
    Slot,
    match=st.just(EventMatch(event="Viewed")),
    then=st.just(EventMatch(event="Bought")),
    function=functions,
    window=windows,
    within=st.sampled_from([1, MINUTE, HOUR]),
)
sights = st.lists(
    st.tuples(
        st.sampled_from(AGES).map(lambda age: NOW - age),
        st.booleans(),
        st.lists(st.sampled_from(VALUES), max_size=3),
    ),
    max_size=10,
)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(slot=slots, seen=sights, data=st.data())
def test_no_order_of_arrival_changes_a_byte(
    slot: Slot, seen: list[Sight], data: st.DataObject
) -> None:
    other_order = data.draw(st.permutations(seen))
    # The horizon moves on while events arrive, so that some come later than it.
    ages = st.lists(st.sampled_from(AGES), min_size=len(seen), max_size=len(seen))
    horizons = sorted(HORIZON - age for age in data.draw(ages))

    one = tallied(slot, seen, [HORIZON] * len(seen))
    other = tallied(slot, other_order, horizons)

    assert to_bytes(one) == to_bytes(other)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(slot=slots, mine=sights, theirs=sights)
def test_two_people_merged_have_the_tally_of_one(
    slot: Slot, mine: list[Sight], theirs: list[Sight]
) -> None:
    merged = merge(slot, tallied(slot, mine), tallied(slot, theirs), HORIZON)

    assert to_bytes(merged) == to_bytes(tallied(slot, mine + theirs))


@settings(max_examples=500, deadline=None, derandomize=True)
@given(slot=slots, seen=sights, age=st.sampled_from([0, 1, MINUTE, 10 * MINUTE]))
def test_the_past_is_measured_as_if_the_rest_had_not_happened(
    slot: Slot, seen: list[Sight], age: int
) -> None:
    past = NOW - age
    until_then = [sight for sight in seen if sight[0] <= past]

    now_known = measure(slot, tallied(slot, seen), past, "Europe/Lisbon")
    then_known = measure(slot, tallied(slot, until_then), past, "Europe/Lisbon")

    assert now_known == then_known


@settings(max_examples=500, deadline=None, derandomize=True)
@given(slot=slots, seen=sights)
def test_time_changes_a_measurement_no_earlier_than_announced(
    slot: Slot, seen: list[Sight]
) -> None:
    tally = tallied(slot, seen)
    change = next_change(slot, tally, NOW, "America/New_York")
    before = measure(slot, tally, NOW, "America/New_York")

    later = NOW + 800 * DAY if change is None else change - 1

    assert measure(slot, tally, later, "America/New_York") == before


@settings(max_examples=200, deadline=None, derandomize=True)
@given(slot=slots, seen=sights)
def test_pruning_again_changes_nothing(slot: Slot, seen: list[Sight]) -> None:
    tally = tallied(slot, seen)
    stored = to_bytes(tally)

    again = None if tally is None else prune(slot, tally, HORIZON)

    assert to_bytes(again) == stored


def tallied(
    slot: Slot, seen: Sequence[Sight], horizons: Sequence[Instant] | None = None
) -> Tally | None:
    tally: Tally | None = None
    for place, (at, is_then, values) in enumerate(seen):
        horizon = HORIZON if horizons is None else horizons[place]
        if is_then and slot.function == "sequence":
            tally = observe_then(slot, tally, at, horizon=horizon)
        else:
            tally = observe(slot, tally, at, values=values, horizon=horizon)
    return None if tally is None else prune(slot, tally, HORIZON)
