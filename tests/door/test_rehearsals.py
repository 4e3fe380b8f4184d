"""Rehearsals by the door: each in a process of its own, stopped and forgotten as it should be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.door.test_api_routes import WELCOME, Answered, Legato, started

STORY = """
scenario: a newcomer is greeted at once
given: {person: ana, consents: {email: granted}, at: 2026-03-02 10:00}
when: [Signed Up: {}]
then: {messages: [welcome by email]}
"""
WRONG = """
scenario: nobody is greeted
given: {person: ben, consents: {email: granted}, at: 2026-03-02 10:00}
when: [Signed Up: {}]
then: {never: welcome}
"""
LETTER = WELCOME.replace("  - send: {message: welcome", "  - wait: 2h\n  - send: {message: welcome")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    with started(tmp_path_factory.mktemp("rehearsals"), is_one_process=True) as legato:
        yield legato


def drafted(app: Legato, **files: str) -> str:
    """Save a draft with texts in place of the running ones, by `folder_name`."""
    name = f"draft{len(app.call('GET', '/api/drafts').json())}"
    texts = {f"{name}.yaml".replace("_", "/"): text for name, text in files.items()}
    body = {"files": texts, "base": app.app.status().plan}
    assert app.call("PUT", f"/api/drafts/{name}", body).status == 200
    return name


def begin(app: Legato, task: dict[str, Any], **about: object) -> Answered:
    return app.call("POST", "/api/rehearsals", {"task": task, **about})


def rehearsed(app: Legato, task: dict[str, Any], **about: object) -> Any:  # noqa: ANN401 - JSON
    begun = begin(app, task, **about)
    assert begun.status == 202, begun.body
    return over(app, begun.json()["rehearsal_id"])


def over(app: Legato, rehearsal_id: str) -> Any:  # noqa: ANN401 - JSON
    shown: Any = {"state": "waiting"}
    while shown["state"] in ("waiting", "running"):
        shown = app.call("GET", f"/api/rehearsals/{rehearsal_id}?wait=20").json()
    return shown


def test_a_drafts_stories_are_told_with_both_timelines(app: Legato) -> None:
    draft = drafted(app, scenarios_told=STORY + "---" + WRONG)

    shown = rehearsed(app, {"kind": "scenarios"}, draft=draft)

    assert shown["state"] == "done", shown
    assert shown["subject"]["draft"] == draft
    right, wrong = (
        next(one for one in shown["found"]["scenarios"] if one["is_right"] is is_right)
        for is_right in (True, False)
    )
    assert [line["actual"] for line in right["lines"]] == [
        "Signed Up",
        "enters welcome",
        "welcome ends: completed",
        "gets welcome by email",
    ]
    assert wrong["misses"][0]["expected"].startswith("never welcome")
    assert any(line["is_different"] for line in wrong["lines"])
    edges = next(one for one in shown["found"]["coverage"] if one["journey"] == "welcome")
    assert edges["shares"]["edges"]["walked"] == edges["shares"]["edges"]["total"]
    assert "invited" in " ".join(shown["found"]["missing"]["steps"])


def test_a_violated_property_is_told_as_a_story_and_as_a_scenario(app: Legato) -> None:
    hold = "\nproperty: none\ntitle: Nobody is greeted\nnever: {sends: welcome}\n"
    draft = drafted(app, properties_hold=hold)

    shown = rehearsed(app, {"kind": "prove", "journeys": ["welcome"]}, draft=draft)

    (journey,) = shown["found"]["journeys"]
    harm = next(one for one in journey["harms"] if one["promise"] == "none")
    assert harm["story"][-1].startswith("welcome is sent")
    assert "scenario:" in harm["scenario"]
    assert shown["found"]["promises"]["none"] == "Nobody is greeted"
    assert shown["found"]["promises"]["V501"].startswith("no message without consent")


def test_a_change_is_rehearsed_as_it_was_proposed(app: Legato) -> None:
    body = {"files": {"journeys/welcome.yaml": LETTER}, "base": app.app.status().plan}
    assert app.call("PUT", "/api/drafts/change", body).status == 200
    proposed = app.call("POST", "/api/drafts/change/propose", {"title": "Later"}).json()
    number = proposed["change"]["number"]

    shown = rehearsed(app, {"kind": "prove"}, change=number)

    assert shown["subject"]["change"] == number
    assert {one["journey"] for one in shown["found"]["journeys"]} == {"welcome", "invited"}


def walked(app: Legato, *lines: object, draft: str = "", consent: str = "granted") -> Any:  # noqa: ANN401 - JSON
    given = {"person": "ana", "consents": {"email": consent}, "at": "2026-03-02 10:00"}
    walk = {"journey": "welcome", "given": given, "lines": lines}
    answer = app.call("POST", "/api/rehearsals/walk", {"walk": walk, "draft": draft})
    assert answer.status == 200, answer.body
    return answer.json()


def test_a_walk_shows_where_somebody_stands_and_when_they_wake(app: Legato) -> None:
    draft = drafted(app, journeys_welcome=LETTER)

    waits = walked(app, {"Signed Up": {}}, draft=draft)
    rest = (waits["wakes_at"] - waits["now"]) // 1_000_000
    over = walked(app, {"Signed Up": {}}, f"after {rest}s", draft=draft)
    refused = walked(app, {"Signed Up": {}}, "after 2h", draft=draft, consent="denied")

    assert rest == 2 * 60 * 60
    assert (waits["stands"], waits["outcome"]) == (waits["reached"][0]["step"], "")
    assert (over["stands"], over["outcome"], len(over["reached"])) == ("", "completed", 2)
    assert [one["message"] for one in over["happened"] if one["verdict"] == "pass"] == ["welcome"]
    said = next(one["words"] for one in refused["happened"] if one["verdict"] == "refuse")
    assert said.startswith("does not get welcome: ")


def test_a_walk_is_a_scenario_that_comes_out_as_it_went(app: Legato) -> None:
    found = walked(app, {"Signed Up": {}}, "after 1d")

    draft = drafted(app, scenarios_told=found["scenario"])
    shown = rehearsed(app, {"kind": "scenarios"}, draft=draft)

    (told,) = shown["found"]["scenarios"]
    assert told["is_right"]
    assert "welcome by email" in found["scenario"]


def test_a_walk_that_cannot_be_gone_says_what_is_wrong(app: Legato) -> None:
    found = walked(app, {"Nothing Known": {}})

    assert found["kind"] == "mistakes"
    assert "Nothing Known" in found["problems"][0]["what"]


def test_mistakes_are_told_in_place_of_what_would_come_of_it(app: Legato) -> None:
    draft = drafted(app, journeys_second="journey: welcome2\n")

    shown = rehearsed(app, {"kind": "scenarios"}, draft=draft)

    assert shown["state"] == "done"
    assert shown["found"]["kind"] == "mistakes"
    assert shown["found"]["problems"]


def test_nothing_is_compared_with_a_day_that_is_none(app: Legato) -> None:
    shown = rehearsed(app, {"kind": "backtest", "since": "soon"})

    assert shown["state"] == "failed"
    assert shown["failure"] == "`soon` is neither a length of time nor a day."


def test_a_draft_and_a_change_at_once_are_refused(app: Legato) -> None:
    refused = begin(app, {"kind": "prove"}, draft="x", change=1)

    assert refused.status == 400
    assert refused.json()["code"] == "rehearsal.subject"


def test_one_that_is_stopped_leaves_nothing_behind(app: Legato) -> None:
    made = begin(app, {"kind": "scenarios"}).json()

    stopped = app.call("POST", f"/api/rehearsals/{made['rehearsal_id']}/stop").json()

    assert stopped["state"] == "stopped"
    assert stopped["ended_at"] is not None
    folder = app.folder / "data" / "rehearsing"
    assert not folder.exists() or list(folder.iterdir()) == []
    audited = app.call("GET", "/api/audit?action=rehearsal").json()
    assert {row["action"] for row in audited} >= {"rehearsal.begin", "rehearsal.stop"}


def test_what_was_lived_again_is_gone_with_who_is_erased(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as app:
        app.identify("ana", email="ana@example.com")
        app.consent("ana")
        app.track("ana", "Signed Up")
        app.until("settled")
        called = WELCOME.replace("enter: {on: Signed Up, again: once}", "enter: {api: true}")
        body = {"files": {"journeys/welcome.yaml": called}, "base": app.app.status().plan}
        assert app.call("PUT", "/api/drafts/later", body).status == 200
        task = {"kind": "backtest", "since": "1d"}
        before = rehearsed(app, task, draft="later")
        proofs = rehearsed(app, {"kind": "prove"}, draft="later")

        found = before["found"]
        (story,) = found["stories"]
        assert (found["was"]["sent"], found["now"]["sent"]) == ({"email": 1}, {})
        assert (story["difference"], story["is_certain"]) == ("lost", True)
        assert "ana@example.com" not in str(before)

        asked = app.call("POST", "/api/people/user_id:ana/erase", {"reason": "asked"})
        assert asked.status == 202, asked.body

        after = app.call("GET", f"/api/rehearsals/{before['rehearsal_id']}").json()
        kept = app.call("GET", f"/api/rehearsals/{proofs['rehearsal_id']}").json()
        assert story["person_id"]
        assert after["state"] == "gone"
        assert after["found"] is None
        assert story["person_id"] not in str(after)
        assert kept["state"] == "done"
