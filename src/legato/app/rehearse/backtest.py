"""Backtests, composed: a log on the disk, cut into parts, lived through by some host.

The log is read beside whoever writes it.
"""

from __future__ import annotations

import copy
from array import array
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Self

import msgspec

from legato.app.rehearse.hosts import Divided, Host
from legato.app.rehearse.parallel import Work
from legato.fold.turn import Record, tick
from legato.model.event import Event, PlanActivated, decode_event
from legato.model.instant import Instant, format_instant, parse_duration, parse_instant
from legato.model.note import Decided
from legato.model.noun import Noun
from legato.model.plan import Plan, decode_plan, encode_plan
from legato.model.problem import LegatoError
from legato.plan.diff import following
from legato.ports.log import Log
from legato.simulate.backtest.compare import Comparison, merge
from legato.simulate.backtest.households import NOWHERE, Households
from legato.simulate.backtest.live import Span
from legato.simulate.backtest.part import (
    Asked,
    Decision,
    Found,
    compare_part,
    decide_part,
    decision_of,
)
from legato.simulate.backtest.tape import Recorded
from legato.simulate.world import WorldStore
from legato.stores.folder import speed_of
from legato.stores.memory import MemoryLog, MemoryStore
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore

PAGE_RECORDS = 5_000
RECORDED, RUNNING, DRAFT = "recorded", "running", "draft"
"""What was really decided; the plan that was active last; definitions that never were."""


class Version(Noun, frozen=True, kw_only=True):
    """A plan that was active once."""

    name: str
    """`v1` was the first."""
    digest: str
    since: Instant
    plan: bytes


