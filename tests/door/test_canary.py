"""500 planted records: no value of theirs leaves by an exit that may not have it."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from legato.app.config import Config
from legato.cli.main import legato as command_line
from legato.govern.roles import ROLES, may
from tests.door.test_api_routes import KEY, Legato

PLANTED = 500
FEW = 12
CANARY = re.compile(rb"cnry-(?:personal|sensitive|health)-\d{3}")
SECRET = re.compile(rb"cnry-(?:sensitive|health)-\d{3}")
WORKSPACE = """workspace: canary
lateness: 10m
---
identity:
  - {{kind: user_id, from: [user_id]}}
  - {{kind: email, from: [traits.email]}}
---
purposes:
  marketing: {{basis: consent, may_use: [service]}}
  service: {{basis: contract, promotional: false}}
  support: {{basis: contract, promotional: false, may_use: [service]}}
---
source: web
write_keys: [{key}]
---
trait: email
owner: data
purpose: service
schema: {{type: string}}
---
trait: name
owner: data
purpose: service
schema: {{type: string}}
---
trait: income
owner: care
purposes: [{secret_for}]
privacy: sensitive
schema: {{type: string}}
---
trait: diagnosis
owner: care
purposes: [{secret_for}]
privacy: health
schema: {{type: string}}
---
event: Ticket Filed
owner: desk
purpose: service
schema:
  type: object
  properties:
    ticket_id: {{type: string}}
    number: {{type: integer}}
    case:
      type: object
      properties:
        illness: {{type: string, privacy: health, purposes: [support]}}
        salary: {{type: string, privacy: sensitive, purposes: [support]}}
---
segment: ill
owner: care
when: {{trait: {{diagnosis: {{exists: true}}}}}}
---
destination: mail
connector: webhook
settings: {{url: "{sink}/mail", signing_key: {{secret: SIGN}}}}
accepts: {accepts}
allow_private: true
---
destination: down
connector: webhook
settings: {{url: "{sink}/refuses", signing_key: {{secret: SIGN}}}}
allow_private: true
---
destination: crm
connector: http_call
settings: {{url: "{sink}/crm"}}
allow_private: true
---
destination: ads
connector: ads_audience
settings: {{endpoint: "{sink}", access_token: {{secret: SIGN}}, audience_id: "1"}}
allow_private: true
---
channel: email
destination: mail
address: trait email
---
channel: broken
destination: down
address: trait email
---
template: everything
purpose: marketing
email: {{body: "{{% for one in profile %}}{{{{ one }}}};{{% endfor %}} {{{{ event }}}} {extra}"}}
---
template: failing
purpose: service
email: {{body: "{{{{ profile.name | date: '%Y' }}}}"}}
broken: {{body: "Dear {{{{ profile.name }}}}"}}
---
journey: told
owner: desk
purpose: marketing
enter: {{on: Ticket Filed, key: ticket_id, again: any time}}
steps:
  - send: {{message: everything, on: email, expires: 1d}}
---
journey: asked
owner: desk
purpose: support
enter: {{on: Ticket Filed, key: ticket_id, again: any time}}
steps:
  - call: {{destination: crm, content: {{all: "{{{{ event }}}} {{{{ profile }}}}"}}}}
  - send: {{message: failing, on: email, expires: 1d, purpose: service}}
  - send: {{message: failing, on: broken, expires: 1d, purpose: service}}
---
journey: listed
owner: desk
purpose: marketing
enter: {{on: Ticket Filed, again: once}}
steps:
  - join: {{audience: filed, destination: ads}}
"""


class Sinks:
    """Every destination on loopback: keeps what it is sent, and says it back when it refuses."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        sinks = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                sinks.received.append((self.path, str(self.headers).encode() + body))
                self.send_response(400 if self.path == "/refuses" else 200)
                self.send_header("content-length", str(len(body)))
                self.send_header("x-request-id", "1")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002 - as it is called
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def at(self, path: str) -> bytes:
        return b"\n".join(body for where, body in self.received if where.startswith(path))


