"""Tallies: what is kept of a person's events so that a Slot can be measured at any instant.

Theory of operation. A tally is a function of the multiset of its observations and the horizon, not
of the order in which they came: entries are sorted, what is older than any question about them is
dropped (or, for an `ever` window, folded into a base by operations that commute), and every bound
keeps what is greatest by an order of the values themselves. So a late event, a replay and a merge
of two people give the same bytes as the events in order.

The horizon is `now - plan.lateness`: measurements are exact at any instant from it on, for a late
event may make the engine look again at a moment in the past. Numbers are integer millionths; other
values are canonical JSON, which has one order for all types and survives storage as it is.

Shape of `base`: count, min, max: integer; sum: integer, or decimal text beyond 63 bits; average:
[sum, count]; first, last: [at, JSON]; unique: [[JSON, last at], ...] by JSON; most_frequent:
[[JSON, count], ...] by JSON; sequence: 1 once it has happened.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from legato.expr.number import from_micros, half_even, to_micros
from legato.expr.packed import (
    are_within,
    hold_counts,
    hold_numbers,
    instants,
    micros_of,
    numbers,
    put_count,
    put_number,
)
from legato.expr.path import Json, values_at
from legato.expr.wall import next_start, start_of
from legato.model.instant import Duration, Instant
from legato.model.rule import Scalar, Slot
from legato.model.state import Tally

ENTRIES_MAX = 2_000
"""Entries a tally: at 20 bytes each one slot stays under 40 KB of a state. Beyond it the oldest
leave: a window then sees its newest 2,000, and `ever` folds them early (exact at present, while a
look back within the lateness counts them already)."""
SEQUENCE_ENTRIES_MAX = 500
"""Occurrences of each half of a sequence; beyond it the oldest that found no match are forgotten.
Less than ENTRIES_MAX because an `ever` sequence keeps them until it happens."""
VALUES_MAX = 1_000
"""Different values in a base. `unique` keeps those seen last; `most_frequent` lets the 1,000
smallest by JSON compete, since counts of values that come and go would depend on their order."""
TEXT_MAX = 500
"""Characters of a text that is measured: an identifier or a name. Longer texts are not read."""
INTEGER_MAX = 2**63 - 1
"""Integers beyond 64 bits are not read: no store or warehouse holds them."""

Entry: TypeAlias = tuple[Instant, Any]
Entries: TypeAlias = tuple[Entry, ...]
Base: TypeAlias = Any


def fold(
    slot: Slot, tally: Tally | None, at: Instant, *, body: Mapping[str, Any], horizon: Instant
) -> Tally | None:
    """Observe an event that meets the slot's match."""
    values = values_at(body, slot.property) if slot.property else ()
    return observe(slot, tally, at, values=values, horizon=horizon)


def observe(
    slot: Slot, tally: Tally | None, at: Instant, *, values: Sequence[Any], horizon: Instant
) -> Tally | None:
    """Add what an event that meets the slot's match says; `tally` is owned and changed.

    None: nothing needs to be kept.
    """
    if tally is None:
        tally = Tally()
    function = slot.function
    if function == "count":
        put_count(tally, at)
        return _prune_count(slot, tally, horizon)
    if function == "sequence":
        tally.entries = _with_once(tally.entries, at)
    elif function in _NUMERIC:
        for value in values:
            micros = to_micros(value)
            if micros is not None:
                put_number(tally, at, micros)
    else:
        known = [(at, text) for value in values if (text := canonical(value)) is not None]
        tally.entries = _with(tally.entries, known)
    return prune(slot, tally, horizon)


def observe_then(slot: Slot, tally: Tally | None, at: Instant, *, horizon: Instant) -> Tally | None:
    """Add an event that meets a sequence's `then`."""
    if tally is None:
        tally = Tally()
    tally.followers = _with_once(tally.followers, at)
    return prune(slot, tally, horizon)


def merge(slot: Slot, mine: Tally | None, theirs: Tally | None, horizon: Instant) -> Tally | None:
    """Return the tally of two people who turned out to be one; both are owned."""
    if mine is None or theirs is None:
        kept = mine or theirs
        return None if kept is None else prune(slot, kept, horizon)
    if slot.function == "sequence":
        for at, _ in theirs.entries:
            mine.entries = _with_once(mine.entries, at)
        for at, _ in theirs.followers:
            mine.followers = _with_once(mine.followers, at)
        mine.base = mine.base or theirs.base
        return prune(slot, mine, horizon)
    if slot.function == "count":
        hold_counts(mine, sorted([*instants(mine), *instants(theirs)]))
    elif slot.function in _NUMERIC:
        hold_numbers(mine, sorted([*numbers(mine), *numbers(theirs)]))
    else:
        mine.entries = tuple(sorted(mine.entries + theirs.entries))
    mine.base = _join(slot.function, mine.base, theirs.base)
    return prune(slot, mine, horizon)


