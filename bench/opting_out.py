"""Every way in which people say no, as the outside says it, and a workspace where it matters."""

from __future__ import annotations

import asyncio
import base64
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import msgspec

import load
import workspace
from started import PORT

SECRETS = {"SMS_AUTH_TOKEN": "sms-auth-token", "MAIL_HOOK_KEY": "mail-hook-key"}
WAYS = ("keyword", "one_click", "page", "api", "tag", "vendor", "import")
WAITS = {
    "deciding": "push",
    "rated": "sms",
    "retrying": "chat",
    "held": "letter",
    "on_timer": "email",
}
"""Where a message is when the no comes -> its channel."""
ADDRESSES = {"sms": "trait phone", "email": "trait email"}
LIMITS = {
    "sms": "rate: 20/s",
    "chat": "retry: {first: 100ms, factor: 1.5, longest: 2s, give_up: 1h}",
}
TIMER = "1s"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

HEAD = f"""
workspace: consents
zone: UTC
lateness: 10m
---
pages: {{url: "http://127.0.0.1:{PORT}", title: Consents}}
---
sender: {{name: Bench, postal_address: "1 Example Street"}}
---
source: web
write_keys: [{workspace.WRITE_KEY}]
---
source: replies
kind: twilio_sms
auth_token: {{secret: SMS_AUTH_TOKEN}}
channel: sms
---
source: mail_events
kind: webhook
signing_key: {{secret: MAIL_HOOK_KEY}}
signature: {{header: X-Signature, encoding: hex, timestamp: X-Sent, within: 5m}}
event: Mail Event
message_id: event_id
opt_outs: {{at: event, values: [unsubscribe], address: email, channel: email}}
---
identity:
  - {{kind: user_id, from: [user_id], unique: true}}
  - {{kind: email, from: [traits.email, properties.email], lowercase: true}}
  - {{kind: phone, from: [traits.phone, sms.from], phone: true}}
---
purposes:
  marketing: {{basis: consent, promotional: true, may_use: [service], title: Marketing}}
  service: {{basis: contract, promotional: false, title: Service}}
---
consent: {{opt_out_scope: global}}
---
quiet_hours: morning
from: "00:00"
to: "12:00"
channels: [letter]
unknown_zones: [UTC]
---
quiet_hours: evening
from: "12:00"
to: "24:00"
channels: [letter]
unknown_zones: [UTC]
---
trait: email
owner: bench
purpose: service
schema: {{type: string}}
---
trait: phone
owner: bench
purpose: service
schema: {{type: string}}
---
template: thanks
title: Thanks
purpose: service
hook: {{body: "{{{{ event.order_id }}}}", sent_us: "{{{{ event.sent_us }}}}"}}
---
template: hello
title: Hello
purpose: marketing
push: {{body: "{{{{ unsubscribe_url }}}} {{{{ preferences_url }}}}"}}
"""

# Each request says when its attempt began, by asking whether it may, and when it was made.
MANIFEST = """
manifest: 1
id: timed
name: Timed
category: stream
docs: d
settings:
  url: {type: string, required: true, title: Where}
routes:
  - on: send
    request:
      url: "{{ settings.url }}"
      body:
        id: =delivery.delivery_id
        address: =delivery.address
        person_id: =delivery.person_id
        begun: =clock.asked
        made: =clock.now
        content: =content
delivery: {success: [200-299]}
"""

CHANNEL = """
destination: by_{channel}
connector: timed
settings: {{url: "http://127.0.0.1:{port}/{channel}"}}
allow_private: true
concurrency: 32
{limits}
---
channel: {channel}
destination: by_{channel}
address: {address}
"""

CRM = """
destination: crm
connector: webhook
settings: {{url: "http://127.0.0.1:{port}/crm"}}
allow_private: true
"""

EVENT = """
event: {name}
owner: bench
purposes: [service, marketing]
schema: {{type: object}}
"""

JOURNEY = """
journey: {name}
title: {name}
owner: bench
purpose: marketing
enter: {{on: {event}, again: any time}}
steps:{wait}
  - send: {{message: {message}, on: {channel}, expires: 7d}}
"""