@contextmanager
def planted(
    folder: Path, count: int, *, accepts: str = "personal", extra: str = ""
) -> Generator[tuple[Legato, Sinks]]:
    """Start Legato, plant records and let everything that follows from them happen."""
    sinks = Sinks()
    (folder / "workspace").mkdir()
    text = WORKSPACE.format(
        key=KEY,
        sink=sinks.url,
        accepts=accepts,
        extra=extra,
        secret_for="support, marketing" if extra else "support",
    )
    (folder / "workspace" / "all.yaml").write_text(text)
    config = Config(
        workspace=folder / "workspace",
        data=folder / "data",
        keys=folder / "keys",
        is_one_process=True,
    )
    legato = Legato(folder, config)
    try:
        kept = legato.call("PUT", "/api/secrets/SIGN", {"value": "a-key-to-sign-with-of-the-test"})
        assert kept.status < 300, kept.body
        for number in range(count):
            plant(legato, number)
        settle(legato)
        yield legato, sinks
    finally:
        legato.close()
        sinks.close()


def plant(legato: Legato, number: int) -> None:
    """Tell one person's story, with slips of every kind."""
    for path, body in calls_of(number):
        send(legato, path, body)


def calls_of(number: int) -> list[tuple[str, bytes]]:
    """Return what one person's story is told with: paths and bodies."""
    personal, sensitive, health = (
        f"cnry-{kind}-{number:03d}" for kind in ("personal", "sensitive", "health")
    )
    who = {"userId": f"u{number}"}
    secrets = {"illness": health, "salary": sensitive}
    traits = {
        "email": f"{personal}@example.org",
        "name": personal,
        "income": sensitive,
        "diagnosis": health,
    }
    consent = {"purpose": "marketing", "granted": True}
    ticket = {"ticket_id": f"t-{personal}", "case": secrets, "undeclared": health}
    calls: list[dict[str, Any]] = [
        {"type": "identify", **who, "traits": traits},
        {"type": "track", **who, "event": "Consent Changed", "properties": consent},
        {"type": "track", **who, "event": "Ticket Filed", "properties": ticket},
        {"type": "track", **who, "event": "Ticket Filed", "properties": {"number": health}},
        {"type": "track", **who, "event": "Never Declared", "properties": secrets},
        {"type": "identify", **who, "traits": {"diagnosis": {"code": health}, "shoe": health}},
        {"type": "track", "event": "Ticket Filed", "properties": ticket},
        {"type": "nonsense", **who, "traits": traits},
    ]
    found = [("/v1/batch", msgspec.json.encode({"batch": calls}))]
    if number < FEW:
        found.append(("/v1/track", f'{{"userId": "{health}", "event'.encode()))
        found.append((f"/v1/{health}", b"{}"))
    return found


def send(legato: Legato, path: str, body: bytes) -> bytes:
    basic = base64.b64encode(f"{KEY}:".encode()).decode()
    headers = [
        (b"content-type", b"application/json"),
        (b"authorization", f"Basic {basic}".encode()),
    ]
    answer = legato.runner.run(legato.ask("POST", path, headers, body, "10.0.0.1"))
    return str(answer.headers).encode() + answer.body


def settle(legato: Legato) -> None:
    """Wait until everything is applied and every delivery has come to an end."""
    after = 0
    while True:
        page = legato.call("GET", f"/api/tail?after={after}&wait=1&limit=1000").json()
        if not page["steps"]:
            return
        after = page["after"]


def api_answers(legato: Legato) -> dict[str, bytes]:
    """Return what every role is answered wherever something of a person could be."""
    rows: list[dict[str, Any]] = legato.call("GET", "/api/quarantine?limit=20").json()
    ends: list[dict[str, Any]] = legato.call("GET", "/api/deliveries?limit=20").json()
    paths = [
        *(f"/api/people/user_id:u{number}{rest}" for number in range(FEW) for rest in PERSON),
        *(f"/api/quarantine/{row['position']}" for row in rows),
        *(f"/api/deliveries/{end['delivery_id']}" for end in ends),
        *EVERYTHING,
    ]
    found: dict[str, bytes] = {}
    for role in ROLES:
        for path in paths:
            answer = legato.call("GET", path, token=legato.token(role))
            assert answer.status < 500, path
            found[f"{role} {path}"] = str(answer.headers).encode() + answer.body
        if not may(role, "erase"):
            answer = legato.call("GET", "/api/people/user_id:u1/export", token=legato.token(role))
            assert answer.status == 403
    assert rows
    assert ends
    return found


