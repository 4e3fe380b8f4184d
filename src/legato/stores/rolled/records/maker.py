"""Makes segments of records: of those of the log that are old enough, and of segments there are.

First everything is read, in one instant of the log and the state; then both are let go of, and the
file is written, forced to the disk, and read again. Only a file that gave every record back gets
its name. Nothing here changes what anybody reads: the log takes the file in later, or never.

Notes tell whose a record is: they name its position. A record without any, or whose notes are gone
because its person was erased, is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from legato.model.erasure import decode_erasure
from legato.model.event import Event, decode_event
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.problem import LegatoError
from legato.ports.rolling import Made, Segment
from legato.stores.connection import Connection
from legato.stores.folder import force, make_private, sync_folder
from legato.stores.rolled.manifest import FOLDER as NOTES_FOLDER
from legato.stores.rolled.manifest import read_manifest as read_notes_manifest
from legato.stores.rolled.parquet import Desk, Driver, connect, relation, worded
from legato.stores.rolled.records.manifest import (
    FOLDER,
    PLACE_BYTES,
    Manifest,
    name_of,
    read_manifest,
)
from legato.stores.rolled.records.reader import BLOCK_ROWS

SEGMENT_ROWS = 1 << 18
SEGMENT_BYTES = 128 << 20
"""Of records, as the log holds them: they are in memory while a file is made."""
_CHUNK = 10_000
_KEY_SHIFT = 24
"""Of a note's key: what is above is the position."""

COLUMNS: Mapping[str, str] = {
    "position": "BIGINT",
    "person_id": "VARCHAR",
    "type": "VARCHAR",
    "received_at": "TIMESTAMP",
    "occurred_at": "TIMESTAMP",
    "source": "VARCHAR",
    "kind": "VARCHAR",
    "name": "VARCHAR",
    "record": "BLOB",
}
"""Of every segment. All but `position`, `type` and `record` are for those who read it with other
programs, and for its order."""


class Limits(NamedTuple):
    """How much goes into one file."""

    rows: int = SEGMENT_ROWS
    bytes: int = SEGMENT_BYTES


LIMITS = Limits()


class Material(NamedTuple):
    """What a file is to be made of."""

    records: Sequence[tuple[int, bytes]]
    """Those of the log: to be rolled, and those that stand instead of some of the segment's."""
    owners: Mapping[int, PersonId]
    segment: Segment | None
    """Of which all others are taken over."""
    erased: Sequence[PersonId]
    """Who is in no file any more."""
    floor: int
    epoch: int


