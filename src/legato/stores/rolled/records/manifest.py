"""Which files hold which positions of the log: tables of the log's own file.

They are where the records are, so that whoever reads the log and whoever writes it see the same, by
one snapshot, in whichever process. **A row of `log` is always what counts.** Where a position up to
`roll.floor` has none, its record is in the segment that covers it.

So a record that was rolled is overwritten by a row, in the same transaction as those that were not;
`amended` keeps that row from being taken for one that only waits for its deletion. The segment is
made anew afterwards. What is overwritten while a file is made is amended too: the file may have
been read before. `roll.epoch` counts overwritings, and tells which of them a file has in it.

`place` says in which block of its file each position is. `roll.serial` numbers the files that were
begun: one of a higher number belongs to another log, and is never deleted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from legato.model.problem import LegatoError
from legato.ports.rolling import Made, Segment, Standing
from legato.stores.connection import Connection

FOLDER = "records"
"""Of the segments, beside the log's file. Not that of the notes, which are made anew from these."""
PLACES_AT_ONCE = 1_024
"""Positions of a row of `place`: two bytes for each, so that a row is within a page."""
PLACE_BYTES = 2
TRIM_ROWS = 2_000
"""Deleted under one hold of the writer: some milliseconds, in which nothing is acknowledged."""
SLACK_PAGES = 1_024
"""Free pages that stay in the log's file: what comes next fills them."""
SLACK_SHARE = 4
"""More than one page of so many must be free before others are moved: most will be filled again."""
SHRINK_PAGES = 512
"""Given back under one hold of the writer."""

SCHEMA = """
CREATE TABLE roll(
  id INTEGER PRIMARY KEY CHECK (id = 1), floor INTEGER NOT NULL, epoch INTEGER NOT NULL,
  serial INTEGER NOT NULL, is_making INTEGER NOT NULL
) STRICT;
INSERT INTO roll VALUES (1, 0, 0, 0, 0);
CREATE TABLE segment(
  name TEXT PRIMARY KEY, first INTEGER NOT NULL UNIQUE, last INTEGER NOT NULL,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
  row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL, epoch INTEGER NOT NULL
) STRICT;
CREATE TABLE place(first INTEGER PRIMARY KEY, blocks BLOB NOT NULL) STRICT;
CREATE TABLE amended(position INTEGER PRIMARY KEY, epoch INTEGER NOT NULL) STRICT;
"""

_NAME = re.compile(r"records_(\d{8,})\.parquet(\.new)?")


class Manifest(NamedTuple):
    """What is rolled, at one instant."""

    floor: int
    epoch: int
    segments: Sequence[Segment]


def name_of(serial: int) -> str:
    """Name the file that was begun as the n-th."""
    return f"records_{serial:08}.parquet"


def floor_of(reader: Connection) -> int:
    """Return up to which position there is a segment for every one."""
    if reader.execute("SELECT 1 FROM sqlite_schema WHERE name = 'roll'").get is None:
        return 0  # a file of before, which its writer has not opened yet
    return reader.execute("SELECT floor FROM roll").get


def serial_of(reader: Connection) -> int:
    """Return how many files were begun."""
    return reader.execute("SELECT serial FROM roll").get


def read_manifest(reader: Connection) -> Manifest:
    """Read what is rolled; the caller holds the instant."""
    if not floor_of(reader):
        return Manifest(0, 0, ())
    floor, epoch = reader.execute("SELECT floor, epoch FROM roll").get
    return Manifest(floor, epoch, _segments(reader))


def segment_at(reader: Connection, position: int) -> Segment:
    """Return the segment that covers a position up to the floor."""
    row = reader.execute(
        "SELECT * FROM segment WHERE first <= ? ORDER BY first DESC LIMIT 1", (position,)
    ).get
    return _segment(row)


def block_at(reader: Connection, position: int) -> int:
    """Return in which block of its file a position up to the floor is."""
    first, blocks = reader.execute(
        "SELECT first, blocks FROM place WHERE first <= ? ORDER BY first DESC LIMIT 1", (position,)
    ).get
    start = (position - first) * PLACE_BYTES
    return int.from_bytes(blocks[start : start + PLACE_BYTES], "little")


def standing_of(reader: Connection) -> Standing:
    """Say what is rolled; the caller holds the instant."""
    rest: int = reader.execute(
        "SELECT EXISTS (SELECT 1 FROM log WHERE position <= (SELECT floor FROM roll)"
        " AND position NOT IN (SELECT position FROM amended))"
    ).get
    stale: int = reader.execute(
        "SELECT count(*) FROM amended WHERE position <= (SELECT floor FROM roll)"
    ).get
    is_trimmed = not rest and not _has_slack(reader)
    return Standing(segments=tuple(_segments(reader)), stale_count=stale, is_trimmed=is_trimmed)


def write_begun(writer: Connection) -> int:
    """Give a file that is about to be made its number; what is overwritten meanwhile is amended."""
    writer.execute("UPDATE roll SET serial = serial + 1, is_making = 1")
    return serial_of(writer)


def write_records(writer: Connection, records: Sequence[tuple[int, bytes]]) -> None:
    """Put other bytes at positions, wherever they are read from."""
    writer.execute("UPDATE roll SET epoch = epoch + 1")
    floor, epoch, is_making = writer.execute("SELECT floor, epoch, is_making FROM roll").get
    writer.executemany(
        "UPDATE log SET record = ?2 WHERE position = ?1",
        [row for row in records if row[0] > floor],
    )
    writer.executemany(
        "INSERT OR REPLACE INTO log VALUES (?, ?)", [row for row in records if row[0] <= floor]
    )
    writer.executemany(
        "INSERT OR REPLACE INTO amended VALUES (?, ?)",
        [(position, epoch) for position, _ in records if is_making or position <= floor],
    )


