"""Definitions as files: taken out to the byte, brought in as a draft or a change, nothing lost."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from legato.app.rehearse.scenarios import read_whole
from tests.door.test_api_routes import KEY, WELCOME, Answered, Legato, started

FILE = "journeys/welcome.yaml"
LATER = WELCOME.replace("wait: 30d", "wait: 31d")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as legato:
        yield legato


def archive(app: Legato, more: str = "", token: str | None = "") -> Answered:
    return app.call("GET", f"/api/definitions/archive{more}", token=token)


def unpacked(packed: bytes) -> dict[str, str]:
    with ZipFile(io.BytesIO(packed)) as whole:
        return {name: whole.read(name).decode() for name in whole.namelist()}


def packed(files: Mapping[str, str], folder: str = "") -> bytes:
    """Pack as other programs do: pressed, in any order."""
    whole = io.BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED) as made:
        for name, text in sorted(files.items(), reverse=True):
            made.writestr(f"{folder}{name}", text)
    return whole.getvalue()


def wish(files: Mapping[str, str | bytes], **more: object) -> dict[str, object]:
    given = [
        {"name": name, "content": b64encode(bytes_of(text)).decode()}
        for name, text in files.items()
    ]
    return {"given": given, **more}


def bytes_of(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def read(app: Legato, files: Mapping[str, str | bytes], **more: object) -> Any:  # noqa: ANN401 - JSON
    answer = app.call("POST", "/api/definitions/read", wish(files, **more))
    assert answer.status == 200, answer.body
    return answer.json()


def propose(app: Legato, files: Mapping[str, str | bytes], **more: object) -> Answered:
    base = app.app.status().plan
    body = wish(files, **{"base": base, "title": "From git", **more})
    return app.call("POST", "/api/definitions/propose", body)


def standing(app: Legato) -> Any:  # noqa: ANN401 - JSON
    return app.call("GET", "/api/definitions").json()


def test_what_is_taken_out_is_what_the_folder_holds_and_the_same_each_time(app: Legato) -> None:
    first, second = archive(app, "?keys=true"), archive(app, "?keys=true")

    assert first.body == second.body
    assert unpacked(first.body) == read_whole(app.workspace)
    assert first.headers["content-type"] == "application/zip"


def test_what_was_taken_out_changes_nothing_when_it_is_brought_back(app: Legato) -> None:
    whole = archive(app, "?keys=true").body

    back = read(app, {"shop.zip": whole}, removes=True)

    assert back["same_count"] == len(unpacked(whole))
    assert (back["files"], back["texts"], back["changes"], back["absent"]) == ([], {}, [], [])
    assert back["is_same"]
    refused = propose(app, {"shop.zip": whole})
    assert (refused.status, refused.json()["code"]) == (400, "change.nothing")


def test_each_definition_taken_out_alone_goes_back_to_where_it_stood(app: Legato) -> None:
    for each in standing(app)["definitions"]:
        query = f"kind={each['kind']}&name={each['name'].replace(' ', '%20')}"
        text = app.call("GET", f"/api/definitions/text?{query}").body
        assert text == app.call("GET", f"/api/definitions/text?{query}").body

        back = read(app, {"alone.yaml": text})

        assert back["files"] == [], each
        assert [(one["file"], one["how"]) for one in back["placed"]] == [(each["file"], "same")]


def test_files_that_may_hold_keys_are_left_out_but_for_admins(app: Legato) -> None:
    marketer = app.token("marketer")

    plain = archive(app, token=marketer)
    with_keys = archive(app, "?keys=true", token=marketer)
    one = app.call("GET", "/api/definitions/text?kind=source&name=web", token=marketer)

    assert plain.status == 200
    assert KEY.encode() not in plain.body
    left_out = set(read_whole(app.workspace)) - set(unpacked(plain.body))
    assert left_out == set(standing(app)["shut_files"])
    assert (with_keys.status, with_keys.json()["code"]) == (403, "definitions.keys")
    assert (one.status, one.json()["code"]) == (403, "definitions.keys")
    archive(app, "?keys=true")
    (row,) = app.call("GET", "/api/audit?action=definitions").json()
    assert (row["action"], row["subject"]) == ("definitions.export", "workspace")


def test_an_edit_on_the_canvas_leaves_the_comments_of_git_as_they_were(app: Legato) -> None:
    text = f"# Why we write at once.{WELCOME}# The end.\n".replace("wait: 30d", "wait: 30d  # law")
    assert take_words(app, {FILE: text}).status == 200
    edit = {"edit": "set_field", "path": "steps/0/wait", "value": "31d"}
    edited = app.call("POST", "/api/drawing/edit", {"journey": "invited", "edits": [edit]}).json()
    draft = {"files": edited["files"], "base": edited["base"], "journey": "invited"}
    app.call("PUT", "/api/drafts/later", draft)
    made = app.call("POST", "/api/drafts/later/propose", {"title": "Later"}).json()
    app.call("POST", f"/api/changes/{made['change']['number']}/apply")

    out = unpacked(archive(app).body)[FILE]

    assert out == text.replace("wait: 30d", "wait: 31d")


def take_words(app: Legato, files: Mapping[str, str | bytes]) -> Answered:
    body = wish(files, base=app.app.status().plan)
    return app.call("POST", "/api/definitions/words", body)


def test_comments_that_only_one_side_has_are_shown_and_kept(app: Legato) -> None:
    commented = WELCOME.replace("  - wait: 30d", "  # The law wants a month.\n  - wait: 30d  # sic")
    assert take_words(app, {FILE: commented}).status == 200
    theirs = f"# Written in git.{LATER}"

    kept = read(app, {FILE: theirs})
    dropped = read(app, {FILE: theirs}, keeps_comments=False)

    lost = [(one["line"], one["text"]) for one in kept["comments"]]
    assert lost == [(16, "# The law wants a month."), (17, "# sic")]
    assert dropped["comments"] == kept["comments"]
    assert dropped["texts"] == {FILE: theirs}
    both = theirs.replace("  - wait: 31d", "  # The law wants a month.\n  - wait: 31d  # sic")
    assert kept["texts"] == {FILE: both}


def test_files_say_what_they_change_step_by_step_and_become_a_change(app: Legato) -> None:
    found = read(app, {"welcome.yaml": LATER})

    assert [one["how"] for one in found["placed"]] == ["within"]
    (file,) = found["files"]
    assert (file["file"], file["how"], file["definitions"]) == (
        FILE,
        "changed",
        ["journey invited"],
    )
    (journey,) = found["journeys"]
    (difference,) = journey["differences"]
    assert (difference["before"], difference["after"]) == ("waits 30 days", "waits 31 days")
    assert [(one["family"], one["name"]) for one in found["changes"]] == [("journey", "invited")]

    made = propose(app, {"welcome.yaml": LATER})
    assert made.status == 201, made.body
    number = made.json()["change"]["number"]
    applied = app.call("POST", f"/api/changes/{number}/apply")
    assert applied.json()["is_changed"], applied.body
    assert unpacked(archive(app).body)[FILE] == LATER


def test_the_policy_of_approvals_holds_for_files_from_elsewhere(app: Legato) -> None:
    app.identify("u1", email="ana@example.com")
    policy = "approvals:\n  when: {reaches_over: 0}\n  by: [approver]\n  within: 12h\n"
    ask = propose(app, {"policies/approvals.yaml": policy}).json()["change"]["number"]
    assert app.call("POST", f"/api/changes/{ask}/apply").json()["is_changed"]

    number = propose(app, {FILE: LATER}).json()["change"]["number"]
    unasked = app.call("POST", f"/api/changes/{number}/apply")
    peer = app.call("POST", "/api/tokens", {"name": "p", "role": "approver", "team": "growth"})
    yes = {"why": "fine"}
    answer = app.call("POST", f"/api/changes/{number}/approve", yes, token=peer.json()["token"])

    assert unasked.status == 409, unasked.body
    assert answer.status == 200, answer.body
    assert app.call("POST", f"/api/changes/{number}/apply").json()["is_changed"]


def test_mistakes_are_named_with_file_line_and_remedy_and_nothing_is_changed(app: Legato) -> None:
    before = archive(app).body
    broken = LATER.replace("on: email", "on: emial")

    found = read(app, {FILE: broken})
    refused = propose(app, {FILE: broken})

    (problem,) = found["problems"]
    assert problem["place"]["file"] == FILE
    assert problem["place"]["line"] == 8
    assert "emial" in problem["what"]
    assert "email" in problem["fix"]
    assert refused.status == 422
    assert refused.json()["problems"] == found["problems"]
    assert found["texts"] == {FILE: broken}  # to be mended in a draft
    assert archive(app).body == before


def test_a_draft_of_the_same_file_is_named_and_stays_as_it_is(app: Legato) -> None:
    mine = WELCOME.replace("wait: 30d", "wait: 45d")
    base = app.app.status().plan
    draft = {"files": {FILE: mine}, "base": base, "journey": "invited", "title": "Mine"}
    token = app.token("marketer")
    app.call("PUT", "/api/drafts/mine", draft, token=token)

    found = read(app, {FILE: LATER})
    over = app.call("PUT", "/api/drafts/mine", {"files": found["texts"], "base": base})
    number = propose(app, {FILE: LATER}).json()["change"]["number"]
    app.call("POST", f"/api/changes/{number}/apply")

    (beside,) = found["drafts"]
    assert (beside["name"], beside["files"], beside["saved_by"]) == (
        "mine",
        [FILE],
        "token:a marketer",
    )
    assert (over.status, over.json()["code"]) == (412, "draft.clash")
    kept = app.call("GET", "/api/drafts/mine").json()
    assert kept["files"] == {FILE: mine}
    assert kept["moved"] == [FILE]


def test_a_workspace_from_an_archive_may_say_what_goes(app: Legato) -> None:
    files = {**read_whole(app.workspace), "journeys/letter.yaml": "journey: letter\n"}
    del files[FILE]
    pressed = packed({**files, "README.md": "# Hello\n", ".git/config.yaml": "x"}, "shop-main/")

    kept = read(app, {"shop-main.zip": pressed})
    gone = read(app, {"shop-main.zip": pressed}, removes=True)

    assert kept["absent"] == [FILE]
    assert [(one["file"], one["how"]) for one in kept["files"]] == [("journeys/letter.yaml", "new")]
    assert (FILE, "gone") in [(one["file"], one["how"]) for one in gone["files"]]
    passed = {one["given"]: one["why"] for one in kept["placed"] if one["how"] == "passed"}
    assert passed == {
        "shop-main/README.md": "it is no YAML",
        "shop-main/.git/config.yaml": "a name in its path begins with a dot",
    }


@pytest.mark.parametrize(
    ("files", "status", "code", "words"),
    [
        ({"shop.zip": b"PK not really"}, 400, "definitions.archive", "shop.zip"),
        ({"a.yaml": b"journey: a\ntitle: \xff\n"}, 400, "definitions.encoding", "a.yaml:2"),
        ({"a.yaml": "x" * 400_001}, 413, "request.too_large", "a.yaml"),
        ({"a.zip": packed({"b.yaml": "x" * 2_000_000})}, 413, "request.too_large", "b.yaml"),
        (
            {"a.zip": packed({f"{i}.yaml": "x" * 399_000 for i in range(21)})},
            413,
            "request.too_large",
            "8,000,000",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(
    app: Legato, files: Mapping[str, str | bytes], status: int, code: str, words: str
) -> None:
    answer = app.call("POST", "/api/definitions/read", wish(files))

    assert (answer.status, answer.json()["code"]) == (status, code)
    assert words in answer.json()["message"]


def test_files_compared_with_another_plan_are_looked_at_again(app: Legato) -> None:
    base = app.app.status().plan
    number = propose(app, {FILE: LATER}).json()["change"]["number"]
    app.call("POST", f"/api/changes/{number}/apply")

    stale = propose(app, {FILE: WELCOME}, base=base)

    assert (stale.status, stale.json()["code"]) == (409, "definitions.moved")


def test_words_alone_are_taken_over_and_more_is_not(app: Legato) -> None:
    commented = f"# Nobody has to be asked for this.{WELCOME}"

    found = read(app, {FILE: commented})
    deeper = commented.replace("steps:", "# Deeper.\nsteps:", 1)
    assert take_words(app, {FILE: deeper}).status == 200
    taken, more = take_words(app, {FILE: commented}), take_words(app, {FILE: LATER})

    assert found["is_same"]
    assert [one["is_words"] for one in found["files"]] == [True]
    assert taken.status == 200
    assert unpacked(archive(app).body)[FILE] == deeper
    assert (more.status, more.json()["code"]) == (409, "definitions.meant")


def test_a_definition_beside_a_key_is_put_in_place_and_the_key_is_not_shown(app: Legato) -> None:
    file = "sources/web.yaml"
    both = (
        read_whole(app.workspace)[file]
        + "---\nsegment: near_keys\nowner: growth\nwhen: {trait: {first_name: Ana}}\n"
    )
    propose_shut = propose(app, {file: both})
    assert propose_shut.status == 201, propose_shut.body
    app.call("POST", f"/api/changes/{propose_shut.json()['change']['number']}/apply")
    other = "segment: near_keys\nowner: growth\nwhen: {trait: {first_name: Eva}}\n"

    answer = app.by_token("marketer", "POST", "/api/definitions/read", wish({"one.yaml": other}))

    assert answer.status == 200, answer.body
    (row,) = answer.json()["files"]
    assert (row["file"], row["is_shut"], row["definitions"]) == (file, True, ["segment near_keys"])
    assert answer.json()["texts"] == {}
    assert KEY.encode() not in answer.body
