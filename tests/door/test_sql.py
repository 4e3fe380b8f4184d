"""SQL over what is kept: what a query sees, what it may not do, and that it is on record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from legato.cli.main import legato as command_line
from tests.door.terminal import type_in
from tests.door.test_api_routes import Legato, started

WHY = "ticket 4711: whose orders are these"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    with started(tmp_path_factory.mktemp("shop")) as running:
        running.identify("ana", email="ana@example.com", first_name="Ana")
        running.consent("ana")
        running.track("ana", "Signed Up", method="web")
        for number, value in enumerate((10, 20.5)):
            running.track("ana", "Order Completed", order_id=f"o-{number}", value=value)
        running.track("bob", "Order Completed", order_id="o-9", value=9)
        running.track("bob", "Order Completed", value="this is refused")
        running.until("decided")
        yield running


def ask(shop: Legato, query: str, *, reason: str = "", status: int = 200, limit: int = 100) -> Any:  # noqa: ANN401 - JSON
    answer = shop.call("POST", "/api/sql", {"query": query, "limit": limit}, reason=reason)
    assert answer.status == status, answer.body
    return answer.json()


def test_events_notes_people_and_deliveries_are_joined_in_one_query(shop: Legato) -> None:
    query = """
        SELECT p.orders_30d, count(*) AS events, sum((e.properties->>'value')::DOUBLE) AS spent,
          (SELECT count(*) FROM deliveries d WHERE d.person_id = p.person_id) AS messages,
          (SELECT is_granted FROM consents c WHERE c.person_id = p.person_id AND channel = '*')
        FROM people p JOIN events e USING (person_id)
        GROUP BY ALL ORDER BY events DESC
    """

    found = ask(shop, query, reason=WHY)

    assert found["rows"] == [[2, 5, 30.5, 1, True], [1, 1, 9, 0, None]]
    assert found["tables"] == ["consents", "deliveries", "events", "people"]


def test_personal_values_are_masked_until_a_reason_is_given_and_both_are_on_record(
    shop: Legato,
) -> None:
    query = "SELECT * FROM people, identifiers i WHERE i.value LIKE 'ana%' OR i.value = '•••'"
    named = "SELECT email, first_name, traits FROM people WHERE email = 'ana@example.com'"

    masked = json.dumps(ask(shop, query)["rows"], ensure_ascii=False)
    guessed = ask(shop, named)["rows"]
    shown = ask(shop, named, reason=WHY)["rows"]

    assert "•••" in masked
    assert "ana@example.com" not in masked
    assert guessed == []
    assert shown[0][:2] == ["ana@example.com", "Ana"]
    audit = shop.call("GET", "/api/audit?limit=100").json()
    entries = [each for each in audit if each["action"].startswith("sql.")]
    assert {"sql.query", "sql.reveal"} <= {each["action"] for each in entries}
    assert "ana@example.com" not in json.dumps(entries)
    assert any(each["detail"].get("reason") == WHY for each in entries)


def test_a_wrong_query_is_told_with_its_place_and_the_nearest_name(shop: Legato) -> None:
    no_table = ask(shop, "SELECT *\nFROM event", status=400)
    no_column = ask(shop, "SELECT persn_id FROM events", status=400)
    no_sql = ask(shop, "SELECT * FORM events", status=400)
    of_rows = ask(shop, "SELECT CAST(name AS INTEGER) FROM events", reason=WHY, status=400)

    assert "line 2, column 6" in no_table["message"]
    assert "Did you mean `events`?" in no_table["fix"]
    assert "person_id" in no_column["message"]
    assert "line 1, column" in no_sql["message"]
    assert "Signed Up" not in json.dumps(of_rows)


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM events",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/passwd'",
    ],
)
def test_nothing_but_our_tables_is_reached_and_nothing_is_changed(shop: Legato, query: str) -> None:
    assert ask(shop, query, status=400, reason=WHY)["code"] == "sql.query"


def test_an_answer_has_as_many_rows_as_asked_for_and_says_that_there_are_more(
    shop: Legato,
) -> None:
    cut = ask(shop, "SELECT range AS n FROM range(1000) ORDER BY n", limit=3)
    refused = ask(shop, "SELECT 1", limit=100_001, status=400)

    assert (cut["rows"], cut["is_cut"]) == ([[0], [1], [2]], True)
    assert refused["code"] == "sql.shape"


def test_columns_are_described_and_summarized(shop: Legato) -> None:
    described = ask(shop, "DESCRIBE people")["rows"]
    summarized = ask(shop, "SUMMARIZE events")["rows"]

    assert ["orders_30d", "VARCHAR"] in [row[:2] for row in described]
    assert any(row[0] == "person_id" for row in summarized)


def offline(folder: Path, *args: str, text: str = "") -> Result:
    way = {"LEGATO_DATA": str(folder / "data"), "COLUMNS": "80"}
    return CliRunner().invoke(command_line, ["sql", *args], env=way, input=text)


def test_a_stopped_folder_is_asked_as_well_and_gives_files_that_others_read(
    tmp_path: Path,
) -> None:
    with started(tmp_path) as running:
        running.track("ana", "Signed Up", method="web")
        running.track("ana", "Order Completed", order_id="o-1", value=12.25)
        in_use = offline(tmp_path, "SELECT 1")
    query = "SELECT name, received_at, properties FROM events ORDER BY position"
    out = tmp_path / "events.parquet"

    shown = offline(tmp_path, query)
    as_json = offline(tmp_path, query, "--json", "--reveal", WHY)
    as_csv = offline(tmp_path, "--csv", text="SELECT count(*) AS n FROM notes")
    as_file = offline(tmp_path, query, "--file", str(out), "--reveal", WHY)
    again = offline(tmp_path, f"SELECT * FROM '{out}'")
    wrong = offline(tmp_path, "SELECT * FROM evnts")

    assert "in use by another process" in str(in_use.exception)
    assert as_csv.exception is None
    assert "Order Completed" in shown.output
    assert "12.25" not in shown.output
    assert json.loads(json.loads(as_json.output)[1]["properties"])["value"] == 12.25
    assert as_csv.output.splitlines()[0] == "n"
    assert as_file.exit_code == 0
    duckdb = pytest.importorskip("duckdb")
    columns = duckdb.sql(f"DESCRIBE SELECT * FROM '{out}'").fetchall()
    assert [row[:2] for row in columns][1] == ("received_at", "TIMESTAMP")
    assert duckdb.sql(f"SELECT count(*) FROM '{out}'").fetchall() == [(2,)]
    assert again.exit_code == 1
    assert "`events`" in wrong.output


def test_queries_are_asked_for_one_after_another_in_a_terminal(tmp_path: Path) -> None:
    with started(tmp_path) as running:
        running.track("ana", "Signed Up", method="web")

    seen = type_in(
        "sql",
        folder=tmp_path,
        answers=[
            ("legato> ", "SELECT name FROM evnts;"),
            ("legato> ", "SELECT name, 40 + 2 AS answer"),
            ("...> ", "FROM events;"),
            ("legato> ", "exit"),
        ],
        environment={"LEGATO_DATA": str(tmp_path / "data")},
    )

    assert seen.code == 0
    assert "Did you mean `events`?" in seen.text
    assert "Signed Up" in seen.text
    assert "42" in seen.text
