"""Which ways of a journey were taken lately, counted from the notes of the last records."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from legato.core.journeys.taken import Taken as Counted
from legato.model.instant import Instant
from legato.model.note import Entered, Left, Moved, Story
from legato.model.noun import Noun

RECORDS_MAX = 50_000
"""Records looked back at: about 5 us each."""


class Taken(Noun, frozen=True, kw_only=True):
    """From one step to another, or out of the journey where `to_step` is empty."""

    from_step: str
    """Empty: those who came in."""
    to_step: str
    outcome: str = ""
    """How they left, where they left."""
    count: int


class Moves(Noun, frozen=True, kw_only=True):
    """What happened in one journey since a record."""

    since: Instant | None
    """When the first of these records was; None: nothing was noted yet."""
    records: int
    """How many were looked at, of all journeys."""
    taken: tuple[Taken, ...]


def count_moves(read: Callable[[int], list[Story]], after: int, journey: str) -> Moves:
    """Count the moves of one journey in the records above a position, read page by page."""
    counted = Counted()
    since: Instant | None = None
    records = 0
    for story in _stories(read, after):
        since = story.at if since is None else min(since, story.at)
        records += 1
        for note in story.notes:
            if isinstance(note, Entered | Moved | Left) and note.journey == journey:
                counted.see(note)
    taken = tuple(
        Taken(from_step=start, to_step=end, outcome=outcome, count=count)
        for (_, start, end, outcome), count in sorted(counted.counts.items())
    )
    return Moves(since=since, records=records, taken=taken)


def _stories(read: Callable[[int], list[Story]], after: int) -> Iterator[Story]:
    count = 0
    while count < RECORDS_MAX and (page := read(after)):
        after = page[-1].position
        count += len(page)
        yield from page
