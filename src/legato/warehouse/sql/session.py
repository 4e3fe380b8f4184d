"""Answering a query: DuckDB in memory, filled with what the query names, locked, then asked."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from legato.model.ids import PersonId
from legato.model.instant import Duration
from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.warehouse.sql.columns import Part, given, insert_into, pieces, quoted
from legato.warehouse.sql.question import Mistake, Question, read_question
from legato.warehouse.sql.tables import DELIVERIES, Source, Table
from legato.warehouse.value import plain

MEMORY = "2GB"
"""Nothing is written to a disk: a query that needs more than this is refused."""
THREADS = 2
_VIEWS: Mapping[str, tuple[str, str]] = {"deliveries": ("notes", DELIVERIES)}
"""Those made of another table: by name, of which, and how."""
_LOCKS = (
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET python_enable_replacements = false",
    "SET temp_directory = ''",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_OF_THE_QUERY = ("BinderException", "CatalogException", "ParserException", "SyntaxException")
"""Errors that speak of the query alone; the words of others may quote a row."""
_GONE = ("No files found", "No such file")
"""Said of a file that was replaced between its naming and its reading."""


class Answer(Noun, frozen=True, kw_only=True):
    """What a query gives."""

    columns: tuple[tuple[str, str], ...]
    """Names and types."""
    rows: Sequence[Sequence[Any]]
    is_cut: bool = False
    """There are more rows than were asked for."""
    tables: tuple[str, ...] = ()
    """That were read."""
    took: Duration = 0


def answer(source: Source, tables: Mapping[str, Table], query: str, *, rows_max: int) -> Answer:
    """Answer a query over some tables. Raises Mistake where it cannot be."""
    began = time.monotonic()
    driver = _driver()
    connection = driver.connect(":memory:")
    try:
        connection.execute(f"SET memory_limit = '{MEMORY}'; SET threads = {THREADS}")
        parsed = connection.execute("SELECT json_serialize_sql(?)", [query]).fetchone()[0]
        question = read_question(parsed, query, sorted([*tables, *_VIEWS]))
        for name in _needed(question):
            _fill(connection, source, name, tables[name], question=question)
        for name, (_, text) in _VIEWS.items():
            if name in question.tables:
                connection.execute(f"CREATE VIEW {name} AS {text}")
        for lock in _LOCKS:
            connection.execute(lock)
        cursor = connection.execute(query)
        rows = cursor.fetchmany(rows_max + 1)
        columns = tuple((each[0], str(each[1])) for each in cursor.description)
    except Mistake:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the driver raises, in words that quote no row
        raise _mistake(error) from None
    finally:
        connection.close()
    return Answer(
        columns=columns,
        rows=[[plain(one) for one in row] for row in rows[:rows_max]],
        is_cut=len(rows) > rows_max,
        tables=question.tables,
        took=round((time.monotonic() - began) * 1_000_000),
    )


def _needed(question: Question) -> list[str]:
    named = [_VIEWS[name][0] if name in _VIEWS else name for name in question.tables]
    return list(dict.fromkeys(named))


def _fill(
    connection: Any,  # noqa: ANN401 - the driver has no types
    source: Source,
    name: str,
    table: Table,
    *,
    question: Question,
) -> None:
    """Make a table with its rows; columns that the query does not name stay empty."""
    written = ", ".join(f"{quoted(each.name)} {each.type}" for each in table.columns)
    connection.execute(f"CREATE TABLE {name} ({written})")
    # What a view is made of may need any column.
    is_all = question.columns is None or any(of == name for of, _ in _VIEWS.values())
    kept = [
        index
        for index, each in enumerate(table.columns)
        if is_all or each.name.lower() in (question.columns or ())
    ] or [0]
    columns = [table.columns[index] for index in kept]
    if table.events is not None:
        table.events.fill(connection, source, columns)
    if table.rows is not None:
        insert = insert_into(name, columns) + given(columns)
        for rows in pieces(table.rows(source)):
            connection.execute(insert, [[row[index] for row in rows] for index in kept])
    rolled = source.rolled_notes() if table.rolled is not None else None
    if table.rolled is not None and rolled is not None:
        made = ", ".join(table.rolled[each.name] for each in columns)
        _add_rolled(connection, source.became(), insert_into(name, columns) + made, rolled)


def _add_rolled(
    connection: Any,  # noqa: ANN401 - the driver has no types
    became: Mapping[PersonId, PersonId],
    insert: str,
    rolled: Part,
) -> None:
    """Add what was rolled: read by DuckDB itself, a column at a time."""
    connection.execute("CREATE TEMP TABLE became (gone VARCHAR, target VARCHAR)")
    connection.execute(
        "INSERT INTO became SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
        [list(became), list(became.values())],
    )
    source, bindings = rolled
    connection.execute(
        f"{insert} FROM {source} n LEFT JOIN became b ON b.gone = n.person_id"
        " WHERE n.kind IS NOT NULL",
        bindings,
    )
    connection.execute("DROP TABLE became")


def _mistake(error: Exception) -> Mistake | LegatoError:
    kinds = [kind.__name__ for kind in type(error).__mro__]
    if "IOException" in kinds and any(word in str(error) for word in _GONE):
        return LegatoError(
            "A file of rolled history is not where it was a moment ago.",
            fix="Ask again. If it stays so, the folder `history` beside `state.db` has lost it: "
            "bring both back from one backup.",
            can_retry=True,
        )
    if any(name in kinds for name in _OF_THE_QUERY):
        return Mistake(str(error).strip(), "Mend it at the mark. `DESCRIBE events` shows columns.")
    if "OutOfMemoryException" in kinds:
        return Mistake(
            f"This takes more than {MEMORY} of memory.",
            "Ask for fewer columns and rows, or for a shorter time.",
        )
    if "Error" in kinds:
        return Mistake(
            f"The query failed ({kinds[0]}); its words are not shown, since they may quote a row.",
            "Where texts become numbers or dates, use TRY_CAST.",
        )
    return LegatoError(f"The query failed: {kinds[0]}.", fix="Report the bug.")


def _driver() -> Any:  # noqa: ANN401 - a library that may not be there
    try:
        return import_module("duckdb")
    except ImportError as error:
        raise LegatoError(
            "What answers SQL is not installed: duckdb.",
            fix="Install it where Legato runs: pip install 'legato[duckdb]'.",
        ) from error
