"""What the Studio's API tells of hundreds of journeys: a page at a time, or what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from legato.app.config import Config
from tests.door.test_api_routes import Legato, make_workspace

COUNT = 230
JOURNEY = """
journey: site_{number:03}
title: Visitors of site {number}
owner: growth
purpose: marketing
enter: {{api: true}}
steps:
  - wait: 1d
"""


@pytest.fixture(scope="module")
def legato(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    folder = tmp_path_factory.mktemp("many")
    workspace = make_workspace(folder)
    many = "---".join(JOURNEY.format(number=number) for number in range(COUNT))
    Path(workspace / "sites.yaml").write_text(many)
    config = Config(workspace=workspace, data=folder / "data", is_one_process=True)
    running = Legato(folder, config)
    yield running
    running.close()


def names(legato: Legato, query: str) -> list[str]:
    return [each["name"] for each in legato.call("GET", f"/api/journeys?{query}").json()]


def test_journeys_are_read_page_by_page(legato: Legato) -> None:
    seen: list[str] = []
    while page := names(legato, f"limit=100&after={seen[-1] if seen else ''}"):
        assert len(page) <= 100
        seen += page

    assert seen == sorted(legato.app.plan().journeys)


def test_journeys_are_found_by_what_they_are_called(legato: Legato) -> None:
    assert names(legato, "q=of+SITE+22&limit=5") == [
        "site_022",
        *(f"site_22{each}" for each in range(4)),
    ]
    assert names(legato, "name=site_007&name=none&name=welcome") == ["site_007", "welcome"]


def test_more_names_than_go_in_one_call_are_refused(legato: Legato) -> None:
    asked = "&".join(f"name=site_{number:03}" for number in range(101))

    assert legato.call("GET", f"/api/journeys?{asked}").status == 400


def test_an_unknown_journey_is_answered_without_naming_all(legato: Legato) -> None:
    answer = legato.call("GET", "/api/journeys/none/traffic")

    assert answer.status == 404
    assert answer.json()["fix"].count("site_") < 20
    assert answer.json()["fix"].endswith("….")


def test_words_of_rules_are_cut_and_searched(legato: Legato) -> None:
    kinds = legato.call("GET", "/api/drawing/kinds").json()
    found = legato.call("GET", "/api/drawing/words?kind=journeys&q=visitors+229").json()

    assert kinds["cut"] == ["journeys"]
    assert len(kinds["words"]["journeys"]) == 200
    assert [each["name"] for each in found] == ["site_229"]
    assert legato.call("GET", "/api/drawing/words?kind=events").status == 400
