"""One person's life lived again: what was recorded of them, beside what a plan makes of it now.

Their records and those of everybody whom they ever met are taken out of the log and lived twice in
memory, as a backtest lives through a part: once as they were, which tells when alarms rang, and
once under the plan. Nothing of it reaches anybody. What is compared is what was noted of this
person then with what is noted of them here.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from legato.app.rehearse.backtest import (
    DRAFT,
    RUNNING,
    History,
    Index,
    plan_named,
    read_index,
    start_of,
)
from legato.app.rehearse.jobs.found import LifeLine, ReliveFound, ReliveRow
from legato.app.rehearse.jobs.task import Relive
from legato.app.rehearse.parallel import PART_RECORDS, Told, Work
from legato.insight.sentences import clause
from legato.model.event import decode_event
from legato.model.ids import PersonId
from legato.model.instant import SECOND, Instant
from legato.model.note import (
    Admitted,
    ConsentSet,
    Decided,
    Entered,
    Left,
    Merged,
    Note,
    NotEntered,
    Rejected,
    Revoked,
    SegmentChanged,
    Separated,
    Settled,
    Story,
)
from legato.model.plan import Plan, decode_plan
from legato.model.problem import LegatoError
from legato.simulate.backtest.households import EVERYWHERE, Households
from legato.simulate.backtest.live import Folded, Lived, Span, live
from legato.simulate.backtest.report import LIMIT
from legato.simulate.backtest.tape import Recorded
from legato.simulate.backtest.went import Went, ways_of
from legato.stores.memory import MemoryLog, MemoryStore
from legato.stores.sqlite.state import SqliteStore

ROWS_MAX = 2_000
"""Rows of both timelines that are shown, the newest; more than somebody reads."""
STEPS_MAX = 20_000
PAGE_STEPS = 1_000
_SEEN = (
    Entered,
    NotEntered,
    Left,
    SegmentChanged,
    ConsentSet,
    Merged,
    Separated,
    Rejected,
    Revoked,
)
_TOGETHER = SECOND
"""What is nearer in time than this happened at once: only the clock of a turn is between."""


def relive(task: Relive, data: Path, draft: Plan | None, told: Told) -> ReliveFound:
    """Live through somebody's life again. Raises LegatoError."""
    work = Work(told=told, processes=1)
    with History(data) as history:
        steps = _steps(history, data, task.person)
        index = read_index(history, work)
        plan = plan_named(RUNNING if task.under == "running" else DRAFT, index, draft)
        assert plan is not None, "it was compiled, or it runs"
        records = _household(history, index, steps, plan, work)
    first = steps[0].at
    start = max(first, start_of(task.since, index)) if task.since else first
    lived = _lived(records, Span(start=start, end=index.last_at, speed=history.speed), plan, told)
    ids = {task.person: True, **{row.person_id: True for row in steps}}
    was = _lines((row.at, note) for row in steps if row.at >= start for note in row.notes)
    now = _lines((at, note) for person_id, at, note in lived.notes if person_id in ids)
    rows = _beside(was, now)
    return ReliveFound(
        person=task.person,
        under=task.under,
        start=start,
        end=index.last_at,
        rows=tuple(rows[-ROWS_MAX:]),
        left_out=max(0, len(rows) - ROWS_MAX),
        differing=sum(row.is_different for row in rows),
        record_count=len(records),
        limit=LIMIT,
    )


def _steps(history: History, data: Path, person: PersonId) -> list[Story]:
    """Return what was noted of somebody, up to where log and notes both are."""
    store = SqliteStore(data / "state.db", is_writer=False)
    try:
        history.last = min(history.last, store.head().position)
        steps: list[Story] = []
        after = 0
        while page := store.story(person, after, PAGE_STEPS):
            steps += [row for row in page if row.position <= history.last]
            after = page[-1].position
            if len(steps) > STEPS_MAX:
                raise LegatoError(
                    f"More than {STEPS_MAX:,} steps are on record of this person.",
                    fix="Backtest the whole history: `legato backtest`.",
                )
    finally:
        store.close()
    if not steps:
        raise LegatoError(
            "Nothing is on record of this person any more.",
            fix="Ask by a person id of today: `legato profile WHO` shows it.",
        )
    return steps


