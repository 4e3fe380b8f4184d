"""Secrets through the front door: set, used at the moment of sending, and to be found nowhere."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from aiohttp import web

from legato.workspace import read_workspace
from tests.door.test_api_routes import WHY, Legato, started
from tests.door.test_api_routes import legato as legato  # noqa: PLC0414 - a fixture
from tests.door.test_api_routes import shared as shared  # noqa: PLC0414 - a fixture

VALUE = "SG.hunter2-hunter2-hunter2"
RENEWED = "SG.renewed-renewed-renewed"
MAIL = """destination: console
connector: email_api
settings:
  endpoint: "http://127.0.0.1:{port}"
  api_key: {{secret: MAIL_KEY}}
  from: shop@example.com
allow_private: true
retry: {{first: 1s, factor: 1, longest: 1s, give_up: 1h}}
"""


class MailApi:
    """An e-mail API on this machine that keeps what it was let in with."""

    def __init__(self, legato: Legato) -> None:
        self._legato = legato
        self.keys: list[str] = []
        app = web.Application()
        app.router.add_post("/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.01)

    def start(self) -> int:
        async def start() -> int:
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
            return self._runner.addresses[0][1]

        return self._legato.runner.run(start())

    def stop(self) -> None:
        self._legato.runner.run(self._runner.cleanup())

    async def _answer(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers["Authorization"])
        return web.Response(status=202, headers={"X-Message-Id": "m1"})


def test_a_secret_is_used_at_the_next_send_and_stands_in_no_file_and_no_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with started(tmp_path) as legato:
        api = MailApi(legato)
        files = read_workspace(legato.workspace)
        files["destinations/console.yaml"] = MAIL.format(port=api.start())
        legato.call("POST", "/api/plan/apply", {"files": files})
        for count, (name, value) in enumerate((("ana", VALUE), ("bo", RENEWED)), 1):
            legato.call("PUT", "/api/secrets/MAIL_KEY", {"value": value})
            legato.identify(name, email=f"{name}@example.com")
            legato.consent(name)
            legato.track(name, "Signed Up", method="web")
            while len(api.keys) < count:
                legato.call("GET", "/api/tail?wait=1")
        api.stop()
        answers = [
            legato.call("GET", path, reason=WHY).body
            for path in ("/api/secrets", "/api/audit", "/api/status", "/api/plan", "/api/tail")
        ]

    printed = capfd.readouterr()
    assert api.keys == [f"Bearer {VALUE}", f"Bearer {RENEWED}"]
    for value in (VALUE, RENEWED):
        assert value.encode() not in b"".join(answers)
        assert value not in printed.out + printed.err
        assert holders_of(value, tmp_path) == []


def test_what_is_kept_and_what_is_missing_is_listed_and_every_change_is_on_record(
    legato: Legato,
) -> None:
    files = read_workspace(legato.workspace)
    files["destinations/console.yaml"] = MAIL.format(port=9)
    legato.call("POST", "/api/plan/apply", {"files": files})
    missing = legato.call("GET", "/api/secrets").json()

    legato.call("PUT", "/api/secrets/MAIL_KEY", {"value": VALUE})
    kept = legato.call("GET", "/api/secrets").json()
    rotated = legato.call("POST", "/api/secrets/rotate")
    legato.call("DELETE", "/api/secrets/MAIL_KEY")

    assert [(each["secret"]["set_at"], each["asked_by"]) for each in missing] == [
        (None, ["destination console"])
    ]
    assert kept[0]["secret"]["set_at"] > 0
    recorded = legato.call("GET", "/api/audit?action=secret").json()
    assert [(each["action"], each["subject"]) for each in recorded] == [
        ("secret.set", "MAIL_KEY"),
        ("secret.rotate", f"key {rotated.json()['key']}"),
        ("secret.remove", "MAIL_KEY"),
    ]
    assert legato.call("DELETE", "/api/secrets/MAIL_KEY").status == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [("1ST", "x"), ("A-B", "x"), ("A" * 101, "x"), ("A", ""), ("A", "x" * 32_769)],
)
def test_what_cannot_be_a_secret_is_refused(shared: Legato, name: str, value: str) -> None:
    answer = shared.call("PUT", f"/api/secrets/{name}", {"value": value})

    assert (answer.status, answer.json()["code"].partition(".")[0]) == (400, "secret")


def holders_of(value: str, folder: Path) -> list[str]:
    """Return the files that hold a value, plain or in base64."""
    forms = (value.encode(), base64.b64encode(value.encode()).rstrip(b"="))
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(form in path.read_bytes() for form in forms)]
