"""The scorecard: figures against their targets, over a stretch of time, and what is worst in each.

Shares are shown with the interval in which they lie with 95 % certainty (Wilson), and a figure of
less than FEW is no verdict. A quantile is that of all that was counted, not a mean of quantiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import sqrt
from typing import Literal, TypeAlias

from legato.app.score.keeper import KEPT, Figures
from legato.app.score.slot import Passed, Sent, Slot, Spread, total
from legato.model.instant import DAY, HOUR, MILLISECOND, MINUTE, Duration, Instant
from legato.model.noun import Noun
from legato.model.plan import Plan

LATENCY_TARGET: Duration = 300 * MILLISECOND
DELIVERY_TARGET = 0.95
AVAILABILITY_TARGET = 0.999
FRESHNESS_TARGET: Duration = 15 * MINUTE
SURE = 0.95
"""Latency and freshness are what this share of all stays within."""
FEW = 20
SHORT: Duration = HOUR
"""A record of less says nothing of availability."""
MONTH = 365 * DAY // 12
PARTS_MAX = 10
_Z = 1.959964
"""Of the normal distribution, for 95 %."""

Over: TypeAlias = Literal["hour", "day", "week", "month"]
Name: TypeAlias = Literal[
    "latency", "delivery", "availability", "freshness", "event_cost", "journey_cost"
]
State: TypeAlias = Literal[
    "met",
    "missed",
    "few",  # too little was counted for a verdict
    "none",  # nothing was counted, or there is no target
]
SPANS: Mapping[Over, tuple[str, int]] = {
    "hour": ("minute", 60),
    "day": ("hour", 24),
    "week": ("hour", 7 * 24),
    "month": ("day", 30),
}


class Point(Noun, frozen=True, kw_only=True):
    """A figure in one of the slots that the stretch consists of."""

    at: Instant
    value: float | None
    of: int
    """How much it is of."""


class Part(Noun, frozen=True, kw_only=True):
    """What one destination, source or journey has to do with a figure; or one moment."""

    kind: Literal["destination", "source", "journey", "moment"]
    name: str = ""
    """Empty: all that have no line of their own."""
    at: Instant | None = None
    value: float | None = None
    of: int = 0
    bad: int = 0
    """How many of them are beyond the target; microseconds, of availability."""
    goals: int = 0
    cost_micros: int = 0


class Measure(Noun, frozen=True, kw_only=True):
    """One figure. Times are in microseconds, shares up to 1, money in millionths."""

    name: Name
    target: float | None
    actual: float | None
    state: State
    of: int
    """Deliveries, events, people who entered, or microseconds on record."""
    low: float | None = None
    high: float | None = None
    """Between these it is with 95 % certainty."""
    points: tuple[Point, ...]
    parts: tuple[Part, ...]
    """The worst first."""
    beside: Mapping[str, float] = {}
    """Other figures of the same: `p50`, `p99`; `messages`, `infrastructure`."""


class Card(Noun, frozen=True, kw_only=True):
    """All figures over one stretch."""

    over: Over
    since: Instant
    until: Instant
    begun: Instant
    """When the record begins: before it nothing was measured."""
    slot: Duration
    """How long each point is."""
    currency: str
    is_priced: bool
    """Whether the price of what Legato runs on is declared."""
    measures: tuple[Measure, ...]


def card(over: Over, figures: Figures, plan: Plan) -> Card:
    """Make the card of what was counted."""
    whole = total(slot for _, slot in figures.slots)
    price = plan.infrastructure_price_micros
    return Card(
        over=over,
        since=figures.since,
        until=figures.until,
        begun=figures.begun,
        slot=KEPT[SPANS[over][0]][0],
        currency=plan.currency,
        is_priced=price is not None,
        measures=(
            _latency(whole, figures),
            _delivery(whole, figures),
            _availability(whole, figures),
            _freshness(whole, figures),
            _event_cost(whole, figures, price),
            _journey_cost(whole, figures),
        ),
    )


def _latency(whole: Slot, figures: Figures) -> Measure:
    waits = _waits(whole)
    value = waits.quantile(SURE)
    parts = (
        Part(
            kind="destination",
            name=name,
            value=sent.waits.quantile(SURE),
            of=sent.taken,
            bad=sent.waits.above(LATENCY_TARGET),
        )
        for name, sent in whole.destinations.items()
        if sent.taken
    )
    return Measure(
        name="latency",
        target=LATENCY_TARGET,
        actual=value,
        state=_state(waits.count, is_met=value is not None and value <= LATENCY_TARGET),
        of=waits.count,
        points=_points(figures, lambda slot: _of_spread(_waits(slot))),
        parts=_worst(parts, lambda part: (part.bad, part.value or 0)),
        beside=_quantiles(waits),
    )


def _delivery(whole: Slot, figures: Figures) -> Measure:
    taken, failed = _ended(whole)
    low, high = wilson(taken, taken + failed)
    parts = (
        Part(
            kind="destination",
            name=name,
            value=sent.taken / sent.size,
            of=sent.size,
            bad=sent.failed,
        )
        for name, sent in whole.destinations.items()
    )
    return Measure(
        name="delivery",
        target=DELIVERY_TARGET,
        actual=_share(taken, taken + failed),
        state=_state(taken + failed, is_met=taken >= DELIVERY_TARGET * (taken + failed)),
        of=taken + failed,
        low=low,
        high=high,
        points=_points(figures, lambda slot: _of_share(*_ended(slot))),
        parts=_worst(parts, lambda part: (part.bad, -(part.value or 0))),
    )


def _availability(whole: Slot, figures: Figures) -> Measure:
    measured = whole.up + whole.down
    parts = (
        Part(
            kind="moment",
            at=start,
            value=slot.up / (slot.up + slot.down),
            of=slot.up + slot.down,
            bad=slot.down,
        )
        for start, slot in figures.slots
        if slot.down
    )
    is_met = whole.up >= AVAILABILITY_TARGET * measured
    return Measure(
        name="availability",
        target=AVAILABILITY_TARGET,
        actual=_share(whole.up, measured),
        state="few" if 0 < measured < SHORT else _state(measured, is_met=is_met),
        of=measured,
        points=_points(figures, lambda slot: _of_share(slot.up, slot.down)),
        parts=_worst(parts, lambda part: (part.bad, part.at or 0)),
    )


def _freshness(whole: Slot, figures: Figures) -> Measure:
    ages = _ages(whole)
    value = ages.quantile(SURE)
    parts = (
        Part(
            kind="source",
            name=name,
            value=heard.ages.quantile(SURE),
            of=heard.size,
            bad=heard.ages.above(FRESHNESS_TARGET),
        )
        for name, heard in whole.sources.items()
    )
    return Measure(
        name="freshness",
        target=FRESHNESS_TARGET,
        actual=value,
        state=_state(ages.count, is_met=value is not None and value <= FRESHNESS_TARGET),
        of=ages.count,
        points=_points(figures, lambda slot: _of_spread(_ages(slot))),
        parts=_worst(parts, lambda part: (part.bad, part.value or 0)),
        beside=_quantiles(ages),
    )


def _event_cost(whole: Slot, figures: Figures, price: int | None) -> Measure:
    """Say what a thousand events cost: their messages, their share of what Legato runs on."""
    events = _ages(whole).count

    def of(slot: Slot) -> tuple[float | None, int]:
        count = _ages(slot).count
        return _per_thousand(_fees(slot.destinations) + _running(slot, price), count), count

    parts = (
        Part(kind="destination", name=name, of=sent.taken, cost_micros=sent.cost_micros)
        for name, sent in whole.destinations.items()
        if sent.cost_micros
    )
    beside = {"messages": _per_thousand(_fees(whole.destinations), events)}
    if price is not None:
        beside["infrastructure"] = _per_thousand(_running(whole, price), events)
    return Measure(
        name="event_cost",
        target=None,
        actual=of(whole)[0],
        state="none",
        of=events,
        points=_points(figures, of),
        parts=_worst(parts, lambda part: (part.cost_micros, part.of)),
        beside={name: value for name, value in beside.items() if value is not None},
    )


def _journey_cost(whole: Slot, figures: Figures) -> Measure:
    """Say what the messages of a journey cost for each who entered it."""

    def of(slot: Slot) -> tuple[float | None, int]:
        entered = sum(passed.entered for passed in slot.journeys.values())
        return (_fees(slot.journeys) / entered if entered else None), entered

    parts = (
        Part(
            kind="journey",
            name=name,
            value=passed.cost_micros / passed.entered if passed.entered else None,
            of=passed.entered,
            goals=passed.goals,
            cost_micros=passed.cost_micros,
        )
        for name, passed in whole.journeys.items()
    )
    actual, entered = of(whole)
    return Measure(
        name="journey_cost",
        target=None,
        actual=actual,
        state="none",
        of=entered,
        points=_points(figures, of),
        parts=_worst(parts, lambda part: (part.cost_micros, part.of)),
    )


def wilson(good: int, count: int) -> tuple[float | None, float | None]:
    """Return between what a share lies with 95 % certainty; Nones where it is of nothing."""
    if not count:
        return None, None
    share, square = good / count, _Z * _Z
    middle = share + square / (2 * count)
    reach = _Z * sqrt(share * (1 - share) / count + square / (4 * count * count))
    scale = 1 + square / count
    return max((middle - reach) / scale, 0.0), min((middle + reach) / scale, 1.0)


def _state(count: int, *, is_met: bool) -> State:
    if not count:
        return "none"
    if count < FEW:
        return "few"
    return "met" if is_met else "missed"


def _points(figures: Figures, of: Callable[[Slot], tuple[float | None, int]]) -> tuple[Point, ...]:
    made = ((start, *of(slot)) for start, slot in figures.slots)
    return tuple(Point(at=at, value=value, of=count) for at, value, count in made)


def _worst(parts: Iterable[Part], rank: Callable[[Part], tuple[float, float]]) -> tuple[Part, ...]:
    return tuple(sorted(parts, key=rank, reverse=True)[:PARTS_MAX])


def _waits(slot: Slot) -> Spread:
    waits = Spread()
    for sent in slot.destinations.values():
        waits.take(sent.waits)
    return waits


def _ages(slot: Slot) -> Spread:
    ages = Spread()
    for heard in slot.sources.values():
        ages.take(heard.ages)
    return ages


def _ended(slot: Slot) -> tuple[int, int]:
    sent = slot.destinations.values()
    return sum(one.taken for one in sent), sum(one.failed for one in sent)


def _fees(parts: Mapping[str, Sent] | Mapping[str, Passed]) -> int:
    return sum(part.cost_micros for part in parts.values())


def _running(slot: Slot, price: int | None) -> float:
    """Return what Legato runs on cost in a slot: machines cost the same while it is down."""
    return 0 if price is None else price * (slot.up + slot.down) / MONTH


def _per_thousand(micros: float, events: int) -> float | None:
    return micros * 1_000 / events if events else None


def _share(good: int, count: int) -> float | None:
    return good / count if count else None


def _of_share(good: int, bad: int) -> tuple[float | None, int]:
    return _share(good, good + bad), good + bad


def _of_spread(spread: Spread) -> tuple[float | None, int]:
    return spread.quantile(SURE), spread.count


def _quantiles(spread: Spread) -> Mapping[str, float]:
    found = {"p50": spread.quantile(0.5), "p99": spread.quantile(0.99)}
    return {name: value for name, value in found.items() if value is not None}
