"""Old notes in Parquet files: what reads them answers as before, and an erasure reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from legato.stores.search import search_folder
from tests.door.test_api_routes import Legato, started
from tests.door.test_erasure import erased

WHY = "a test of what is rolled"
QUERY = """
    SELECT n.*, e.properties FROM notes n LEFT JOIN events e USING (position, person_id)
    ORDER BY ALL
"""
PATHS = ("story", "why?message=welcome", "consents")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    with started(tmp_path_factory.mktemp("shop")) as running:
        for who in ("ana", "bob"):
            running.identify(who, email=f"{who}@example.com", first_name=who.title())
            running.consent(who)
            running.track(who, "Signed Up", method="web")
            running.track(who, "Order Completed", order_id=f"order-of-{who}", value=10)
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


def answers(shop: Legato, who: str) -> list[Any]:
    asked = [
        shop.call("POST", "/api/sql", {"query": QUERY}, reason=WHY),
        shop.call("POST", "/api/sql", {"query": QUERY}),
        *(shop.call("GET", f"/api/people/{who}/{path}", reason=WHY) for path in PATHS),
    ]
    assert [each.status for each in asked] == [200] * len(asked)
    found = [each.json() for each in asked]
    return [each["rows"] for each in found[:2]] + found[2:]


def test_stories_and_sql_answer_the_same_when_notes_are_rolled(shop: Legato) -> None:
    before = answers(shop, "ana")

    run = rolled(shop)

    assert answers(shop, "ana") == before
    assert run["done"] == run["row_count"] > 5
    assert run["file_count"] == 1


def test_an_erasure_takes_a_person_out_of_the_files(shop: Legato) -> None:
    rolled(shop)
    person_id = shop.call("GET", "/api/people/ana").json()["person_id"]
    folder = shop.app.config.data / "history"
    assert search_folder(folder, [person_id]).found
    of_bob = shop.call("GET", "/api/people/bob/story", reason=WHY).json()

    certificate = erased(shop, "ana")

    assert certificate.removed["notes"] > 3
    assert search_folder(folder, [person_id, "order-of-ana", "ana@example.com"]).found == {}
    assert shop.call("GET", "/api/people/bob/story", reason=WHY).json() == of_bob
    rows = shop.call(
        "POST", "/api/sql", {"query": f"SELECT count(*) FROM notes WHERE person_id = '{person_id}'"}
    )
    assert rows.json()["rows"] == [[0]]