PERSON = ("", "/story", "/why?journey=told", "/why?journey=asked", "/consents", "/receipts")
EVERYTHING = (
    "/api/tail?limit=1000",
    "/api/quarantine?limit=1000",
    "/api/deliveries?limit=1000",
    "/api/people/cnry-health-001",
    "/api/people/none:cnry-health-001",
    "/api/journeys",
    "/api/plan",
    "/api/dictionary?word=diagnosis",
    "/api/dictionary/cnry-health-001",
    "/api/drift",
    "/api/sources",
    "/api/status",
    "/api/audit",
    "/metrics",
)


def commands(legato: Legato) -> dict[str, bytes]:
    """Return what the command line prints, over HTTP as it does."""

    class Bridge(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers["authorization"].removeprefix("Bearer ")
            answer = legato.call("GET", self.path, token=token)
            self.send_response(answer.status)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002 - as it is called
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bridge)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    where = ["--url", f"http://127.0.0.1:{server.server_address[1]}"]
    token = ["--token", legato.token("analyst")]
    asked = (
        ["profile", "user_id:u1"],
        ["why", "user_id:u1", "--journey", "told"],
        ["quarantine", "list"],
        ["deliveries", "list"],
        ["status"],
        ["dictionary", "diagnosis"],
        ["drift", "list"],
    )
    runner = CliRunner()
    found: dict[str, bytes] = {}
    try:
        for words in asked:
            ran = runner.invoke(command_line, [*words, *where, *token])
            assert ran.exit_code == 0, (words, ran.output)
            found[" ".join(words)] = ran.output.encode()
        return found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def files_beside_the_stores(folder: Path) -> dict[str, bytes]:
    """Return every file that Legato has written, but for the log and the state."""
    return {
        path.name: path.read_bytes()
        for path in (folder / "data").rglob("*")
        if path.is_file() and not re.match(r"(log|state)\.db", path.name)
    }


def leaks(exits: Mapping[str, bytes], pattern: re.Pattern[bytes]) -> list[tuple[str, bytes]]:
    return [(name, found[0]) for name, data in exits.items() if (found := pattern.findall(data))]


def test_nothing_planted_leaves_by_an_exit_that_may_not_have_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    with planted(tmp_path, PLANTED) as (legato, sinks):
        inside = {
            **api_answers(legato),
            **commands(legato),
            **files_beside_the_stores(tmp_path),
            "the log": caplog.text.encode(),
            "an answer": send(legato, "/v1/track", b'{"userId": "cnry-health-001'),
        }
        outside = {path: sinks.at(path) for path in ("/mail", "/crm", "/refuses", "/v")}

    assert len(CANARY.findall(outside["/mail"])) > PLANTED  # it has been there, and was told names
    assert CANARY.search(outside["/crm"])
    assert CANARY.search(outside["/refuses"])
    assert outside["/v"]
    assert leaks(outside, SECRET) == []
    assert CANARY.search(outside["/v"]) is None
    assert leaks(inside, CANARY) == []


def test_a_leak_that_is_planted_is_found(tmp_path: Path) -> None:
    extra = "{{ profile.diagnosis }}"

    with planted(tmp_path, 3, accepts="health", extra=extra) as (_, sinks):
        outside = {path: sinks.at(path) for path in ("/mail", "/crm")}

    assert [name for name, _ in leaks(outside, SECRET)] == ["/mail"]


def test_the_search_would_find_what_is_revealed(tmp_path: Path) -> None:
    with planted(tmp_path, 1) as (legato, _):
        path = "/api/people/user_id:u0"
        shown = legato.call("GET", path, reason="ticket 4711: the address is wrong")

    assert leaks({path: shown.body}, SECRET) != []
