"""What whoever reviews a change is told: its texts beside what runs, what objects, who may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.door.test_api_routes import Legato, started
from tests.door.test_changes import act, later, propose, token, with_policy


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as running:
        yield running


def choices(legato: Legato, *, by: str) -> dict[str, tuple[bool, str]]:
    found = legato.call("GET", "/api/changes/1/choices", token=by).json()
    return {each["verb"]: (each["is_open"], each["code"]) for each in found}


def test_a_review_shows_the_lines_that_differ_and_that_nothing_objects(legato: Legato) -> None:
    propose(legato, later(legato))

    review = legato.call("GET", "/api/changes/1/review").json()

    assert (review["mistakes"], review["objections"]) == ([], [])
    assert review["is_compared"]
    (difference,) = review["differences"]
    changed = [line for line in difference["lines"] if line[0] in "+-"]
    assert difference["file"] == "journeys/welcome.yaml"
    assert len(changed) == 2
    assert "30d" in changed[0]
    assert "31d" in changed[1]


def test_a_review_compares_with_the_change_that_runs_where_the_folder_is_behind(
    legato: Legato,
) -> None:
    propose(legato, later(legato))
    assert act(legato, 1, "apply").status == 200
    files = later(legato)
    text = files["templates/welcome.yaml"].replace("Welcome", "Hello")
    propose(legato, {**files, "templates/welcome.yaml": text})

    review = legato.call("GET", "/api/changes/2/review").json()

    assert [each["file"] for each in review["differences"]] == ["templates/welcome.yaml"]


def test_everybody_is_told_what_they_may_do_and_why_not(legato: Legato) -> None:
    with_policy(legato)
    author = token(legato, "author", "approver", "growth")
    peer = token(legato, "peer", "approver", "growth")
    viewer = token(legato, "viewer", "viewer")
    propose(legato, later(legato), by=author)

    assert choices(legato, by=author) == {
        "approve": (False, "change.own"),
        "reject": (False, "change.own"),
        "apply": (False, "access.forbidden"),
        "withdraw": (True, ""),
    }
    assert choices(legato, by=peer)["approve"] == (True, "")
    assert choices(legato, by=peer)["withdraw"] == (False, "change.not_yours")
    assert set(choices(legato, by=viewer).values()) == {(False, "access.forbidden")}
    assert legato.call("GET", "/api/changes/1").json()["change"]["state"] == "open"


def test_what_waits_for_somebody_is_what_they_may_approve(legato: Legato) -> None:
    with_policy(legato)
    author = token(legato, "author", "approver", "growth")
    peer = token(legato, "peer", "approver", "growth")
    viewer = token(legato, "viewer", "viewer")
    propose(legato, later(legato), by=author)

    def waits(by: str) -> int:
        return len(legato.call("GET", "/api/changes?mine=true", token=by).json())

    assert (waits(peer), waits(author), waits(viewer)) == (1, 0, 0)
    act(legato, 1, "approve", by=peer)
    assert waits(peer) == 0