def prune(slot: Slot, tally: Tally, horizon: Instant) -> Tally | None:
    """Drop or fold what no measurement from `horizon` on needs; None when nothing is left."""
    if slot.function == "sequence":
        return _prune_sequence(slot, tally, horizon)
    if slot.function == "count":
        return _prune_count(slot, tally, horizon)
    if slot.function in _NUMERIC:
        return _prune_numbers(slot, tally, horizon)
    entries = tally.entries
    if not entries:
        return None if tally.base is None else tally
    oldest = horizon - slot.reach
    if entries[0][0] >= oldest and len(entries) <= ENTRIES_MAX:
        return tally
    cut = max(bisect_left(entries, (oldest,)), len(entries) - ENTRIES_MAX)
    if slot.window.kind == "ever":
        tally.base = _FOLD[slot.function](tally.base, entries[:cut])
    tally.entries = entries[cut:]
    return tally if tally.entries or tally.base is not None else None


def measure(slot: Slot, tally: Tally | None, now: Instant, zone: str) -> Json:
    """Return the measurement as of `now`; None where there is none (`min` of nothing).

    count, sum: a number. unique: its values by canonical JSON. sequence: 1 or 0.
    """
    if tally is None:
        return _NOTHING.get(slot.function)
    since = _window_start(slot, now, zone)
    if slot.function == "sequence":
        return 1 if tally.base or _last_pair(slot, tally, since, now) is not None else 0
    if slot.function == "count":
        return measure_total(tally, now) if since is None else _count_since(tally, since, now)
    if slot.function in _NUMERIC:
        return _value(slot.function, _fold_numbers(slot, tally, since, now))
    entries = tally.entries
    low = 0 if since is None else bisect_left(entries, (since,))
    high = len(entries)
    if high and entries[-1][0] > now:
        high = bisect_left(entries, (now + 1,))
    base = tally.base
    if high > low:
        base = _FOLD[slot.function](base, entries[low:high])
    return _value(slot.function, base)


def measure_count(tally: Tally | None, now: Instant, size: Duration) -> int:
    """Return a count over a sliding window: `measure` without its choices."""
    return 0 if tally is None else _count_since(tally, now - size + 1, now)


def measure_total(tally: Tally | None, now: Instant) -> int:
    """Return a count over all of history: `measure` without its choices."""
    if tally is None:
        return 0
    counted = instants(tally)
    high = len(counted)
    if high and counted[-1] > now:
        high = bisect_left(counted, now + 1)
    return high + (tally.base or 0)


def has_value(slot: Slot, tally: Tally | None, now: Instant, *, zone: str, value: Scalar) -> bool:
    """Return whether a `unique` slot holds a value as of `now`."""
    known = canonical(value)
    if tally is None or known is None:
        return False
    since = _window_start(slot, now, zone)
    for at, text in tally.entries:
        if text == known and at <= now and (since is None or at >= since):
            return True
    base: list[list[Any]] = tally.base or []
    place = bisect_left(base, [known])
    return place < len(base) and base[place][0] == known


def next_change(slot: Slot, tally: Tally | None, now: Instant, zone: str) -> Instant | None:
    """Return the earliest instant after `now` at which time alone changes the measurement.

    It may come out the same then; before it, without events, it cannot change.
    """
    if tally is None:
        return None
    newest = [at for at, _ in (*tally.entries[-1:], *tally.followers[-1:])]
    changes = [at for at in (*newest, *instants(tally)[-1:]) if at > now]
    window = slot.window
    if window.kind != "ever":
        since = _window_start(slot, now, zone)
        assert since is not None
        counted = _first_counted(slot, tally, since, now)
        if counted is not None and window.kind == "sliding":
            changes.append(counted + window.size)
        elif counted is not None:
            changes.append(next_start(window.unit, now, zone))
    return min(changes) if changes else None


