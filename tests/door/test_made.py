"""What changed lately: plans, and journeys paused and resumed, with who did it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.door.test_api_routes import Legato, started
from tests.door.test_changes import act, later, propose


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as running:
        yield running


def test_a_plan_says_who_made_it_run_and_which_change_brought_it(legato: Legato) -> None:
    propose(legato, later(legato))
    assert act(legato, 1, "apply").status == 200
    legato.call("POST", "/api/journeys/welcome/pause")

    paused, applied, begun = legato.call("GET", "/api/plan/history").json()

    assert (paused["kind"], paused["journey"]) == ("paused", "welcome")
    change = legato.call("GET", "/api/changes/1").json()["change"]
    assert (applied["kind"], applied["change"]) == ("applied", 1)
    assert applied["title"] == change["title"]
    assert applied["by"] == paused["by"] == change["ended_by"]
    assert applied["plan"] == legato.call("GET", "/api/plan").json()["digest"]
    assert (begun["kind"], begun["change"]) == ("applied", 0)
    assert paused["at"] >= applied["at"] >= begun["at"]


def test_as_many_are_told_as_asked_for(legato: Legato) -> None:
    for verb in ("pause", "resume", "pause"):
        legato.call("POST", f"/api/journeys/welcome/{verb}")

    found = legato.call("GET", "/api/plan/history?limit=2").json()

    assert [each["kind"] for each in found] == ["paused", "resumed"]
    assert legato.call("GET", "/api/plan/history?limit=0").status == 400
