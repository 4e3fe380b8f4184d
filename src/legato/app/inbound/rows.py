"""Tables that are brought in: files, and queries against databases of others."""

from __future__ import annotations

from legato.ports.inbound.rows import Row, Rows
from legato.warehouse.files import open_file
from legato.warehouse.query import QueryRows
from legato.warehouse.readers import open_reader, where_of

__all__ = ["Row", "Rows", "is_url", "open_file", "open_query", "shown"]


def is_url(text: str) -> bool:
    """Return whether this names a database, and not a file."""
    return "://" in text


def shown(url: str) -> str:
    """Return what a database is known by: neither user nor password. Raises LegatoError."""
    return str(where_of(url))


def open_query(url: str, query: str, *, by: str, password: str) -> Rows:
    """Open a query's answer, in order of the column `by`. Raises LegatoError."""
    return QueryRows(open_reader(where_of(url), password), query, by)
