"""What the guard says and does through the doors of a running app."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.workspace import read_workspace
from tests.door.test_api_routes import Legato, started


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as running:
        yield running


def apply(legato: Legato, **replaced: str) -> None:
    """Apply the workspace with files replaced, in the folder as well."""
    for name, text in replaced.items():
        (legato.workspace / name).parent.mkdir(exist_ok=True)
        (legato.workspace / name).write_text(text)
    files = read_workspace(legato.workspace)
    answer = legato.call("POST", "/api/plan/apply", {"files": files})
    assert answer.json()["problems"] == []


def alert(legato: Legato, after: int, code: str) -> dict[str, Any]:
    """Return the first alert of this code behind a position."""
    while True:
        page = legato.call("GET", f"/api/tail?after={after}&wait=10").json()
        assert page["steps"], f"no {code}"
        for step in page["steps"]:
            for note in step["notes"]:
                if note["type"] == "alert" and note["reason"]["code"] == code:
                    return note
        after = page["after"]


def test_a_silent_source_is_told_degrades_its_journeys_and_clears_itself(legato: Legato) -> None:
    legato.track("u1", "Signed Up", method="web")
    web = (legato.workspace / "sources" / "web.yaml").read_text()

    apply(legato, **{"sources/web.yaml": web.rstrip() + "\nsilent_after: 300ms\n"})
    silent = alert(legato, 0, "source.silent")
    status = legato.call("GET", "/api/status").json()
    journeys = {each["name"]: each for each in legato.call("GET", "/api/journeys").json()}
    (source,) = legato.call("GET", "/api/sources").json()
    position = status["status"]["applied"]
    legato.track("u1", "Signed Up", method="web")
    heard = alert(legato, position, "source.heard")

    assert "welcome (enter" in silent["reason"]["what"]
    assert [each["topic"] for each in status["alerts"]] == ["source:web"]
    assert journeys["welcome"]["degraded"][0]["steps"] == ["enter"]
    assert journeys["invited"]["degraded"] == []
    assert source["silent_since"] is not None
    assert "sends again" in heard["reason"]["what"]
    assert b'legato_source_silent{source="web"}' in legato.call("GET", "/metrics").body
