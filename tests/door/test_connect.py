"""An account is disconnected, is told of, and is connected again by a person in a browser."""

from __future__ import annotations

import base64
import hashlib
import queue
import subprocess
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
import pytest
from click.testing import CliRunner

from legato.cli.main import legato
from legato.stores.govern.vault import FILE_NAME
from tests.door.test_cli_up import COMMAND, Running

CLIENT, SECRET = "client-4711", "hunter2-of-the-client"
WAIT_SECONDS = 30
MANIFEST = """manifest: 1
id: crm
name: Crm
category: crm
docs: https://crm.example/docs
settings:
  url: {type: string, required: true}
  client: {type: string, secret: true, required: true}
  key: {type: string, secret: true, required: true}
  refresh: {type: string, secret: true, required: true}
auth:
  kind: oauth2
  grant: refresh_token
  token_url: "{{ settings.url }}/token"
  authorize_url: "{{ settings.url }}/authorize?tenant=1"
  scopes: contacts offline
  extra: {access_type: offline}
  client_id: =settings.client
  client_secret: =settings.key
  refresh_token: =settings.refresh
routes:
  - on: event
    request: {url: "{{ settings.url }}/in", body: {name: =event.event}}
"""
DESTINATION = """destination: crm
connector: crm
settings: {url: "URL", client: {secret: CLIENT}, key: {secret: KEY}, refresh: {secret: REFRESH}}
events: {purpose: service}
allow_private: true
"""


class Provider(ThreadingHTTPServer):
    """A login and a destination, on this machine."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: dict[str, str] = {}
        """What the browser came with last."""
        self.agrees = True
        """Whether whoever comes says yes."""
        self.refresh_token = "none is good"
        self.came: queue.Queue[str] = queue.Queue()
        """Tokens that events came with."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answers(BaseHTTPRequestHandler):
    @property
    def provider(self) -> Provider:
        return cast("Provider", self.server)

    def do_GET(self) -> None:
        """Agree or not, at once, and send the browser back."""
        query = urlsplit(self.path).query
        asked = self.provider.asked = {name: v[0] for name, v in parse_qs(query).items()}
        answer = {"code": "code-1"} if self.provider.agrees else {"error": "access_denied"}
        back = urlencode({**answer, "state": asked["state"]})
        self.send_response(302)
        self.send_header("location", f"{asked['redirect_uri']}?{back}")
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/in":
            self.provider.came.put(self.headers["authorization"])
            self._answer(200, {})
            return
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if (form["client_id"], form["client_secret"]) != (CLIENT, SECRET):
            self._answer(401, {"error": "invalid_client"})
        elif form["grant_type"] == "authorization_code":
            self._exchange(form)
        elif form.get("refresh_token") == self.provider.refresh_token:
            self._answer(200, {"access_token": "access-1", "expires_in": 3600})
        else:
            self._answer(400, {"error": "invalid_grant"})

    def _exchange(self, form: dict[str, str]) -> None:
        asked = self.provider.asked
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_good = form["code"] == "code-1" and form["redirect_uri"] == asked["redirect_uri"]
        if not is_good or challenge != asked["code_challenge"]:
            self._answer(400, {"error": "invalid_grant"})
            return
        self.provider.refresh_token = "refresh-anew"
        self._answer(200, {"access_token": "access-0", "refresh_token": "refresh-anew"})

    def _answer(self, status: int, value: object) -> None:
        data = msgspec.json.encode(value)
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def providing() -> Generator[Provider]:
    """Run a provider for as long as the block lasts."""
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as server:
        yield server


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Running]:
    process = Running(tmp_path_factory.mktemp("connect"))
    try:
        (process.workspace / "connectors").mkdir(exist_ok=True)
        (process.workspace / "connectors" / "crm.yaml").write_text(MANIFEST)
        text = DESTINATION.replace("URL", provider.url)
        (process.workspace / "destinations" / "crm.yaml").write_text(text)
        applied = process.legato("apply")
        assert applied.returncode == 0, applied.stdout + applied.stderr
        said(process, "secrets", "set", "CLIENT", value=CLIENT)
        said(process, "secrets", "set", "KEY", value=SECRET)
        yield process
    finally:
        process.stop()


def said(running: Running, *args: str, value: str = "") -> str:
    """Run a command in this process; it calls the other over HTTP."""
    way = {"LEGATO_URL": running.connection.url, "LEGATO_TOKEN": running.connection.token}
    return CliRunner().invoke(legato, args, env=way, input=value).output


