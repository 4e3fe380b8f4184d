"""Changes of definitions: proposed, answered for by whom they concern, and applied or refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from legato.workspace import read_workspace
from tests.door.test_api_routes import WELCOME, Answered, Legato, started

POLICY = "approvals:\n  when: {reaches_over: 0, breaking: true}\n  within: 3 working days\n"
HASTY = POLICY.replace("3 working days", "1ms")
ENTRY = "enter: {on: Signed Up, again: once}"


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as running:
        yield running


def files_of(legato: Legato, **changed: str) -> dict[str, str]:
    return {**read_workspace(legato.workspace), **changed}


def later(legato: Legato) -> dict[str, str]:
    """Return the workspace with a journey that waits a day longer."""
    return files_of(legato, **{"journeys/welcome.yaml": WELCOME.replace("30d", "31d")})


def with_policy(legato: Legato, policy: str = POLICY) -> None:
    """Let approvals be needed: somebody has signed up, so that journeys reach one person."""
    legato.identify("u1", email="ana@example.com")
    path = legato.workspace / "policies" / "approvals.yaml"
    path.write_text(policy)
    assert legato.call("POST", "/api/plan/apply", {"files": files_of(legato)}).status == 200


def token(legato: Legato, name: str, role: str, team: str = "") -> str:
    """Return a token of a team."""
    wish = {"name": name, "role": role, "team": team}
    return legato.call("POST", "/api/tokens", wish).json()["token"]


def propose(legato: Legato, files: Mapping[str, str], *, by: str = "") -> dict[str, Any]:
    body = {"files": files, "title": "Wait longer", "why": "they asked"}
    answer = legato.call("POST", "/api/changes", body, token=by)
    assert answer.status == 201, answer.body
    return answer.json()


def act(legato: Legato, number: int, verb: str, *, by: str = "", body: object = None) -> Answered:
    given = {"why": "looked at it"} if body is None and verb in ("approve", "reject") else body
    return legato.call("POST", f"/api/changes/{number}/{verb}", given, token=by)


def shown(legato: Legato, number: int) -> dict[str, Any]:
    return legato.call("GET", f"/api/changes/{number}").json()


def test_a_change_shows_what_rests_on_it_and_is_applied_exactly(legato: Legato) -> None:
    template = files_of(legato)["templates/welcome.yaml"]
    files = files_of(legato, **{"templates/welcome.yaml": template.replace("Welcome", "Hello")})

    made = propose(legato, files)["change"]
    applied = act(legato, made["number"], "apply").json()

    touched = {f"{one['family']} {one['name']}": one for one in made["draft"]["impact"]["touched"]}
    assert touched["journey welcome"]["through"] == ["template welcome"]
    assert touched["journey welcome"]["owner"] == "growth"
    assert "destination console" in touched
    assert made["state"] == "approved", "no policy asks"
    assert applied["is_changed"]
    assert shown(legato, 1)["change"]["state"] == "applied"
    assert read_workspace(legato.workspace) == files_of(legato), "the folder is left alone"


def test_every_owner_answers_and_the_author_never_does(legato: Legato) -> None:
    with_policy(legato)
    author = token(legato, "author", "approver", "growth")
    peer = token(legato, "peer", "approver", "growth")
    stranger = token(legato, "stranger", "approver", "shop")

    made = propose(legato, later(legato), by=author)
    own = act(legato, 1, "approve", by=author)
    other = act(legato, 1, "approve", by=stranger)
    early = act(legato, 1, "apply")
    approved = act(legato, 1, "approve", by=peer)
    applied = act(legato, 1, "apply")

    assert made["missing"] == ["growth"]
    assert (own.status, own.json()["code"]) == (403, "change.own")
    assert (other.status, other.json()["code"]) == (403, "change.team")
    assert (early.status, early.json()["code"]) == (409, "change.unanswered")
    assert approved.json()["change"]["state"] == "approved"
    assert applied.json()["is_changed"], applied.body


def test_a_user_does_not_approve_by_their_token_what_they_proposed(legato: Legato) -> None:
    with_policy(legato)
    wish = {"name": "mine", "role": "admin"}
    mine = legato.by_session("admin", "POST", "/api/tokens", wish).json()["token"]

    body = {"files": later(legato), "title": "Wait longer"}
    legato.by_session("admin", "POST", "/api/changes", body)
    own = act(legato, 1, "approve", by=mine)

    assert (own.status, own.json()["code"]) == (403, "change.own")


def test_an_edit_takes_every_answer_back(legato: Legato) -> None:
    with_policy(legato)
    author = token(legato, "author", "marketer", "growth")
    peer = token(legato, "peer", "approver", "growth")
    propose(legato, later(legato), by=author)
    act(legato, 1, "approve", by=peer)

    other = files_of(legato, **{"journeys/welcome.yaml": WELCOME.replace("30d", "40d")})
    revised = act(legato, 1, "revise", by=author, body={"files": other}).json()["change"]
    applied = act(legato, 1, "apply")

    assert (revised["state"], revised["answers"], revised["revision"]) == ("open", [], 2)
    assert applied.json()["code"] == "change.unanswered"


def test_another_plan_voids_what_was_approved(legato: Legato) -> None:
    peer = token(legato, "peer", "approver", "growth")
    propose(legato, later(legato), by=peer)
    other = files_of(legato, **{"journeys/welcome.yaml": WELCOME.replace("30d", "40d")})

    legato.call("POST", "/api/plan/apply", {"files": other})
    applied = act(legato, 1, "apply")

    assert shown(legato, 1)["change"]["state"] == "void"
    assert (applied.status, applied.json()["code"]) == (409, "change.ended")


def test_what_needs_approval_is_not_simply_applied_until_it_has_it(legato: Legato) -> None:
    with_policy(legato)
    peer = token(legato, "peer", "approver", "growth")
    files = later(legato)

    refused = legato.call("POST", "/api/plan/apply", {"files": files})
    propose(legato, files)
    act(legato, 1, "approve", by=peer)
    applied = legato.call("POST", "/api/plan/apply", {"files": files})

    assert refused.status == 422
    assert [problem["code"] for problem in refused.json()["problems"]] == ["B402"]
    assert applied.json()["is_changed"], applied.body
    assert shown(legato, 1)["change"]["state"] == "applied"


def test_the_policy_itself_is_not_taken_away_unasked(legato: Legato) -> None:
    with_policy(legato, POLICY.replace("reaches_over: 0, ", "reaches_over: 9999, "))
    files = files_of(legato)
    del files["policies/approvals.yaml"]

    refused = legato.call("POST", "/api/plan/apply", {"files": files})

    assert [problem["code"] for problem in refused.json()["problems"]] == ["B402"]


def test_a_breaking_change_is_refused_while_a_live_journey_rests_on_it(legato: Legato) -> None:
    guarded = WELCOME.replace(ENTRY, "enter: {on: Signed Up, when: {method: web}, again: once}")
    legato.call(
        "POST", "/api/plan/apply", {"files": files_of(legato, **{"journeys/welcome.yaml": guarded})}
    )
    events = files_of(legato)["catalog/events.yaml"]
    assert "method: {type: string}" in events
    files = files_of(
        legato,
        **{
            "journeys/welcome.yaml": guarded,
            "catalog/events.yaml": events.replace(
                "method: {type: string}", "method: {type: [string, number]}"
            ),
        },
    )
    wider = legato.call("POST", "/api/plan/apply", {"files": files})
    files["catalog/events.yaml"] = events

    refused = legato.call("POST", "/api/plan/apply", {"files": files})
    propose(legato, files)
    refused_too = act(legato, 1, "apply")

    assert wider.json()["is_changed"]
    for answer in (refused, refused_too):
        assert answer.status == 422
        (problem,) = answer.json()["problems"]
        assert problem["code"] == "B401"
        assert "`welcome` of growth" in problem["what"]
        assert problem["place"]["file"] == "journeys/welcome.yaml"
    assert legato.app.plan().events["Signed Up"].schema["properties"]["method"]["type"] == [
        "string",
        "number",
    ]


def test_a_deadline_that_passes_lets_any_approver_answer_and_is_told(legato: Legato) -> None:
    with_policy(legato, HASTY)
    stranger = token(legato, "stranger", "approver", "shop")

    propose(legato, later(legato))
    noticed = legato.until("alert")
    alerts = legato.call("GET", "/api/status").json()["alerts"]
    answered = act(legato, 1, "approve", by=stranger).json()

    notes = [note for step in noticed for note in step["notes"] if note["type"] == "alert"]
    assert notes[-1]["reason"]["code"] == "change.unanswered"
    assert [alert["topic"] for alert in alerts] == ["change:1"]
    assert answered["change"]["state"] == "approved"
    assert answered["change"]["answers"][0]["teams"] == ["growth"]
    assert legato.call("GET", "/api/status").json()["alerts"] == []


def test_what_waits_survives_a_restart_and_so_does_its_deadline(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as legato:
        with_policy(legato, POLICY.replace("3 working days", "2s"))
        propose(legato, later(legato))
    with started(tmp_path, is_one_process=True) as legato:
        legato.until("alert")

        change = shown(legato, 1)["change"]

    assert change["state"] == "open"
    assert change["escalated_at"] is not None


@pytest.mark.parametrize("verb", ["reject", "withdraw"])
def test_what_is_rejected_or_withdrawn_is_not_applied(legato: Legato, verb: str) -> None:
    propose(legato, later(legato))
    by = token(legato, "peer", "approver") if verb == "reject" else ""

    act(legato, 1, verb, by=by)
    applied = act(legato, 1, "apply")

    assert (applied.status, applied.json()["code"]) == (409, "change.ended")
    assert legato.call("GET", "/api/changes").json() == []


def test_a_mistake_in_what_is_proposed_is_told_with_its_place(legato: Legato) -> None:
    files = files_of(legato, **{"journeys/welcome.yaml": "journey: x\n"})

    answer = legato.call("POST", "/api/changes", {"files": files, "title": "Try"})

    assert answer.status == 422
    assert answer.json()["problems"][0]["place"]["file"] == "journeys/welcome.yaml"
    assert legato.call("GET", "/api/changes").json() == []


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("{reaches_over: 1}", "it may reach 2 people, more than 1"),
        ("{reaches_over: 2}", ""),
        ("{costs_over: 0.09}", "what it concerns may cost 0.10, more than 0.09"),
        ("{costs_over: 0.10}", ""),
    ],
)
def test_approval_is_needed_above_so_many_people_or_so_much_money(
    legato: Legato, when: str, reason: str
) -> None:
    legato.identify("u2", email="bo@example.com")
    channel = files_of(legato)["channels/email.yaml"].replace("cost: 0.0004", "cost: 0.05")
    (legato.workspace / "channels" / "email.yaml").write_text(channel)
    with_policy(legato, f"approvals:\n  when: {when}\n")

    sooner = files_of(legato, **{"journeys/welcome.yaml": WELCOME.replace("1d}", "2d}")})
    applied = legato.call("POST", "/api/plan/apply", {"files": sooner})

    told = [problem["what"] for problem in applied.json()["problems"]]
    assert told == ([f"this change has to be approved first: {reason}"] if reason else [])
    assert applied.status == (422 if reason else 200)


def test_an_engineer_applies_no_change_of_who_is_let_in(legato: Legato) -> None:
    provider = (
        "sign_in: company\nissuer: https://login.example.com\nclient_id: legato\n"
        "client_secret: {secret: OIDC}\nurl: https://legato.example.com\ndefault_role: admin\n"
    )
    propose(legato, files_of(legato, **{"sign_in.yaml": provider}))
    engineer = token(legato, "engineer", "engineer")

    refused = act(legato, 1, "apply", by=engineer)
    still = legato.app.plan().sign_in
    applied = act(legato, 1, "apply")

    assert (refused.status, refused.json()["code"], still) == (403, "access.sign_in", None)
    assert applied.json()["is_changed"]
    assert legato.app.plan().sign_in is not None


def test_every_move_of_a_change_is_on_record(legato: Legato) -> None:
    with_policy(legato)
    author = token(legato, "author", "marketer", "growth")
    peer = token(legato, "peer", "approver", "growth")

    propose(legato, later(legato), by=author)
    act(legato, 1, "approve", by=author)
    act(legato, 1, "approve", by=peer)
    act(legato, 1, "apply")

    entries = legato.call("GET", "/api/audit?action=change").json()
    assert [(entry["actor"], entry["action"]) for entry in entries] == [
        ("token:author", "change.propose"),
        ("token:peer", "change.approve"),
        ("token:this machine", "change.apply"),
    ]
    refused = legato.call("GET", "/api/audit?action=access.refuse").json()
    assert refused[-1]["actor"] == "token:author"


def test_a_team_is_one_that_the_workspace_names_and_nothing_else_makes_one(legato: Legato) -> None:
    wish = {"email": "ana@example.com", "team": "grwoth"}
    unknown = legato.call("POST", "/api/users", wish)
    token_too = legato.call("POST", "/api/tokens", {"name": "x", "team": "elsewhere"})
    legato.call("POST", "/api/users", {**wish, "team": "growth"})
    teams = {each["name"]: each for each in legato.call("GET", "/api/teams").json()}

    assert (unknown.status, unknown.json()["code"]) == (404, "team.unknown")
    assert unknown.json()["fix"] == "Did you mean `growth`?"
    assert token_too.json()["code"] == "team.unknown"
    assert "data, growth, shop" in token_too.json()["fix"]
    assert teams["growth"]["users"] == ["ana@example.com"]
    assert teams["growth"]["owned_count"] == 3


def test_an_owner_that_nobody_is_in_is_told_when_definitions_are_applied(legato: Legato) -> None:
    declared = files_of(
        legato, **{"teams.yaml": "team: data\n---\nteam: shop\n---\nteam: growth\ntitle: Growth\n"}
    )
    token(legato, "one", "viewer", "data")
    unasked = legato.call("POST", "/api/plan/apply", {"files": files_of(legato)}).json()

    compared = legato.call("POST", "/api/plan/diff", {"files": declared}).json()
    applied = legato.call("POST", "/api/plan/apply", {"files": declared}).json()

    assert unasked["empty_teams"] == [], "nothing is asked of owners, and no team is declared"
    assert compared["empty_teams"] == ["growth", "shop"]
    assert applied["empty_teams"] == ["growth", "shop"]
    teams = {each["name"]: each for each in legato.call("GET", "/api/teams").json()}
    assert (teams["growth"]["title"], teams["data"]["tokens"]) == ("Growth", ["one"])


def test_a_team_that_was_taken_away_keeps_its_people_and_is_shown_as_such(legato: Legato) -> None:
    token(legato, "one", "viewer", "growth")
    renamed = {
        name: text.replace("owner: growth", "owner: crm") for name, text in files_of(legato).items()
    }

    assert legato.call("POST", "/api/plan/apply", {"files": renamed}).status == 200

    teams = {each["name"]: each for each in legato.call("GET", "/api/teams").json()}
    assert (teams["growth"]["is_known"], teams["growth"]["tokens"]) == (False, ["one"])
    assert teams["crm"]["is_known"]


def test_a_team_asked_in_which_nobody_can_answer_is_named(legato: Legato) -> None:
    with_policy(legato)
    token(legato, "looker", "viewer", "growth")

    made = propose(legato, later(legato))
    token(legato, "peer", "approver", "growth")

    assert made["silent"] == ["growth"]
    assert shown(legato, 1)["silent"] == []
