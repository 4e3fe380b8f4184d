"""A STOP by SMS from the provider's call to the receipts of everybody who was told."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from legato.app.app import App, open_app
from legato.app.config import Config
from legato.app.erasure import search_folder
from legato.collect.hooks.signature import twilio_signature
from legato.doors import Doors
from legato.model.instant import DAY
from legato.stores.sqlite.state import SqliteStore
from tests.door.embedded import Sink

WORKSPACE = """
workspace: stops
accept_unknown: true
---
identity:
  - {kind: user_id, from: [user_id], unique: true}
  - {kind: phone, from: [traits.phone, sms.from], phone: true}
---
trait: phone
owner: tests
purpose: marketing
schema: {type: string}
---
purposes:
  marketing: {basis: consent, promotional: true, title: Marketing}
---
consent: {opt_out_scope: channel, sms_stop: global}
---
source: web
write_keys: [web-key]
---
source: replies
kind: twilio_sms
auth_token: {secret: SMS_AUTH_TOKEN}
channel: sms
pairs_with: gateway
---
destination: gateway
connector: webhook
allow_private: true
settings: {url: "http://127.0.0.1:PORT/gateway"}
---
destination: crm
connector: webhook
allow_private: true
settings: {url: "http://127.0.0.1:PORT/fails"}
---
channel: sms
destination: gateway
address: trait phone
"""
NUMBER = "+447700900123"
REPLY = {"From": NUMBER, "To": "+447700900999", "Body": "STOP", "MessageSid": "SM1"}
URL = "http://shop.example/hooks/replies"
KEY = "auth-token"
SECONDS_MAX = 30


class Answered(msgspec.Struct):
    status: int
    body: bytes


class Desk:
    """A started app behind its doors, with a destination that notes what it is sent."""

    def __init__(self, folder: Path, definitions: str = WORKSPACE) -> None:
        self.runner = asyncio.Runner()
        self.sink = Sink()
        self.runner.run(self.sink.open())
        workspace = folder / "workspace"
        workspace.mkdir()
        text = definitions.replace("PORT", str(self.sink.port))
        (workspace / "all.yaml").write_text(text)
        config = Config(
            workspace=workspace, data=folder / "data", keys=folder / "keys", is_one_process=True
        )
        self.app: App = open_app(config)
        self.runner.run(self.app.start())
        self.runner.run(self.app.secrets.put("SMS_AUTH_TOKEN", KEY, actor="a test"))
        self.door, self.token = Doors().mount(self.app)

    def close(self) -> None:
        self.runner.run(self.app.stop())
        self.runner.run(self.sink.close())
        self.runner.close()

    def reply(self, signature: str) -> Answered:
        headers = {"host": "shop.example", "x-twilio-signature": signature}
        body = urlencode(REPLY).encode()
        return self.runner.run(self._ask("POST", "/hooks/replies", headers, body))

    def identify(self, traits: Mapping[str, str]) -> None:
        key = base64.b64encode(b"web-key:").decode()
        headers = {"authorization": f"Basic {key}"}
        body = msgspec.json.encode({"userId": "ana", "traits": traits})
        assert self.runner.run(self._ask("POST", "/v1/identify", headers, body)).status == 200

    def get(self, path: str) -> bytes:
        headers = {"authorization": f"Bearer {self.token}"}
        answer = self.runner.run(self._ask("GET", path, headers, b""))
        assert answer.status == 200, answer.body
        return answer.body

    def settled(self) -> list[dict[str, Any]]:
        """Return the receipts of the number's person, once each has an outcome."""
        return self.runner.run(asyncio.wait_for(self._settled(), SECONDS_MAX))

    async def _settled(self) -> list[dict[str, Any]]:
        changed = asyncio.Event()
        unwatch = self.app.watch(lambda _: changed.set())
        headers = {"authorization": f"Bearer {self.token}"}
        try:
            while True:
                changed.clear()
                path = f"/api/people/phone:{NUMBER}/receipts"
                answer = await self._ask("GET", path, headers, b"")
                if answer.status == 200:
                    receipts = msgspec.json.decode(answer.body, type=list[dict[str, Any]])
                    if receipts and all(one["outcome"] for one in receipts):
                        return receipts
                await changed.wait()
        finally:
            unwatch()

    async def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answered:
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("10.0.0.1", 1234),
            "server": ("127.0.0.1", 8000),
            "state": {},
        }
        sent: list[MutableMapping[str, Any]] = []
        incoming = [{"type": "http.request", "body": body, "more_body": False}]
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if incoming:
                return incoming.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self.door(scope, receive, send)
        gone.set()
        return Answered(sent[0]["status"], b"".join(each.get("body", b"") for each in sent))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    try:
        yield desk
    finally:
        desk.close()


def test_a_stop_is_told_to_every_system_but_the_one_that_told_us(desk: Desk) -> None:
    answer = desk.reply(twilio_signature(URL, list(REPLY.items()), KEY))

    assert answer.status == 204
    [receipt] = desk.settled()
    assert (receipt["destination"], receipt["what"]) == ("crm", "opt_out")
    assert (receipt["outcome"], receipt["purposes"]) == ("accepted", ["marketing"])
    assert {one.operation for one in desk.sink.arrivals} == {"opt_out"}


def test_a_forged_stop_changes_nothing_and_is_on_record(desk: Desk) -> None:
    genuine = twilio_signature(URL, list(REPLY.items()), "another-token")

    answers = [desk.reply(signature) for signature in (genuine, genuine, "")]

    assert [one.status for one in answers] == [401, 401, 401]
    entries = [one.entry for one in desk.app.audit.read(0, 100)]
    assert [(one.subject, one.detail) for one in entries if one.action == "hook.call"] == [
        ("sources/replies", {"code": "forged", "count": "1"}),
        ("sources/replies", {"code": "unsigned", "count": "1"}),
    ]
    figures = desk.get("/metrics").decode()
    assert 'legato_hook_refusals_total{source="replies",code="forged"} 2' in figures
    assert desk.runner.run(desk.app.find(f"phone:{NUMBER}")) is None


HASHED = WORKSPACE.replace(
    "from: [traits.phone, sms.from], phone: true",
    "from: [traits.phone_digest, sms.from], phone: true, hash: sha256",
).replace(
    "---\npurposes:",
    "---\ntrait: phone_digest\nowner: tests\npurpose: marketing\nhash: sha256\n"
    "schema: {type: string}\n---\npurposes:",
)


def test_a_stop_from_a_number_that_is_only_known_by_its_digest_finds_the_person(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path, HASHED)
    try:
        desk.identify({"phone_digest": "+44 7700 900123"})
        answer = desk.reply(twilio_signature(URL, list(REPLY.items()), KEY))
        [receipt] = desk.settled()
        ana = msgspec.json.decode(desk.get("/api/people/user_id:ana"))
    finally:
        desk.close()

    assert answer.status == 204
    assert receipt["what"] == "opt_out"
    assert [one["is_granted"] for one in ana["consents"]] == [False] * len(ana["consents"]) != []
    assert search_folder(tmp_path / "data", [NUMBER, "+44 7700 900123"]).found == {}


def test_a_digest_closes_the_number_that_it_is_of(tmp_path: Path) -> None:
    desk = Desk(tmp_path, HASHED)
    try:
        desk.identify({"phone_digest": NUMBER, "phone": NUMBER})
        desk.reply(twilio_signature(URL, list(REPLY.items()), KEY))
        desk.settled()
    finally:
        desk.close()

    store = SqliteStore(tmp_path / "data" / "state.db", seen_window=DAY)
    assert store.is_suppressed("sms/marketing", NUMBER)
    store.close()