def browse(url: str) -> str:
    """Follow an address, as a browser does, to where there is something to read."""
    while True:
        parts = urlsplit(url)
        link = HTTPConnection(parts.netloc, timeout=WAIT_SECONDS)
        link.request("GET", f"{parts.path}?{parts.query}")
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        if answer.status == 200:
            return text
        url = answer.headers["location"]


def agree(url: str) -> None:
    """Agree at the provider, and go where it sends the browser no more."""
    parts = urlsplit(url)
    link = HTTPConnection(parts.netloc, timeout=WAIT_SECONDS)
    link.request("GET", f"{parts.path}?{parts.query}")
    assert link.getresponse().status == 302
    link.close()


def asked(running: Running, path: str, body: object, *, token: str = "") -> Any:  # noqa: ANN401 - JSON
    """Call the API, as the page of a destination does."""
    link = HTTPConnection(urlsplit(running.connection.url).netloc, timeout=WAIT_SECONDS)
    headers = {
        "authorization": f"Bearer {token or running.connection.token}",
        "content-type": "application/json",
    }
    link.request("POST", path, msgspec.json.encode(body), headers)
    answer = msgspec.json.decode(link.getresponse().read())
    link.close()
    return answer


def test_an_account_that_is_disconnected_is_told_of_and_connected_in_a_browser(
    running: Running, provider: Provider
) -> None:
    said(running, "secrets", "set", "REFRESH", value="withdrawn")
    running.track("ana", "Signed Up", method="web")
    while "crm holds its deliveries" not in (status := said(running, "status")):
        pass
    waiting = said(running, "deliveries", "list", "--waiting")

    command = [*COMMAND, "connectors", "connect", "crm"]
    with subprocess.Popen(
        command, cwd=running.workspace, stdout=subprocess.PIPE, text=True
    ) as connecting:
        assert connecting.stdout is not None
        url = next(line for line in connecting.stdout if line.startswith("http")).strip()
        shown = browse(url)
        ended = connecting.stdout.read()
    token = provider.came.get(timeout=WAIT_SECONDS)
    audit = said(running, "audit", "list")

    assert "legato connectors connect crm" in " ".join(status.split())
    assert "holds its deliveries" in waiting
    assert "close this window" in shown
    assert "crm is connected" in ended
    assert token == "Bearer access-1"
    assert provider.asked["scope"] == "contacts offline"
    assert (provider.asked["tenant"], provider.asked["access_type"]) == ("1", "offline")
    assert "destination.connect" in audit
    kept = (running.data / FILE_NAME).read_bytes()
    assert b"access-1" not in kept
    assert b"refresh-anew" not in kept
    assert "holds" not in said(running, "status")


def test_what_cannot_be_connected_says_why(running: Running) -> None:
    unknown = said(running, "connectors", "connect", "nobody", "--redirect", "https://a.example/")
    other = said(running, "connectors", "connect", "console", "--redirect", "https://a.example/")
    unsafe = said(running, "connectors", "connect", "crm", "--redirect", "http://a.example/")

    assert "no destination of this name" in unknown
    assert "not connected in a browser" in other
    assert "comes back over https" in unsafe


def test_a_visit_is_ended_by_the_very_session_that_began_it(
    running: Running, provider: Provider
) -> None:
    back = "https://legato.example/studio/connections/connected"
    where = "/api/destinations"
    begun = asked(running, f"{where}/crm/connect", {"redirect": back})
    token = said(running, "tokens", "add", "another", "--role", "admin").split()[-1]
    agree(begun["url"])
    returned = {"state": begun["state"], "code": "code-1"}

    assert provider.asked["redirect_uri"] == back
    other = asked(running, f"{where}/connected", returned, token=token)
    own = asked(running, f"{where}/connected", returned)
    again = asked(running, f"{where}/connected", returned)
    unagreed = asked(running, f"{where}/crm/connect", {"redirect": back})
    declined = asked(running, f"{where}/declined", {"state": unagreed["state"]})
    late = asked(running, f"{where}/connected", {"state": unagreed["state"], "code": "code-1"})

    assert other["code"] == "connect.session"
    assert own == {"destination": "crm"}
    assert (again["code"], late["code"]) == ("connect.state", "connect.state")
    assert "Begin again" in again["fix"]
    assert declined == {"destination": "crm"}
