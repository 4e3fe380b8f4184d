"""Signing in at oidc-provider, a certified implementation, in a process of its own on loopback."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import cast
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import httpx
import pytest

from legato.app.config import Config
from legato.govern.roles import Role
from legato.model.ids import digest
from legato.studio.entry.oidc import PLAIN_AWAY
from legato.workspace import read_workspace
from tests.door.sdk.test_collect_sdks import INSTALL, node
from tests.door.test_api_routes import FORM, Answered, Legato, make_workspace, started

pytestmark = pytest.mark.sdk

HERE = Path(__file__).parent
SELF = "http://127.0.0.1:8000"
CALLBACK = f"{SELF}/api/sign-in/oidc/callback"
SIGNED_OUT = f"{SELF}/sign-in"
SECRET = "a secret: with / and spaces"
SIGN_IN = """
sign_in: company
issuer: ISSUER
client_id: legato
client_secret: {secret: OIDC_CLIENT}
url: http://127.0.0.1:8000
domains: [example.com]
claim: groups
roles:
  legato-admins: {role: admin}
  legato-readers: {role: viewer}
"""


class Farewells(ThreadingHTTPServer):
    """Where the provider tells of those who have signed out there."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Farewell)
        self.told: Queue[str] = Queue()
        self._thread = Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Farewell(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        cast("Farewells", self.server).told.put(parse_qs(body)["logout_token"][0])
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


class Provider:
    """The provider's process."""

    def __init__(self, program: str, farewells: Farewells) -> None:
        self.farewells = farewells
        told = f"http://127.0.0.1:{farewells.server_address[1]}/farewell"
        self._process = subprocess.Popen(
            [program, str(HERE / "provider.mjs"), CALLBACK, SECRET, SIGNED_OUT, told],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        line = next(line for line in self._process.stdout if line.startswith("listening"))
        self.url = f"http://127.0.0.1:{line.split()[1]}"

    def control(self, what: str) -> None:
        httpx.post(f"{self.url}/control/{what}", trust_env=False).raise_for_status()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    program, npm = node()
    locked = (HERE / "package-lock.json").read_bytes()
    mark = HERE / "node_modules" / ".legato-lock"
    with (Path(sys.prefix) / ".oidc-node-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test processes may run side by side
        if not (mark.exists() and mark.read_text() == digest(locked)):
            environment = {**os.environ, "PATH": f"{Path(program).parent}:{os.environ['PATH']}"}
            command = [program, npm, "install", *INSTALL]
            subprocess.run(command, cwd=HERE, env=environment, check=True, timeout=600)
            mark.write_text(digest(locked))
    farewells = Farewells()
    running = Provider(program, farewells)
    yield running
    running.close()
    farewells.close()


@pytest.fixture(scope="module")
def legato(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    folder = tmp_path_factory.mktemp("oidc")
    workspace = make_workspace(folder)
    (workspace / "sign_in.yaml").write_text(SIGN_IN.replace("ISSUER", provider.url))
    config = Config(
        workspace=workspace, data=folder / "data", keys=folder / "keys", is_one_process=True
    )
    with started(folder, config=config) as running:
        running.runner.run(running.app.secrets.put("OIDC_CLIENT", SECRET, actor="a test"))
        yield running


def leave(legato: Legato) -> tuple[str, str]:
    """Return where the browser is sent, and the cookie that it carries."""
    answer = legato.call("GET", "/api/sign-in/oidc", token=None)
    assert answer.status == 302
    assert "SameSite=lax" in answer.headers["set-cookie"]
    return answer.headers["location"], answer.headers["set-cookie"].partition(";")[0]


def visit(where: str) -> str:
    """Go through the provider's pages as a new browser; return the path it sends back to."""
    with httpx.Client(trust_env=False) as browser:
        return visit_in(browser, where)


def visit_in(browser: httpx.Client, where: str) -> str:
    for _ in range(10):
        answer = browser.get(where)
        assert answer.status_code in (302, 303), answer.text
        where = str(answer.url.join(answer.headers["location"]))
        if where.startswith(CALLBACK):
            return where.removeprefix(SELF)
    raise AssertionError("the provider sends round in circles")


def leave_provider(browser: httpx.Client, where: str) -> str:
    """Say on the provider's page that one signs out; return where it sends the browser."""
    asked = browser.get(where)
    found = re.search(r'name="xsrf" value="([^"]+)"', asked.text)
    assert found is not None, asked.text
    said = {"xsrf": found[1], "logout": "yes"}
    return browser.post(f"{asked.url.join('/session/end/confirm')}", data=said).headers["location"]


def account(legato: Legato, session: str) -> Answered:
    return legato.page("GET", "/account", cookie=session)


def tell(legato: Legato, token: str) -> Answered:
    """Tell of a farewell as the provider does: no browser, no cookie, no origin."""
    headers = [(b"content-type", FORM.encode()), (b"host", b"127.0.0.1:8000")]
    body = urlencode({"logout_token": token}).encode()
    where = "/api/sign-in/oidc/logout"
    return legato.runner.run(legato.ask("POST", where, headers, body, "10.9.0.1"))


def csrf_in(answer: Answered) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', answer.body.decode())
    assert found is not None
    return found[1]


def come_back(legato: Legato, path: str, cookie: str) -> Answered:
    return legato.call("GET", path, token=None, headers={"cookie": cookie})


def sign_in(legato: Legato) -> Answered:
    where, cookie = leave(legato)
    return come_back(legato, visit(where), cookie)


def session_of(answer: Answered) -> str:
    return next(
        part for part in answer.headers["set-cookie"].split(", ") if part.startswith("legato=")
    ).partition(";")[0]


def users(legato: Legato) -> dict[str, str]:
    return {each["email"]: each["role"] for each in legato.call("GET", "/api/users").json()}


def refusals(legato: Legato) -> list[str]:
    rows = legato.call("GET", "/api/audit?action=access.refuse&limit=1000").json()
    return [row["detail"]["code"] for row in rows]


def test_the_first_sign_in_makes_a_user_of_the_role_that_the_claim_gives(
    legato: Legato, provider: Provider
) -> None:
    provider.control("account/ana")

    back = sign_in(legato)
    session = session_of(back)
    me = legato.call("GET", "/api/session", token=None, headers={"cookie": session}).json()

    assert (back.status, back.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f"{PLAIN_AWAY}=" in back.headers["set-cookie"]
    assert (me["name"], me["role"]) == ("ana@example.com", "admin")
    assert users(legato)["ana@example.com"] == "admin"


def test_signing_in_again_makes_no_second_user(legato: Legato, provider: Provider) -> None:
    provider.control("account/ana")

    assert [sign_in(legato).status for _ in range(2)] == [200, 200]
    assert list(users(legato)).count("ana@example.com") == 1


def test_a_user_made_by_an_admin_keeps_the_role_that_they_gave(
    legato: Legato, provider: Provider
) -> None:
    wish: dict[str, Role | str] = {"email": "eve@example.com", "role": "privacy"}
    legato.call("POST", "/api/users", wish)
    provider.control("account/eve")

    assert sign_in(legato).status == 200
    assert users(legato)["eve@example.com"] == "privacy"


@pytest.mark.parametrize(
    ("account", "code"),
    [("bo", "sign_in.no_role"), ("cy", "sign_in.email"), ("di", "sign_in.domain")],
)
def test_who_has_no_role_no_verified_address_or_another_domain_is_not_let_in(
    legato: Legato, provider: Provider, account: str, code: str
) -> None:
    provider.control(f"account/{account}")
    before = users(legato)

    answer = sign_in(legato)

    assert (answer.status, answer.json()["code"]) == (403, code)
    assert "set-cookie" not in answer.headers
    assert users(legato) == before
    assert code in refusals(legato)


def test_a_disabled_user_stays_out_whatever_the_provider_says(
    legato: Legato, provider: Provider
) -> None:
    provider.control("account/ana")
    sign_in(legato)
    second = {"email": "second@example.com", "role": "admin"}
    legato.call("POST", "/api/users", second)
    (ana,) = (u for u in legato.app.access.users.all() if u.email == "ana@example.com")
    legato.call("PATCH", f"/api/users/{ana.user_id}", {"is_disabled": True})

    answer = sign_in(legato)
    legato.call("PATCH", f"/api/users/{ana.user_id}", {"is_disabled": False})

    assert (answer.status, answer.json()["code"]) == (401, "sign_in.disabled")


def test_a_state_is_of_one_browser_once(legato: Legato, provider: Provider) -> None:
    provider.control("account/ana")
    where, cookie = leave(legato)
    path = visit(where)

    _, others = leave(legato)
    stolen = come_back(legato, path, others)
    after = come_back(legato, path, cookie)
    where, cookie = leave(legato)
    path = visit(where)
    twice = [come_back(legato, path, cookie).status for _ in range(2)]
    forged = come_back(legato, "/api/sign-in/oidc/callback?code=x&state=forged", cookie)

    assert (stolen.status, stolen.json()["code"]) == (401, "sign_in.state")
    assert after.status == 401, "what somebody else tried is used up"
    assert twice == [200, 401]
    assert (forged.status, forged.json()["code"]) == (401, "sign_in.state")
    assert "sign_in.state" in refusals(legato)


def changed(where: str, **fields: str) -> str:
    """Return an address with other fields in its query."""
    parts = urlsplit(where)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | fields
    return urlunsplit(parts._replace(query=str(httpx.QueryParams(query))))


def test_a_token_for_another_nonce_is_refused(legato: Legato, provider: Provider) -> None:
    provider.control("account/ana")
    where, cookie = leave(legato)

    answer = come_back(legato, visit(changed(where, nonce="of another visit")), cookie)

    assert (answer.status, answer.json()["code"]) == (401, "sign_in.token")
    assert "set-cookie" not in answer.headers


def test_a_code_of_another_visit_is_refused(legato: Legato, provider: Provider) -> None:
    provider.control("account/ana")
    (_, mine), (theirs, _) = leave(legato), leave(legato)
    where, cookie = leave(legato)
    state = parse_qs(urlsplit(where).query)["state"][0]
    code = parse_qs(urlsplit(visit(theirs)).query)["code"][0]

    answer = come_back(
        legato, f"/api/sign-in/oidc/callback?code={code}&state={state}", f"{cookie}; x={mine[-5:]}"
    )

    assert (answer.status, answer.json()["code"]) == (401, "sign_in.provider"), "PKCE binds it"


def test_an_expired_token_is_refused(legato: Legato, provider: Provider) -> None:
    provider.control("account/ana")
    provider.control("late/7200")

    answer = sign_in(legato)
    provider.control("late/0")

    assert (answer.status, answer.json()["code"]) == (401, "sign_in.expired")


def test_a_rotated_key_is_fetched_and_believed(legato: Legato, provider: Provider) -> None:
    provider.control("account/ana")
    before = sign_in(legato)

    provider.control("rotate")

    assert before.status == 200
    assert sign_in(legato).status == 200


def test_a_role_taken_away_at_the_provider_is_gone_at_the_next_sign_in(
    legato: Legato, provider: Provider
) -> None:
    whole = read_workspace(legato.workspace)
    narrower = whole["sign_in.yaml"].replace("legato-admins: {role: admin}", "x: {role: admin}")
    provider.control("account/ana")

    legato.call("POST", "/api/plan/apply", {"files": {**whole, "sign_in.yaml": narrower}})
    refused = sign_in(legato)
    legato.call("POST", "/api/plan/apply", {"files": whole})

    assert (refused.status, refused.json()["code"]) == (403, "sign_in.no_role")
    assert sign_in(legato).status == 200


def test_an_engineer_cannot_make_themselves_admin_by_definition(legato: Legato) -> None:
    whole = read_workspace(legato.workspace)
    widened = whole["sign_in.yaml"].replace("role: viewer", "role: admin")
    before = legato.call("GET", "/api/plan").json()["digest"]

    answer = legato.call(
        "POST",
        "/api/plan/apply",
        {"files": {**whole, "sign_in.yaml": widened}},
        token=legato.token("engineer"),
    )

    assert (answer.status, answer.json()["code"]) == (403, "access.sign_in")
    assert legato.call("GET", "/api/plan").json()["digest"] == before


def test_signing_out_here_signs_out_at_the_provider_too(legato: Legato, provider: Provider) -> None:
    provider.control("account/ana")
    with httpx.Client(trust_env=False) as browser:
        where, cookie = leave(legato)
        session = session_of(come_back(legato, visit_in(browser, where), cookie))
        form = {"csrf": csrf_in(account(legato, session))}

        out = legato.page("POST", "/account/sign-out", form, cookie=session)
        found = re.search(r'href="([^"]+)"', out.body.decode())
        assert found is not None
        back = leave_provider(browser, unescape(found[1]))
    provider.farewells.told.get(timeout=60)

    assert account(legato, session).status == 303
    assert "id_token_hint=" in found[1]
    assert back == SIGNED_OUT


def test_signing_out_at_the_provider_ends_the_session_here(
    legato: Legato, provider: Provider
) -> None:
    provider.control("account/ana")
    with httpx.Client(trust_env=False) as browser:
        where, cookie = leave(legato)
        session = session_of(come_back(legato, visit_in(browser, where), cookie))
        other = session_of(sign_in(legato))
        before = account(legato, session).status
        leave_provider(browser, f"{provider.url}/session/end")
    token = provider.farewells.told.get(timeout=60)

    heard = [tell(legato, token) for _ in range(2)]
    forged = tell(legato, "x.y.z")

    assert before == 200
    assert [each.status for each in heard] == [200, 400], "it counts once"
    assert (heard[1].json()["code"], forged.json()["code"]) == ("sign_in.replayed", "sign_in.token")
    assert account(legato, session).status == 303
    assert account(legato, other).status == 200, "another browser is signed in still"


def test_what_is_worth_most_asks_to_prove_at_the_provider_again_who_one_is(
    legato: Legato, provider: Provider
) -> None:
    provider.control("account/ana")
    session = session_of(sign_in(legato))
    form = {"csrf": csrf_in(account(legato, session))}

    asked = legato.page("POST", "/account/sign-out-everywhere", form, cookie=session)
    offered = legato.page("GET", asked.headers["location"], cookie=session)
    where = legato.call("GET", "/api/sign-in/oidc?again=true", token=None)
    away = where.headers["set-cookie"].partition(";")[0]
    proved = session_of(come_back(legato, visit(where.headers["location"]), away))
    form = {"csrf": csrf_in(account(legato, proved))}
    done = legato.page("POST", "/account/sign-out-everywhere", form, cookie=proved)

    assert asked.headers["location"] == "/account/proof"
    assert b"/api/sign-in/oidc?again=true" in offered.body
    assert done.status == 200, "it takes the browser on to the provider"
    assert account(legato, proved).status == 303


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("/studio/access?show=tokens", "/studio/access?show=tokens"),
        ("/account", "/account"),
        ("//evil.example/studio/", "/account"),
        ("/studio/..\\\\evil.example", "/account"),
        ("https://evil.example/studio/", "/account"),
        ('/studio/"><script>', "/account"),
        ("/api/session", "/account"),
        ("/studio/../api/session", "/account"),
    ],
)
def test_who_began_at_the_studio_comes_back_there_and_to_no_other_page(
    legato: Legato, provider: Provider, back: str, leads_to: str
) -> None:
    assert provider.url
    left = legato.call("GET", f"/api/sign-in/oidc?{urlencode({'back': back})}", token=None)
    cookie = left.headers["set-cookie"].partition(";")[0]

    arrived = come_back(legato, visit(left.headers["location"]), cookie)

    assert f'content="0;url={leads_to}"' in arrived.body.decode()


def test_an_admin_sees_how_people_come_in_and_nothing_secret(
    legato: Legato, provider: Provider
) -> None:
    state = legato.call("GET", "/api/access/provider")

    assert state.json()["provider"]["issuer"] == provider.url
    assert state.json()["provider"]["has_secret"]
    assert SECRET not in state.body.decode()
