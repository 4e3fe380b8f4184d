"""Reads records that were rolled: one from its block, or many in the order of their positions.

A segment is ordered by person, so the records of one person are in one block of it or two: a block
is kept once it was read. Whoever reads on in the order of positions is given from a stretch of the
segment that was put in that order at once; so is who asks for many single ones of it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path

from legato.model.problem import LegatoError
from legato.ports.rolling import Segment
from legato.stores.connection import Connection
from legato.stores.rolled.parquet import Desk
from legato.stores.rolled.records.manifest import (
    Manifest,
    block_at,
    floor_of,
    read_manifest,
    segment_at,
)

BLOCK_ROWS = 2_048
"""Rows of a block, which is a row group: what is read for one person of one segment."""
BLOCK_BYTES_MAX = 32 << 20
"""Of all blocks in memory."""
STRETCH_ROWS = 32_768
"""Records in memory for who reads on."""
STRETCHES_MAX = 2
"""Of two who read on at once, each has one."""
SINGLES_MAX = 16
"""Blocks read one after the other for records of one stretch: then the whole of it costs less.
Somebody's own records are in few blocks of many stretches."""

_BLOCK = (
    "SELECT position, record FROM read_parquet(?, file_row_number = true)"
    " WHERE file_row_number BETWEEN ? AND ?"
)
_STRETCH = (
    "SELECT position, record FROM read_parquet(?) WHERE position BETWEEN ? AND ? ORDER BY position"
)
_TAGGED = (
    "SELECT position FROM read_parquet(?) WHERE type IN (SELECT unnest(?::VARCHAR[]))"
    " AND position BETWEEN ? AND ? ORDER BY position"
)


class RecordReader:
    """Any thread may call; one reads at a time. The caller holds an instant of the log's file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._desk = Desk()
        self._lock = threading.Lock()
        self._blocks: OrderedDict[tuple[str, int], dict[int, bytes]] = OrderedDict()
        self._block_bytes = 0
        self._stretches: OrderedDict[tuple[str, int], list[tuple[int, bytes]]] = OrderedDict()
        self._singles: tuple[tuple[str, int], int] = ("", 0), 0
        """How many blocks were read last for which stretch."""

    def get(self, reader: Connection, position: int) -> bytes | None:
        """Return one record, or None where there is none."""
        own: bytes | None = reader.execute(
            "SELECT record FROM log WHERE position = ?", (position,)
        ).get
        if own is not None or not 0 < position <= floor_of(reader):
            return own
        segment = segment_at(reader, position)
        number, index = divmod(position - segment.first, STRETCH_ROWS)
        stretch = (segment.name, number)
        if stretch in self._stretches or self._singles == (stretch, SINGLES_MAX):
            return self._stretch(segment, number)[index][1]
        record = self._block(stretch, block_at(reader, position)).get(position)
        if record is None:
            raise _damaged(self.folder / segment.name)
        return record

    def read(self, reader: Connection, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Return up to `limit` records with positions above `after`, in order."""
        manifest, until = read_manifest(reader), after + limit
        rows = dict(self._rolled(manifest, after + 1, min(until, manifest.floor)))
        own = reader.execute(
            "SELECT position, record FROM log WHERE position > ? AND position <= ?", (after, until)
        )
        rows.update(own)
        return sorted(rows.items())

    def tagged(self, reader: Connection, tags: Sequence[str], after: int, until: int) -> list[int]:
        """Return positions in (after, until] that were rolled as of some kinds, and count still."""
        manifest = read_manifest(reader)
        found: list[int] = []
        for segment in manifest.segments:
            if segment.last > after and segment.first <= until:
                path = str(self.folder / segment.name)
                found += [
                    row[0]
                    for row in self._desk.fetch(_TAGGED, [path, list(tags), after + 1, until])
                ]
        own = "SELECT EXISTS (SELECT 1 FROM log WHERE position = ?)"
        return [each for each in found if not reader.execute(own, (each,)).get]

    def close(self) -> None:
        """Let go of what is held. Idempotent."""
        with self._lock:
            self._blocks.clear()
            self._block_bytes = 0
            self._stretches.clear()
        self._desk.close()

    def _rolled(self, manifest: Manifest, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        for segment in manifest.segments:
            begin, end = max(first, segment.first), min(last, segment.last)
            while begin <= end:
                number = (begin - segment.first) // STRETCH_ROWS
                start = segment.first + number * STRETCH_ROWS
                rows = self._stretch(segment, number)
                yield from rows[begin - start : end + 1 - start]
                begin = start + STRETCH_ROWS
                if end >= start + len(rows) - 1:
                    self._forget((segment.name, number))  # who reads on does not come back

    def _stretch(self, segment: Segment, number: int) -> Sequence[tuple[int, bytes]]:
        with self._lock:
            rows = self._stretches.get((segment.name, number))
            if rows is None:
                first = segment.first + number * STRETCH_ROWS
                last = min(first + STRETCH_ROWS - 1, segment.last)
                path = self.folder / segment.name
                rows = self._desk.fetch(_STRETCH, [str(path), first, last])
                if len(rows) != last - first + 1:
                    raise _damaged(path)
                self._stretches[segment.name, number] = rows
                while len(self._stretches) > STRETCHES_MAX:
                    self._stretches.popitem(last=False)
            self._stretches.move_to_end((segment.name, number))
            return rows

    def _forget(self, stretch: tuple[str, int]) -> None:
        with self._lock:
            self._stretches.pop(stretch, None)

    def _block(self, stretch: tuple[str, int], number: int) -> dict[int, bytes]:
        name, _ = stretch
        with self._lock:
            rows = self._blocks.get((name, number))
            if rows is None:
                last, count = self._singles
                self._singles = stretch, count + 1 if last == stretch else 1
                first = number * BLOCK_ROWS
                path = str(self.folder / name)
                rows = dict(self._desk.fetch(_BLOCK, [path, first, first + BLOCK_ROWS - 1]))
                self._blocks[name, number] = rows
                self._block_bytes += _size(rows)
                while self._block_bytes > BLOCK_BYTES_MAX and len(self._blocks) > 1:
                    self._block_bytes -= _size(self._blocks.popitem(last=False)[1])
            self._blocks.move_to_end((name, number))
            return rows


def _size(rows: dict[int, bytes]) -> int:
    return sum(map(len, rows.values()))


def _damaged(path: Path) -> LegatoError:
    return LegatoError(
        f"{path} does not hold the records that the log says it does.",
        fix="Put the folder back that belongs to this log, from the same backup.",
    )
