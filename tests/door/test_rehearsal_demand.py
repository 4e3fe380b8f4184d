"""What `legato apply` makes of scenarios, where a workspace wants something of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.workspace import read_workspace
from tests.door.test_api_routes import Legato, started

WELCOMED = """
scenario: welcomed at once
given: {person: ana, consents: {email: granted}, at: 2026-03-02 10:00}
when: [Signed Up, put into invited, after 31d]
then: {messages: [welcome by email]}
"""


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as running:
        yield running


def wanting(legato: Legato, coverage: str, *stories: str) -> dict[str, str]:
    """Return the workspace with another title, a demand and stories."""
    files = read_workspace(legato.workspace)
    head = "workspace: my_workspace\n"
    more = f"{head}rehearsal: {{coverage: {coverage}}}\n"
    files["legato.yaml"] = files["legato.yaml"].replace(head, more)
    files["journeys/welcome.yaml"] = files["journeys/welcome.yaml"].replace("30d", "29d")
    return files | {f"scenarios/{n}.yaml": story for n, story in enumerate(stories)}


def apply(legato: Legato, files: dict[str, str], **more: object) -> Any:  # noqa: ANN401 - JSON
    return legato.call("POST", "/api/plan/apply", {"files": files, **more}).json()


def test_scenarios_that_go_too_few_ways_stop_what_wants_more_of_them(legato: Legato) -> None:
    few = apply(legato, wanting(legato, "95%"))
    all_of_them = apply(legato, wanting(legato, "95%", WELCOMED))

    (problem,) = few["problems"]
    assert (problem["code"], problem["place"]["file"]) == ("G401", "legato.yaml")
    assert "0 of 4 ways" in problem["what"]
    assert not few["is_changed"]
    assert all_of_them["is_changed"], all_of_them


def test_a_story_that_comes_out_otherwise_stops_it_too(legato: Legato) -> None:
    other = WELCOMED.replace("messages: [welcome by email]", "messages: none")

    found = apply(legato, wanting(legato, "95%", other))

    (problem,) = found["problems"]
    assert (problem["code"], problem["place"]["file"]) == ("G402", "scenarios/0.yaml")
    assert "welcome by email" in problem["what"]


def test_somebody_may_answer_for_it_in_writing(legato: Legato) -> None:
    waiver = {"code": "G401", "because": "the stories are told next week"}

    found = apply(legato, wanting(legato, "95%"), waive=[waiver])

    assert found["is_changed"], found
    (entry,) = legato.call("GET", "/api/audit?action=plan.waive").json()
    assert (entry["subject"], entry["detail"]["because"]) == ("workspace", waiver["because"])


def test_a_workspace_that_wants_nothing_is_applied_without_stories(legato: Legato) -> None:
    files = wanting(legato, "95%")
    files["legato.yaml"] = files["legato.yaml"].replace("rehearsal: {coverage: 95%}\n", "")

    assert apply(legato, files)["is_changed"]
