"""The HTTP API over a running app: who may call what, and what the routes answer and change."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Generator, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import msgspec
import pytest

from legato.app.app import App, open_app
from legato.app.config import Config
from legato.doors import Doors
from legato.govern.access.sessions import Proof, csrf_of
from legato.govern.roles import ROLES, Permission, Role, may
from legato.ports.clock import Clock
from legato.studio.access import FAILURES_MAX
from legato.workspace import read_workspace

WELCOME = """
journey: welcome
title: Welcome
owner: growth
purpose: marketing
enter: {on: Signed Up, again: once}
steps:
  - send: {message: welcome, on: email, expires: 1d}
---
journey: invited
title: Invited
owner: growth
purpose: marketing
enter: {api: true}
steps:
  - wait: 30d
"""
KEY = "test-write-key"
WHY = "ticket 4711: the address is wrong"
WAIT = 10
JSON = b"application/json"
FORM = "application/x-www-form-urlencoded"


class Answered(msgspec.Struct):
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - JSON
        return msgspec.json.decode(self.body)


class Legato:
    """A started app behind its doors, called in this process."""

    def __init__(self, folder: Path, config: Config, clock: Clock | None = None) -> None:
        self.folder = folder
        self.workspace = config.workspace
        self.runner = asyncio.Runner()
        self.app: App = open_app(config, clock) if clock else open_app(config)
        self.runner.run(self.app.start())
        self.door, self.admin = Doors().mount(self.app)
        self.roles: dict[Role, str] = {}
        self.sessions: dict[Role, str] = {}

    def close(self) -> None:
        self.runner.run(self.app.stop())
        self.runner.close()

    def call(  # noqa: PLR0913 - all that a request has
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = "",
        peer: str = "10.0.0.1",
        reason: str = "",
        headers: Mapping[str, str] = {},
    ) -> Answered:
        text = self.admin if token == "" else token
        given = [(b"content-type", JSON), *((k.encode(), v.encode()) for k, v in headers.items())]
        if reason:
            given.append((b"legato-reason", reason.encode()))
        if text is not None:
            given.append((b"authorization", f"Bearer {text}".encode()))
        data = b"" if body is None else msgspec.json.encode(body)
        return self.runner.run(self.ask(method, path, given, data, peer))

    def page(
        self,
        method: str,
        path: str,
        fields: Mapping[str, str] = {},
        *,
        peer: str = "10.7.0.1",
        **headers: str,
    ) -> Answered:
        """Call as a browser does that shows a page of ours."""
        own = {"host": "127.0.0.1:8000", "accept": "text/html", **headers}
        if method == "POST":
            own = {"content-type": FORM, "origin": "http://127.0.0.1:8000", **own}
        given = [(name.encode(), value.encode()) for name, value in own.items()]
        data = urlencode(fields).encode()
        return self.runner.run(self.ask(method, path, given, data, peer))

    def by_token(self, role: Role, method: str, path: str, body: object) -> Answered:
        return self.call(method, path, body, token=self.token(role))

    def by_session(self, role: Role, method: str, path: str, body: object) -> Answered:
        text = self.session(role)
        headers = {"cookie": f"legato={text}", "legato-csrf": csrf_of(text)}
        return self.call(method, path, body, token=None, headers=headers)

    def session(self, role: Role) -> str:
        """Return the session of a user of this role; a new one where it has ended."""
        access, now = self.app.access, self.app.clock.now()
        text = self.sessions.get(role, "")
        if access.sessions.who(text, now) is None:
            email = f"{role}@example.com"
            self.call("POST", "/api/users", {"email": email, "role": role})
            (user,) = (each for each in access.users.all() if each.email == email)
            begun = access.sessions.begin(user, Proof(way="password", at=now), now=now)
            text = self.sessions[role] = self.runner.run(begun)
        return text

    def token(self, role: Role) -> str:
        if role not in self.roles:
            answer = self.call("POST", "/api/tokens", {"name": f"a {role}", "role": role})
            self.roles[role] = answer.json()["token"]
        return self.roles[role]

    def track(self, user: str, event: str, **properties: object) -> None:
        self.collect("track", {"userId": user, "event": event, "properties": properties})

    def identify(self, user: str, **traits: object) -> None:
        self.collect("identify", {"userId": user, "traits": traits})

    def consent(self, user: str) -> None:
        self.track(user, "Consent Changed", purpose="marketing", granted=True)

    def until(self, note_type: str) -> list[dict[str, Any]]:
        """Return all steps once a note of this type is among them."""
        after, steps = 0, list[dict[str, Any]]()
        while True:
            page = self.call("GET", f"/api/tail?after={after}&wait={WAIT}").json()
            assert page["steps"], f"no {note_type} within {WAIT} s"
            after, steps = page["after"], steps + page["steps"]
            if any(note["type"] == note_type for step in steps for note in step["notes"]):
                return steps

    def collect(self, kind: str, call: dict[str, object]) -> None:
        basic = base64.b64encode(f"{KEY}:".encode()).decode()
        headers = [(b"content-type", JSON), (b"authorization", f"Basic {basic}".encode())]
        data = msgspec.json.encode(call)
        answer = self.runner.run(self.ask("POST", f"/v1/{kind}", headers, data, "10.0.0.1"))
        assert answer.status == 200
        self.runner.run(self._applied())

    async def _applied(self) -> None:
        await self.app.applied(self.app.status().position)

    async def ask(
        self, method: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes, peer: str
    ) -> Answered:
        where, _, query = path.partition("?")
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(where),
            "raw_path": where.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [*headers, (b"content-length", str(len(body)).encode())],
            "client": (peer, 1234),
            "server": ("127.0.0.1", 8000),
            "state": {},
        }
        sent: list[MutableMapping[str, Any]] = []
        gone = asyncio.Event()
        incoming = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if incoming:
                return incoming.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                gone.set()

        await self.door(scope, receive, send)
        start = next(each for each in sent if each["type"] == "http.response.start")
        content = b"".join(each.get("body", b"") for each in sent)
        named: dict[str, str] = {}
        for key, value in start["headers"]:
            name = key.decode().lower()
            named[name] = f"{named[name]}, {value.decode()}" if name in named else value.decode()
        return Answered(start["status"], named, content)


def make_workspace(folder: Path) -> Path:
    """Copy what `legato init` writes, with a journey that sends at once, at any hour."""
    workspace = folder / "workspace"
    with resources.as_file(resources.files("legato.cli").joinpath("starter")) as starter:
        files = read_workspace(starter)
    files["journeys/welcome.yaml"] = WELCOME
    files["sources/web.yaml"] = files["sources/web.yaml"].replace("WRITE_KEY", KEY)
    sent = (folder / "sent.jsonl").as_posix()
    files["destinations/console.yaml"] = (
        f"destination: console\nconnector: file\nsettings: {{path: {sent}}}\n"
    )
    del files["policies/pressure.yaml"]
    for name, text in files.items():
        path = workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return workspace


@contextmanager
def started(
    folder: Path,
    *,
    is_one_process: bool = False,
    config: Config | None = None,
    clock: Clock | None = None,
) -> Generator[Legato]:
    workspace, data = make_workspace(folder), folder / "data"
    usual = Config(
        workspace=workspace, data=data, keys=folder / "keys", is_one_process=is_one_process
    )
    legato = Legato(folder, config or usual, clock)
    try:
        yield legato
    finally:
        legato.close()


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    with started(tmp_path_factory.mktemp("shared")) as running:
        yield running


TRIED: dict[str, object] = {"connector": "none", "operation": "event", "content": {}}
ROUTES: list[tuple[str, str, object, Permission]] = [
    ("GET", "/api/people/nobody", None, "look"),
    ("POST", "/api/find", {"text": "welcome"}, "look"),
    ("GET", "/api/people/nobody/story", None, "look"),
    ("GET", "/api/people/nobody/why", None, "look"),
    ("GET", "/api/people/nobody/past?at=1h", None, "look"),
    ("GET", "/api/why?segment=none&message=none", None, "look"),
    ("GET", "/api/people/nobody/why/events?destination=none", None, "look"),
    ("GET", "/api/people/nobody/deliveries", None, "look"),
    ("GET", "/api/people/nobody/receipts", None, "look"),
    ("POST", "/api/people/nobody/erase", {"reason": "asked"}, "erase"),
    ("GET", "/api/people/nobody/export", None, "erase"),
    ("GET", "/api/people/nobody/scenario", None, "reveal"),
    ("GET", "/api/drafts", None, "look"),
    ("GET", "/api/drafts/none", None, "look"),
    ("PUT", "/api/drafts/Not-a-name", {"files": {}, "base": ""}, "propose"),
    ("DELETE", "/api/drafts/none", None, "propose"),
    ("POST", "/api/drafts/none/propose", {"title": "x"}, "propose"),
    ("POST", "/api/drawing/rule", {"rule": {}}, "rehearse"),
    ("GET", "/api/segments", None, "look"),
    ("GET", "/api/segments/none", None, "look"),
    ("GET", "/api/segments/none/overlap", None, "look"),
    ("GET", "/api/segments/none/people", None, "look"),
    ("GET", "/api/segments/none/removal", None, "propose"),
    ("POST", "/api/segments/none/removal", {"title": "x"}, "propose"),
    ("POST", "/api/drawing/segment/read", {"segment": "none"}, "look"),
    ("POST", "/api/drawing/segment/edit", {"segment": "none", "edits": []}, "rehearse"),
    ("POST", "/api/drawing/try", {"rule": {}, "who": "nobody"}, "rehearse"),
    ("GET", "/api/drawing/kinds", None, "look"),
    ("GET", "/api/drawing/words?kind=journeys", None, "look"),
    ("GET", "/api/drawing/templates", None, "look"),
    ("POST", "/api/drawing/begin", {"template": "none"}, "rehearse"),
    ("POST", "/api/drawing/read", {"journey": "none"}, "look"),
    ("POST", "/api/drawing/edit", {"journey": "none", "edits": []}, "rehearse"),
    ("POST", "/api/drawing/compare", {"journey": "none"}, "look"),
    ("POST", "/api/drawing/merge", {"journey": "none"}, "rehearse"),
    ("GET", "/api/definitions", None, "look"),
    ("GET", "/api/definitions/text?kind=journey&name=none", None, "look"),
    ("GET", "/api/definitions/archive", None, "look"),
    ("POST", "/api/definitions/read", {"given": []}, "rehearse"),
    ("POST", "/api/definitions/propose", {"given": [], "base": "", "title": "t"}, "propose"),
    ("POST", "/api/definitions/words", {"given": [], "base": ""}, "apply"),
    ("GET", "/api/retention", None, "look"),
    ("GET", "/api/score", None, "look"),
    ("GET", "/api/example", None, "look"),
    ("POST", "/api/example/remove", None, "administer"),
    ("GET", "/api/erasures", None, "erase"),
    ("GET", "/api/erasures/none", None, "erase"),
    ("GET", "/api/people/nobody/consents", None, "look"),
    ("POST", "/api/people/nobody/consents", {"lines": []}, "consent"),
    ("GET", "/api/people/nobody/deliveries/none/consent", None, "look"),
    ("GET", "/api/consents", None, "look"),
    ("GET", "/api/consents/people?purpose=none&channel=none&answer=yes", None, "look"),
    ("GET", "/api/consents/reach", None, "look"),
    ("GET", "/api/consents/untold", None, "look"),
    ("POST", "/api/people/nobody/split", {"other": "x", "reason": "seen"}, "identify"),
    ("GET", "/api/people/nobody/join?other=x", None, "identify"),
    ("POST", "/api/people/nobody/join", {"other": "x", "reason": "seen"}, "identify"),
    ("GET", "/api/people/nobody/part?identifier=x", None, "identify"),
    ("POST", "/api/people/nobody/part", {"identifier": "x", "reason": "seen"}, "identify"),
    ("GET", "/api/matches", None, "identify"),
    ("GET", "/api/matches/run", None, "identify"),
    ("POST", "/api/matches/run", None, "identify"),
    ("POST", "/api/matches/none/accept", {"reason": "asked them both"}, "identify"),
    ("POST", "/api/matches/none/reject", {"reason": "asked them both"}, "identify"),
    ("GET", "/api/journeys/board", None, "look"),
    ("GET", "/api/journeys/none/traffic", None, "look"),
    ("GET", "/api/journeys/none/people?step=none", None, "look"),
    ("GET", "/api/tail", None, "look"),
    ("GET", "/api/tail/live?seconds=0", None, "look"),
    ("GET", "/api/tail/999999", None, "look"),
    ("GET", "/api/quarantine", None, "look"),
    ("GET", "/api/quarantine/7", None, "look"),
    ("POST", "/api/quarantine/replay", {"positions": [99]}, "repair"),
    ("GET", "/api/deliveries", None, "look"),
    ("GET", "/api/deliveries/none", None, "look"),
    ("POST", "/api/deliveries/redrive", {"delivery_ids": ["none"]}, "repair"),
    ("POST", "/api/sql", {"query": "SELECT 1 FROM nothing"}, "rehearse"),
    ("GET", "/api/replay", None, "look"),
    ("POST", "/api/replay", {"destination": "none"}, "repair"),
    ("POST", "/api/replay/stop", None, "repair"),
    ("GET", "/api/journeys", None, "look"),
    ("POST", "/api/journeys/none/pause", None, "run"),
    ("POST", "/api/journeys/none/resume", None, "run"),
    ("POST", "/api/journeys/none/enter", {"who": "nobody"}, "run"),
    ("GET", "/api/journeys/none/rollout", None, "look"),
    ("POST", "/api/journeys/none/rollout", {"share": 0.5}, "propose"),
    ("GET", "/api/plan", None, "look"),
    ("GET", "/api/plan/history", None, "look"),
    ("GET", "/api/dictionary", None, "look"),
    ("GET", "/api/dictionary/vip", None, "look"),
    ("GET", "/api/dictionary/vip/samples", None, "look"),
    ("GET", "/api/bloat", None, "look"),
    ("POST", "/api/bloat", None, "rehearse"),
    ("POST", "/api/plan/check", {"files": {}}, "rehearse"),
    ("POST", "/api/plan/diff", {"files": {"a.yaml": "nonsense"}}, "rehearse"),
    ("POST", "/api/plan/apply", {"files": {"a.yaml": "nonsense"}}, "apply"),
    ("GET", "/api/backfill", None, "look"),
    ("POST", "/api/backfill/stop", None, "apply"),
    ("GET", "/api/history", None, "look"),
    ("POST", "/api/history/roll", {}, "repair"),
    ("GET", "/api/changes", None, "look"),
    ("GET", "/api/changes/999", None, "look"),
    ("GET", "/api/changes/999/choices", None, "look"),
    ("GET", "/api/changes/999/review", None, "rehearse"),
    ("POST", "/api/changes/999/roll-back", {"why": ""}, "propose"),
    ("GET", "/api/drafts/none/preview", None, "rehearse"),
    ("POST", "/api/drafts/none/holdout", {"holdout": "x", "percent": 5}, "propose"),
    (
        "POST",
        "/api/drafts/none/waiver",
        {"journey": "x", "code": "V501", "because": "so"},
        "propose",
    ),
    ("GET", "/api/rehearsals", None, "rehearse"),
    ("POST", "/api/rehearsals", {"task": {"kind": "prove"}, "draft": "none"}, "rehearse"),
    ("POST", "/api/rehearsals/walk", {"walk": {"journey": "x", "given": {}}}, "rehearse"),
    ("GET", "/api/rehearsals/none", None, "rehearse"),
    ("POST", "/api/rehearsals/none/stop", None, "rehearse"),
    ("GET", "/api/rehearsals/none/page", None, "rehearse"),
    ("GET", "/api/rehearsals/crowds", None, "rehearse"),
    ("POST", "/api/changes", {"files": {}, "title": ""}, "propose"),
    ("POST", "/api/changes/999/revise", {"files": {"a.yaml": "nonsense"}}, "propose"),
    ("POST", "/api/changes/999/approve", {}, "approve"),
    ("POST", "/api/changes/999/reject", {}, "approve"),
    ("POST", "/api/changes/999/withdraw", None, "propose"),
    ("POST", "/api/changes/999/apply", None, "apply"),
    ("GET", "/api/sources", None, "look"),
    ("POST", "/api/sources/web/poll", None, "repair"),
    ("GET", "/api/drift", None, "look"),
    ("POST", "/api/drift/none/approve", None, "repair"),
    ("POST", "/api/drift/none/reject", None, "repair"),
    ("GET", "/api/tokens", None, "administer"),
    ("POST", "/api/tokens", {"name": ""}, "administer"),
    ("DELETE", "/api/tokens/none", None, "administer"),
    ("GET", "/api/actors", None, "look"),
    ("GET", "/api/users", None, "administer"),
    ("POST", "/api/users", {"email": "nobody"}, "administer"),
    ("PATCH", "/api/users/none", {}, "administer"),
    ("DELETE", "/api/users/none", None, "administer"),
    ("POST", "/api/users/none/invitation", None, "administer"),
    ("POST", "/api/users/none/password", {"password": "short"}, "administer"),
    ("DELETE", "/api/users/none/sessions", None, "administer"),
    ("GET", "/api/teams", None, "administer"),
    ("GET", "/api/access/roles", None, "look"),
    ("GET", "/api/access/provider", None, "administer"),
    ("GET", "/api/session", None, "look"),
    ("DELETE", "/api/session", None, "look"),
    ("GET", "/api/session/account", None, "look"),
    ("DELETE", "/api/session/everywhere", None, "look"),
    ("POST", "/api/session/proof", {"password": ""}, "look"),
    ("POST", "/api/session/password", {"present": "", "password": ""}, "look"),
    ("GET", "/account", None, "look"),
    ("POST", "/account/password", None, "look"),
    ("POST", "/account/sign-out", None, "look"),
    ("POST", "/account/sign-out-everywhere", None, "look"),
    ("GET", "/account/proof", None, "look"),
    ("POST", "/account/proof", None, "look"),
    ("GET", "/api/audit", None, "audit"),
    ("GET", "/api/audit/head", None, "audit"),
    ("POST", "/api/links/renew", None, "administer"),
    ("DELETE", "/api/links/999", None, "administer"),
    ("GET", "/api/secrets", None, "administer"),
    ("PUT", "/api/secrets/1", {"value": "none"}, "administer"),
    ("DELETE", "/api/secrets/none", None, "administer"),
    ("POST", "/api/secrets/rotate", None, "administer"),
    ("POST", "/api/destinations/none/connect", {"redirect": "https://a.example/"}, "administer"),
    ("POST", "/api/destinations/connected", {"state": "none", "code": "none"}, "administer"),
    ("POST", "/api/destinations/declined", {"state": "none"}, "administer"),
    ("GET", "/api/destinations", None, "look"),
    ("GET", "/api/destinations/none", None, "look"),
    ("GET", "/api/sources/none", None, "look"),
    ("POST", "/api/destinations/none/call", {"operation": "event", "content": {}}, "repair"),
    ("GET", "/api/quarantine/reasons", None, "look"),
    ("GET", "/api/deliveries/reasons", None, "look"),
    ("GET", "/api/deliveries/none/requests", None, "look"),
    ("POST", "/api/connections/preview", {"kind": "source", "name": "none"}, "propose"),
    ("POST", "/api/connections/propose", {"kind": "source", "name": "a", "title": ""}, "propose"),
    ("POST", "/api/connections/try", TRIED, "rehearse"),
    ("POST", "/api/connections/call", TRIED, "administer"),
    ("GET", "/api/connectors", None, "look"),
    ("GET", "/api/connectors/destination/none", None, "look"),
    ("GET", "/api/status", None, "look"),
    ("GET", "/api/problems", None, "look"),
    ("GET", "/metrics", None, "look"),
]
PUBLIC = (
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("POST", "/api/session"),
    ("GET", "/api/sign-in"),
    ("POST", "/api/sign-in/invitation"),
    ("GET", "/api/sign-in/oidc"),
    ("GET", "/api/sign-in/oidc/callback"),
    ("POST", "/api/sign-in/oidc/logout"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/invitation/{code}"),
    ("POST", "/invitation/{code}"),
)
"""No caller is asked for: two are for machines that watch, the others let people in."""


def named(route: tuple[str, str, object, Permission]) -> str:
    return f"{route[0]} {route[1]}"


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_a_route_answers_the_roles_that_may_and_no_other(
    shared: Legato, route: tuple[str, str, object, Permission]
) -> None:
    method, path, body, needed = route
    for role in ROLES:
        for way in (shared.by_token, shared.by_session):
            status = way(role, method, path, body).status

            is_allowed = may(role, needed)
            assert (status not in (401, 403)) == is_allowed, (role, way.__name__, status)
            assert status < 500


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_a_route_answers_nobody_without_a_token(
    shared: Legato, route: tuple[str, str, object, Permission]
) -> None:
    method, path, body, _ = route

    answer = shared.call(method, path, body, token=None)

    assert answer.status == 401
    assert answer.json()["code"] == "access.no_token"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("route", [each for each in ROUTES if each[0] != "GET"], ids=named)
def test_a_session_changes_nothing_that_no_page_of_ours_asked_for(
    shared: Legato, route: tuple[str, str, object, Permission]
) -> None:
    method, path, body, _ = route
    text = shared.session("admin")
    cookie, own = {"cookie": f"legato={text}"}, {"legato-csrf": csrf_of(text)}

    without = shared.call(method, path, body, token=None, headers=cookie)
    anothers = {**cookie, "legato-csrf": csrf_of("another session")}
    wrong = shared.call(method, path, body, token=None, headers=anothers)
    elsewhere = {**cookie, **own, "host": "127.0.0.1:8000", "origin": "https://evil.example"}
    foreign = shared.call(method, path, body, token=None, headers=elsewhere)

    assert [each.status for each in (without, wrong, foreign)] == [403] * 3
    codes = [each.json()["code"] for each in (without, wrong, foreign)]
    assert codes == ["access.csrf", "access.csrf", "access.origin"]


def test_every_route_there_is_stands_in_the_table(shared: Legato) -> None:
    document = shared.call("GET", "/api/openapi.json", token=None).json()

    described = sum(len(path) for path in document["paths"].values())
    assert described == len(ROUTES) + len(PUBLIC)
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_wrong_tokens_from_one_address_have_to_wait_and_others_do_not(legato: Legato) -> None:
    statuses = [
        legato.call("GET", "/api/status", token=f"guess-{n}", peer="10.9.9.9").status
        for n in range(FAILURES_MAX + 1)
    ]
    blocked = legato.call("GET", "/api/status", peer="10.9.9.9")

    assert statuses == [401] * FAILURES_MAX + [429]
    assert blocked.status == 429
    assert int(blocked.headers["retry-after"]) > 0
    assert legato.call("GET", "/api/status", peer="10.0.0.7").status == 200


def test_tokens_are_stored_as_digests_for_their_owner_only(legato: Legato) -> None:
    token = legato.token("viewer")

    for path in (legato.folder / "data").glob("govern.db*"):
        assert token.encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600
    assert legato.call("GET", "/api/status", token=token).status == 200


def test_a_revoked_token_stops_working_at_once(legato: Legato) -> None:
    token = legato.token("viewer")

    assert legato.call("DELETE", "/api/tokens/a%20viewer").status == 204
    assert legato.call("GET", "/api/status", token=token).status == 401


def test_health_and_readiness_need_no_token(shared: Legato) -> None:
    health, readiness = (
        shared.call(method, path, token=None).json() for method, path in PUBLIC[:2]
    )

    assert health == {"is_alive": True}
    assert readiness == {"is_ready": True}


def test_a_sent_message_is_explained_from_its_event_to_the_receipt(legato: Legato) -> None:
    legato.identify("u1", email="ana@example.com")
    legato.consent("u1")
    legato.track("u1", "Signed Up", method="web")
    legato.until("settled")

    answer = legato.call("GET", "/api/people/u1/why?journey=welcome&message=welcome").json()

    assert (answer["kind"], answer["is_sent"]) == ("sent", True), answer["sentence"]
    gates = [gate["gate"] for gate in answer["weighed"][0]["gates"]]
    assert gates[0] == "consent"
    assert answer["trace"]
    assert answer["plan"] == legato.app.status().plan


def test_a_refused_message_names_consent_and_what_would_have_changed_it(legato: Legato) -> None:
    legato.identify("u2", email="bo@example.com")
    legato.track("u2", "Signed Up", method="web")

    answer = legato.call("GET", "/api/people/u2/why?message=welcome").json()

    assert (answer["kind"], answer["is_sent"]) == ("refused", False)
    assert answer["first_blocking"]["code"] == "consent.missing"
    assert "consent" in answer["would_change"]


def test_a_profile_is_found_by_any_identifier_and_masked_without_a_reason(legato: Legato) -> None:
    legato.identify("u3", email="Cy@Example.com", first_name="Cy")

    whole = legato.call("GET", "/api/people/email:cy@example.com", reason=WHY).json()
    masked = legato.call("GET", "/api/people/u3")

    values = {trait["name"]: trait["value"] for trait in whole["traits"]}
    assert values["first_name"] == "Cy"
    assert values["orders_30d"] == 0
    assert whole["person_id"] == masked.json()["person_id"]
    assert b"xample.com" not in masked.body
    assert b'"Cy"' not in masked.body


def test_nobody_is_told_without_repeating_who_was_asked_for(legato: Legato) -> None:
    answer = legato.call("GET", "/api/people/email:secret@example.com")

    assert answer.status == 404
    assert answer.json()["code"] == "person.unknown"
    assert b"secret@example.com" not in answer.body


def test_a_quarantined_event_is_replayed_after_the_catalog_is_mended(legato: Legato) -> None:
    legato.track("u4", "Order Completed", order_id="o1")
    (row,) = legato.call("GET", "/api/quarantine").json()
    files = read_workspace(legato.workspace)
    files["catalog/events.yaml"] = files["catalog/events.yaml"].replace(
        "required: [order_id, value]", "required: [order_id]"
    )

    applied = legato.call("POST", "/api/plan/apply", {"files": files})
    replayed = legato.call("POST", "/api/quarantine/replay", {"positions": [row["position"]]})
    legato.runner.run(legato.app.applied(legato.app.status().position))

    assert applied.json()["is_changed"] is True
    assert replayed.json() == {"replayed": 1}
    assert legato.call("GET", "/api/quarantine").json() == []
    story = legato.call("GET", "/api/people/u4/story").json()
    assert any("did 'Order Completed'" in line for step in story for line in step["sentences"])


def test_a_quarantined_record_is_masked_until_a_reason_is_given(
    legato: Legato,
) -> None:
    legato.track("u5", "Order Completed", order_id="very-private")
    (row,) = legato.call("GET", "/api/quarantine").json()
    path = f"/api/quarantine/{row['position']}"

    masked = legato.call("GET", path, token=legato.token("engineer"))
    whole = legato.call("GET", path, token=legato.token("engineer"), reason=WHY)

    assert b"very-private" not in masked.body
    assert whole.json()["content"]["body"]["order_id"] == "very-private"


def test_a_broken_workspace_changes_nothing_and_names_every_problem(legato: Legato) -> None:
    before = legato.app.status().plan
    files = read_workspace(legato.workspace)
    files["journeys/welcome.yaml"] = WELCOME.replace("Signed Up", "Singed Up")

    answer = legato.call("POST", "/api/plan/apply", {"files": files})

    assert answer.status == 422
    (problem,) = answer.json()["problems"]
    assert (problem["place"]["file"], problem["place"]["line"]) == ("journeys/welcome.yaml", 6)
    assert "Signed Up" in problem["fix"]
    assert legato.app.status().plan == before


def test_a_diff_says_what_would_change_and_for_how_many(legato: Legato) -> None:
    legato.track("u6", "Signed Up", method="web")
    files = read_workspace(legato.workspace)
    files["journeys/welcome.yaml"] = WELCOME.replace("30d", "31d")

    compared = legato.call("POST", "/api/plan/diff", {"files": files}).json()

    assert compared["before"] != compared["after"]
    assert len(compared["changes"]) == 1
    assert [(each["name"], each["people"]) for each in compared["reach"]] == [("invited", 0)]


def test_a_journey_is_paused_resumed_and_entered_by_call(legato: Legato) -> None:
    legato.identify("u7", email="di@example.com")

    assert legato.call("POST", "/api/journeys/invited/pause").json()["is_paused"] is True
    assert legato.app.paused() == ("invited",)
    assert legato.call("POST", "/api/journeys/invited/resume").json()["is_paused"] is False
    entered = legato.call("POST", "/api/journeys/invited/enter", {"who": "u7"})
    refused = legato.call("POST", "/api/journeys/welcome/enter", {"who": "u7"})
    legato.runner.run(legato.app.applied(legato.app.status().position))

    assert entered.status == 202
    assert refused.status == 409
    profile = legato.call("GET", "/api/people/u7").json()
    assert [each["journey"] for each in profile["enrollments"]] == ["invited"]


def test_a_dead_delivery_is_listed_shown_masked_and_put_back(legato: Legato) -> None:
    files = read_workspace(legato.workspace)
    # An address of this machine is refused for good, where the destination does not allow it.
    files["destinations/console.yaml"] = (
        "destination: console\nconnector: webhook\nsettings: {url: 'http://127.0.0.1:9/hook'}\n"
    )
    applied = legato.call("POST", "/api/plan/apply", {"files": files})
    legato.identify("u9", email="eve@example.com")
    legato.consent("u9")
    legato.track("u9", "Signed Up", method="web")
    legato.until("settled")

    (line,) = legato.call("GET", "/api/deliveries").json()
    path = f"/api/deliveries/{line['delivery_id']}"
    masked = legato.call("GET", path, token=legato.token("viewer"))
    whole = legato.call("GET", path, token=legato.token("engineer"), reason=WHY)
    body = {"delivery_ids": [line["delivery_id"]]}
    redriven = legato.call("POST", "/api/deliveries/redrive", body)

    assert applied.json()["is_changed"] is True
    assert (line["standing"], line["message"]) == ("dead", "welcome")
    assert line["reason"]["code"]
    assert b"eve@example.com" not in masked.body
    assert whole.json()["address"] == "eve@example.com"
    assert redriven.json() == {"redriven": 1}


def test_metrics_are_what_prometheus_reads(legato: Legato) -> None:
    legato.track("u8", "Signed Up", method="web")

    lines = legato.call("GET", "/metrics").body.decode().splitlines()

    assert "legato_ready 1" in lines
    assert 'legato_journey_total{journey="welcome",what="entered"} 1' in lines


def test_what_was_sent_is_never_repeated_in_a_refusal(shared: Legato) -> None:
    answer = shared.call("POST", "/api/tokens", {"name": {"secret-thing": 1}})
    asked = shared.call("GET", "/api/tail?limit=secret-thing")

    assert (answer.status, asked.status) == (400, 400)
    assert b"secret-thing" not in answer.body + asked.body
