"""The pressure that a crowd was under: how much reached whom, what collided, what it cost.

Percentiles are over people and weeks in which somebody got anything: the quiet ones would hide the
loud. Two journeys collide where both reach one person within a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from legato.model.instant import DAY, WEEK, Duration, Instant
from legato.simulate.backtest.compare import Side, add_side, side_of
from legato.simulate.backtest.went import Ways, Went
from legato.simulate.crowd.promises import Promises

COLLISION: Duration = DAY
PAIRS_SHOWN = 10


class Pressure(msgspec.Struct, kw_only=True):
    """What became of some people."""

    side: Side
    people: int = 0
    """Everybody, also those who got nothing."""
    loads: dict[int, int] = {}
    """Messages to one person in one week -> in how many such weeks."""
    days: dict[int, dict[str, int]] = {}
    """Day of the rehearsal -> channel -> messages."""
    pairs: dict[str, int] = {}
    """`one + other` -> how often they met."""
    same_item: dict[str, int] = {}
    """Of these, about the same item."""
    refusals: dict[str, dict[str, int]] = {}
    """Journey -> code of the reason -> how many."""
    journeys: dict[str, int] = {}
    """Journey -> messages sent."""
    record_count: int = 0
    offers: Promises | None = None
    """None: the plan has no offers."""


def pressure_of(
    ways: Ways, items: Mapping[str, str], *, start: Instant, people: int, record_count: int
) -> Pressure:
    """Read the pressure from a life's messages; `items`: pass and message -> what it is about."""
    found = Pressure(side=side_of(ways), people=people, record_count=record_count)
    of_people: dict[str, list[Went]] = {}
    for one in ways.messages.values():
        if one.is_sent:
            of_people.setdefault(one.person_id, []).append(one)
            _more(found.journeys, one.journey)
            _more(found.days.setdefault((one.at - start) // DAY, {}), one.channel)
        elif one.fate == "refused":
            _more(found.refusals.setdefault(one.journey, {}), one.reason)
    for messages in of_people.values():
        messages.sort(key=lambda one: one.at)
        weeks: dict[str, int] = {}
        for one in messages:
            _more(weeks, str((one.at - start) // WEEK))
        for count in weeks.values():
            found.loads[count] = found.loads.get(count, 0) + 1
        for pair, is_same in _collisions(messages, items):
            _more(found.pairs, pair)
            if is_same:
                _more(found.same_item, pair)
    return found


def _collisions(messages: Sequence[Went], items: Mapping[str, str]) -> Iterable[tuple[str, bool]]:
    for index, one in enumerate(messages):
        for other in messages[index + 1 :]:
            if other.at - one.at > COLLISION:
                break
            if other.journey != one.journey:
                item = items.get(f"{one.pass_id}/{one.message}")
                is_same = bool(item) and item == items.get(f"{other.pass_id}/{other.message}")
                yield " + ".join(sorted((one.journey, other.journey))), is_same


def merge(parts: Iterable[Pressure]) -> Pressure:
    """Put the pressure on several crowds together."""
    whole = Pressure(side=Side())
    for part in parts:
        add_side(whole.side, part.side)
        whole.people += part.people
        whole.record_count += part.record_count
        for load, count in part.loads.items():
            whole.loads[load] = whole.loads.get(load, 0) + count
        for day, counts in part.days.items():
            _add(whole.days.setdefault(day, {}), counts)
        for journey, counts in part.refusals.items():
            _add(whole.refusals.setdefault(journey, {}), counts)
        _add(whole.pairs, part.pairs)
        _add(whole.same_item, part.same_item)
        _add(whole.journeys, part.journeys)
        if part.offers is not None:
            whole.offers = whole.offers or Promises()
            whole.offers.add(part.offers)
    return whole


def percentile(loads: Mapping[int, int], share: float) -> int:
    """Return the load that this share of weeks does not exceed; 0 where there is none."""
    total, seen = sum(loads.values()), 0
    for load in sorted(loads):
        seen += loads[load]
        if seen >= share * total:
            return load
    return 0


def _more(counts: dict[str, int], key: str) -> None:
    counts[key] = counts.get(key, 0) + 1


def _add(counts: dict[str, int], others: Mapping[str, int]) -> None:
    for key, count in others.items():
        counts[key] = counts.get(key, 0) + count
