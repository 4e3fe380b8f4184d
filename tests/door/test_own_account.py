"""One's own account and who works here: seen, signed out everywhere, and told why not."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from legato.govern.access.sessions import PROOF_HOLDS, Proof, csrf_of
from legato.govern.roles import PERMISSIONS, ROLES, may
from tests.door.test_api_routes import Answered, Legato, started


@pytest.fixture(scope="module")
def legato(tmp_path_factory: pytest.TempPathFactory) -> Generator[Legato]:
    folder: Path = tmp_path_factory.mktemp("account")
    with started(folder) as running:
        yield running


def ask(legato: Legato, text: str, method: str, path: str) -> Answered:
    headers = {"cookie": f"legato={text}", "legato-csrf": csrf_of(text)}
    return legato.call(method, path, token=None, headers=headers)


def another_session(legato: Legato, email: str, *, proved_ago: int = 0) -> str:
    access, now = legato.app.access, legato.app.clock.now()
    (user,) = (each for each in access.users.all() if each.email == email)
    proof = Proof(way="password", at=now - proved_ago)
    begun = access.sessions.begin(user, proof, now=now, agent="Firefox on Linux")
    return legato.runner.run(begun)


def test_an_account_says_where_one_is_signed_in_and_which_browser_asks(legato: Legato) -> None:
    text = legato.session("viewer")
    another_session(legato, "viewer@example.com")

    account = ask(legato, text, "GET", "/api/session/account").json()

    assert account["email"] == "viewer@example.com"
    assert [each["is_present"] for each in account["sessions"]].count(True) == 1
    assert "Firefox on Linux" in [each["browser"] for each in account["sessions"]]
    assert text not in str(account)


def test_a_program_has_no_account_of_its_own(legato: Legato) -> None:
    answer = legato.call("GET", "/api/session/account", token=legato.token("viewer"))

    assert (answer.status, answer.json()["code"]) == (409, "session.none")


def test_signing_out_everywhere_ends_every_session_of_ones_own_and_no_other(
    legato: Legato,
) -> None:
    mine, other = legato.session("analyst"), legato.session("engineer")
    second = another_session(legato, "analyst@example.com")

    done = ask(legato, mine, "DELETE", "/api/session/everywhere")

    assert done.status == 200
    assert ask(legato, second, "GET", "/api/session").status == 401
    assert ask(legato, mine, "GET", "/api/session").status == 401
    assert ask(legato, other, "GET", "/api/session").status == 200


def test_who_proved_long_ago_who_they_are_signs_nobody_out(legato: Legato) -> None:
    legato.session("marketer")
    stale = another_session(legato, "marketer@example.com", proved_ago=PROOF_HOLDS)

    answer = ask(legato, stale, "DELETE", "/api/session/everywhere")

    assert (answer.status, answer.json()["code"]) == (403, "access.prove")
    assert ask(legato, stale, "GET", "/api/session").status == 200


def test_an_admin_signs_somebody_out_everywhere_and_it_is_on_record(legato: Legato) -> None:
    text = legato.session("approver")
    users = legato.call("GET", "/api/users").json()
    (user,) = (each for each in users if each["email"] == "approver@example.com")

    ended = legato.call("DELETE", f"/api/users/{user['user_id']}/sessions")

    assert (user["session_count"], ended.json()["count"]) == (1, 1)
    assert user["seen_at"] is not None
    assert ask(legato, text, "GET", "/api/session").status == 401
    trail = legato.call("GET", "/api/audit?action=session.end_all").json()
    assert trail[-1]["subject"] == user["user_id"]


def test_the_roles_are_told_as_every_door_asks_them(legato: Legato) -> None:
    told = legato.call("GET", "/api/access/roles", token=legato.token("viewer")).json()

    found = {each["permission"]: each["roles"] for each in told["abilities"]}
    assert tuple(found) == PERMISSIONS
    assert all((role in found[each]) == may(role, each) for role in ROLES for each in PERMISSIONS)


def test_a_workspace_without_a_provider_says_that_there_is_none(legato: Legato) -> None:
    assert legato.call("GET", "/api/access/provider").json() == {"provider": None}
