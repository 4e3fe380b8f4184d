"""What a query may be: every way to a file, a setting or a change is refused before it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from legato.model.ids import PersonId
from legato.warehouse.sql.question import Mistake
from legato.warehouse.sql.session import answer
from legato.warehouse.sql.tables import Column, Source, Table, Values


class Nothing:
    """A source without data."""

    def own_notes(self) -> Iterator[Any]:
        yield from ()

    def rolled_notes(self) -> None:
        return None

    def became(self) -> Mapping[PersonId, PersonId]:
        return {}

    def own_events(self) -> Iterator[Any]:
        yield from ()

    def own_admitted(self) -> Iterator[Any]:
        yield from ()

    def rolled_events(self) -> None:
        return None

    def people(self) -> Iterator[Any]:
        yield from ()


def one_event(_: Source) -> Iterator[Values]:
    yield ("a", "b")


TABLES = {
    "events": Table((Column("name", "VARCHAR"), Column("person_id", "VARCHAR")), one_event),
}


def rows(query: str) -> list[list[Any]]:
    return [list(row) for row in answer(Nothing(), TABLES, query, rows_max=10).rows]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM events",
        "CREATE TABLE mine AS SELECT 1",
        "COPY events TO '{folder}/out.csv'",
        "ATTACH '{folder}/data/state.db' AS state",
        "INSTALL httpfs",
        "SET memory_limit = '90%'",
        "PRAGMA database_list",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_text('{folder}/secret.csv')",
        "SELECT * FROM '{folder}/secret.csv'",
        "SELECT * FROM (SELECT * FROM read_csv('{folder}/secret.csv'))",
        "SELECT (SELECT count(*) FROM glob('/*'))",
        "WITH x AS (SELECT * FROM read_blob('{folder}/secret.csv')) SELECT * FROM x",
        "SELECT * FROM events WHERE name IN (SELECT content FROM read_text('{folder}/secret.csv'))",
        "SELECT * FROM sqlite_scan('{folder}/data/state.db', 'person')",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('duckdb_settings')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM pg_catalog.pg_class",
        "SELECT * FROM rows",
        "DESCRIBE SELECT * FROM read_text('{folder}/secret.csv')",
        "EXPLAIN ANALYZE SELECT 1",
        "SELECT getenv('HOME')",
    ],
)
def test_nothing_but_our_tables_is_reached_and_nothing_is_changed(
    tmp_path: Path, query: str
) -> None:
    (tmp_path / "secret.csv").write_text("a,b")

    with pytest.raises(Mistake):
        rows(query.format(folder=tmp_path))

    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT name FROM events",
        "FROM events SELECT name",
        "WITH e AS (SELECT name FROM events) SELECT name FROM e",
        "WITH RECURSIVE n AS (SELECT 'a' x UNION ALL SELECT x || x FROM n WHERE x < 'a') FROM n",
        "SELECT (SELECT x.name FROM events x WHERE x.person_id = e.person_id) FROM events e",
        "SELECT a.name FROM events a JOIN events b USING (person_id)",
        "SELECT name FROM events NATURAL JOIN (SELECT person_id FROM events)",
        "SELECT list_transform([name], lambda x: x)[1] FROM events",
        "SELECT columns('na.*') FROM events",
        "SELECT min(name) OVER (PARTITION BY person_id) FROM events",
        "SELECT e.name FROM events e, unnest([1]) u(i) QUALIFY row_number() OVER () = 1",
        'SELECT "NAME" FROM EVENTS',
    ],
)
def test_whatever_a_select_is_made_of_is_answered(query: str) -> None:
    assert rows(query) == [["a"]]
