"""Everybody's consents: counted, explained, led back to people, and told to others in time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from legato.insight.consents.answers import FEW
from legato.model.instant import MINUTE
from legato.workspace import read_workspace
from tests.door.test_api_routes import WHY, Legato, started
from tests.door.test_untold import Desk

SPECIAL = """
trait: allergy
owner: growth
purposes: [marketing]
privacy: health
schema: {type: string}
"""


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path) as running:
        yield running


def say(legato: Legato, user: str, *, is_granted: bool) -> None:
    legato.track(user, "Consent Changed", purpose="marketing", granted=is_granted)


def cell(legato: Legato, channel: str = "email") -> dict[str, object]:
    matrix = legato.call("GET", "/api/consents").json()
    (purpose,) = (each for each in matrix["purposes"] if each["name"] == "marketing")
    (found,) = (each for each in purpose["cells"] if each["counted"]["channel"] == channel)
    return found


def people(legato: Legato, answer: str, **more: str) -> list[str]:
    path = f"/api/consents/people?purpose=marketing&channel=email&answer={answer}"
    page = legato.call("GET", path, **more).json()  # pyright: ignore[reportArgumentType] - texts
    return [each["person_id"] for each in page["people"]]


def test_the_matrix_counts_yes_no_and_silence_with_the_ways_they_came_by(legato: Legato) -> None:
    for name in ("ana", "bo", "cy"):
        legato.identify(name, email=f"{name}@example.com")
    say(legato, "ana", is_granted=True)
    say(legato, "bo", is_granted=True)
    say(legato, "bo", is_granted=False)

    found = cell(legato)

    counted = found["counted"]
    assert isinstance(counted, dict)
    assert (counted["yes"], counted["no"], counted["never"]) == (1, 1, 1)
    assert counted["sources"] == [{"source": "web", "yes": 1, "no": 1}]


def test_a_figure_leads_to_the_people_behind_it_and_to_no_value_of_theirs(legato: Legato) -> None:
    legato.identify("ana", email="ana@example.com")
    legato.identify("bo", email="bo@example.com")
    say(legato, "ana", is_granted=True)
    ana = legato.call("GET", "/api/people/ana").json()["person_id"]
    bo = legato.call("GET", "/api/people/bo").json()["person_id"]

    assert (people(legato, "yes"), people(legato, "never")) == ([ana], [bo])
    assert people(legato, "no") == []


def test_a_purpose_that_nobody_is_asked_for_says_why(legato: Legato) -> None:
    matrix = legato.call("GET", "/api/consents").json()

    (service,) = (each for each in matrix["purposes"] if each["name"] == "service")
    assert (service["is_asked"], service["cells"]) == (False, [])
    assert service["rules"] == ["It rests on a contract: nobody is asked."]
    path = "/api/consents/people?purpose=service&channel=email&answer=yes"
    assert legato.call("GET", path).json()["code"] == "consent.place"


def test_few_answers_about_what_is_sensitive_are_hidden_and_so_are_the_people(
    legato: Legato,
) -> None:
    files = {**read_workspace(legato.workspace), "catalog/allergy.yaml": SPECIAL}
    assert legato.call("POST", "/api/plan/apply", {"files": files}).status == 200
    legato.identify("ana", email="ana@example.com")
    say(legato, "ana", is_granted=True)

    found = cell(legato)["counted"]
    masked = people(legato, "yes", token=legato.token("engineer"))
    shown = people(legato, "yes", token=legato.token("privacy"), reason=WHY)

    assert isinstance(found, dict)
    assert (found["is_hidden"], found["yes"], found["never"], found["sources"]) == (True, 0, 0, [])
    assert (masked, len(shown)) == ([], 1)
    for number in range(FEW - 1):
        say(legato, f"more-{number}", is_granted=True)
    assert len(people(legato, "yes", token=legato.token("privacy"), reason=WHY)) == FEW


def test_a_withdrawal_is_counted_and_says_who_was_told_and_who_was_not(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    legato = desk.legato
    try:
        legato.identify("ana", email="ana@example.com")
        legato.consent("ana")
        say(legato, "ana", is_granted=False)
        desk.clock.set(desk.clock.now() + MINUTE)

        reach = legato.call("GET", "/api/consents/reach").json()
        untold = legato.call("GET", "/api/consents/untold").json()["rows"]

        assert reach["told"] == ["crm"]
        (hour,) = reach["lately"]["hours"]
        assert (hour["withdrawn"], hour["granted"]) == (1, 1)
        (crm,) = reach["lately"]["tellers"]
        assert (crm["destination"], crm["waiting"], crm["in_time"]) == ("crm", 1, 0)
        assert crm["failing_since"] == hour["at"] + crm["failing_since"] % (60 * MINUTE)
        assert [(one["destination"], one["standing"]) for one in untold] == [("crm", "waiting")]

        desk.crm.is_down = False
        legato.until("settled")

        (crm,) = legato.call("GET", "/api/consents/reach").json()["lately"]["tellers"]
        assert (crm["waiting"], crm["late"], crm["failing_since"]) == (0, 1, None)
        assert legato.call("GET", "/api/consents/untold").json()["rows"] == []
    finally:
        desk.close()
