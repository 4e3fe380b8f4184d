"""Drafts: saved by one state at a time, shown to others, proposed as changes, never lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.workspace import read_workspace
from tests.door.test_api_routes import WELCOME, Answered, Legato, started

FILE = "journeys/welcome.yaml"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as legato:
        yield legato


def text(days: int) -> str:
    return WELCOME.replace("wait: 30d", f"wait: {days}d")


def save(
    app: Legato, minutes: int, match: str = "", token: str | None = "", base: str = ""
) -> Answered:
    base = base or app.app.status().plan
    body = {"files": {FILE: text(minutes)}, "base": base, "journey": "welcome"}
    headers = {"if-match": match} if match else {}
    return app.call("PUT", "/api/drafts/longer", body, token=token, headers=headers)


def shown(app: Legato) -> Any:  # noqa: ANN401 - JSON
    return app.call("GET", "/api/drafts/longer").json()


def actions(app: Legato) -> list[str]:
    rows = app.call("GET", "/api/audit?action=draft").json()
    return [row["action"] for row in rows]


def test_a_draft_outlives_a_restart_with_its_texts(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as before:
        etag = save(before, 45).headers["etag"]

    with started(tmp_path, is_one_process=True) as after:
        answer = after.call("GET", "/api/drafts/longer", token=after.token("viewer"))
        listed = after.call("GET", "/api/drafts").json()

    assert answer.headers["etag"] == etag
    assert answer.json()["files"] == {FILE: text(45)}
    assert [each["name"] for each in listed] == ["longer"]


def test_a_save_over_a_state_nobody_saw_is_refused_with_that_state(app: Legato) -> None:
    first = save(app, 40).headers["etag"]
    theirs = save(app, 50, match=first, token=app.token("marketer"))

    mine = save(app, 60, match=first)
    unaware = save(app, 60)

    for refused in (mine, unaware):
        assert refused.status == 412
        body = refused.json()
        assert body["code"] == "draft.clash"
        assert body["theirs"]["files"] == {FILE: text(50)}
        assert body["theirs"]["draft"]["saved_by"] == "token:a marketer"
        assert body["theirs"]["etag"] == theirs.headers["etag"]
    assert shown(app)["files"] == {FILE: text(50)}
    assert save(app, 60, match=theirs.headers["etag"]).status == 200


def test_a_draft_deleted_meanwhile_is_not_begun_again_unawares(app: Legato) -> None:
    etag = save(app, 40).headers["etag"]
    assert app.call("DELETE", "/api/drafts/longer").status == 200

    refused = save(app, 45, match=etag)

    assert refused.status == 412
    assert refused.json()["theirs"] is None
    begun = save(app, 45).headers["etag"]
    assert begun != etag
    assert save(app, 45, match=etag).status == 412
    assert actions(app) == ["draft.begin", "draft.delete", "draft.begin"]


def test_a_draft_says_when_another_text_of_its_file_runs_since(app: Legato) -> None:
    before = app.app.status().plan
    etag = save(app, 45).headers["etag"]
    files = {**app.app.texts(), FILE: text(31)}
    assert app.call("POST", "/api/plan/apply", {"files": files}).status == 200

    moved = shown(app)
    wish = {"title": "Wait longer"}
    refused = app.call("POST", "/api/drafts/longer/propose", wish)
    unaware = save(app, 45, match=etag, base=before)
    aware = save(app, 45, match=unaware.headers["etag"])

    assert moved["moved"] == [FILE]
    assert moved["was"] == {FILE: WELCOME}
    assert moved["moved_by"] == "token:this machine"
    assert moved["moved_at"] > 0
    assert aware.json()["was"] == {FILE: text(31)}
    assert refused.status == 409
    assert refused.json()["code"] == "draft.moved"
    assert unaware.json()["moved"] == [FILE]
    assert aware.json()["moved"] == []


def test_a_draft_is_proposed_over_what_runs(app: Legato) -> None:
    save(app, 45)
    token = app.token("marketer")

    wish = {"title": "Wait longer", "why": "people still decide"}
    answer = app.call("POST", "/api/drafts/longer/propose", wish, token=token)

    assert answer.status == 201, answer.body
    number = answer.json()["change"]["number"]
    assert shown(app)["draft"]["change"] == number
    applied = app.call("POST", f"/api/changes/{number}/apply")
    assert applied.status == 200, applied.body
    asked = {"journey": "welcome"}
    assert app.call("POST", "/api/drawing/read", asked).json()["text"] == text(45)


def test_a_draft_holds_no_keys_and_no_more_than_fits(app: Legato) -> None:
    web = {"sources/web.yaml": read_workspace(app.workspace)["sources/web.yaml"]}
    large = {f"journeys/{n}.yaml": "#" * 300_000 for n in range(4)}

    keys = app.call("PUT", "/api/drafts/keys", {"files": web, "base": ""})
    size = app.call("PUT", "/api/drafts/large", {"files": large, "base": ""})

    assert keys.json()["code"] == "drawing.shared_file"
    assert size.status == 413
    assert app.call("GET", "/api/drafts").json() == []
