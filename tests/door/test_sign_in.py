"""Signing in over HTTP: cookies, waits, what is on record, and what other sites cannot do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from legato.app.app import open_app
from legato.app.config import Config
from legato.govern.access.secret import digest_of
from legato.govern.access.sessions import PROOF_HOLDS
from legato.govern.access.sign_in import FAILURES_FREE
from legato.model.problem import LegatoError
from legato.studio.access import PLAIN_COOKIE, SECURE_COOKIE
from tests.door.test_api_routes import Answered, Legato, make_workspace, started

WORDS = "tornillo lluvia mesa roja"
HOME = {"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:8000"}


@pytest.fixture(scope="module")
def legato(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    with started(tmp_path_factory.mktemp("sign-in"), is_one_process=True) as running:
        yield running


def user(legato: Legato, email: str, role: str = "viewer") -> str:
    """Make a user with the password WORDS; return their id."""
    made = legato.call("POST", "/api/users", {"email": email, "role": role}).json()
    user_id = made["user"]["user_id"]
    where = f"/api/users/{user_id}/password"
    assert legato.call("POST", where, {"password": WORDS}).status == 200
    return user_id


def sign_in(
    legato: Legato, email: str, password: str = WORDS, *, peer: str = "10.1.0.1", **headers: str
) -> Answered:
    body = {"email": email, "password": password}
    return legato.call(
        "POST", "/api/session", body, token=None, peer=peer, headers={**HOME, **headers}
    )


def cookie_of(answer: Answered) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


def actions(legato: Legato, actor: str) -> list[tuple[str, str]]:
    rows = legato.call("GET", f"/api/audit?actor={actor}").json()
    return [(row["action"], row["detail"].get("code", "")) for row in rows]


def test_a_session_goes_from_signing_in_to_signing_out(legato: Legato) -> None:
    user_id = user(legato, "whole@example.com", "marketer")

    begun = sign_in(legato, " Whole@Example.com ")
    headers = {"cookie": cookie_of(begun)}
    me = legato.call("GET", "/api/session", token=None, headers=headers).json()
    looked = legato.call("GET", "/api/journeys", token=None, headers=headers)
    changing = {**headers, "legato-csrf": me["csrf"]}
    left = legato.call("DELETE", "/api/session", token=None, headers=changing)
    after = legato.call("GET", "/api/journeys", token=None, headers=headers)

    assert (me["name"], me["role"]) == ("whole@example.com", "marketer")
    assert me == begun.json()
    assert looked.status == 200
    assert left.status == 200
    assert "Max-Age=0" in left.headers["set-cookie"]
    assert (after.status, after.json()["code"]) == (401, "access.session_over")
    assert [name for name, _ in actions(legato, f"user:{user_id}")][:2] == [
        "session.begin",
        "session.end",
    ]


def test_a_cookie_is_kept_from_scripts_other_sites_and_open_lines(legato: Legato) -> None:
    user(legato, "cookie@example.com")

    plain = sign_in(legato, "cookie@example.com").headers["set-cookie"]

    assert plain.startswith(f"{PLAIN_COOKIE}=")
    for part in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert part in plain
    text = plain.partition("=")[2].partition(";")[0]
    for path in (legato.folder / "data").glob("govern.db*"):
        assert text.encode() not in path.read_bytes()
    assert any(
        digest_of(text).encode() in path.read_bytes()
        for path in (legato.folder / "data").glob("govern.db*")
    )


def test_behind_tls_the_cookie_is_the_hosts_own_and_in_the_open_there_is_none(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    config = Config(
        workspace=make_workspace(tmp_path),
        data=data,
        keys=tmp_path / "keys",
        proxy_count=1,
        names=("legato.example.com",),
        is_one_process=True,
    )
    with started(tmp_path, config=config) as legato:
        user(legato, "tls@example.com")
        proxied = {
            "host": "legato.example.com",
            "origin": "https://legato.example.com",
            "x-forwarded-proto": "https",
            "x-forwarded-for": "203.0.113.7",
        }
        secure = sign_in(legato, "tls@example.com", **proxied)
        text = cookie_of(secure)
        used = legato.call("GET", "/api/session", token=None, headers={**proxied, "cookie": text})
        in_the_open = {**proxied, "x-forwarded-proto": "http"}
        leaked = {**in_the_open, "cookie": text.replace(SECURE_COOKIE, PLAIN_COOKIE)}
        refused = legato.call("GET", "/api/session", token=None, headers=leaked)
        in_the_open["origin"] = "http://legato.example.com"
        opened = sign_in(legato, "tls@example.com", **in_the_open)
        rebound = legato.call("GET", "/api/session", headers={"host": "evil.example"})

    assert text.startswith(f"{SECURE_COOKIE}=")
    assert "Secure" in secure.headers["set-cookie"]
    assert secure.headers["strict-transport-security"]
    assert used.status == 200
    assert refused.status == 401
    assert (opened.status, opened.json()["code"]) == (403, "access.open_line")
    assert (rebound.status, rebound.json()["code"]) == (421, "access.host")


def test_a_wrong_password_and_an_unknown_address_are_told_the_same(legato: Legato) -> None:
    user_id = user(legato, "known@example.com")

    wrong = sign_in(legato, "known@example.com", "quite another text", peer="10.2.0.1")
    unknown = sign_in(legato, "unknown@example.com", "quite another text", peer="10.2.0.1")

    assert (wrong.status, wrong.body) == (401, unknown.body)
    assert b"example.com" not in wrong.body
    assert ("access.refuse", "sign_in.refused") in actions(legato, f"user:{user_id}")
    assert ("access.refuse", "sign_in.refused") in actions(legato, "unknown")


@pytest.mark.parametrize("email", ["guessed@example.com", "no-such@example.com"])
def test_guesses_at_an_account_have_to_wait_wherever_they_come_from(
    legato: Legato, email: str
) -> None:
    if email.startswith("guessed"):
        user(legato, email)
    statuses = [
        sign_in(legato, email, f"guess number {n}", peer=f"10.3.{n}.1").status
        for n in range(FAILURES_FREE)
    ]

    blocked = sign_in(legato, email, peer="10.3.99.1")

    assert statuses == [401] * FAILURES_FREE
    assert (blocked.status, blocked.json()["code"]) == (429, "sign_in.wait")
    assert 0 < int(blocked.headers["retry-after"]) <= 30


def test_guesses_from_an_address_have_to_wait_whatever_account_they_try(legato: Legato) -> None:
    user(legato, "bystander@example.com")
    statuses = [
        sign_in(legato, f"victim-{n}@example.com", peer="2001:db8::1").status
        for n in range(FAILURES_FREE)
    ]

    neighbour = sign_in(legato, "bystander@example.com", peer="2001:db8::beef")

    assert statuses == [401] * FAILURES_FREE
    assert neighbour.status == 429, "of IPv6 a household has a whole network"
    assert sign_in(legato, "bystander@example.com", peer="2001:db8:1::1").status == 200


def test_signing_in_rotates_the_session_that_was_there(legato: Legato) -> None:
    user(legato, "rotate@example.com")
    first = cookie_of(sign_in(legato, "rotate@example.com"))

    second = cookie_of(sign_in(legato, "rotate@example.com", cookie=first))
    old, new = (
        legato.call("GET", "/api/session", token=None, headers={"cookie": each}).status
        for each in (first, second)
    )

    assert first != second
    assert (old, new) == (401, 200)


def test_a_chosen_cookie_is_no_session(legato: Legato) -> None:
    user(legato, "fixed@example.com")
    planted = f"{PLAIN_COOKIE}=planted-by-somebody"

    begun = sign_in(legato, "fixed@example.com", cookie=planted)

    assert cookie_of(begun) != planted
    answer = legato.call("GET", "/api/session", token=None, headers={"cookie": planted})
    assert answer.status == 401


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"origin": "https://evil.example"}, "access.origin"),
        ({"origin": "null"}, "access.origin"),
        ({"origin": "http://127.0.0.1:9999"}, "access.origin"),
        ({"sec-fetch-site": "cross-site"}, "access.origin"),
        ({"host": "evil.example", "origin": "http://evil.example"}, "access.host"),
        ({"host": "127.0.0.1.evil.example:8000"}, "access.host"),
    ],
)
def test_a_page_of_another_site_signs_nobody_in(
    legato: Legato, headers: dict[str, str], code: str
) -> None:
    user(legato, f"{digest_of(str(headers))[:8]}@example.com")

    answer = sign_in(legato, f"{digest_of(str(headers))[:8]}@example.com", **headers)

    assert answer.json()["code"] == code
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST."])
def test_this_machine_goes_by_its_own_names(legato: Legato, host: str) -> None:
    assert legato.call("GET", "/api/status", headers={"host": host}).status == 200


def test_a_name_that_leads_here_by_dns_is_refused_whatever_the_token(legato: Legato) -> None:
    answer = legato.call("GET", "/api/status", headers={"host": "rebound.evil.example"})

    assert (answer.status, answer.json()["code"]) == (421, "access.host")
    assert legato.call("GET", "/healthz", token=None, headers={"host": "10.4.5.6"}).status == 200


def test_an_invited_user_chooses_a_password_once(legato: Legato) -> None:
    made = legato.call("POST", "/api/users", {"email": "new@example.com", "role": "analyst"}).json()
    body = {"code": made["code"], "password": WORDS}

    def accept(**change: str) -> Answered:
        wanted = {**body, **change}
        return legato.call(
            "POST", "/api/sign-in/invitation", wanted, token=None, peer="10.5.0.1", headers=HOME
        )

    weak = accept(password="new@example.com 1")
    accepted, again, forged = accept(), accept(), accept(code="lgi_forged")

    assert (weak.status, weak.json()["code"]) == (400, "password.weak")
    assert (accepted.status, accepted.json()["role"]) == (200, "analyst")
    assert [each.status for each in (again, forged)] == [401, 401]
    assert again.json()["code"] == "invitation.unknown"
    assert sign_in(legato, "new@example.com").status == 200
    assert ("access.refuse", "invitation.unknown") in actions(legato, "unknown")


def test_a_new_password_wants_the_present_one_and_ends_the_other_sessions(legato: Legato) -> None:
    user(legato, "change@example.com")
    here, there = (sign_in(legato, "change@example.com") for _ in range(2))
    headers = {"cookie": cookie_of(here), "legato-csrf": here.json()["csrf"]}

    def change(present: str, password: str) -> Answered:
        body = {"present": present, "password": password}
        return legato.call("POST", "/api/session/password", body, token=None, headers=headers)

    wrong = change("something else entirely", "quatro palavras bem soltas")
    right = change(WORDS, "quatro palavras bem soltas")
    elsewhere = {"cookie": cookie_of(there)}

    assert (wrong.status, wrong.json()["code"]) == (400, "password.wrong")
    assert right.status == 200
    assert legato.call("GET", "/api/session", token=None, headers=headers).status == 200
    assert legato.call("GET", "/api/session", token=None, headers=elsewhere).status == 401
    assert sign_in(legato, "change@example.com").status == 401
    assert sign_in(legato, "change@example.com", "quatro palavras bem soltas").status == 200


def test_an_admin_who_proved_long_ago_who_they_are_proves_it_before_they_administer(
    legato: Legato,
) -> None:
    user(legato, "root@example.com", "admin")
    begun = sign_in(legato, "root@example.com")
    text = cookie_of(begun).partition("=")[2]
    headers = {"cookie": cookie_of(begun), "legato-csrf": begun.json()["csrf"]}

    def call(method: str, path: str, body: object = None) -> Answered:
        return legato.call(method, path, body, token=None, headers=headers)

    wish = ("POST", "/api/tokens", {"name": "proved"})
    long_ago = legato.app.clock.now() - PROOF_HOLDS
    legato.runner.run(legato.app.access.sessions.prove(digest_of(text), long_ago))
    asked, looked = call(*wish), call("GET", "/api/users")
    wrong = call("POST", "/api/session/proof", {"password": "something else"})
    proved = call("POST", "/api/session/proof", {"password": WORDS})
    done = call(*wish)

    assert (asked.status, asked.json()["code"]) == (403, "access.prove")
    assert (looked.status, proved.status, done.status) == (200, 200, 201)
    assert (wrong.status, wrong.json()["code"]) == (400, "password.wrong")


def test_a_disabled_user_is_told_what_a_stranger_is(legato: Legato) -> None:
    user_id = user(legato, "off@example.com")
    legato.call("PATCH", f"/api/users/{user_id}", {"is_disabled": True})

    answer = sign_in(legato, "off@example.com", peer="10.6.0.1")

    stranger = sign_in(legato, "stranger@example.com", peer="10.6.0.1")
    assert (answer.status, answer.body) == (401, stranger.body)


def test_a_token_is_bound_to_its_permissions_and_routes(legato: Legato) -> None:
    wish = {"name": "narrow", "role": "engineer", "permissions": ["look", "rehearse"]}
    made = legato.call("POST", "/api/tokens", {**wish, "prefixes": ["/api/plan"]}).json()

    def status(method: str, path: str, body: object = None) -> tuple[int, str]:
        answer = legato.call(method, path, body, token=made["token"])
        return answer.status, "" if answer.status == 200 else answer.json()["code"]

    assert status("GET", "/api/plan") == (200, "")
    assert status("POST", "/api/plan/check", {"files": {}}) == (200, "")
    assert status("POST", "/api/plan/apply", {"files": {}}) == (403, "access.role")
    assert status("GET", "/api/people/nobody") == (403, "access.route")
    assert ("access.refuse", "access.route") in actions(legato, "token:narrow")


def test_a_narrow_admin_cannot_widen_itself(legato: Legato) -> None:
    wish = {"name": "clerk", "role": "admin", "permissions": ["look", "administer"]}
    clerk = legato.call("POST", "/api/tokens", wish).json()["token"]

    attempts = [
        legato.call("POST", "/api/tokens", {"name": "wide", "role": "admin"}, token=clerk),
        legato.call("POST", "/api/users", {"email": "w@example.com", "role": "admin"}, token=clerk),
    ]

    assert [each.json()["code"] for each in attempts] == ["access.beyond_maker"] * 2
    assert ("access.refuse", "access.beyond_maker") in actions(legato, "token:clerk")
    names = [token["name"] for token in legato.call("GET", "/api/tokens").json()]
    assert "wide" not in names


def test_answers_carry_what_keeps_browsers_in_bounds(legato: Legato) -> None:
    for answer in (
        legato.call("GET", "/api/session"),
        legato.call("GET", "/api/people/nobody"),
        legato.call("GET", "/api/status", token=None),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "strict-transport-security" not in answer.headers


def test_the_tokens_of_an_older_legato_work_after_the_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    old = [
        {"name": "ci", "role": "operator", "digest": digest_of("lgt_old"), "created_at": 1},
        {"name": "reader", "role": "editor", "digest": digest_of("lgt_read"), "created_at": 1},
    ]
    (data / "tokens.json").write_bytes(msgspec.json.encode(old))

    with started(tmp_path, is_one_process=True) as legato:
        roles = [
            legato.call("GET", "/api/session", token=text).json()["role"]
            for text in ("lgt_old", "lgt_read")
        ]

    assert roles == ["engineer", "analyst"]
    assert not (data / "tokens.json").exists()
    with started(tmp_path, is_one_process=True) as legato:
        assert legato.call("GET", "/api/session", token="lgt_old").status == 200


def test_an_unreadable_file_of_old_tokens_stops_the_start_and_stays(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "tokens.json").write_text("nonsense")
    config = Config(
        workspace=make_workspace(tmp_path),
        data=data,
        keys=tmp_path / "keys",
        is_one_process=True,
    )
    app = open_app(config)

    with asyncio.Runner() as runner:
        with pytest.raises(LegatoError, match=r"tokens\.json"):
            runner.run(app.start())
        runner.run(app.stop())

    assert (data / "tokens.json").read_text() == "nonsense"
