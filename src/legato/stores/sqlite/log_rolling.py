"""The log's side of rolling: the switch to a segment, and what follows it."""

from __future__ import annotations

from pathlib import Path

from legato.ports.rolling import Made, Standing
from legato.stores.connection import Connection
from legato.stores.rolled.parquet import check_installed
from legato.stores.rolled.records.manifest import (
    check_files,
    read_manifest,
    serial_of,
    standing_of,
    sweep,
    write_adopted,
    write_begun,
    write_given_up,
    write_trimmed,
)
from legato.stores.sqlite.file import SqliteFile


class SqliteRecordRolling:
    """ports.rolling.RecordRolling."""

    def __init__(self, file: SqliteFile, folder: Path) -> None:
        self._file = file
        self._folder = folder

    def open(self, *, is_writer: bool) -> None:
        """Look at what there is when the file is opened. Raises LegatoError: it cannot be read."""
        with self._file.reading() as reader, reader:
            segments = read_manifest(reader).segments
        if segments:
            check_installed()
        if is_writer:
            # Who only reads may find that a file has just been replaced.
            check_files(self._folder, segments)
            self.give_up()

    def standing(self) -> Standing:
        with self._file.reading() as reader, reader:
            return standing_of(reader)

    def begin(self) -> int:
        with self._file.writing() as writer:
            return write_begun(writer)

    def give_up(self) -> None:
        with self._file.writing() as writer:
            write_given_up(writer)
            self._sweep(writer)

    def adopt(self, made: Made) -> bool:
        with self._file.writing() as writer:
            is_taken = write_adopted(writer, made)
        # Only now: until the switch is committed, what it replaces is what is read.
        with self._file.writing() as writer:
            self._sweep(writer)
        return is_taken

    def trim(self) -> bool:
        with self._file.writing() as writer:
            return write_trimmed(writer)

    def _sweep(self, writer: Connection) -> None:
        sweep(self._folder, read_manifest(writer).segments, serial_of(writer))