def canonical(value: Json) -> str | None:
    """Return a scalar's canonical JSON; None where it is not one that is measured.

    A whole float is the integer it equals, since JSON's writers do not agree on `1` or `1.0`.
    """
    if isinstance(value, str):
        return _json(value) if len(value) <= TEXT_MAX else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        return str(value) if abs(value) <= INTEGER_MAX else None
    return _json(value) if isinstance(value, float) and value - value == 0 else None


# Windows


def _window_start(slot: Slot, now: Instant, zone: str) -> Instant | None:
    """Return the first instant that counts; None: every one does."""
    window = slot.window
    if window.kind == "sliding":
        return now - window.size + 1
    return None if window.kind == "ever" else start_of(window.unit, now, zone)


def _first_counted(slot: Slot, tally: Tally, since: Instant, now: Instant) -> Instant | None:
    if slot.function == "sequence":
        return _last_pair(slot, tally, since, now)
    if slot.function == "count" or slot.function in _NUMERIC:
        counted = instants(tally)
        first = bisect_left(counted, since)
        return counted[first] if first < len(counted) and counted[first] <= now else None
    place = bisect_left(tally.entries, (since,))
    if place < len(tally.entries) and tally.entries[place][0] <= now:
        return tally.entries[place][0]
    return None


# Entries


def _with(entries: Entries, more: Sequence[Entry]) -> Entries:
    if not more:
        return entries
    both = (*entries, *more)
    return both if len(more) == 1 and entries[-1:] <= (more[0],) else tuple(sorted(both))


def _with_once(entries: Entries, at: Instant) -> Entries:
    place = bisect_left(entries, (at,))
    if place < len(entries) and entries[place][0] == at:
        return entries
    return (*entries[:place], (at, None), *entries[place:])


# Counts and numbers


def _prune_count(slot: Slot, tally: Tally, horizon: Instant) -> Tally | None:
    oldest = horizon - slot.reach
    if are_within(tally, oldest, ENTRIES_MAX):
        return tally
    counted = instants(tally)
    if not counted:
        return None if tally.base is None else tally
    cut = max(bisect_left(counted, oldest), len(counted) - ENTRIES_MAX)
    if slot.window.kind == "ever":
        tally.base = (tally.base or 0) + cut
    hold_counts(tally, counted[cut:])
    return tally if tally.counted or tally.base is not None else None


def _count_since(tally: Tally, since: Instant, now: Instant) -> int:
    counted = instants(tally)
    high = len(counted)
    if high and counted[-1] > now:
        high = bisect_left(counted, now + 1)
    if high and counted[0] < since:
        return max(high - bisect_left(counted, since), 0)
    return high


def _prune_numbers(slot: Slot, tally: Tally, horizon: Instant) -> Tally | None:
    oldest = horizon - slot.reach
    if are_within(tally, oldest, ENTRIES_MAX):
        return tally
    happened = instants(tally)
    if not happened:
        return None if tally.base is None else tally
    cut = max(bisect_left(happened, oldest), len(happened) - ENTRIES_MAX)
    pairs = numbers(tally)
    if slot.window.kind == "ever":
        tally.base = _FOLD[slot.function](tally.base, [micros for _, micros in pairs[:cut]])
    hold_numbers(tally, pairs[cut:])
    return tally if tally.numbers or tally.base is not None else None


def _fold_numbers(slot: Slot, tally: Tally, since: Instant | None, now: Instant) -> Base:
    happened = instants(tally)
    low = 0 if since is None else bisect_left(happened, since)
    high = len(happened)
    if high and happened[-1] > now:
        high = bisect_left(happened, now + 1)
    if high <= low:
        return tally.base
    return _FOLD[slot.function](tally.base, micros_of(tally, low, high))


# Sequences


def _prune_sequence(slot: Slot, tally: Tally, horizon: Instant) -> Tally | None:
    if slot.window.kind == "ever":
        if tally.base or _last_pair(slot, tally, None, horizon - 1) is not None:
            return Tally(base=1)
        # An occurrence still without its other half is kept, however late that may come.
    else:
        oldest = horizon - slot.reach
        tally.followers = tally.followers[bisect_left(tally.followers, (oldest,)) :]
        tally.entries = tally.entries[bisect_left(tally.entries, (oldest - slot.within,)) :]
    tally.entries = tally.entries[-SEQUENCE_ENTRIES_MAX:]
    tally.followers = tally.followers[-SEQUENCE_ENTRIES_MAX:]
    return tally if tally.entries or tally.followers else None


