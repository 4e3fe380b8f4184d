"""What a destination is called, and who answers for it, are a part of the plan."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.door.test_api_routes import Legato, started
from tests.door.test_changes import files_of, propose, with_policy
from tests.door.test_plan_name import again, digest, enrolled, greet, invite, name_as_before

FILE = "destinations/console.yaml"
CALLED = "title: Our console\nowner: growth\n"


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as running:
        yield running


def called(legato: Legato, more: str = CALLED) -> dict[str, str]:
    """Return the workspace in which the destination has a title and an owner."""
    return files_of(legato, **{FILE: files_of(legato)[FILE] + more})


def apply(legato: Legato, files: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
    answer = legato.call("POST", "/api/plan/apply", {"files": files})
    assert answer.status == 200, answer.body
    return answer.json()


def shown(legato: Legato) -> tuple[str, str]:
    line = legato.call("GET", "/api/destinations/console").json()["line"]
    return line["title"], line["owner"]


def test_a_title_and_an_owner_are_a_change_and_are_told(legato: Legato) -> None:
    files = called(legato)

    compared = legato.call("POST", "/api/plan/diff", {"files": files}).json()
    applied = apply(legato, files)
    first = shown(legato)
    owned = apply(legato, called(legato, CALLED.replace("growth", "data")))

    changes = [(one["family"], one["name"], one["what"]) for one in compared["changes"]]
    assert changes == [("destination", "console", "has changed in title and owner")]
    assert (applied["is_changed"], owned["is_changed"]) == (True, True)
    assert first == ("Our console", "growth")
    assert shown(legato) == ("Our console", "data")


def test_who_owns_it_is_asked_before_it_is_called_otherwise(legato: Legato) -> None:
    with_policy(legato)

    refused = legato.call("POST", "/api/plan/apply", {"files": called(legato)})
    asked = propose(legato, called(legato))["change"]

    assert [one["code"] for one in refused.json()["problems"]] == ["B402"]
    assert asked["state"] == "open"
    assert "growth" in asked["draft"]["impact"]["teams"]


def forget_what_it_is_called(data: Path) -> None:
    """Store the plan that runs as a release before did, which did not say so."""
    state = sqlite3.connect(data / "state.db")
    with state:
        rows = state.execute("SELECT digest, body FROM plan").fetchall()
        for name, body in rows:
            plan = msgspec.msgpack.decode(body)
            for destination in plan["destinations"].values():
                for field in ("title", "owner", "broken"):
                    del destination[field]
            old = msgspec.msgpack.encode(plan)
            state.execute("UPDATE plan SET body = ? WHERE digest = ?", (old, name))
    state.close()


def applied_changes(legato: Legato) -> list[str]:
    """Return what each plan has changed, as the audit has it."""
    listed = legato.call("GET", "/api/audit?action=plan.apply").json()
    return [one["detail"]["changes"] for one in listed]


def test_a_folder_of_a_release_before_goes_on_and_nobody_is_asked(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as legato:
        (legato.workspace / FILE).write_text(called(legato)[FILE])
        greet(legato)
        invite(legato)
        with_policy(legato)
        people, named = enrolled(legato), digest(legato)
        changes = applied_changes(legato)
    sent = (tmp_path / "sent.jsonl").read_text()
    forget_what_it_is_called(tmp_path / "data")
    name_as_before(tmp_path / "data", named)

    with again(tmp_path) as legato:
        legato.track("u1", "Signed Up", method="web")
        assert legato.call("GET", "/api/problems").json() == []
        assert (enrolled(legato), digest(legato)) == (people, named)
        assert shown(legato) == ("Our console", "growth")
        assert applied_changes(legato) == [*changes, ""], "nothing differs"

    assert (tmp_path / "sent.jsonl").read_text() == sent, "nothing is sent once more"
