"""`legato import`: rows of a file come through the door as events, once, in any number of goes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from legato.cli.rows.command import bring
from legato.model.event import CustomerEvent
from tests.door.test_collect_server import Started
from tests.door.test_collect_server import started as serving

MAPPING = """
let:
  who: =item.customer
events:
  - when: item.kind == 'order'
    emit:
      event: Order Completed
      user_id: =who
      timestamp: =item.at
      properties: {order_id: =item.id, total: =to_number(item.total)}
  - when: item.kind == 'consent'
    emit: {event: Consent Changed, user_id: =who, properties: {purpose: marketing, granted: true}}
"""
ROWS = 450


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["id", "kind", "customer", "at", "total"])
        for number in range(ROWS):
            kind = "order" if number % 9 else "consent"
            writer.writerow([number, kind, f"u{number % 7}", "2025-11-01T10:00:00Z", "9.50"])
        writer.writerow([ROWS, "refund", "u1", "", ""])
    (tmp_path / "map.yaml").write_text(MAPPING)
    return path


def run(started: Started, path: Path, *more: str) -> Result:
    mapping = str(path.parent / "map.yaml")
    where = ("--url", f"http://127.0.0.1:{started.port}", "--token", "t")
    return CliRunner().invoke(bring, [str(path), "--map", mapping, "--key", "key", *where, *more])


def test_rows_become_events_and_what_no_rule_reads_is_written_beside(orders: Path) -> None:
    with serving(is_fast=True) as started:
        result = run(started, orders)

    assert result.exit_code == 0, result.output
    assert (
        f"{ROWS + 1} rows: {ROWS} events accepted, 0 quarantined, 1 rows rejected." in result.output
    )
    events = [one for one in started.events if isinstance(one, CustomerEvent)]
    assert len({one.message_id for one in events}) == ROWS
    assert [one.name for one in events[:2]] == ["Consent Changed", "Order Completed"]
    assert json.loads(events[1].body) == {"order_id": "1", "total": 9.5}
    assert events[1].user_id == "u1"
    [rejected] = (orders.parent / "orders.csv.rejected.jsonl").read_text().splitlines()
    assert json.loads(rejected)["row"] == ROWS + 1
    assert json.loads(rejected)["code"] == "source.unmapped"


def test_an_import_that_was_stopped_goes_on_where_it_was(orders: Path) -> None:
    with serving(is_fast=True) as started:
        run(started, orders)
        first = [one.message_id for one in started.events if isinstance(one, CustomerEvent)]
        progress = orders.parent / "orders.csv.progress"
        come = json.loads(progress.read_text())
        progress.write_text(json.dumps({**come, "rows": 400, "place": "399"}))
        started.events.clear()

        assert run(started, orders).exit_code == 0
        rest = [one.message_id for one in started.events if isinstance(one, CustomerEvent)]
        started.events.clear()
        assert run(started, orders).exit_code == 0

    assert rest == first[400:]
    assert started.events == []


def test_a_refused_key_ends_it_and_nothing_counts_as_sent(orders: Path) -> None:
    with serving(is_fast=True) as started:
        result = run(started, orders, "--key", "another")

    assert result.exit_code == 1
    assert "refused a batch with 401" in result.output
    assert not (orders.parent / "orders.csv.progress").exists()


def test_a_mistake_in_the_mapping_is_shown_where_it_stands(orders: Path) -> None:
    (orders.parent / "map.yaml").write_text("events:\n  - emit: {evnt: Bought}\n")
    with serving(is_fast=True) as started:
        result = run(started, orders)

    assert result.exit_code == 1
    assert "map.yaml:2:12" in result.output
    assert "Did you mean `event`?" in result.output