def _last_pair(slot: Slot, tally: Tally, since: Instant | None, now: Instant) -> Instant | None:
    """Return the newest `then` in [since, now] with a match before it, no more than `within`."""
    for at, _ in reversed(tally.followers):
        if since is not None and at < since:
            return None
        place = bisect_left(tally.entries, (at,)) - 1
        if at <= now and place >= 0 and tally.entries[place][0] >= at - slot.within:
            return at
    return None


# Folding entries into a base, and two bases into one. All of it commutes.


def _fold_sum(base: Base, micros: Sequence[int]) -> Base:
    return _small(int(base or 0) + sum(micros))


def _fold_average(base: Base, micros: Sequence[int]) -> Base:
    total, count = base or (0, 0)
    return [_fold_sum(total, micros), count + len(micros)]


def _fold_min(base: Base, micros: Sequence[int]) -> Base:
    least = min(micros)
    return least if base is None else min(base, least)


def _fold_max(base: Base, micros: Sequence[int]) -> Base:
    most = max(micros)
    return most if base is None else max(base, most)


def _fold_first(base: Base, entries: Sequence[Entry]) -> Base:
    first = list(entries[0])
    return first if base is None else min(base, first)


def _fold_last(base: Base, entries: Sequence[Entry]) -> Base:
    last = list(entries[-1])
    return last if base is None else max(base, last)


def _fold_unique(base: Base, entries: Sequence[Entry]) -> Base:
    return _join_unique(base or [], [[text, at] for at, text in entries])


def _fold_most_frequent(base: Base, entries: Sequence[Entry]) -> Base:
    return _join_most_frequent(base or [], [[text, 1] for _, text in entries])


def _join_unique(mine: list[list[Any]], theirs: list[list[Any]]) -> list[list[Any]]:
    last: dict[str, Instant] = {}
    for text, at in (*mine, *theirs):
        last[text] = max(last.get(text, at), at)
    newest = sorted(((at, text) for text, at in last.items()), reverse=True)[:VALUES_MAX]
    return sorted([text, at] for at, text in newest)


def _join_most_frequent(mine: list[list[Any]], theirs: list[list[Any]]) -> list[list[Any]]:
    counts: dict[str, int] = {}
    for text, count in (*mine, *theirs):
        counts[text] = counts.get(text, 0) + count
    return [[text, counts[text]] for text in sorted(counts)[:VALUES_MAX]]


def _join(function: str, mine: Base, theirs: Base) -> Base:
    if mine is None or theirs is None:
        return theirs if mine is None else mine
    if function == "average":
        return [_small(int(mine[0]) + int(theirs[0])), mine[1] + theirs[1]]
    return _JOIN[function](mine, theirs)


def _small(total: int) -> int | str:
    return total if abs(total) <= INTEGER_MAX else str(total)


def _value(function: str, base: Base) -> Json:
    """Return what a base means."""
    if base is None:
        return _NOTHING.get(function)
    match function:
        case "sum" | "min" | "max":
            return from_micros(int(base))
        case "average":
            return from_micros(half_even(int(base[0]), base[1]))
        case "first" | "last":
            return _scalar(base[1])
        case "unique":
            return [_scalar(text) for text, _ in base]
        case _:
            return _scalar(min(base, key=lambda pair: (-pair[1], pair[0]))[0])


def _json(value: str | float) -> str:
    return _JSON.encode(value).decode()


def _scalar(text: str) -> Scalar:
    return msgspec.json.decode(text)


_JSON = msgspec.json.Encoder()
_NUMERIC = ("sum", "min", "max", "average")
_NOTHING: Mapping[str, Any] = {"count": 0, "sum": 0, "sequence": 0, "unique": []}
_FOLD: Mapping[str, Callable[[Base, Sequence[Any]], Base]] = {
    "sum": _fold_sum,
    "average": _fold_average,
    "min": _fold_min,
    "max": _fold_max,
    "first": _fold_first,
    "last": _fold_last,
    "unique": _fold_unique,
    "most_frequent": _fold_most_frequent,
}
_JOIN: Mapping[str, Callable[[Base, Base], Base]] = {
    "count": lambda mine, theirs: mine + theirs,
    "sum": lambda mine, theirs: _small(int(mine) + int(theirs)),
    "min": min,
    "max": max,
    "first": min,
    "last": max,
    "unique": _join_unique,
    "most_frequent": _join_most_frequent,
}
