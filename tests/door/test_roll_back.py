"""Rolling a change back: what ran before it is proposed in its place, and applied where one may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.door.test_api_routes import WELCOME, Legato, started
from tests.door.test_changes import act, later, propose, token, with_policy

FILE = "journeys/welcome.yaml"
WHY = {"why": "people complain"}


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as running:
        yield running


def choices(legato: Legato, number: int, by: str = "") -> dict[str, tuple[bool, str]]:
    found = legato.call("GET", f"/api/changes/{number}/choices", token=by).json()
    return {each["verb"]: (each["is_open"], each["code"]) for each in found}


def test_what_ran_before_runs_again_at_once(legato: Legato) -> None:
    propose(legato, later(legato))
    assert act(legato, 1, "apply").status == 200
    changed = legato.app.texts()[FILE]

    done = act(legato, 1, "roll-back", body=WHY).json()

    assert (WELCOME in changed, legato.app.texts()[FILE]) == (False, WELCOME)
    assert done["applied"]["is_changed"]
    assert done["proposed"]["change"]["state"] == "applied"
    assert done["proposed"]["change"]["title"] == "Roll back change 1: Wait longer"
    audited = legato.call("GET", "/api/audit?action=change&subject=change:2").json()
    assert {row["action"] for row in audited} >= {"change.propose", "change.apply"}
    assert choices(legato, 2) == {"roll_back": (True, "")}


def test_whoever_may_not_apply_proposes_what_ran_before(legato: Legato) -> None:
    propose(legato, later(legato))
    assert act(legato, 1, "apply").status == 200
    marketer = token(legato, "mara", "marketer")

    done = act(legato, 1, "roll-back", by=marketer, body=WHY).json()

    assert done["applied"] is None
    assert done["proposed"]["change"]["state"] == "approved"
    assert legato.app.texts()[FILE] != WELCOME


def test_the_policy_of_approvals_holds_for_it_too(legato: Legato) -> None:
    with_policy(legato)
    peer = token(legato, "peer", "approver", "growth")
    propose(legato, later(legato))
    assert act(legato, 1, "approve", by=peer).status == 200
    assert act(legato, 1, "apply").status == 200

    done = act(legato, 1, "roll-back", body=WHY).json()

    assert done["applied"] is None
    assert done["proposed"]["missing"] == ["growth"]


def test_only_what_runs_is_rolled_back(legato: Legato) -> None:
    propose(legato, later(legato))
    waiting = act(legato, 1, "roll-back", body=WHY)
    assert act(legato, 1, "apply").status == 200
    text = later(legato)[FILE].replace("31d", "32d")
    assert (
        legato.call("POST", "/api/plan/apply", {"files": {**later(legato), FILE: text}}).status
        == 200
    )

    older = act(legato, 1, "roll-back", body=WHY)

    assert (waiting.status, waiting.json()["code"]) == (409, "change.not_applied")
    assert (older.status, older.json()["code"]) == (409, "change.moved_on")
    assert choices(legato, 1) == {"roll_back": (False, "change.moved_on")}
