"""What was expected beside what happened, line by line, in eighty columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import assert_never

import msgspec

from legato.model.consent import EVERY_CHANNEL
from legato.model.instant import Instant
from legato.model.note import Decided, Entered, Left, Note, Settled
from legato.plan.scenarios.scenario import (
    Applies,
    Calls,
    Crashes,
    Does,
    Expected,
    Happening,
    Messages,
    Posts,
    ProviderTurns,
    Replies,
    Said,
    Says,
    SourceTurns,
    Switches,
)
from legato.simulate.lane import Sent
from legato.simulate.scenario.judge import Miss, aligned, expectation
from legato.simulate.scenario.run import Lived
from legato.simulate.scenario.words import wall

TIME_WIDTH = 20
COLUMN_WIDTH = 27
NOTHING = "-"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of both timelines."""

    at: Instant
    expected: str
    actual: str
    is_different: bool = False


def timeline(lived: Lived, misses: Sequence[Miss]) -> list[Row]:
    """Return both timelines, in order of time."""
    rows = [
        Row(at=one.at, expected=text, actual=text)
        for one in lived.scenario.happenings
        if one.at >= lived.scenario.start
        for text in [told(lived, one)]
    ]
    listed = {one.person: one for one in lived.scenario.then if isinstance(one, Messages)}
    shown = [miss for miss in misses if miss.kind == "other"]
    for person in lived.states:
        rows += _noted(lived, person)
        if person in listed:
            rows += _paired(lived, listed[person], misses)
            listed_places = [listed[person].place, *(one.place for one in listed[person].items)]
            shown = [miss for miss in shown if miss.place not in listed_places]
        else:
            rows += _sent(lived, person, misses)
            shown += [m for m in misses if m.kind == "missing" and m.person == person]
    for miss in shown:
        rows.append(
            Row(
                at=lived.scenario.end if miss.at is None else miss.at,
                expected=_whose(lived, miss.person) + miss.expected,
                actual=miss.actual,
                is_different=True,
            )
        )
    return sorted(rows, key=lambda row: row.at)


def _paired(lived: Lived, one: Messages, misses: Sequence[Miss]) -> Iterator[Row]:
    """Yield the messages that were listed and those that went, side by side."""
    late = {miss.place for miss in misses if miss.kind == "other"}
    whose, at = _whose(lived, one.person), lived.scenario.start
    for expected, got in aligned(one.items, lived.sent_to(one.person)):
        at = got.at if got is not None else _missed_at(lived, one.person, expected, at)
        yield Row(
            at=at,
            expected=NOTHING if expected is None else f"{whose}gets {expectation(lived, expected)}",
            actual=NOTHING if got is None else f"{whose}{_gets(got)}",
            is_different=expected is None or got is None or expected.place in late,
        )


def _missed_at(lived: Lived, person: str, expected: Expected | None, since: Instant) -> Instant:
    """Return when a message that did not go was expected, or else decided against."""
    if expected is None:
        return since
    if expected.at is not None:
        return expected.at
    refused = (
        row.at
        for row in lived.story_of(person)
        for note in row.notes
        if row.at >= since and isinstance(note, Decided) and note.message == expected.what.message
    )
    return next(refused, lived.scenario.end)


def _sent(lived: Lived, person: str, misses: Sequence[Miss]) -> Iterator[Row]:
    extra = {(m.at, m.message): m for m in misses if m.kind == "extra" and m.person == person}
    for got in lived.sent_to(person):
        miss = extra.get((got.at, got.delivery.message))
        yield Row(
            at=got.at,
            expected="" if miss is None else miss.expected,
            actual=_whose(lived, person) + _gets(got),
            is_different=miss is not None,
        )


def _gets(sent: Sent) -> str:
    return f"gets {sent.delivery.message} by {sent.delivery.channel}"


def _noted(lived: Lived, person: str) -> Iterator[Row]:
    whose = _whose(lived, person)
    for row in lived.story_of(person):
        for note in row.notes if row.at >= lived.scenario.start else ():
            text = _words(note)
            if text:
                yield Row(at=row.at, expected="", actual=whose + text)


def _words(note: Note) -> str:
    """Say what matters of a note here; empty: nothing does."""
    match note:
        case Entered():
            return f"enters {note.journey}"
        case Left():
            return f"{note.journey} ends: {note.outcome}"
        case Decided(verdict="refuse"):
            code = note.reason.code if note.reason is not None else "refused"
            return f"{note.message} refused: {code}"
        case Decided(verdict="hold"):
            code = note.reason.code if note.reason is not None else "held"
            return f"{note.message} waits: {code}"
        case Settled() if note.outcome not in ("accepted", "delivered"):
            code = f": {note.reason.code}" if note.reason is not None else ""
            return f"a delivery is {note.outcome.replace('_', ' ')}{code}"
        case _:
            return ""


def _whose(lived: Lived, person: str) -> str:
    return f"{person}: " if person and len(lived.states) > 1 else ""


def told(lived: Lived, one: Happening) -> str:
    """Say what happens in a few words."""
    match one:
        case Does():
            return _whose(lived, one.person) + one.event
        case Says():
            return _whose(lived, one.person) + "; ".join(map(_line, one.lines))
        case Replies():
            return _whose(lived, one.person) + f"replies {one.text}"
        case Posts():
            return f"{one.source} posts"
        case ProviderTurns():
            how = one.behaviour
            word = "down" if how.is_down else "mute" if how.is_mute else str(how.status or "works")
            return f"provider {one.destination}: {word}"
        case SourceTurns():
            return f"source {one.source} hands over otherwise"
        case Switches():
            return f"{'pause' if one.is_paused else 'resume'} {one.journey}"
        case Calls():
            return _whose(lived, one.person) + f"put into {one.journey}"
        case Crashes():
            return "crash"
        case Applies():
            return f"apply {one.change}"
        case _:
            assert_never(one)


def _line(said: Said) -> str:
    by = "" if said.channel == EVERY_CHANNEL else f" by {said.channel}"
    return f"{said.purpose}{by} {'granted' if said.is_granted else 'denied'}"


def written(rows: Sequence[Row], zone: str) -> list[tuple[bool, str]]:
    """Write both timelines in columns; True: the line differs. The first that does has `>>`."""
    lines: list[tuple[bool, str]] = []
    head = f"   {'':{TIME_WIDTH}}{'expected':{COLUMN_WIDTH}}  actual"
    lines.append((False, head))
    is_marked = False
    for row in rows:
        mark = "   "
        if row.is_different:
            mark, is_marked = (" ! " if is_marked else ">> "), True
        left = textwrap.wrap(row.expected, COLUMN_WIDTH) or [""]
        right = textwrap.wrap(row.actual, COLUMN_WIDTH) or [""]
        for number in range(max(len(left), len(right))):
            first = f"{mark}{wall(row.at, zone):{TIME_WIDTH}}" if number == 0 else ""
            expected = left[number] if number < len(left) else ""
            actual = right[number] if number < len(right) else ""
            text = f"{first:{TIME_WIDTH + 3}}{expected:{COLUMN_WIDTH}}  {actual}"
            lines.append((row.is_different, text.rstrip()))
    return lines
