"""What providers post by themselves: a signed call is stored, any other leaves no event."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from legato.collect.hooks.door import BODY_BYTES_MAX, HookDoor
from legato.model.definitions.source import Hook, OptOuts, Source
from legato.model.event import SMS_RECEIVED, CustomerEvent, Event, RejectedItem
from legato.model.instant import SECOND, Instant, parse_instant
from legato.ports.intake import Busy

NOW: Instant = parse_instant("2026-03-02T10:00:00Z") or 0
URL = "https://shop.example/hooks/replies"
SECRETS = {"SMS": "12345", "MAIL": "shared"}
REPLY = {
    "From": "+14155551234",
    "To": "+14155550000",
    "Body": "Stop, bitte — danke",
    "MessageSid": "SM1",
    "Empty": "",
}
# Signed by the algorithm of the vendor's page, with its example secret: not by our own function.
REPLY_SIGNED = base64.b64encode(
    hmac.digest(
        b"12345",
        (
            URL + "BodyStop, bitte — danke" + "Empty" + "From+14155551234"
            "MessageSidSM1" + "To+14155550000"
        ).encode(),
        "sha1",
    )
).decode()

SOURCES: Mapping[str, Source] = {
    "web": Source(name="web", key_digests=()),
    "replies": Source(
        name="replies",
        key_digests=(),
        hook=Hook(kind="twilio_sms", secret="SMS"),
        opt_outs=OptOuts(channel="sms", at="body", address="from"),
    ),
    "mail": Source(
        name="mail",
        key_digests=(),
        hook=Hook(
            kind="webhook",
            secret="MAIL",
            header="X-Signature",
            prefix="sha256=",
            timestamp="X-Sent",
            event="Mail Event",
            message_id="id",
            user_id="user.id",
        ),
    ),
    "plain": Source(
        name="plain",
        key_digests=(),
        hook=Hook(
            kind="webhook",
            secret="MAIL",
            header="X-Mac",
            encoding="base64",
            event="Mail Event",
        ),
    ),
    "bare": Source(name="bare", key_digests=(), hook=Hook(kind="twilio_sms", secret="GONE")),
}


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return json.loads(self.body)["code"] if self.body else ""


class Desk:
    """A door with an intake and a guard in memory."""

    def __init__(self, *, is_behind_proxy: bool = False) -> None:
        self.events: list[Event] = []
        self.refusals: list[tuple[str, str]] = []
        self.fault: Exception | None = None
        self.door = HookDoor(
            self,
            lambda: NOW,
            sources=lambda: SOURCES,
            guard=self,
            is_behind_proxy=is_behind_proxy,
        )

    def waits(self, position: int) -> None:
        raise AssertionError(f"nothing of it has to be fetched, up to {position}")

    async def accept(self, events: Sequence[Event]) -> int:
        if self.fault is not None:
            raise self.fault
        self.events += events
        return len(self.events)

    def secret(self, name: str) -> str | None:
        return SECRETS.get(name)

    async def refused(self, source: str, code: str) -> None:
        self.refusals.append((source, code))

    async def fetch(self, url: str) -> bytes | None:
        raise AssertionError(f"nothing is fetched from {url}")

    def post(
        self, name: str, body: bytes, headers: Mapping[str, str], method: str = "POST"
    ) -> Reply:
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "path": f"/hooks/{name}",
            "raw_path": f"/hooks/{name}".encode(),
            "query_string": b"",
            "scheme": "https",
            "method": method,
            "headers": [
                (key.lower().encode(), value.encode())
                for key, value in {"Host": "shop.example", **headers}.items()
            ],
        }
        asyncio.run(self.door(scope, receive, send))
        names = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], names, sent[1]["body"])

    def reply(self, signature: str = REPLY_SIGNED, **changes: str) -> Reply:
        form = urlencode({**REPLY, **changes}).encode()
        return self.post("replies", form, {"X-Twilio-Signature": signature} if signature else {})

    def mail(
        self, body: bytes, *, at: Instant = NOW, key: bytes = b"shared", signed: bytes = b""
    ) -> Reply:
        second = b"%d" % (at // SECOND)
        mac = hmac.digest(key, second + b"." + (signed or body), "sha256").hex()
        headers = {"X-Signature": f"sha256={mac}", "X-Sent": second.decode()}
        return self.post("mail", body, headers)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_signed_reply_becomes_an_event_and_is_answered_without_content(desk: Desk) -> None:
    reply = desk.reply()

    assert (reply.status, reply.body) == (204, b"")
    [event] = desk.events
    assert isinstance(event, CustomerEvent)
    assert (event.name, event.source, event.message_id) == (SMS_RECEIVED, "replies", "SM1")
    body = json.loads(event.body)
    assert body["from"] == REPLY["From"]
    assert body["body"] == REPLY["Body"]


def test_the_same_reply_twice_is_the_same_event(desk: Desk) -> None:
    desk.reply()
    desk.reply()

    first, second = desk.events
    assert isinstance(first, CustomerEvent)
    assert isinstance(second, CustomerEvent)
    assert first.event_id == second.event_id


@pytest.mark.parametrize(
    ("signature", "changes", "status", "code"),
    [
        ("", {}, 401, "unsigned"),
        ("AAAA", {}, 401, "forged"),
        ("ä", {}, 401, "forged"),
        (REPLY_SIGNED, {"Body": "START"}, 401, "forged"),
        (REPLY_SIGNED, {"From": "+14155550001"}, 401, "forged"),
        (REPLY_SIGNED, {"Added": "x"}, 401, "forged"),
    ],
)
def test_a_reply_that_is_not_genuine_is_refused_and_put_on_record(
    desk: Desk, signature: str, changes: dict[str, str], status: int, code: str
) -> None:
    reply = desk.reply(signature, **changes)

    assert (reply.status, reply.code) == (status, code)
    assert desk.events == []
    assert desk.refusals == [("replies", code)]


def test_a_proxy_is_believed_about_the_url_only_when_there_is_one() -> None:
    form = urlencode(REPLY).encode()
    headers = {
        "X-Twilio-Signature": REPLY_SIGNED,
        "Host": "10.0.0.7:8787",
        "X-Forwarded-Host": "shop.example",
        "X-Forwarded-Proto": "https",
    }

    assert Desk(is_behind_proxy=True).post("replies", form, headers).status == 204
    assert Desk().post("replies", form, headers).code == "forged"


def test_a_signed_webhook_becomes_an_event_for_each_of_its_items(desk: Desk) -> None:
    items = [{"id": "e1", "user": {"id": "ana"}, "event": "open"}, {"event": "bounce"}, 7]

    assert desk.mail(json.dumps(items).encode()).status == 204

    first, second, third = desk.events
    assert isinstance(first, CustomerEvent)
    assert (first.name, first.message_id, first.user_id) == ("Mail Event", "e1", "ana")
    assert isinstance(second, CustomerEvent)
    assert second.user_id is None
    assert isinstance(third, RejectedItem)


def test_a_webhook_may_be_signed_in_base64_without_a_time(desk: Desk) -> None:
    body = b'{"event": "open"}'
    mac = base64.b64encode(hmac.digest(b"shared", body, "sha256")).decode()

    assert desk.post("plain", body, {"X-Mac": mac}).status == 204
    assert desk.post("plain", body, {"X-Mac": mac[:-4] + "AAA="}).code == "forged"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_genuine_call_of_long_ago_is_refused(desk: Desk, minutes: int) -> None:
    reply = desk.mail(b"{}", at=NOW + minutes * 60 * SECOND)

    assert (reply.status, reply.code) == (401, "too_old")
    assert (desk.events, desk.refusals) == ([], [("mail", "too_old")])


def test_a_forged_webhook_is_refused(desk: Desk) -> None:
    assert desk.mail(b"{}", key=b"other").code == "forged"
    assert desk.mail(b'{"a": 1}', signed=b'{"a": 2}').code == "forged"
    assert desk.post("mail", b"{}", {"X-Sent": "soon", "X-Signature": "sha256=00"}).status == 401
    assert desk.post("mail", b"{}", {"X-Sent": "1", "X-Signature": "zz"}).code == "forged"
    assert desk.events == []


@pytest.mark.parametrize(
    ("name", "method", "status", "code"),
    [
        ("nobody", "POST", 404, "unknown_source"),
        ("web", "POST", 404, "unknown_source"),
        ("replies", "GET", 405, "method_not_allowed"),
        ("bare", "POST", 503, "no_secret"),
    ],
)
def test_a_call_that_belongs_nowhere_is_refused(
    desk: Desk, name: str, method: str, status: int, code: str
) -> None:
    reply = desk.post(name, b"", {}, method)

    assert (reply.status, reply.code, desk.events) == (status, code, [])


def test_a_signed_call_that_means_nothing_is_refused_with_the_reason(desk: Desk) -> None:
    assert desk.mail(b"[").code == "unreadable"
    assert desk.mail(b"x" * (BODY_BYTES_MAX + 1)).status == 413


def test_what_cannot_be_stored_is_not_acknowledged(desk: Desk) -> None:
    desk.fault = Busy("full", retry_after=SECOND)

    reply = desk.reply()

    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
