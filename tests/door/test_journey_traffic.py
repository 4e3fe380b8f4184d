"""Journeys with their people: a page of the list, who waits where, and which ways were taken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.door.test_api_routes import Legato, started


@pytest.fixture(scope="module")
def legato(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    with started(tmp_path_factory.mktemp("traffic")) as running:
        running.identify("ada", email="ada@example.com")
        running.call("POST", "/api/journeys/invited/enter", {"who": "user_id:ada"})
        running.until("entered")
        yield running


def test_the_list_says_who_is_inside_and_how_people_come_in(legato: Legato) -> None:
    page = legato.call("GET", "/api/journeys/board?word=INVITED").json()

    (row,) = page["rows"]
    assert (page["found"], page["total"]) == (1, 2)
    assert (row["name"], row["inside"], row["ended"], row["has_goal"]) == ("invited", 1, 0, False)
    assert row["entry"].startswith("when it is called")


def test_the_list_is_given_a_page_at_a_time_in_the_order_asked_for(legato: Legato) -> None:
    first = legato.call("GET", "/api/journeys/board?sort=inside&limit=1").json()
    second = legato.call("GET", "/api/journeys/board?sort=inside&limit=1&skip=1").json()

    assert [row["name"] for row in first["rows"]] == ["invited"]
    assert [row["name"] for row in second["rows"]] == ["welcome"]


def test_paused_journeys_can_be_asked_for(legato: Legato) -> None:
    before = legato.call("GET", "/api/journeys/board?show=paused").json()
    legato.call("POST", "/api/journeys/welcome/pause")
    after = legato.call("GET", "/api/journeys/board?show=paused").json()

    assert before["rows"] == []
    assert [row["name"] for row in after["rows"]] == ["welcome"]


def test_traffic_says_who_waits_at_which_step_and_how_many_came_in(legato: Legato) -> None:
    traffic = legato.call("GET", "/api/journeys/invited/traffic").json()

    (step,) = traffic["crowd"]["waiting"]
    assert traffic["crowd"]["waiting"][step] == 1
    came_in = [each for each in traffic["moves"]["taken"] if not each["from_step"]]
    assert [each["count"] for each in came_in] == [1]


def test_a_count_leads_to_the_people_behind_it(legato: Legato) -> None:
    traffic = legato.call("GET", "/api/journeys/invited/traffic").json()
    (step,) = traffic["crowd"]["waiting"]

    here = legato.call("GET", f"/api/journeys/invited/people?step={step}&limit=1").json()
    nobody = legato.call("GET", "/api/journeys/invited/people?step=other").json()

    (person,) = here["people"]
    assert person["due_at"] > person["since"]
    rest = f"/api/journeys/invited/people?step={step}&after={here['after']}"
    assert legato.call("GET", rest).json() == {"people": [], "after": ""}
    assert nobody == {"people": [], "after": ""}


def test_a_journey_that_is_not_there_has_no_traffic(legato: Legato) -> None:
    answer = legato.call("GET", "/api/journeys/none/traffic")

    assert answer.status == 404
    assert answer.json()["code"] == "journey.unknown"
