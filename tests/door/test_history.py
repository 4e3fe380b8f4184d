"""Old notes and records in Parquet files: all answers are as before, and erasures reach them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.model.instant import format_instant
from legato.stores.search import search_folder
from tests.door.test_api_routes import Legato, started
from tests.door.test_erasure import erased

WHY = "a test of what is rolled"
QUERY = """
    SELECT n.*, e.properties FROM notes n LEFT JOIN events e USING (position, person_id)
    ORDER BY ALL
"""
BY_COLUMN = "SELECT person_id, name, source, kind, occurred_at FROM events ORDER BY position"
"""Nothing that only a record has."""
BY_RECORD = "SELECT * FROM events ORDER BY position"
QUERIES = (QUERY, BY_COLUMN, BY_RECORD, "SELECT count(*) FROM events")
PATHS = ("/story", "/why?message=welcome", "/consents", "?at={}", "/why?message=welcome&at={}")
FOLDERS = ("history", "records")
"""Of rolled notes, and of rolled records."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    with started(tmp_path_factory.mktemp("shop")) as running:
        for who in ("ana", "bob"):
            running.identify(who, email=f"{who}@example.com", first_name=who.title())
            running.consent(who)
            running.track(who, "Signed Up", method="web")
            running.track(who, "Order Completed", order_id=f"order-of-{who}", value=10)
        running.track("bob", "Order Completed", value="this is refused")
        visit: dict[str, object] = {"anonymousId": "a1", "event": "Signed Up"}
        visit["properties"] = {"method": "web"}
        running.collect("track", visit)
        running.collect("identify", {"userId": "bob", "anonymousId": "a1", "traits": {}})
        running.until("decided")
        yield running


def rolled(shop: Legato) -> Any:  # noqa: ANN401 - JSON
    """Roll all that is older than a moment, but for the newest step; return what is said of it."""
    answer = shop.call("POST", "/api/history/roll", {"older": "1ms"})
    assert answer.status == 202, answer.body
    run = answer.json()
    while run["phase"] == "rolling":
        run = shop.call("GET", "/api/history?wait=5").json()
    assert run["phase"] == "done", run
    return run


def answers(shop: Legato, who: str, at: str) -> list[Any]:
    asked = [
        *(shop.call("POST", "/api/sql", {"query": one}, reason=WHY) for one in QUERIES),
        *(shop.call("POST", "/api/sql", {"query": one}) for one in QUERIES),
        *(shop.call("GET", f"/api/people/{who}{path.format(at)}", reason=WHY) for path in PATHS),
    ]
    assert [each.status for each in asked] == [200] * len(asked)
    found = [each.json() for each in asked]
    count = 2 * len(QUERIES)
    return [each["rows"] for each in found[:count]] + found[count:]


def test_all_answers_are_the_same_when_notes_and_records_are_rolled(shop: Legato) -> None:
    at = format_instant(shop.app.clock.now())
    before = answers(shop, "ana", at)
    last = shop.app.log.last_position()

    run = rolled(shop)

    assert answers(shop, "ana", at) == before
    assert run["done"] == run["notes"]["row_count"] > 5
    assert run["records_done"] == run["records"]["row_count"] == last - 1
    assert run["notes"]["file_count"] == run["records"]["file_count"] == 1
    assert run["records"]["stale_count"] == 0


def test_an_erasure_takes_a_person_out_of_the_files(shop: Legato) -> None:
    rolled(shop)
    person_id = shop.call("GET", "/api/people/ana").json()["person_id"]
    data = shop.app.config.data
    for folder in FOLDERS:
        assert search_folder(data / folder, [person_id]).found
    assert search_folder(data / "records", ["ana@example.com"]).found
    of_bob = shop.call("GET", "/api/people/bob/story", reason=WHY).json()

    certificate = erased(shop, "ana")

    assert certificate.removed["notes"] > 3
    for folder in FOLDERS:
        found = search_folder(data / folder, [person_id, "order-of-ana", "ana@example.com"]).found
        assert found == {}
    assert search_folder(data, ["order-of-ana"]).found == {}
    assert shop.call("GET", "/api/people/bob/story", reason=WHY).json() == of_bob
    rows = shop.call(
        "POST", "/api/sql", {"query": f"SELECT count(*) FROM notes WHERE person_id = '{person_id}'"}
    )
    assert rows.json()["rows"] == [[0]]


def test_a_state_that_is_lost_is_made_anew_from_rolled_records(tmp_path: Path) -> None:
    with started(tmp_path) as shop:
        for who in ("ana", "bob"):
            shop.identify(who, email=f"{who}@example.com", first_name=who.title())
            shop.consent(who)
            shop.track(who, "Signed Up", method="web")
        shop.until("decided")
        run = rolled(shop)
        assert run["records"]["row_count"] > 5
        at = format_instant(shop.app.clock.now())
        before = answers(shop, "ana", at)

    for path in (tmp_path / "data").glob("state.db*"):
        path.unlink()
    shutil.rmtree(tmp_path / "data" / "history")

    with started(tmp_path) as again:
        assert answers(again, "ana", at) == before
        assert again.app.status().position == again.app.log.last_position()
