"""Which files hold rolled notes, and of whom nothing in them counts: tables of the state file.

`roll.floor` parts what is read from where: a row of `note` up to it is in a segment, and only waits
for its deletion. `gone` has those of whom segments still hold notes up to a key that
nobody may see any more: they were erased, or parted, which takes their notes back into the state
file. `roll.epoch` counts these, so that a file made before is not taken in after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from legato.model.ids import PersonId
from legato.ports.rolling import Made, Segment, Standing
from legato.stores.connection import Connection

FOLDER = "history"
"""Of the segments, beside the state file."""
TRIM_ROWS = 2_000
"""Deleted under one hold of the writer: some milliseconds."""

SCHEMA = """
CREATE TABLE roll(
  id INTEGER PRIMARY KEY CHECK (id = 1), floor INTEGER NOT NULL, epoch INTEGER NOT NULL
) STRICT;
INSERT INTO roll VALUES (1, 0, 0);
CREATE TABLE segment(
  name TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
  row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL, epoch INTEGER NOT NULL
) STRICT;
CREATE TABLE gone(person_id TEXT PRIMARY KEY, epoch INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""


class Manifest(NamedTuple):
    """What is rolled, at one instant."""

    floor: int
    epoch: int
    segments: Sequence[Segment]
    gone: Mapping[PersonId, int]

    @property
    def version(self) -> tuple[object, ...]:
        """What any change of what segments show changes too."""
        return self.epoch, tuple(segment.name for segment in self.segments)


def read_manifest(reader: Connection) -> Manifest:
    """Read what is rolled; the caller holds the instant."""
    if reader.execute("SELECT 1 FROM sqlite_schema WHERE name = 'roll'").get is None:
        return Manifest(0, 0, (), {})  # a file of before, which its writer has not opened yet
    floor, epoch = reader.execute("SELECT floor, epoch FROM roll").get
    rows = reader.execute("SELECT * FROM segment ORDER BY first, name").fetchall()
    names = Segment.__struct_fields__
    segments = [Segment(**dict(zip(names, row, strict=True))) for row in rows]
    gone = dict(reader.execute("SELECT person_id, epoch FROM gone")) if segments else {}
    return Manifest(floor, epoch, segments, gone)


def standing_of(reader: Connection) -> Standing:
    """Say what is rolled; the caller holds the instant."""
    manifest = read_manifest(reader)
    rest = reader.execute(
        "SELECT EXISTS (SELECT 1 FROM note WHERE key <= ?)", (manifest.floor,)
    ).get
    return Standing(
        segments=tuple(manifest.segments), stale_count=len(manifest.gone), is_trimmed=not rest
    )


def write_adopted(writer: Connection, made: Made) -> bool:
    """Switch to a file that was made; False where what it was made of has changed."""
    epoch: int = writer.execute("SELECT epoch FROM roll").get
    known: dict[str, int] = dict(writer.execute("SELECT name, epoch FROM segment"))
    if made.epoch != epoch or not all(name in known for name in (*made.replaces, *made.spared)):
        return False
    writer.executemany("DELETE FROM segment WHERE name = ?", [(name,) for name in made.replaces])
    segment = made.segment
    if segment is not None:
        values = [getattr(segment, name) for name in Segment.__struct_fields__]
        writer.execute("INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    spared = [(epoch, name) for name in made.spared]
    writer.executemany("UPDATE segment SET epoch = ? WHERE name = ?", spared)
    writer.execute("UPDATE roll SET floor = max(floor, ?)", (made.floor,))
    writer.execute(
        "DELETE FROM gone WHERE epoch <= (SELECT ifnull(min(epoch), ?) FROM segment)", (epoch,)
    )
    return True


def write_gone(writer: Connection, people: Sequence[PersonId]) -> None:
    """Let nothing in segments count any more for some people, nor in a file being made now."""
    writer.execute("UPDATE roll SET epoch = epoch + 1")
    if writer.execute("SELECT EXISTS (SELECT 1 FROM segment)").get:
        writer.executemany(
            "INSERT OR REPLACE INTO gone SELECT ?, epoch FROM roll", [(each,) for each in people]
        )


def write_trimmed(writer: Connection, row_count: int = -1) -> bool:
    """Delete what is read from segments: so many rows (-1: all); True while more is left."""
    writer.execute(
        "DELETE FROM note WHERE key IN"
        " (SELECT key FROM note WHERE key <= (SELECT floor FROM roll) ORDER BY key LIMIT ?)",
        (row_count,),
    )
    return writer.changes() == row_count
