"""A journey is rolled out, raised, taken back and ended: through apply, and by its share alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.model.definitions.rollout import drawn
from legato.model.ids import PersonId
from legato.workspace import read_workspace
from tests.door.test_api_routes import WELCOME, Answered, Legato, started
from tests.door.test_changes import token, with_policy

FILE = "journeys/welcome.yaml"
FIRST, SECOND = WELCOME.split("---\n")
LATER = FIRST.replace("steps:\n", "steps:\n  - wait: 1h\n")
PEOPLE = [f"u{number}" for number in range(12)]


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as running:
        yield running


def text(share: str, journey: str = LATER) -> str:
    return f"{journey}rollout: {share}\n---\n{SECOND}"


def files_with(legato: Legato, welcome: str) -> dict[str, str]:
    return {**read_workspace(legato.workspace), FILE: welcome}


def apply(legato: Legato, welcome: str) -> Answered:
    answer = legato.call("POST", "/api/plan/apply", {"files": files_with(legato, welcome)})
    assert answer.status == 200, answer.body
    return answer


def words(legato: Legato, welcome: str) -> str:
    compared = legato.call("POST", "/api/plan/diff", {"files": files_with(legato, welcome)}).json()
    [change] = compared["changes"]
    return change["what"]


def move(legato: Legato, share: float | None, by: str = "") -> Answered:
    return legato.call("POST", "/api/journeys/welcome/rollout", {"share": share}, token=by)


def standing(legato: Legato) -> dict[str, Any]:
    return legato.call("GET", "/api/journeys/welcome/rollout").json()


def sign_up(legato: Legato) -> dict[str, list[dict[str, Any]]]:
    """Let everybody sign up who has not; return what was noted of each when they entered or not."""
    found: dict[str, list[dict[str, Any]]] = {}
    for user in PEOPLE:
        legato.identify(user, email=f"{user}@example.com")
        legato.consent(user)
        legato.track(user, "Signed Up", method="web")
        rows = legato.call("GET", f"/api/people/{user}/story").json()
        notes = [note for row in rows for note in row["notes"]]
        found[rows[0]["person_id"]] = [
            note for note in notes if note["type"] in ("entered", "not_entered")
        ]
    return found


def test_a_share_gets_the_new_version_and_the_rest_what_ran_before(legato: Legato) -> None:
    before = legato.app.plan().journeys["welcome"].version

    said = words(legato, text("50%"))
    apply(legato, text("50%"))
    noted = sign_up(legato)

    assert "50 % of those who enter get this; the rest get what ran before" in said
    after = legato.app.plan().journeys["welcome"].version
    for person_id, notes in noted.items():
        is_in = drawn("welcome", PersonId(person_id)) < 0.5
        assert [(one["type"], one["version"]) for one in notes] == [
            ("entered", after if is_in else before)
        ]
    assert {one["version"] for notes in noted.values() for one in notes} == {before, after}


def test_who_is_outside_of_a_new_journey_reads_why_and_what_would_take_them_in(
    legato: Legato,
) -> None:
    hello = FIRST.replace("journey: welcome", "journey: hello").replace("Signed Up", "Greeted")
    event = "event: Greeted\nowner: growth\npurpose: marketing\nschema: {type: object}\n"
    files = {
        **read_workspace(legato.workspace),
        "journeys/hello.yaml": f"{hello}rollout: 0%\n",
        "events/greeted.yaml": event,
    }
    assert legato.call("POST", "/api/plan/apply", {"files": files}).status == 200
    legato.identify("u1", email="u1@example.com")
    legato.track("u1", "Greeted")

    answer = legato.call("GET", "/api/people/u1/why?journey=hello&what_if=true").json()

    assert answer["kind"] == "not_entered"
    assert "0 % of those who enter get this version so far" in answer["sentence"]
    assert answer["would_change"].startswith("a rollout to ")
    assert "the person would have entered" in answer["would_change"]


def test_a_rollout_is_raised_taken_back_and_ended_by_its_share_alone(legato: Legato) -> None:
    before = legato.app.plan().journeys["welcome"].version
    apply(legato, text("10%"))
    version = legato.app.plan().journeys["welcome"].version

    raised = move(legato, 0.25).json()
    whole = move(legato, 1).json()
    back = move(legato, 0).json()

    assert raised["rollout"]["words"] == (
        "25 % of those who enter get this; the rest get what ran before"
    )
    assert raised["proposed"]["change"]["title"] == "Roll welcome out to 25 % of those who enter"
    assert whole["rollout"]["words"].startswith("everybody who enters gets this")
    assert back["applied"]["is_changed"]
    assert standing(legato) == {
        "journey": "welcome",
        "share": 0.0,
        "has_before": True,
        "words": "nobody who enters gets this; they get what ran before",
    }
    assert legato.app.plan().journeys["welcome"].version == version, "the version is the same"
    assert legato.app.plan().rollouts["welcome"].before == before
    assert legato.app.texts()[FILE] == text("0%"), "nothing else of the text has changed"

    ended = move(legato, None).json()

    assert ended["rollout"]["share"] is None
    assert "rollout" not in legato.app.texts()[FILE]
    assert legato.app.plan().rollouts == {}


def test_a_share_that_is_so_already_or_is_none_is_refused(legato: Legato) -> None:
    apply(legato, text("10%"))

    same, much, nothing = move(legato, 0.1), move(legato, 1.5), move(legato, -0.1)

    assert (same.status, same.json()["code"]) == (409, "rollout.same")
    assert (much.status, nothing.status) == (400, 400)
    wrong = legato.call("POST", "/api/plan/check", {"files": files_with(legato, text("130%"))})
    [problem] = wrong.json()["problems"]
    assert (problem["code"], problem["what"]) == (
        "D107",
        "`rollout` must lie between 0% and 100%",
    )


def test_moving_a_share_asks_whom_any_change_asks(legato: Legato) -> None:
    apply(legato, text("10%"))
    marketer = token(legato, "mara", "marketer")

    waits = move(legato, 0.5, by=marketer).json()

    assert (waits["applied"], waits["proposed"]["change"]["state"]) == (None, "approved")
    assert standing(legato)["share"] == pytest.approx(0.1)


def test_the_policy_of_approvals_holds_for_a_share(legato: Legato) -> None:
    (legato.workspace / FILE).write_text(text("10%"))
    with_policy(legato)

    waits = move(legato, 0.5).json()

    assert waits["applied"] is None
    assert waits["proposed"]["missing"] == ["growth"]


def test_a_rollout_outlives_a_restart_and_the_same_texts_change_nothing(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as legato:
        before = legato.app.plan().journeys["welcome"].version
        apply(legato, text("10%"))
        digest = legato.app.status().plan
        config = legato.app.config
        (legato.workspace / FILE).write_text(text("10%"))
    again = Legato(tmp_path, config)
    try:
        assert again.app.status().plan == digest
        assert again.app.plan().rollouts["welcome"].before == before
    finally:
        again.close()


def test_who_enters_the_version_before_is_proved_too(legato: Legato) -> None:
    """What a property of the workspace forbids is found in what the rest get as well."""
    promise = (
        "property: no_welcome\ntitle: No welcome any more\nowner: growth\n"
        "never: {sends: [welcome]}\n"
    )
    silent = FIRST.split("steps:")[0] + "steps:\n  - wait: 1h\n"
    files = {**files_with(legato, text("50%", silent)), "properties/none.yaml": promise}
    whole = {**files, FILE: f"{silent}---\n{SECOND}"}

    refused = legato.call("POST", "/api/plan/apply", {"files": files})
    allowed = legato.call("POST", "/api/plan/apply", {"files": whole})

    assert refused.status == 422
    [problem] = refused.json()["problems"]
    assert problem["code"] == "V510"
    assert "while some enter the version of welcome that ran before" in problem["what"]
    assert allowed.status == 200, allowed.body
