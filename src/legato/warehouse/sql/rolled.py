"""The columns of rolled notes that any program reads: those of the table `notes`, unmasked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from legato.model.note import decode_notes
from legato.model.noun import shown
from legato.warehouse.sql.flat import flat
from legato.warehouse.sql.tables import NOTES

_OF_THE_STEP = ("position", "at", "person_id")
READABLE: Mapping[str, str] = {
    column.name: "VARCHAR" if column.type == "JSON" else column.type
    for column in NOTES
    if column.name not in _OF_THE_STEP
}
"""Name -> type of DuckDB's."""


def spread(data: bytes) -> Iterator[Sequence[Any]]:
    """Yield, for each of a step's notes, what the readable columns hold."""
    for note in decode_notes(data):
        row = {**flat(note), "detail": msgspec.json.encode(shown(note)).decode()}
        yield [row.get(name) for name in READABLE]