def write_workspace(folder: Path, sink_port: int, hook_port: int) -> None:
    """Write a workspace in which messages wait everywhere, beside one that has other work."""
    texts = [HEAD, MANIFEST, CRM.format(port=sink_port), workspace.THANKS]
    texts.append(workspace.DESTINATION.format(port=hook_port))
    texts += [workspace.EVENT.format(name=name) for name in workspace.EVENTS]
    texts += [EVENT.format(name=name) for name in ("Mail Event", "Met", "Offer Due", "Sale")]
    texts += workspace.segments()
    for channel in WAITS.values():
        address = ADDRESSES.get(channel, "identifier user_id")
        limits = LIMITS.get(channel, "")
        texts.append(
            CHANNEL.format(channel=channel, address=address, port=sink_port, limits=limits)
        )
    bodies = "\n".join(f"{channel}: {{body: Come back}}" for channel in WAITS.values())
    texts.append(f"template: offer\ntitle: Offer\npurpose: marketing\n{bodies}")
    texts.append(_journey("hello", "Met", "hello", "push"))
    for name, channel in WAITS.items():
        texts.append(_journey(name, "Offer Due", "offer", channel))
        texts.append(_journey(f"sale_by_{channel}", "Sale", "offer", channel))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "legato.yaml").write_text("\n---\n".join(texts))


def _journey(name: str, event: str, message: str, channel: str) -> str:
    wait = f"\n  - wait: {TIMER}" if name == "on_timer" else ""
    return JOURNEY.format(name=name, event=event, message=message, channel=channel, wait=wait)


@dataclass
class Customer:
    """Somebody who will say no."""

    number: int
    way: str
    unsubscribe: str = ""
    preferences: str = ""
    person_id: str = ""
    over_at: float = 0.0
    """T0: when the answer to the no was read."""
    status: int = 0

    @property
    def user_id(self) -> str:
        return f"racer-{self.number}"

    @property
    def email(self) -> str:
        return f"{self.user_id}@example.com"

    @property
    def phone(self) -> str:
        return f"+4477{self.number:08}"


