"""Rows as CSV (RFC 4180): a head of names, and a line for each row."""

from __future__ import annotations

import csv
import io
from typing import Any

from legato.connectors.exchange.refusal import RefusalError
from legato.connectors.language.value import Value, as_text, fields_of, rows_of


def to_csv(value: Value) -> str:
    """Write a list of objects, columns as they first come, or a list of lists as it stands."""
    rows = rows_of(value) or [value]
    if all(isinstance(row, list) for row in rows):
        return _written([[_cell(cell) for cell in rows_of(row)] for row in rows])
    if not all(isinstance(row, dict) for row in rows):
        raise RefusalError("fields", "CSV is made from a list of objects, or of lists")
    objects = [fields_of(row) for row in rows]
    names = list(dict.fromkeys(name for row in objects for name in row))
    return _written([names, *([_cell(row.get(name)) for name in names] for row in objects)])


def _cell(value: Any) -> str:  # noqa: ANN401 - foreign JSON
    return "" if value is None else as_text(value)


def _written(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
