"""A draft before it is proposed: what it changes, who has to answer, holdouts, waivers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.door.test_api_routes import Legato, started
from tests.door.test_rehearsals import LETTER, drafted, rehearsed


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    with started(tmp_path_factory.mktemp("publishing"), is_one_process=True) as legato:
        yield legato


def test_a_draft_says_what_it_would_change_before_anybody_is_asked(app: Legato) -> None:
    draft = drafted(app, journeys_welcome=LETTER)

    shown = app.call("GET", f"/api/drafts/{draft}/preview").json()

    changed = {(one["family"], one["name"]) for one in shown["draft"]["impact"]["changes"]}
    assert ("journey", "welcome") in changed
    assert (shown["is_same"], shown["problems"], shown["asked"]) == (False, [], [])
    assert app.call("GET", "/api/changes").json() == []


def test_with_a_policy_it_names_who_could_answer_and_not_whoever_asks(app: Legato) -> None:
    policy = "approvals:\n  when: {breaking: true}\n  by: [approver, admin]\n  within: 12h\n"
    app.token("approver")
    made = drafted(app, policies_approvals=policy)
    number = app.call("POST", f"/api/drafts/{made}/propose", {"title": "Ask"}).json()
    applied = app.call("POST", f"/api/changes/{number['change']['number']}/apply", {})
    assert applied.json()["is_changed"], applied.body
    less = "approvals:\n  when: {reaches_over: 5}\n  by: [approver, admin]\n  within: 12h\n"
    draft = drafted(app, policies_approvals=less)

    shown = app.call("GET", f"/api/drafts/{draft}/preview").json()

    assert shown["draft"]["reasons"] == ["it changes who has to be asked"]
    assert shown["asked"] == [{"team": "", "people": ["token:a approver"]}]


def test_a_draft_that_does_not_compile_or_changes_nothing_says_so(app: Legato) -> None:
    broken = drafted(app, journeys_second="journey: second\n")
    same = drafted(app)

    wrong = app.call("GET", f"/api/drafts/{broken}/preview").json()
    none = app.call("GET", f"/api/drafts/{same}/preview").json()

    assert wrong["draft"] is None
    assert wrong["problems"]
    assert (none["is_same"], none["draft"]) == (True, None)


def test_a_holdout_is_begun_and_changed_in_the_draft_alone(app: Legato) -> None:
    draft = drafted(app, journeys_welcome=LETTER)
    path = f"/api/drafts/{draft}/holdout"

    begun = app.call("POST", path, {"holdout": "measured", "percent": 5})
    assert begun.status == 200, begun.body
    changed = app.call("POST", path, {"holdout": "measured", "percent": 7.5})
    shown = app.call("GET", f"/api/drafts/{draft}/preview").json()

    assert changed.json()["files"]["policies/measured.yaml"] == 'holdout: measured\nshare: "7.5%"\n'
    assert changed.json()["files"]["journeys/welcome.yaml"] == LETTER
    assert shown["held_out"] == [{"name": "measured", "title": "", "share": "7.5%", "was": ""}]
    refused = app.call("POST", path, {"holdout": "measured", "percent": 90})
    assert (refused.status, refused.json()["code"]) == (400, "holdout.share")
    wrong = app.call("POST", path, {"holdout": "No Name", "percent": 5})
    assert (wrong.status, wrong.json()["code"]) == (422, "draft.not_written")


def test_an_older_state_of_a_draft_is_not_written_over(app: Legato) -> None:
    draft = drafted(app, journeys_welcome=LETTER)
    before = app.call("GET", f"/api/drafts/{draft}").json()["etag"]
    app.call("POST", f"/api/drafts/{draft}/holdout", {"holdout": "one", "percent": 5})

    late = app.call(
        "POST",
        f"/api/drafts/{draft}/holdout",
        {"holdout": "two", "percent": 5},
        headers={"if-match": before},
    )

    assert (late.status, late.json()["code"]) == (412, "draft.clash")


def test_a_broken_promise_is_answered_for_in_the_draft_with_a_reason(app: Legato) -> None:
    hold = "property: none\ntitle: Nobody is greeted\nnever: {sends: welcome}\n"
    draft = drafted(app, properties_hold=hold)
    task = {"kind": "prove", "journeys": ["welcome"]}
    (before,) = rehearsed(app, task, draft=draft)["found"]["journeys"]
    harm = next(one for one in before["harms"] if one["promise"] == "none")
    wish = {"journey": "welcome", "code": "none", "step": harm["step"]}
    path = f"/api/drafts/{draft}/waiver"

    unsaid = app.call("POST", path, {**wish, "because": " "})
    said = app.call("POST", path, {**wish, "because": "a newcomer expects it"})
    (after,) = rehearsed(app, task, draft=draft)["found"]["journeys"]

    assert harm["walk"]["lines"]
    assert (unsaid.status, unsaid.json()["code"]) == (400, "waiver.reason")
    assert said.status == 200, said.body
    assert [one["waived"] for one in after["harms"] if one["promise"] == "none"] == [
        "a newcomer expects it"
    ]
