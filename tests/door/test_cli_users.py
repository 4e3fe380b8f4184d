"""`legato users`, `teams` and `tokens` against a running process."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest
from click.testing import CliRunner, Result

from legato.cli.main import legato
from tests.door.terminal import WAIT_SECONDS, type_in
from tests.door.test_cli_up import Running

WORDS = "tornillo lluvia mesa roja"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    process = Running(tmp_path_factory.mktemp("users"))
    yield process
    process.stop()


def run(running: Running, *args: str, token: str = "") -> Result:
    """Run a command in this process; it calls the other over HTTP."""
    way = {"LEGATO_URL": running.connection.url, "LEGATO_TOKEN": token or running.connection.token}
    return CliRunner().invoke(legato, args, env=way)


def said(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


def sign_in(running: Running, path: str, **fields: str) -> int:
    """Send a form of a page as a browser does; return the status."""
    link = HTTPConnection(urlsplit(running.connection.url).netloc, timeout=WAIT_SECONDS)
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "origin": running.connection.url,
    }
    link.request("POST", path, urlencode(fields), headers)
    answer = link.getresponse()
    answer.read()
    link.close()
    return answer.status


def test_the_first_admin_is_made_whole_or_not_at_all(running: Running) -> None:
    words = ("users", "add", "root@example.com", "--first")

    weak = type_in(
        *words,
        folder=running.workspace,
        answers=[("Password: ", "password12345"), ("confirmation: ", "password12345")],
    )
    nobody = said(run(running, "users", "list"))
    made = type_in(
        *words, folder=running.workspace, answers=[("Password: ", WORDS), ("confirmation: ", WORDS)]
    )
    second = run(running, "users", "add", "other@example.com", "--first")

    assert "legato users add YOU@EXAMPLE.COM --first" in running.said, "`up` says how to begin"
    assert (weak.code, "among the first that everybody guesses" in weak.text) == (1, True)
    assert WORDS not in made.text
    assert "There are no users" in nobody
    assert (made.code, "root@example.com is admin" in made.text) == (0, True)
    assert (second.exit_code, "There is an admin already" in second.output) == (1, True)
    assert sign_in(running, "/sign-in", email="root@example.com", password=WORDS) == 303


def test_a_user_is_invited_by_a_link_changed_and_removed(running: Running) -> None:
    added = said(run(running, "users", "add", "ana@example.com", "--team", "growth"))
    link = added.split()[-1]
    path = urlsplit(link).path
    before = said(run(running, "users", "list"))
    chosen = [sign_in(running, path, password=WORDS, again=WORDS) for _ in range(2)]
    role = said(run(running, "users", "role", "Ana@example.com", "marketer"))
    team = said(run(running, "users", "team", "ana@example.com", "shop"))
    after = said(run(running, "users", "list"))
    said(run(running, "users", "disable", "ana@example.com"))
    shut = sign_in(running, "/sign-in", email="ana@example.com", password=WORDS)
    said(run(running, "users", "enable", "ana@example.com"))
    renewed = said(run(running, "users", "invite", "ana@example.com")).split()[-1]
    said(run(running, "users", "remove", "ana@example.com"))

    assert link.startswith(f"{running.connection.url}/invitation/lgi_")
    assert "ana@example.com  viewer, team growth  invited, has no password yet" in before
    assert chosen == [303, 401]
    assert "ana@example.com is marketer now." in role.lower()
    assert "ana@example.com belongs to shop now." in team
    assert "ana@example.com  marketer, team shop  signs in by password" in after
    assert shut == 401
    assert renewed != link
    assert "ana@example.com" not in said(run(running, "users", "list"))


@pytest.mark.parametrize(
    ("words", "what", "fix"),
    [
        (("users", "role", "no@example.com", "viewer"), "no user with this address", "users list"),
        (("users", "add", "nonsense"), "no e-mail address", "ana@example.com"),
        (("users", "add", "x@example.com", "--team", "grwoth"), "no team `grwoth`", "`growth`?"),
        (("tokens", "revoke", "none"), "no token of this name", "List them"),
        (("tokens", "add", "x", "--for", "no@example.com"), "no user with this", "users list"),
        (("tokens", "add", "x", "--may", "fly"), "there is no 'fly'", "look, rehearse"),
        (("tokens", "add", "x", "--expires", "soon"), "a number and a unit", "90d"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(
    running: Running, words: tuple[str, ...], what: str, fix: str
) -> None:
    result = run(running, *words)

    assert result.exit_code != 0
    assert what in result.output
    assert fix in result.output


def test_teams_are_those_of_the_workspace_with_who_is_in_them(running: Running) -> None:
    said(run(running, "users", "add", "bo@example.com", "--team", "growth"))
    said(run(running, "tokens", "add", "planner", "--team", "growth"))

    shown = said(run(running, "teams"))

    assert "growth  owns 2 definitions\n  bo@example.com\n  token planner\n" in shown
    assert "Nobody. Put somebody in it: legato users team EMAIL data" in shown


def test_a_token_may_what_it_was_given_and_ends_when_revoked(running: Running) -> None:
    made = said(
        run(
            running, "tokens", "add", "CI", "--role", "engineer", "--may", "look", "--expires", "9d"
        )
    )
    text = made.split()[-1]
    looked = run(running, "teams", token=text)
    used = run(running, "change", "list", token=text)
    listed = said(run(running, "tokens", "list"))
    said(run(running, "tokens", "revoke", "CI"))
    after = run(running, "change", "list", token=text)

    assert text.startswith("lgt_")
    assert (looked.exit_code, "may not administer" in looked.output) == (1, True)
    assert "No change waits" in said(used)
    assert "CI  engineer; may only look" in listed
    assert "last used" in listed
    assert text not in listed
    assert (after.exit_code, "is not known here" in after.output) == (1, True)