def _household(
    history: History, index: Index, steps: Sequence[Story], plan: Plan, work: Work
) -> list[Recorded]:
    """Return the records of whoever this person ever met, theirs included."""
    households = Households([*(decode_plan(one.plan) for one in index.versions), plan])
    for position, record in history.records():
        households.show([(position, decode_event(record))])
        if position % PAGE_STEPS == 0:
            work.told("dividing", position, history.last)
    roots = households.roots()
    met = (roots[row.position - 1] for row in steps)
    mine = {EVERYWHERE: True, **{root: True for root in met if root >= 0}}
    records: list[Recorded] = []
    for (position, record), now, root in zip(history.records(), index.nows, roots, strict=True):
        if root in mine:
            records.append(Recorded(position, now, record))
        if len(records) > PART_RECORDS:
            raise LegatoError(
                f"This person shares addresses or identifiers with people of {PART_RECORDS:,} "
                "records and more: too many to live again for one of them.",
                fix="Backtest the whole history: `legato backtest`.",
            )
    return records


def _lived(records: Sequence[Recorded], span: Span, plan: Plan, told: Told) -> Lived:
    """Live through the span as it was, for its alarms, and then under the plan."""
    told("living", 0, 2)
    log, store = MemoryLog(), MemoryStore()
    before = Folded(log, store)
    before.fold(one for one in records if one.now < span.start)
    since = [one for one in records if one.now >= span.start]
    fork_log, fork_store = copy.deepcopy((log, store))
    was = live(fork_log, fork_store, since, before=before, plan=None, span=span)
    told("living", 1, 2)
    return live(log, store, since, before=before, plan=plan, span=span, lapsed=was.lapsed)


def _lines(notes: Iterator[tuple[Instant, Note]]) -> dict[tuple[str, ...], LifeLine]:
    """Return what people want to see of a life, each by what it is the same by in another."""
    found: dict[tuple[str, ...], LifeLine] = {}
    messages: list[tuple[PersonId, Instant, Note]] = []
    counts: dict[tuple[str, ...], int] = {}
    for at, note in notes:
        if isinstance(note, Decided | Settled):
            messages.append((PersonId(""), at, note))
        elif isinstance(note, Admitted):
            found["event", note.event_id] = _line(at, note)
        elif isinstance(note, _SEEN):
            key = _key(note)
            number = counts[key] = counts.get(key, 0) + 1
            found[(*key, str(number))] = _line(at, note)
    for key, went in ways_of(messages).messages.items():
        found["message", key[0], key[1], str(key[2])] = _message(went)
    return found


def _line(at: Instant, note: Note) -> LifeLine:
    return LifeLine(at=at, kind=str(note.__struct_config__.tag), words=clause(note))


def _key(note: Note) -> tuple[str, ...]:
    kind = str(note.__struct_config__.tag)
    match note:
        case Entered() | Left():
            return kind, note.enrollment_id
        case NotEntered():
            return kind, note.journey, note.key
        case SegmentChanged():
            return kind, note.segment, str(note.is_member)
        case ConsentSet():
            return kind, note.purpose, note.channel
        case Revoked():
            return kind, note.delivery_id
        case _:
            return (kind,)


_FATES = {"sent": "gets", "failed": "does not get", "refused": "does not get", "held": "waits for"}


def _message(went: Went) -> LifeLine:
    by = f" by {went.channel}" if went.channel and went.fate in ("sent", "held") else ""
    why = f": {went.why}" if went.why and went.fate != "sent" else ""
    return LifeLine(
        at=went.decided_at,
        kind="decided",
        words=f"{_FATES[went.fate]} {went.message.replace('_', ' ')}{by}{why}",
        journey=went.journey,
        message=went.message,
        fate=went.fate,
    )


def _beside(
    was: dict[tuple[str, ...], LifeLine], now: dict[tuple[str, ...], LifeLine]
) -> list[ReliveRow]:
    """Return both lives in the order in which they happened, the same beside the same."""
    rows = [
        ReliveRow(
            was=was.get(key), now=now.get(key), is_different=_differ(was.get(key), now.get(key))
        )
        for key in dict.fromkeys((*was, *now))
    ]
    return sorted(rows, key=lambda row: min(one.at for one in (row.was, row.now) if one))


def _differ(was: LifeLine | None, now: LifeLine | None) -> bool:
    if was is None or now is None:
        return True
    return abs(was.at - now.at) >= _TOGETHER or was != replace(now, at=was.at)
