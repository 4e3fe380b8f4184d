"""Rows of a file: CSV, one JSON object on each line, or Parquet. Places are numbers of rows."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import msgspec

from legato.model.problem import LegatoError
from legato.ports.inbound.rows import Row, Rows
from legato.warehouse.query import told
from legato.warehouse.readers import DuckReader
from legato.warehouse.value import plain

SUFFIXES = (".csv", ".jsonl", ".ndjson", ".parquet")


def open_file(path: Path) -> Rows:
    """Open a file of a kind that is known. Raises LegatoError."""
    if path.suffix not in SUFFIXES:
        raise LegatoError(
            f"{path.name} is of no kind that is known.", fix=f"Give one of {', '.join(SUFFIXES)}."
        )
    return ParquetRows(path) if path.suffix == ".parquet" else TextRows(path)


class TextRows:
    """ports.inbound.rows.Rows of a text in UTF-8."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def count(self) -> int:
        """Return how many rows the file has."""
        return sum(1 for _ in self._values())

    def behind(self, place: str) -> Iterator[Row]:
        """Return the rows behind one."""
        first = int(place) + 1 if place else 0
        for number, value in enumerate(self._values()):
            if number >= first:
                yield Row(place=str(number), value=value)

    def close(self) -> None:
        """Do nothing: the file is open only while it is read."""

    def _values(self) -> Iterator[Mapping[str, Any]]:
        with _readable(self._path), self._path.open(encoding="utf-8-sig", newline="") as lines:
            if self._path.suffix == ".csv":
                yield from csv.DictReader(lines)
                return
            for number, line in enumerate(lines):
                if line.strip():
                    yield self._object(number, line)

    def _object(self, number: int, line: str) -> Mapping[str, Any]:
        try:
            value: object = msgspec.json.decode(line)
        except msgspec.DecodeError:
            value = None
        if not isinstance(value, dict):
            raise LegatoError(
                f"{self._path.name}:{number + 1} is no object of JSON.",
                fix="Write one object on each line.",
            )
        return cast("dict[str, Any]", value)


class ParquetRows:
    """ports.inbound.rows.Rows of a Parquet file, in the order that they have in it."""

    def __init__(self, path: Path) -> None:
        """Open a file. Raises LegatoError."""
        name = str(path.absolute()).replace("'", "''")
        self._table = f"read_parquet('{name}', file_row_number = true)"
        self._reader = DuckReader()

    def count(self) -> int:
        """Return how many rows the file has."""
        with told("The file cannot be read", "Look whether it is Parquet, and whole."):
            answer = self._reader.ask(f"select count(*) from {self._table}", ())  # noqa: S608 - a file's name, quoted
            return int(next(answer.pieces)[0][0])

    def behind(self, place: str) -> Iterator[Row]:
        """Return the rows behind one."""
        query = f"select * exclude (file_row_number), file_row_number from {self._table}"  # noqa: S608 - likewise
        with told("The file cannot be read", "Look whether it is Parquet, and whole."):
            answer = self._reader.ask(
                f"{query} where file_row_number > ?", (int(place) if place else -1,)
            )
            names = answer.columns[:-1]
            for piece in answer.pieces:
                for *values, number in piece:
                    pairs = zip(names, values, strict=True)
                    yield Row(place=str(number), value={name: plain(one) for name, one in pairs})

    def close(self) -> None:
        """Close the file."""
        self._reader.close()


@contextmanager
def _readable(path: Path) -> Generator[None]:
    try:
        yield
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LegatoError(
            f"{path.name} cannot be read as UTF-8 text.", fix="Save it so."
        ) from error