class Ground:
    """One instant of the log and of the state. What is read of it is in memory."""

    def __init__(self, log: Connection, state: Connection, data: Path) -> None:
        self._log = log
        self._state = state
        self._data = data
        self._manifest: Manifest = read_manifest(log)

    def to_roll(
        self, before: Instant, *, at_least: int = 1, limits: Limits = LIMITS
    ) -> Material | None:
        """Read the oldest records from before an instant; None: there are too few.

        Only what is applied, and never the newest. A last segment with room is taken into it.
        """
        floor = self._manifest.floor
        applied: int = self._state.execute("SELECT position FROM head").get
        newest: int = self._log.execute("SELECT ifnull(max(position), 0) FROM log").get
        until = min(applied, newest - 1)
        if not self._is_old(floor + at_least, before, until):
            return None
        fresh = self._oldest(until, before, limits)
        if len(fresh) < at_least:
            return None
        assert fresh[0][0] == floor + 1, "the log has no gaps"
        assert fresh[-1][0] == floor + len(fresh), "the log has no gaps"
        room = Limits(limits.rows - len(fresh), limits.bytes - sum(len(each) for _, each in fresh))
        last = self._joined(room)
        amended = [] if last is None else self._amended(last)
        return self._material([*amended, *fresh], segment=last, floor=fresh[-1][0])

    def to_mend(self) -> Material | None:
        """Read what is to stand in a segment instead of what does; None: in each is what should."""
        erased = self._erased()
        for segment in self._manifest.segments:
            records = self._amended(segment)
            if records or _holds(self._data / FOLDER / segment.name, erased):
                return self._material(records, segment=segment, floor=0)
        return None

    def _is_old(self, position: int, before: Instant, until: int) -> bool:
        """Look at one record, so that nothing much is read when there is nothing to do."""
        if position > until:
            return False
        record: bytes = self._log.execute(
            "SELECT record FROM log WHERE position = ?", (position,)
        ).get
        return decode_event(record).received_at < before

    def _oldest(self, until: int, before: Instant, limits: Limits) -> list[tuple[int, bytes]]:
        rows: list[tuple[int, bytes]] = []
        byte_count = 0
        for position, record in self._log.execute(
            "SELECT position, record FROM log WHERE position > ? AND position <= ?"
            " ORDER BY position LIMIT ?",
            (self._manifest.floor, until, limits.rows),
        ):
            byte_count += len(record)
            is_full = rows and byte_count > limits.bytes
            if is_full or decode_event(record).received_at >= before:
                break
            rows.append((position, record))
        return rows

    def _joined(self, room: Limits) -> Segment | None:
        last = self._manifest.segments[-1] if self._manifest.segments else None
        if last is None or last.row_count > room.rows:
            return None
        [[byte_count]] = _asked(
            "SELECT sum(octet_length(record)) FROM read_parquet(?)",
            [str(self._data / FOLDER / last.name)],
        )
        return last if byte_count <= room.bytes else None

    def _amended(self, segment: Segment) -> list[tuple[int, bytes]]:
        return self._log.execute(
            "SELECT position, record FROM amended JOIN log USING (position)"
            " WHERE position BETWEEN ? AND ? ORDER BY position",
            (segment.first, segment.last),
        ).fetchall()

    def _material(
        self, records: Sequence[tuple[int, bytes]], *, segment: Segment | None, floor: int
    ) -> Material:
        return Material(
            records=records,
            owners=self._owners(records[0][0], records[-1][0]) if records else {},
            segment=segment,
            erased=self._erased(),
            floor=floor,
            epoch=self._manifest.epoch,
        )

    def _erased(self) -> list[PersonId]:
        """Return who is being erased."""
        rows = self._state.execute("SELECT body FROM erasure WHERE is_open")
        return [decode_erasure(body).person_id for (body,) in rows]

    def _owners(self, first: int, last: int) -> dict[int, PersonId]:
        """Return whose records are: by the first note at each position, and whom they became."""
        state, manifest = self._state, read_notes_manifest(self._state)
        least, most = first << _KEY_SHIFT, ((last + 1) << _KEY_SHIFT) - 1
        rows: list[tuple[int, PersonId]] = []
        segments = [one for one in manifest.segments if one.first <= most and one.last >= least]
        if segments:
            source, bindings = relation(self._data / NOTES_FOLDER, manifest, segments)
            rows = _asked(
                f"SELECT position, person_id FROM {source} WHERE note_key BETWEEN ? AND ?"  # noqa: S608 - our own names
                " ORDER BY note_key DESC",
                [*bindings, least, most],
            )
        own = state.execute(
            "SELECT position, person_id FROM note WHERE key BETWEEN ? AND ? AND key > ?"
            " ORDER BY key DESC",
            (least, most, manifest.floor),
        )
        became: dict[PersonId, PersonId] = dict(state.execute("SELECT gone, target FROM forward"))
        return {
            position: became.get(person_id, person_id)
            for position, person_id in (dict(rows) | dict(own)).items()
            if person_id
        }


def make(material: Material, data: Path, serial: int) -> Made:
    """Make a file. Raises LegatoError, with nothing left behind."""
    folder = data / FOLDER
    path = folder / name_of(serial)
    draft = path.with_name(f"{path.name}.new")
    connection = connect()
    try:
        _fill(connection, material, folder)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(data)
        make_private(draft)
        target = str(draft).replace("'", "''")
        connection.execute(
            f"COPY (FROM rolled ORDER BY person_id NULLS FIRST, position) TO '{target}'"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {BLOCK_ROWS},"
            " USE_TMP_FILE false)"  # it would lose who may read it
        )
        force(draft)
        check_written(connection, draft, material, folder)
        segment, places = _described(connection, draft, path.name, material.epoch)
    except Exception as error:
        draft.unlink(missing_ok=True)
        raise worded(error) from error
    finally:
        connection.close()
    draft.replace(path)
    sync_folder(folder)
    replaced = material.segment
    return Made(
        segment=segment,
        replaces=() if replaced is None else (replaced.name,),
        floor=material.floor,
        epoch=material.epoch,
        places=places,
    )