class History:
    """A log, opened to be read."""

    def __init__(self, data: Path) -> None:
        """Open the log of a data folder. Raises LegatoError where nothing is on record."""
        path = data / "log.db"
        if not path.exists():
            raise LegatoError(
                f"There is no history in {data}.",
                fix="Name the data folder of a Legato that has run: --data FOLDER.",
            )
        self._data = data
        self._log = SqliteLog(path, is_writer=False)
        self.speed = speed_of(data)
        """Of a demonstration in time-lapse; 1 elsewhere."""
        self.last = self._log.last_position()
        if not self.last:
            raise LegatoError(f"The log in {data} is empty.", fix="Let events come in first.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._log.close()

    def records(self) -> Iterator[tuple[int, bytes]]:
        """Yield every record there was when the history was opened.

        Raises LegatoError where some are missing: lives with a hole in them are other lives.
        """
        after = 0
        while after < self.last:
            for position, data in self._log.read(after, PAGE_RECORDS) or [(self.last + 1, b"")]:
                if position != after + 1:
                    raise _gap(after + 1, position - 1)
                yield position, data
                if position == self.last:
                    return
                after = position

    def decisions(self, span: Span) -> Iterator[Decision]:
        """Yield what was noted of decisions in a span."""
        store = SqliteStore(self._data / "state.db", is_writer=False)
        try:
            after = 0
            while stories := store.tail(after, PAGE_RECORDS):
                for story in stories:
                    if span.start <= story.at <= span.end:
                        yield from (decision_of(n) for n in story.notes if isinstance(n, Decided))
                after = stories[-1].position
        finally:
            store.close()


def _gap(first: int, last: int) -> LegatoError:
    return LegatoError(
        f"The history has a gap: the records {first:,} to {last:,} are missing from the log.",
        fix="Restore the data folder from a backup.",
    )


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """What one reading of a log tells."""

    versions: tuple[Version, ...]
    nows: Sequence[Instant]
    """The engine's clock at every record."""
    first_at: Instant
    last_at: Instant


def read_index(history: History, work: Work) -> Index:
    """Read a log once: its clock, and the plans that were active."""
    versions, nows, now, running = list[Version](), array("q"), 0, ""
    for position, data in history.records():
        event = decode_event(data)
        now = tick(now, event.received_at)
        nows.append(now)
        if isinstance(event, PlanActivated) and event.digest != running:
            running = event.digest
            name = f"v{len(versions) + 1}"
            versions.append(Version(name=name, digest=event.digest, since=now, plan=event.plan))
        if position % PAGE_RECORDS == 0:
            work.told("reading", position, history.last)
    work.told("reading", history.last, history.last)
    return Index(versions=tuple(versions), nows=nows, first_at=nows[0], last_at=nows[-1])


def start_of(since: str, index: Index) -> Instant:
    """Return from when on: so long before the end, or from a day. Raises LegatoError."""
    duration = parse_duration(since)
    start = parse_instant(since) if duration is None else index.last_at - duration
    if start is None:
        raise LegatoError(
            f"`{since}` is neither a length of time nor a day.",
            fix="Write it as 30d or 2026-01-31.",
        )
    if start > index.last_at:
        raise LegatoError(
            f"The history ends {format_instant(index.last_at)}, before it would begin.",
            fix="Choose an earlier day.",
        )
    return max(start, index.first_at)


def plan_named(name: str, index: Index, draft: Plan | None) -> Plan | None:
    """Return a plan by what people call it; None: what was recorded. Raises LegatoError."""
    if name == RECORDED:
        return None
    if name == DRAFT:
        # Whom a draft is not rolled out to gets what runs now, and not what ran at the beginning.
        running = decode_plan(index.versions[-1].plan) if index.versions else None
        return draft if draft is None or running is None else following(running, draft)
    known = {one.name: one for one in index.versions}
    if name == RUNNING and index.versions:
        return decode_plan(index.versions[-1].plan)
    if name not in known:
        raise LegatoError(
            f"There is no version `{name}` in this history.",
            fix=f"There are {', '.join((*known, RUNNING, DRAFT, RECORDED))}.",
        )
    return decode_plan(known[name].plan)


def compare_plans(
    history: History,
    index: Index,
    span: Span,
    plans: tuple[Plan | None, Plan],
    host: Host,
) -> tuple[Comparison, int]:
    """Live through a span under two plans; return what differs and how much was lived through."""
    was, now = (None if plan is None else encode_plan(plan) for plan in plans)
    asked = Asked(span=span, was=was, now=now)
    known = [plan for plan in plans if plan is not None]
    found = host.live(partial(_compare, asked), _divided(history, index, known, host.work))
    return merge(one.comparison for one in found), sum(one.record_count for one in found)


def decide_again(
    history: History, index: Index, span: Span, host: Host
) -> tuple[int, list[tuple[Decision | None, Decision | None]]]:
    """Live through a span as it was; return how many decisions there are, and which differ."""
    found = host.live(partial(_decide, span), _divided(history, index, [], host.work))
    again = {one.delivery_id: one for part in found for one in part}
    differing: list[tuple[Decision | None, Decision | None]] = []
    count = 0
    for one in {one.delivery_id: one for one in history.decisions(span)}.values():
        count += 1
        other = again.pop(one.delivery_id, None)
        if other != one:
            differing.append((one, other))
    return count, [*differing, *((None, one) for one in again.values())]


def _divided(history: History, index: Index, plans: Sequence[Plan], work: Work) -> Divided:
    """Cut the history into parts."""
    households = Households([*(decode_plan(one.plan) for one in index.versions), *plans])
    households.show(_decoded(history, work))
    parts = households.divide(work.part_records)
    rows = zip(history.records(), index.nows, parts, strict=True)
    return Divided(
        rows=(
            (part, Recorded(position, now, record))
            for (position, record), now, part in rows
            if part != NOWHERE
        ),
        count=max(parts, default=0) + 1,
    )


def _decoded(history: History, work: Work) -> Iterator[Record]:
    for position, data in history.records():
        event: Event = decode_event(data)
        yield position, event
        if position % PAGE_RECORDS == 0:
            work.told("dividing", position, history.last)


class _Place:
    """A part's log and store, in memory."""

    def __init__(self) -> None:
        self.log: Log = MemoryLog()
        self.store: WorldStore = MemoryStore()

    def fork(self) -> tuple[Log, WorldStore]:
        """Return a copy of both as they are now."""
        return copy.deepcopy((self.log, self.store))


def _compare(asked: Asked, recorded: Iterator[Recorded]) -> Found:
    return compare_part(recorded, asked, _Place())


def _decide(span: Span, recorded: Iterator[Recorded]) -> list[Decision]:
    return decide_part(recorded, span, _Place())
