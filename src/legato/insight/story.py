"""A person's story: read whole for `why`, and told line by line for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from legato.insight.sentences import told
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.note import Story
from legato.model.noun import Noun, shown
from legato.ports.state_store import Records

PAGE = 1_000
ROWS_MAX = 20_000
"""More steps than a person has in years. Beyond it the oldest are left out: the answer to a
question about today does not rest on them, and the reader stays bounded."""


class Told(Noun, frozen=True, kw_only=True):
    """One step of one person, in words and as noted."""

    position: int
    person_id: str
    at: Instant
    sentences: tuple[str, ...]
    notes: tuple[Mapping[str, Any], ...]


def whole_story(records: Records, person_id: PersonId) -> list[Story]:
    """Return all of a person's notes, oldest first: the newest ROWS_MAX steps of them."""
    rows: list[Story] = []
    after = 0
    while page := records.story(person_id, after, PAGE):
        rows += page
        after = page[-1].position
        if len(rows) > ROWS_MAX:
            rows = rows[-ROWS_MAX:]
        if len(page) < PAGE:
            break
    return rows


def noted(read: Callable[[int], list[Story]], after: int) -> tuple[list[Story], int]:
    """Return the next steps above a position that noted something, and where to go on.

    `read` gives a page of rows above a position. Steps that noted nothing are nothing to tell of.
    """
    while page := read(after):
        after = page[-1].position
        told = [row for row in page if row.notes]
        if told:
            return told, after
    return [], after


def tell(row: Story) -> Told:
    """Put a step into words."""
    return Told(
        position=row.position,
        person_id=row.person_id,
        at=row.at,
        sentences=tuple(told(row.person_id, note) for note in row.notes),
        notes=tuple(shown(note) for note in row.notes),
    )
