"""A started app with pages, a mailbox and a clock that a test may set, called as browsers call."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncGenerator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session

from legato.app.app import App, open_app
from legato.app.config import Config
from legato.model.consent import ConsentLine
from legato.model.event import CustomerEvent
from legato.model.ids import EventId, PersonId, derive
from legato.model.state import State
from legato.pages.door import PagesDoor
from tests.door.embedded import SYSTEM, OwnClock

WORKSPACE = """
workspace: shop
---
pages: {url: "https://shop.example/mail", mailto: leave@shop.example, title: The Shop}
---
sender: {name: The Shop, postal_address: "1 Example Yard, London"}
---
identity:
  - {kind: user_id, from: [user_id]}
  - {kind: email, from: [traits.email], lowercase: true}
---
trait: email
owner: a
purposes: [service, marketing, news]
schema: {type: string}
---
event: Looked
owner: a
purposes: [service, marketing, news]
schema: {type: object}
---
event: Identified
owner: a
purposes: [service, marketing, news]
schema: {type: object}
---
source: web
write_keys: [k]
---
purposes:
  marketing: {basis: consent, title: Offers}
  news: {basis: legitimate_interest, title: News}
  service: {basis: contract, promotional: false}
---
consent: {opt_out_scope: SCOPE}
---
destination: mailer
connector: smtp
settings: {host: 127.0.0.1, port: PORT, security: none, from: news@shop.example}
allow_private: true
---
channel: email
title: E-mail
destination: mailer
address: trait email
---
channel: sms
title: SMS
destination: mailer
address: trait email
---
template: offer
purpose: marketing
email:
  subject: An offer
  body: "Look! {{ sender.postal_address }} {{ unsubscribe_url }}"
  html: "<p>{{ sender.postal_address }} <a href='{{ preferences_url }}'>choose</a></p>"
sms:
  subject: An offer
  body: "Look! {{ sender.postal_address }} {{ unsubscribe_url }}"
---
template: paper
purpose: news
email: {subject: News, body: "{{ sender.postal_address }} {{ unsubscribe_url }}"}
---
journey: offers
owner: a
purpose: marketing
enter: {on: Looked, again: any time}
waive: [{code: V501, because: it is theirs to object}]
steps:
  - send: {message: offer, on: email, expires: 1d}
---
journey: papers
owner: a
purpose: news
enter: {on: Looked, again: any time}
waive: [{code: V501, because: it is theirs to object}]
steps:
  - send: {message: paper, on: email, expires: 1d}
"""


class Page(msgspec.Struct, frozen=True):
    """An answer to a browser."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def title(self) -> str:
        found = re.search(r"<h1>(.*?)</h1>", self.body)
        return found[1] if found else ""

    @property
    def ticked(self) -> dict[str, bool]:
        """Return the boxes of a page, and whether each is ticked."""
        boxes = re.findall(r'name="yes" value="([^"]*)"( checked)?', self.body)
        return {name: bool(checked) for name, checked in boxes}


class Mailbox:
    """Where letters arrive."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.came = asyncio.Event()

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002 - its signature
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.letters.append(message)
        self.came.set()
        return "250 2.0.0 Ok"

    async def next(self, subject: str) -> EmailMessage:
        """Return the newest letter of a subject once there is one."""
        while True:
            found = [one for one in self.letters if one["subject"] == subject]
            if found:
                return found[-1]
            self.came.clear()
            await asyncio.wait_for(self.came.wait(), 60)


class Hosted:
    """What a test holds."""

    def __init__(self, app: App, clock: OwnClock, mailbox: Mailbox) -> None:
        self.app = app
        self.clock = clock
        self.mailbox = mailbox
        self._door = PagesDoor(app.pages, clock.now)
        self._count = 0

    async def track(self, who: str, name: str = "Looked", **traits: object) -> None:
        """Have somebody do something, and wait until it is applied."""
        self._count += 1
        now = self.clock.now()
        message_id = f"m{self._count}"
        event = CustomerEvent(
            event_id=EventId(derive("event", "web", message_id)),
            received_at=now,
            occurred_at=now,
            source="web",
            message_id=message_id,
            kind="identify" if traits else "track",
            name="Identified" if traits else name,
            user_id=who,
            body=msgspec.json.encode(traits),
        )
        await self.app.host.progress.reached(await self.app.intake.accept([event]))

    async def agreed(self, who: str, *channels: str) -> PersonId:
        """Make somebody known who has said yes to marketing."""
        await self.track(who, email=f"{who}@example.com")
        person_id = await self.app.find(who)
        assert person_id is not None
        lines = [
            ConsentLine(purpose="marketing", is_granted=True, channel=channel)
            for channel in channels or ("*",)
        ]
        await self.app.consents.say(person_id, lines, source="test")
        return person_id

    async def state(self, who: str) -> State:
        person_id = await self.app.find(who)
        assert person_id is not None
        state = await self.app.person(person_id)
        assert state is not None
        return state

    async def get(self, url: str, *, language: str = "en", method: str = "GET") -> Page:
        return await self._call(method, url, b"", {"accept-language": language})

    async def post(
        self, url: str, fields: object = (), *, language: str = "en", peer: str = "192.0.2.7"
    ) -> Page:
        """Send a form as a browser does."""
        data = urlencode(fields).encode()  # pyright: ignore[reportArgumentType] - pairs or a mapping
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "accept-language": language,
        }
        return await self._call("POST", url, data, headers, peer=peer)

    async def send(self, url: str, data: bytes, content_type: str) -> Page:
        return await self._call("POST", url, data, {"content-type": content_type})

    async def _call(
        self,
        method: str,
        url: str,
        data: bytes,
        headers: Mapping[str, str],
        *,
        peer: str = "192.0.2.7",
    ) -> Page:
        parts = urlsplit(url)
        scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "path": parts.path.removeprefix("/mail"),
            "query_string": parts.query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": (peer, 1234),
        }
        incoming = [{"type": "http.request", "body": data, "more_body": False}]
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return incoming.pop()

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self._door(scope, receive, send)
        named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Page(sent[0]["status"], named, sent[1]["body"].decode())


@asynccontextmanager
async def hosted(folder: Path, *, scope: str = "topic", more: str = "") -> AsyncGenerator[Hosted]:
    """Start an app on a workspace of its own, and stop it."""
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mailbox, enable_SMTPUTF8=False, loop=loop), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    text = WORKSPACE.replace("PORT", str(port)).replace("SCOPE", scope) + more
    (folder / "w").mkdir()
    (folder / "w" / "all.yaml").write_text(text)
    clock = OwnClock(SYSTEM.now())
    config = Config(
        workspace=folder / "w", data=folder / "data", keys=folder / "keys", is_one_process=True
    )
    app = open_app(config, clock)
    await app.start()
    assert app.problems() == (), [str(one) for one in app.problems()]
    try:
        yield Hosted(app, clock, mailbox)
    finally:
        await app.stop()
        server.close()
        await server.wait_closed()
