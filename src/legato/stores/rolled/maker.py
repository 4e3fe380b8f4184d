"""Makes segments: of notes of the state file that are old enough, and of segments there are.

Nothing here changes what anybody reads. A file is written under another name, forced to the disk,
then given its own; the state file takes it in later, or never.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from legato.model.ids import PersonId, derive
from legato.model.instant import Instant
from legato.ports.rolling import Made, Segment
from legato.stores.connection import Connection
from legato.stores.folder import force, make_private, sync_folder
from legato.stores.rolled.manifest import Manifest, read_manifest
from legato.stores.rolled.parquet import COLUMNS, Driver, connect, gone_from, relation, worded

SEGMENT_ROWS = 1 << 18
"""Steps of one segment: some tens of megabytes, sorted before they are written."""
GROUP_ROWS = 8_192
"""Rows of a row group: what is read for one person of one segment."""
SPILL = ".sorting"
"""The folder for what of a segment does not fit into memory while it is sorted."""
_CHUNK = 10_000

Spread = Callable[[bytes], Iterable[Sequence[Any]]]
"""A step's notes -> for each of them, what the readable columns hold."""


class Shape(NamedTuple):
    """Columns that are there for those who read the files with other programs."""

    columns: Mapping[str, str]
    """Name -> type of DuckDB's."""
    spread: Spread


def _nothing(_: bytes) -> Iterable[Sequence[Any]]:
    return [()]


BARE = Shape({}, _nothing)
"""None of them."""