def check_written(connection: Driver, path: Path, material: Material, folder: Path) -> None:
    """Read a file again. Raises LegatoError where it does not give back all that it was made of."""
    given = dict(material.records)
    rows = connection.execute(
        "SELECT position, record FROM read_parquet(?)"
        " WHERE position IN (SELECT unnest(?::BIGINT[]))",
        [str(path), list(given)],
    )
    count = 0
    while chunk := rows.fetchmany(_CHUNK):
        count += len(chunk)
        if any(given[position] != record for position, record in chunk):
            raise _unlike(path)
    segment = material.segment
    if segment is not None:
        digest = (
            "SELECT count(*), bit_xor(hash(position, record)) FROM read_parquet(?)"
            " WHERE position NOT IN (SELECT unnest(?::BIGINT[]))"
        )
        was, now = (
            connection.execute(digest, [str(each), list(given)]).fetchone()
            for each in (folder / segment.name, path)
        )
        count += now[0]
        if was != now:
            raise _unlike(path)
    whole = connection.execute(
        "SELECT count(*), max(position) - min(position) + 1, count(DISTINCT position)"
        " FROM read_parquet(?)",
        [str(path)],
    ).fetchone()
    if set(whole) != {count} or count < len(given):
        raise _unlike(path)


def _holds(path: Path, people: Sequence[PersonId]) -> bool:
    if not people:
        return False
    [[is_held]] = _asked(
        "SELECT EXISTS (SELECT 1 FROM read_parquet(?)"
        " WHERE person_id IN (SELECT unnest(?::VARCHAR[])))",
        [str(path), people],
    )
    return is_held


def _fill(connection: Driver, material: Material, folder: Path) -> None:
    written = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    connection.execute(f"CREATE TABLE rolled ({written})")
    given = ", ".join(
        "make_timestamp(unnest(?::BIGINT[]))" if kind == "TIMESTAMP" else f"unnest(?::{kind}[])"
        for kind in COLUMNS.values()
    )
    rows = _rows(material)
    while chunk := list(islice(rows, _CHUNK)):
        cells = [list(column) for column in zip(*chunk, strict=True)]
        connection.execute(f"INSERT INTO rolled SELECT {given}", cells)
    if material.segment is not None:
        kept = ", ".join(name for name in COLUMNS if name != "person_id")
        connection.execute(
            f"INSERT INTO rolled BY NAME SELECT {kept},"  # noqa: S608 - our own names
            " CASE WHEN person_id IN (SELECT unnest(?::VARCHAR[])) THEN NULL ELSE person_id END"
            " AS person_id FROM read_parquet(?)"
            " WHERE position NOT IN (SELECT unnest(?::BIGINT[]))",
            [
                list(material.erased),
                str(folder / material.segment.name),
                [position for position, _ in material.records],
            ],
        )


def _rows(material: Material) -> Iterator[tuple[Any, ...]]:
    for position, record in material.records:
        event = decode_event(record)
        yield position, material.owners.get(position), *_readable(event), record


def _readable(event: Event) -> tuple[Any, ...]:
    """Return what other programs read of a record, in the order of the columns."""
    return (
        event.__struct_config__.tag,
        event.received_at,
        getattr(event, "occurred_at", None),
        getattr(event, "source", None),
        getattr(event, "kind", None),
        getattr(event, "name", None),
    )


def _described(connection: Driver, path: Path, name: str, epoch: int) -> tuple[Segment, bytes]:
    first, last, first_at, last_at, row_count = connection.execute(
        "SELECT min(position), max(position), epoch_us(min(received_at)),"
        " epoch_us(max(received_at)), count(*) FROM read_parquet(?)",
        [str(path)],
    ).fetchone()
    blocks = connection.execute(
        "SELECT file_row_number // ? FROM read_parquet(?, file_row_number = true)"
        " ORDER BY position",
        [BLOCK_ROWS, str(path)],
    ).fetchall()
    segment = Segment(
        name=name,
        first=first,
        last=last,
        first_at=first_at,
        last_at=last_at,
        row_count=row_count,
        byte_count=path.stat().st_size,
        epoch=epoch,
    )
    return segment, b"".join(block.to_bytes(PLACE_BYTES, "little") for (block,) in blocks)


def _asked(sql: str, bindings: list[Any]) -> list[Any]:
    desk = Desk()
    try:
        return desk.fetch(sql, bindings)
    finally:
        desk.close()


def _unlike(path: Path) -> LegatoError:
    return LegatoError(
        f"{path.name} does not give back the records that were written to it; nothing has changed.",
        fix="Look at the disk: it may be failing. It is tried again within the hour.",
        can_retry=True,
    )
