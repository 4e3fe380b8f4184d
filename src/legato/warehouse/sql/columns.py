"""Columns of tables: what each is, and how values are put into one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

Type: TypeAlias = Literal[
    "VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP", "JSON", "DECIMAL(18,6)"
]
Values: TypeAlias = Sequence[Any]
Part: TypeAlias = tuple[str, list[Any]]
"""What stands in a FROM of DuckDB's, and what it is to be given."""
T = TypeVar("T")
ROWS_AT_ONCE = 10_000
"""Put into a table at once: some megabytes."""


class Column(NamedTuple):
    """One column: a TIMESTAMP is given as microseconds, whatever else as text or as it is."""

    name: str
    type: Type


def insert_into(table: str, columns: Sequence[Column]) -> str:
    """Return the beginning of what puts rows into some columns of a table."""
    return f"INSERT INTO {table} ({', '.join(quoted(each.name) for each in columns)}) SELECT "


def given(columns: Sequence[Column]) -> str:
    """Return how columns are made of lists that are handed over, one for each."""
    return ", ".join(_given(each) for each in columns)


def quoted(name: str) -> str:
    """Write a name so that it may be any."""
    return '"' + name.replace('"', '""') + '"'


def pieces(rows: Iterable[T]) -> Iterator[list[T]]:
    """Yield rows, as many as are put into a table at once."""
    left = iter(rows)
    while piece := list(islice(left, ROWS_AT_ONCE)):
        yield piece


def _given(column: Column) -> str:
    match column.type:
        case "TIMESTAMP":
            return "make_timestamp(unnest(?::BIGINT[]))"
        case "BIGINT" | "DOUBLE" | "DECIMAL(18,6)":
            return f"TRY_CAST(unnest(?::VARCHAR[]) AS {column.type})"
        case _:
            return f"CAST(unnest(?::VARCHAR[]) AS {column.type})"