class Maker:
    """Over one instant of the state file."""

    def __init__(self, state: Connection, folder: Path, shape: Shape = BARE) -> None:
        self._state = state
        self._folder = folder
        self._shape = shape
        self._manifest: Manifest = read_manifest(state)

    def roll(
        self, before: Instant, *, at_least: int = 1, rows_max: int = SEGMENT_ROWS
    ) -> Made | None:
        """Make a segment of the oldest notes from before an instant; None: there are too few.

        A last segment with room left is taken into it, so that there are not many small ones.
        """
        oldest = list(self._oldest(before, rows_max))
        if len(oldest) < at_least:
            return None
        floor = oldest[-1][0]
        last = max(self._manifest.segments, key=lambda each: each.last, default=None)
        joined = [last] if last is not None and last.row_count + len(oldest) <= rows_max else []
        return self._make(oldest, joined, floor=floor)

    def rewrite(self) -> Made | None:
        """Make the next segment anew that may hold notes of who is gone; None: there is none."""
        manifest = self._manifest
        stale = [each for each in manifest.segments if gone_from(manifest, each.epoch)]
        spared: list[str] = []
        for segment in stale:
            if self._holds_gone(segment):
                return self._make([], [segment], floor=0, spared=spared)
            spared.append(segment.name)
        if not spared:
            return None
        return Made(segment=None, spared=tuple(spared), epoch=manifest.epoch)

    def _oldest(self, before: Instant, rows_max: int) -> Iterator[tuple[Any, ...]]:
        """Yield the oldest steps, without the very newest: the next key is counted from it."""
        rows = self._state.execute(
            "SELECT key, position, at, person_id, notes FROM note"
            " WHERE key > ? AND key < (SELECT max(key) FROM note) ORDER BY key LIMIT ?",
            (self._manifest.floor, rows_max),
        )
        for row in rows:
            if row[2] >= before:
                return
            yield row

    def _make(
        self,
        rows: Sequence[tuple[Any, ...]],
        segments: Sequence[Segment],
        *,
        floor: int,
        spared: Sequence[str] = (),
    ) -> Made:
        connection = connect(self._folder / SPILL)
        try:
            self._fill(connection, rows, segments)
            segment = self._write(connection)
        except Exception as error:
            raise worded(error) from error
        finally:
            connection.close()
        return Made(
            segment=segment,
            replaces=tuple(each.name for each in segments),
            spared=tuple(spared),
            floor=floor,
            epoch=self._manifest.epoch,
        )

    def _fill(
        self, connection: Driver, rows: Sequence[tuple[Any, ...]], segments: Sequence[Segment]
    ) -> None:
        columns = {**COLUMNS, **self._shape.columns}
        written = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        connection.execute(f"CREATE TABLE step ({written})")
        spread = self._spread(rows)
        while chunk := list(islice(spread, _CHUNK)):
            # Most columns are empty in most rows, and some in all: handing those over takes time.
            cells = dict(zip(columns, zip(*chunk, strict=True), strict=True))
            held = [name for name in columns if any(cell is not None for cell in cells[name])]
            connection.execute(
                f"INSERT INTO step ({', '.join(map(_quoted, held))})"
                f" SELECT {', '.join(_given(columns[name]) for name in held)}",
                [list(cells[name]) for name in held],
            )
        if segments:
            source, bindings = relation(self._folder, self._manifest, segments)
            # An older Legato, or a newer one, may have written other readable columns.
            kept = "|".join(columns)
            connection.execute(
                f"INSERT INTO step BY NAME SELECT COLUMNS('^({kept})$') FROM {source}",  # noqa: S608 - our own names
                bindings,
            )

    def _spread(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        nothing = [None] * len(self._shape.columns)
        for row in rows:
            notes = row[4]
            # A step that noted nothing has its row too: it tells that there was one.
            for index, readable in enumerate(list(self._shape.spread(notes)) or [nothing]):
                yield (*row[:4], index, None if index else notes, *readable)

    def _write(self, connection: Driver) -> Segment | None:
        found = connection.execute(
            'SELECT min("note_key"), max("note_key"), epoch_us(min("at")), epoch_us(max("at")),'
            ' count("notes") FROM step'
        ).fetchone()
        if not found[4]:
            return None
        first, last, first_at, last_at, row_count = found
        epoch = self._manifest.epoch
        name = derive("notes", str(first), str(last), str(row_count), str(epoch)) + ".parquet"
        path = self._folder / name
        self._folder.mkdir(mode=0o700, exist_ok=True)
        draft = path.with_name(f"{name}.new")
        make_private(draft)
        target = str(draft).replace("'", "''")
        connection.execute(
            f"COPY (FROM step ORDER BY person_id, note_key, ordinal) TO '{target}'"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {GROUP_ROWS},"
            " USE_TMP_FILE false)"  # it would lose who may read it
        )
        force(draft)
        draft.replace(path)
        sync_folder(self._folder)
        return Segment(
            name=name,
            first=first,
            last=last,
            first_at=first_at,
            last_at=last_at,
            row_count=row_count,
            byte_count=path.stat().st_size,
            epoch=epoch,
        )

    def _holds_gone(self, segment: Segment) -> bool:
        gone: list[PersonId] = gone_from(self._manifest, segment.epoch)
        connection = connect()
        try:
            return connection.execute(
                "SELECT EXISTS (SELECT 1 FROM read_parquet(?)"
                " WHERE person_id IN (SELECT unnest(?::VARCHAR[])))",
                [str(self._folder / segment.name), gone],
            ).fetchone()[0]
        except Exception as error:
            raise worded(error) from error
        finally:
            connection.close()


def sweep(folder: Path, kept: Iterable[str]) -> None:
    """Delete what a stop has left behind, and what was replaced."""
    names = dict.fromkeys(kept)
    if folder.is_dir():
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name not in names:
                path.unlink(missing_ok=True)


def _quoted(name: str) -> str:
    return f'"{name}"'


def _given(kind: str) -> str:
    match kind:
        case "TIMESTAMP":
            return "make_timestamp(unnest(?::BIGINT[]))"
        case "BIGINT" | "BLOB" | "VARCHAR" | "BOOLEAN":
            return f"unnest(?::{kind}[])"
        case _:
            return f"CAST(unnest(?::VARCHAR[]) AS {kind})"
