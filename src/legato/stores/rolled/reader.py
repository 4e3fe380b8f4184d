"""Reads rolled notes: one person's, from few row groups of each file, or everybody's in order.

A segment is ordered by person. Whoever reads on in the order of keys is therefore given from a
stretch that was read and put in order at once; the next calls go on in it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from legato.model.ids import PersonId
from legato.stores.rolled.manifest import Manifest
from legato.stores.rolled.parquet import STEP, Desk, connect, relation, worded

_UNPACKED_ROWS = 5_000
STRETCH_ROWS = 65_536
"""Steps in memory for who reads on: some tens of megabytes."""

_OF = (
    "SELECT {step} FROM {source} WHERE person_id IN ({which})"
    " AND ordinal = 0 AND note_key BETWEEN ? AND ? ORDER BY note_key"
)
_ONWARD = (
    "SELECT {step} FROM {source} WHERE ordinal = 0 AND note_key BETWEEN ? AND ?"
    " ORDER BY note_key LIMIT ?"
)

Row: TypeAlias = tuple[int, int, PersonId, int, bytes]
"""Key, position, person, instant, notes."""


class _Stretch(NamedTuple):
    """All that segments have between two keys."""

    version: tuple[object, ...]
    first: int
    last: int
    rows: Sequence[Row]


class SegmentReader:
    """Any thread may call; one reads at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._desk = Desk()
        self._stretch: _Stretch | None = None

    def of(
        self, manifest: Manifest, people: Sequence[PersonId], first: int, last: int
    ) -> list[Row]:
        """Return what segments have of some people between two keys, in order."""
        segments = [each for each in manifest.segments if each.first <= last and each.last >= first]
        if not segments:
            return []
        source, bindings = relation(self.folder, manifest, segments)
        which = ", ".join("?" * len(people))
        return self._desk.fetch(
            _OF.format(step=STEP, source=source, which=which),
            [*bindings, *people, first, last],
        )

    def onward(self, manifest: Manifest, first: int, last: int, limit: int) -> list[Row]:
        """Return the oldest steps between two keys, in order; `limit` below 0: all."""
        rows: list[Row] = []
        while first <= last and len(rows) != limit:
            stretch = self._stretch_at(manifest, first)
            if stretch is None:
                break
            begin = bisect_left(stretch.rows, first, key=_key)
            end = bisect_left(stretch.rows, last + 1, key=_key)
            rows += stretch.rows[begin : end if limit < 0 else min(end, begin + limit - len(rows))]
            first = stretch.last + 1
        return rows

    def close(self) -> None:
        """Let go of what is held. Idempotent."""
        self._stretch = None
        self._desk.close()

    def _stretch_at(self, manifest: Manifest, first: int) -> _Stretch | None:
        held = self._stretch
        if held is None or held.version != manifest.version or not held.first <= first <= held.last:
            held = self._next_stretch(manifest, first)
            self._stretch = held
        return held

    def _next_stretch(self, manifest: Manifest, first: int) -> _Stretch | None:
        """Read from a key to the end of the segment that is next, or as much as is held at once."""
        ahead = [each for each in manifest.segments if each.last >= first]
        if not ahead:
            return None
        last = min(ahead, key=lambda each: (max(each.first, first), each.last)).last
        source, bindings = relation(
            self.folder, manifest, [each for each in ahead if each.first <= last]
        )
        rows = self._desk.fetch(
            _ONWARD.format(step=STEP, source=source),
            [*bindings, first, last, STRETCH_ROWS],
        )
        if len(rows) == STRETCH_ROWS:
            last = _key(rows[-1])
        return _Stretch(manifest.version, first, last, rows)


def unpacked(path: Path) -> Iterator[bytes]:
    """Yield everything that stands in a Parquet file, to be searched."""
    connection = connect()
    try:
        cursor = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        while rows := cursor.fetchmany(_UNPACKED_ROWS):
            cells = (cell for row in rows for cell in row if cell is not None)
            yield b"\n".join(
                cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells
            )
    except Exception as error:
        raise worded(error) from error
    finally:
        connection.close()


def _key(row: Row) -> int:
    return row[0]
