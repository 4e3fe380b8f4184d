"""A backtest's report: what would have gone otherwise, in figures, words and examples."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from legato.model.instant import (
    DAY,
    HOUR,
    MILLISECOND,
    MINUTE,
    Duration,
    Instant,
    format_duration,
    to_datetime,
)
from legato.simulate.backtest.compare import KINDS, Comparison, Example, Kind
from legato.simulate.backtest.went import Went

LIMIT = (
    "Nobody knows how people would have taken a message they never got. Up to the first message "
    "that differs for a person both lives are the same, so those differences are certain; what "
    "comes after goes by what people did then."
)

COLUMN = 37
"""Of 80, for each of two lives side by side."""
MEANINGS: dict[Kind, str] = {
    "new": "sent only now",
    "lost": "sent only then",
    "suppressed": "sent then, refused by a gate now",
    "rechannelled": "sent by another channel",
    "moved": "sent at another time",
}


class Report(msgspec.Struct, kw_only=True):
    """What a backtest found."""

    was: str
    """What the history was compared with: `recorded`, or a version."""
    now: str
    start: Instant
    end: Instant
    currency: str
    record_count: int
    """Lived through, both times together."""
    comparison: Comparison
    limit: str = LIMIT


def story(example: Example) -> Iterator[str]:
    """Yield one example as lines: what differs, then the person's messages side by side."""
    yield f"{example.difference.shown.person_id}: {sentence_of(example)}"
    for was, now in beside(example):
        yield f"{_line(was):<{COLUMN}} | {_line(now)}".rstrip()


def sentence_of(example: Example) -> str:
    """Say what differs."""
    kind, was, now = example.difference.kind, example.difference.was, example.difference.now
    if kind == "new" and now is not None:
        instead = f"; then it was {_fate(was)}" if was is not None else ""
        return f"{now.message} is sent by {now.channel} {_moment(now.at)}{instead}"
    if kind == "lost" and was is not None:
        return f"{was.message} by {was.channel} of {_moment(was.at)} is not sent"
    if was is None or now is None:
        return kind
    if kind == "suppressed":
        return f"{was.message} of {_moment(was.at)} is not sent: {now.why or now.reason}"
    if kind == "rechannelled":
        return f"{was.message} goes by {now.channel} instead of {was.channel}"
    words = "later" if now.at > was.at else "earlier"
    return f"{was.message} goes {_apart(abs(now.at - was.at))} {words}, {_moment(now.at)}"


def beside(example: Example) -> Iterator[tuple[Went | None, Went | None]]:
    """Yield the person's messages in order of time, each as it is in both lives."""
    keys = dict.fromkeys((one.pass_id, one.message, one.number) for one in example.was)
    keys.update(dict.fromkeys((one.pass_id, one.message, one.number) for one in example.now))
    lines = [
        {(one.pass_id, one.message, one.number): one for one in side}
        for side in (example.was, example.now)
    ]
    rows = [(lines[0].get(key), lines[1].get(key)) for key in keys]
    yield from sorted(rows, key=lambda row: min(one.at for one in row if one is not None))


def _line(one: Went | None) -> str:
    if one is None:
        return "-"
    how = one.channel if one.is_sent else f"not: {one.reason or one.fate}"
    line = f"{_moment(one.at)} {one.message} {how}"
    return line if len(line) <= COLUMN else f"{line[: COLUMN - 1]}…"


def _fate(one: Went) -> str:
    return f"{one.fate} ({one.reason})" if one.reason else one.fate


def _moment(instant: Instant) -> str:
    return to_datetime(instant).strftime("%m-%d %H:%M")


def _apart(duration: Duration) -> str:
    if duration < MINUTE:  # in time-lapse
        return format_duration(duration // MILLISECOND * MILLISECOND)
    unit = MINUTE if duration < DAY else HOUR
    return format_duration(max(round(duration / unit), 1) * unit)


def kinds(comparison: Comparison) -> Iterator[tuple[Kind, int, int]]:
    """Yield each kind of difference with how many there are, and how many are certain."""
    for kind in KINDS:
        yield kind, comparison.counts.get(kind, 0), comparison.first_counts.get(kind, 0)
