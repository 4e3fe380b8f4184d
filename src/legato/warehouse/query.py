"""A query against a database, read in order of one column, so that reading can go on anywhere.

The query itself stays as it was written: it is the inner part of another one, which puts its rows
in order and leaves out those that were read before. Nothing is ever written: every connection is
opened for reading alone.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from legato.model.problem import LegatoError
from legato.ports.inbound.rows import Row
from legato.warehouse.value import as_place, from_place, plain

FETCH_ROWS = 1_000
"""Asked for at once: some hundred kilobytes."""
_UNANSWERED = "The database does not answer the query"
_FIX = "Try the query in a client of that database. --by names a column of its answer."
_OF_THE_QUERY = (
    "ProgrammingError",
    "OperationalError",
    "SyntaxOrAccessError",
    "BinderException",
    "CatalogException",
    "ParserException",
)
"""Errors of drivers that speak of the query, and not of what is in the table."""


class Answer(NamedTuple):
    """What a database answers: names of columns, and rows in pieces."""

    columns: Sequence[str]
    pieces: Iterator[Sequence[Sequence[Any]]]


class Reader(Protocol):
    """A connection that reads. Its methods raise what the driver raises."""

    @property
    def quote(self) -> str:
        """Return what stands around a name."""
        ...

    @property
    def mark(self) -> str:
        """Return what stands for a value."""
        ...

    def ask(self, query: str, values: Sequence[Any]) -> Answer:
        """Answer a query."""
        ...

    def close(self) -> None:
        """Close the connection. Idempotent."""
        ...


class QueryRows:
    """ports.inbound.rows.Rows of a query."""

    def __init__(self, reader: Reader, query: str, by: str) -> None:
        """Take a query; `by` is a column of its answer that is different in each row."""
        self._reader = reader
        self._query = f"(\n{query.strip().rstrip(';').strip()}\n) the_rows"
        self._by = by

    def count(self) -> int:
        """Return how many rows there are now."""
        with told(_UNANSWERED, _FIX):
            answer = self._reader.ask(f"select count(*) from {self._query}", ())  # noqa: S608 - the user's own
            return int(next(answer.pieces)[0][0])

    def behind(self, place: str) -> Iterator[Row]:
        """Return the rows behind a place, in order."""
        quote = self._reader.quote
        by = f"the_rows.{quote}{self._by.replace(quote, quote * 2)}{quote}"
        where = f" where {by} > {self._reader.mark}" if place else ""
        with told(_UNANSWERED, _FIX):
            answer = self._reader.ask(
                f"select * from {self._query}{where} order by {by}",  # noqa: S608 - likewise
                (from_place(place),) if place else (),
            )
            yield from self._rows(answer, place)

    def _rows(self, answer: Answer, before: str) -> Iterator[Row]:
        column = answer.columns.index(self._by)
        for piece in answer.pieces:
            for row in piece:
                place = as_place(row[column])
                if place == before:
                    raise LegatoError(
                        f"The column `{self._by}` has the same value in two rows.",
                        fix="Name with --by a column that is different in each row, such as an id.",
                    )
                before = place
                value = {name: plain(one) for name, one in zip(answer.columns, row, strict=True)}
                yield Row(place=place, value=value)

    def close(self) -> None:
        """Close the connection."""
        self._reader.close()


@contextmanager
def told(what: str, fix: str) -> Generator[None]:
    """Say what went wrong in words without values: a driver's own may quote the row."""
    try:
        yield
    except LegatoError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a driver raises
        kinds = [kind.__name__ for kind in type(error).__mro__]
        is_of_query = any(name in kinds for name in _OF_THE_QUERY)
        line = next(iter(str(error).splitlines()), "") if is_of_query else ""
        raise LegatoError(
            f"{what}: {line.rstrip('.') or type(error).__name__}.", fix=fix, can_retry=True
        ) from None
