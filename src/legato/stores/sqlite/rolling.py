"""The state file's side of rolling: the switch to a segment, and what follows it."""

from __future__ import annotations

from legato.ports.rolling import Made, Standing
from legato.stores.rolled.maker import sweep
from legato.stores.rolled.manifest import (
    TRIM_ROWS,
    read_manifest,
    standing_of,
    write_adopted,
    write_trimmed,
)
from legato.stores.rolled.parquet import check_installed
from legato.stores.rolled.reader import SegmentReader
from legato.stores.sqlite.file import SqliteFile


class SqliteRolling:
    """ports.rolling.Rolling."""

    def __init__(self, file: SqliteFile, segments: SegmentReader) -> None:
        self._file = file
        self._segments = segments

    def begin(self, *, is_writer: bool) -> None:
        """Look at what there is when the file is opened. Raises LegatoError: it cannot be read."""
        with self._file.reading() as reader, reader:
            manifest = read_manifest(reader)
        if manifest.segments:
            check_installed()
        if is_writer:
            sweep(self._segments.folder, [segment.name for segment in manifest.segments])

    def standing(self) -> Standing:
        with self._file.reading() as reader, reader:
            return standing_of(reader)

    def adopt(self, made: Made) -> bool:
        with self._file.writing() as writer:
            is_taken = write_adopted(writer, made)
            kept = [segment.name for segment in read_manifest(writer).segments]
        # Only now: until the switch is committed, what it replaces is what is read.
        sweep(self._segments.folder, kept)
        return is_taken

    def trim(self) -> bool:
        with self._file.writing() as writer:
            return write_trimmed(writer, TRIM_ROWS)