def write_adopted(writer: Connection, made: Made) -> bool:
    """Switch to a file that was made; False where what it was made of is not there any more."""
    segment = made.segment
    assert segment is not None, "records do not vanish: a file is made of what one had"
    floor: int = writer.execute("SELECT floor FROM roll").get
    known = {each.name: each for each in _segments(writer)}
    if not all(name in known for name in made.replaces):
        return False
    first = min((known[name].first for name in made.replaces), default=floor + 1)
    if segment.first != first or max(segment.last, floor) != max(made.floor, floor):
        return False
    writer.executemany("DELETE FROM segment WHERE name = ?", [(name,) for name in made.replaces])
    values = [getattr(segment, name) for name in Segment.__struct_fields__]
    writer.execute("INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    _write_places(writer, segment, made.places)
    writer.execute("UPDATE roll SET is_making = 0, floor = max(floor, ?)", (made.floor,))
    amended = (segment.first, segment.last, made.epoch)
    # Rows that were in the log before this roll wait for their deletion with the others.
    writer.execute(
        "DELETE FROM log WHERE position <= ?4 AND position IN"
        " (SELECT position FROM amended WHERE position BETWEEN ?1 AND ?2 AND epoch <= ?3)",
        (*amended, floor),
    )
    writer.execute(
        "DELETE FROM amended WHERE position BETWEEN ? AND ? AND epoch <= ?",
        amended,
    )
    # Nothing is being made now: the next file is made of the rows themselves.
    writer.execute("DELETE FROM amended WHERE position > (SELECT floor FROM roll)")
    _check_cover(writer)
    return True


def write_given_up(writer: Connection) -> None:
    """Note that no file is being made. Nothing is written where that is known."""
    writer.execute("UPDATE roll SET is_making = 0 WHERE is_making")
    writer.execute("DELETE FROM amended WHERE position > (SELECT floor FROM roll)")


def write_trimmed(writer: Connection) -> bool:
    """Delete some of what is read from segments, then shrink the file; True: there is more."""
    writer.execute(
        "DELETE FROM log WHERE position IN (SELECT position FROM log"
        " WHERE position <= (SELECT floor FROM roll)"
        " AND position NOT IN (SELECT position FROM amended) ORDER BY position LIMIT ?)",
        (TRIM_ROWS,),
    )
    if writer.changes() == TRIM_ROWS:
        return True
    if _has_slack(writer):
        writer.execute(f"PRAGMA incremental_vacuum({SHRINK_PAGES})").fetchall()
    return _has_slack(writer)


def check_files(folder: Path, segments: Iterable[Segment]) -> None:
    """Raise LegatoError where a file is missing, or is another than was taken in."""
    for segment in segments:
        path = folder / segment.name
        if not path.is_file() or path.stat().st_size != segment.byte_count:
            raise LegatoError(
                f"The log lacks records {segment.first:,} to {segment.last:,}:"
                f" {path} is missing or is another file.",
                fix="Put the folder back that belongs to this log, from the same backup.",
            )


def sweep(folder: Path, segments: Iterable[Segment], serial: int) -> None:
    """Delete what a stop has left behind, and what was replaced. Raises LegatoError."""
    names = dict.fromkeys(segment.name for segment in segments)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        found = _NAME.fullmatch(path.name)
        if found is None or path.name in names:
            continue
        if int(found[1]) > serial:
            raise LegatoError(
                f"{path} holds records that this log knows nothing of.",
                fix="Put the log back that belongs to that folder, or move the folder away.",
            )
        path.unlink(missing_ok=True)


def _segments(reader: Connection) -> list[Segment]:
    rows = reader.execute("SELECT * FROM segment ORDER BY first").fetchall()
    return [_segment(row) for row in rows]


def _segment(row: Sequence[Any]) -> Segment:
    return Segment(**dict(zip(Segment.__struct_fields__, row, strict=True)))


def _has_slack(reader: Connection) -> bool:
    """Tell whether much of the file is free; one of an earlier format keeps that for what comes."""
    if not reader.execute("PRAGMA auto_vacuum").get:
        return False
    free: int = reader.execute("PRAGMA freelist_count").get
    return free > max(SLACK_PAGES, reader.execute("PRAGMA page_count").get // SLACK_SHARE)


def _write_places(writer: Connection, segment: Segment, places: bytes) -> None:
    assert len(places) == PLACE_BYTES * (segment.last - segment.first + 1)
    writer.execute("DELETE FROM place WHERE first BETWEEN ? AND ?", (segment.first, segment.last))
    writer.executemany(
        "INSERT INTO place VALUES (?, ?)",
        [
            (
                segment.first + start,
                places[start * PLACE_BYTES : (start + PLACES_AT_ONCE) * PLACE_BYTES],
            )
            for start in range(0, segment.last - segment.first + 1, PLACES_AT_ONCE)
        ],
    )


def _check_cover(reader: Connection) -> None:
    """Every position up to the floor is in one segment: else nothing is switched."""
    last = 0
    for segment in _segments(reader):
        assert segment.first == last + 1, "segments follow each other"
        assert segment.row_count == segment.last - segment.first + 1, "and leave nothing out"
        last = segment.last
    assert last == reader.execute("SELECT floor FROM roll").get, "up to the floor"
