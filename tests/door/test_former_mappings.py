"""What a mapping read that is gone by now is still read so: by a backfill, and by a backtest."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from legato.cli.main import legato as command_line
from legato.workspace import read_workspace
from tests.door.test_api_routes import Legato, make_workspace, started
from tests.door.test_backfill import SPENT, rows

MAPPINGS = {
    "mappings/paid.yaml": """
mapping: paid
event: Order Completed
source: web
called: Paid
rename: {amount: value, order: order_id}
""",
    "mappings/joined.yaml": """
mapping: joined
event: Signed Up
source: web
called: Joined
rename: {by: method}
""",
}
"""For a client that names things otherwise, until it is put right."""


def apply(legato: Legato, files: dict[str, str]) -> None:
    answer = legato.call("POST", "/api/plan/apply", {"files": files})
    assert answer.status == 200, answer.body


def live(legato: Legato, files: dict[str, str]) -> None:
    """Let people sign up and pay in the client's own words, then let the client be put right."""
    apply(legato, {**files, **MAPPINGS})
    for number in range(3):
        who = f"user-{number}"
        legato.consent(who)
        legato.identify(who, email=f"{who}@example.com")
        legato.track(who, "Joined", by="web")
        legato.track(who, "Paid", order=f"o-{number}", amount=10 + number)
    legato.until("settled")
    apply(legato, files)
    legato.track("user-0", "Order Completed", order_id="o-9", value=5)


def test_a_backfill_measures_what_a_mapping_read_that_is_gone(tmp_path: Path) -> None:
    with started(tmp_path) as legato:
        files = dict(read_workspace(legato.workspace))
        live(legato, files)

        apply(legato, {**files, "catalog/spent.yaml": SPENT})

        found = rows(legato, "SELECT spent, last_order FROM people ORDER BY spent")
        assert found == [[11, "o-1"], [12, "o-2"], [15, "o-9"]]


def test_a_backtest_reads_what_a_mapping_read_that_is_gone(tmp_path: Path) -> None:
    with started(tmp_path) as legato:
        live(legato, dict(read_workspace(legato.workspace)))
        sent = legato.call("GET", "/api/people/user-1/deliveries").json()
    workspace, data = make_workspace(tmp_path), tmp_path / "data"

    run = CliRunner().invoke(
        command_line, ["backtest", str(workspace), "--data", str(data), "--json"]
    )

    assert [each["message"] for each in sent] == ["welcome"]
    assert run.exit_code == 0, run.output
    compared = json.loads(run.stdout)["comparison"]
    assert compared["counts"] == {}
    assert compared["same"] == 3