class Caller:
    """Calls Legato as browsers, providers and programs do, and notes when it is answered."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._free: asyncio.Queue[load.Connection] = asyncio.Queue()

    async def open(self, count: int = 64) -> None:
        for connection in await load.connect(PORT, count):
            self._free.put_nowait(connection)

    async def post(
        self, path: str, body: bytes, kind: str = JSON, headers: Mapping[str, str] = {}
    ) -> tuple[int, float]:
        """Return the status and the instant at which it was read."""
        connection = await self._free.get()
        if connection.lost:
            (connection,) = await load.connect(PORT, 1)
        answered: asyncio.Future[tuple[int, float]] = asyncio.get_running_loop().create_future()
        connection.answered = lambda status: answered.set_result((status, time.time()))
        named = {"Content-Type": kind, "Content-Length": str(len(body)), **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n{lines}\r\n"
        connection.transport.write(head.encode() + body)
        status, at = await answered
        connection.answered = lambda _: None
        self._free.put_nowait(connection)
        return status, at

    async def collect(self, path: str, call: Mapping[str, object]) -> tuple[int, float]:
        body = msgspec.json.encode({"writeKey": workspace.WRITE_KEY, **call})
        return await self.post(path, body)

    async def track(self, one: Customer, event: str, properties: object = None) -> float:
        call = {"userId": one.user_id, "event": event, "properties": properties or {}}
        status, at = await self.collect("/v1/track", call)
        assert status == 200, f"{event}: {status}"
        return at

    async def meet(self, one: Customer) -> None:
        """Make somebody known who agrees to everything."""
        traits = {"email": one.email, "phone": one.phone}
        await self.collect("/v1/identify", {"userId": one.user_id, "traits": traits})
        await self.track(one, "Consent Changed", {"purpose": "marketing", "granted": True})
        await self.track(one, "Met")

    async def say_no(self, one: Customer) -> None:
        """Say it in this customer's way, and note when it was answered."""
        refusal = {"purpose": "marketing", "granted": False, "channel": "email"}
        match one.way:
            case "keyword":
                answer = self._reply(one)
            case "one_click":
                answer = self.post(one.unsubscribe, b"List-Unsubscribe=One-Click", FORM)
            case "page":
                answer = self.post(one.preferences, b"do=stop", FORM)
            case "api":
                line = {"purpose": "marketing", "is_granted": False}
                path = f"/api/people/{quote(f'user_id:{one.user_id}')}/consents"
                body = msgspec.json.encode({"lines": [line]})
                allowed = {"Authorization": f"Bearer {self._token}"}
                answer = self.post(path, body, JSON, allowed)
            case "tag":
                call = {"userId": one.user_id, "event": "Consent Changed", "properties": refusal}
                answer = self.collect("/v1/track", call)
            case "vendor":
                answer = self._report(one)
            case _:
                said = {
                    "type": "track",
                    "userId": one.user_id,
                    "event": "Consent Changed",
                    "properties": refusal,
                    "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                }
                answer = self.collect("/v1/import", {"batch": [said]})
        one.status, one.over_at = await answer
        assert one.status in (200, 201, 204, 303), f"{one.way}: {one.status}"

    async def _reply(self, one: Customer) -> tuple[int, float]:
        fields = {"From": one.phone, "To": "+447700900999", "Body": "STOP"}
        fields["MessageSid"] = f"SM{one.number}"
        text = f"http://127.0.0.1:{PORT}/hooks/replies"
        text += "".join(f"{name}{value}" for name, value in sorted(fields.items()))
        digest = hmac.digest(SECRETS["SMS_AUTH_TOKEN"].encode(), text.encode(), "sha1")
        signed = {"X-Twilio-Signature": base64.b64encode(digest).decode()}
        return await self.post("/hooks/replies", urlencode(fields).encode(), FORM, signed)

    async def _report(self, one: Customer) -> tuple[int, float]:
        body = msgspec.json.encode(
            {"event": "unsubscribe", "email": one.email, "event_id": f"mail-{one.number}"}
        )
        second = str(int(time.time()))
        key = SECRETS["MAIL_HOOK_KEY"].encode()
        digest = hmac.digest(key, second.encode() + b"." + body, "sha256")
        signed = {"X-Signature": digest.hex(), "X-Sent": second}
        return await self.post("/hooks/mail_events", body, JSON, signed)


@dataclass
class Arrival:
    """A request that a destination has read."""

    delivery_id: str
    person_id: str
    begun_at: float
    """When its attempt asked whether it may leave."""
    made_at: float
    """When it was allowed to, and made."""
    at: float


class Body(msgspec.Struct):
    id: str
    person_id: str
    address: str = ""
    begun: int = 0
    made: int = 0
    content: dict[str, object] = {}


class Sink:
    """All destinations at once: `/chat` is down, the others take everything."""

    def __init__(self) -> None:
        self.port = 0
        self.arrivals: list[Arrival] = []
        self.told: list[Arrival] = []
        """Of what the system beside was told."""
        self.links: dict[str, tuple[str, str, str]] = {}
        """User id -> person id and the paths of the links that a message had."""
        self._linked = asyncio.Event()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _SinkConnection(self), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def has_links(self, count: int) -> None:
        """Wait until so many people have a message with links."""
        while len(self.links) < count:
            self._linked.clear()
            await self._linked.wait()

    def take(self, path: str, data: bytes) -> bytes:
        body = msgspec.json.decode(data, type=Body)
        arrival = Arrival(body.id, body.person_id, body.begun / 1e6, body.made / 1e6, time.time())
        links = str(body.content.get("body", "")).split()
        if path == "/crm":
            self.told.append(arrival)
        elif len(links) == 2 and links[0].startswith("http"):
            ways = [urlsplit(link).path for link in links]
            self.links[body.address] = (body.person_id, ways[0], ways[1])
            self._linked.set()
        else:
            self.arrivals.append(arrival)
        return b"503 Not Now" if path == "/chat" else b"200 OK"


class _SinkConnection(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.buffer = b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            head, separator, rest = self.buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
            if len(rest) < length:
                return
            status = self.sink.take(head.split(b" ", 2)[1].decode(), rest[:length])
            self.buffer = rest[length:]
            self.transport.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nok")
