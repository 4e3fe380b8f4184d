"""Anything is found from one field: definitions, and people by any identifier."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.workspace import read_workspace
from tests.door.test_api_routes import Legato, started

EMAIL = "ana@example.com"
FAREWELL = """
journey: farewell
owner: growth
purpose: marketing
enter: {on: Signed Up}
steps: [{wait: 1h}]
"""


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as running:
        yield running


def find(legato: Legato, text: str, **more: int) -> Any:  # noqa: ANN401 - an answer's JSON
    answer = legato.call("POST", "/api/find", {"text": text, **more})
    assert answer.status == 200, answer.body
    return answer.json()


def named(page: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - an answer's JSON
    return [(one["kind"], one["name"]) for one in page["found"]]


def test_definitions_are_found_by_name_title_and_words(legato: Legato) -> None:
    assert named(find(legato, "welcome"))[0] == ("journey", "welcome")
    assert ("event", "Signed Up") in named(find(legato, "signed"))
    assert ("destination", "console") in named(find(legato, "console"))
    assert ("source", "web") in named(find(legato, "WEB"))
    assert find(legato, "no such thing at all") == {"found": [], "is_more": False}


def test_a_person_is_found_by_an_identifier_and_stands_first(legato: Legato) -> None:
    legato.identify("ana", email=EMAIL)
    legato.until("linked")

    page = find(legato, f"  {EMAIL} ")

    (person,) = page["found"]
    assert (person["kind"], person["rank"]) == ("person", 0)
    shown = legato.call("GET", f"/api/people/{person['name']}").json()
    assert shown["person_id"] == person["name"]
    assert EMAIL.encode() not in legato.call("POST", "/api/find", {"text": EMAIL}).body


def test_what_is_found_comes_page_by_page_without_gap_or_repeat(legato: Legato) -> None:
    whole = find(legato, "e", limit=50)

    pages: list[tuple[str, str]] = []
    is_more = True
    while is_more:
        page = find(legato, "e", offset=len(pages), limit=3)
        pages += named(page)
        is_more = page["is_more"]

    assert len(pages) > 3
    assert pages == named(whole)


def test_what_a_new_plan_defines_is_found_at_once(legato: Legato) -> None:
    before = find(legato, "farewell")
    files = read_workspace(legato.workspace)
    files["journeys/farewell.yaml"] = FAREWELL
    applied = legato.call("POST", "/api/plan/apply", {"files": files})
    assert applied.json()["problems"] == []

    assert before["found"] == []
    assert ("journey", "farewell") in named(find(legato, "farewell"))


@pytest.mark.parametrize(
    "body",
    [{}, {"text": "x" * 513}, {"text": "a", "limit": 51}, {"text": "a", "offset": -1}],
)
def test_what_cannot_be_asked_is_refused(legato: Legato, body: dict[str, object]) -> None:
    answer = legato.call("POST", "/api/find", body)

    assert answer.status == 400
    assert answer.json()["fix"]
