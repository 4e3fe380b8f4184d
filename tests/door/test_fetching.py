"""Calls that only name what happened: it is fetched before anything is read, through any end."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from legato.app.app import open_app
from legato.doors import Doors
from legato.model.instant import DAY
from legato.model.note import Admitted
from tests.door.posted import SECONDS_MAX, Answered, Posted
from tests.door.provider import Provider, Question, Told

SECRETS = {"APP": "the-app", "VERIFY": "the-word", "PAGE": "page-token"}
WORKSPACE = """
workspace: leads
---
identity:
  - {kind: email, from: [traits.email, properties.email], lowercase: true}
---
source: leads
connector: meta_lead_ads
channel: email
allow_private: true
settings:
  app_secret: {secret: APP}
  verify_token: {secret: VERIFY}
  page_token: {secret: PAGE}
  api: API
---
destination: gateway
connector: webhook
allow_private: true
settings: {url: "http://127.0.0.1:PORT/gateway"}
---
channel: email
destination: gateway
address: identifier email
"""


class Meta:
    """The part of the Graph API that is asked for leads."""

    def __init__(self) -> None:
        self.leads: dict[str, Mapping[str, Any]] = {}
        self.fault: Told | None = None

    def submit(self, number: str, email: str) -> None:
        fields = [{"name": "email", "values": [email]}, {"name": "full_name", "values": ["Ana"]}]
        self.leads[number] = {
            "id": number,
            "form_id": "f1",
            "created_time": "2026-03-02T09:59:00+0000",
            "field_data": fields,
        }

    def answer(self, question: Question) -> Told:
        if question.headers.get("authorization") != "Bearer page-token":
            return Told(401, {"error": {"code": 190}})
        if self.fault is not None:
            return self.fault
        lead = self.leads.get(question.path.rsplit("/", 1)[1])
        return Told(200, lead) if lead else Told(404, {"error": {"code": 100}})


class Desk:
    """A started app, and the provider that it asks."""

    def __init__(self, folder: Path) -> None:
        self.meta = Meta()
        self.provider = Provider(self.meta.answer)
        text = WORKSPACE.replace("API", self.provider.url)
        self.posted = Posted(folder, text, SECRETS)

    def notify(self, *numbers: str, secret: str = "the-app") -> Answered:
        changes = [{"field": "leadgen", "value": {"leadgen_id": one}} for one in numbers]
        body = json.dumps({"object": "page", "entry": [{"changes": changes}]}).encode()
        mac = hmac.digest(secret.encode(), body, "sha256").hex()
        headers = {"x-hub-signature-256": f"sha256={mac}", "content-type": "application/json"}
        return self.posted.call("POST", "http://127.0.0.1/hooks/leads", headers, body)

    def read(self, count: int = 1) -> list[str]:
        """Return the names of the events that were read, once there are so many and none waits."""
        found = self.posted.until(self._admitted, count)
        self.posted.runner.run(asyncio.wait_for(self._emptied(), SECONDS_MAX))
        return found

    def quarantined(self, code: str) -> list[str]:
        """Return what waits, once something does so for this reason."""
        return self.posted.until(
            lambda: [found for _, found in self.posted.quarantined() if found == code], 1
        )

    def end_and_start(self) -> None:
        posted = self.posted
        posted.runner.run(posted.app.stop())
        posted.app = open_app(posted.app.config, posted.clock)
        posted.runner.run(posted.app.start())
        posted.door, posted.token = Doors().mount(posted.app)

    def _admitted(self) -> list[str]:
        stories = self.posted.app.records.tail(0, 1000)
        notes = [note for story in stories for note in story.notes]
        return [note.name for note in notes if isinstance(note, Admitted)]

    async def _emptied(self) -> None:
        while self.posted.quarantined():  # noqa: ASYNC110 - nobody tells when one is emptied
            await asyncio.sleep(0)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.posted.close()
    desk.provider.close()


def test_meta_is_answered_when_it_asks_whether_somebody_is_here(desk: Desk) -> None:
    url = "http://127.0.0.1/hooks/leads?hub.mode=subscribe&hub.challenge=42&hub.verify_token="

    assert desk.posted.call("GET", url + "the-word").body == b"42"
    assert desk.posted.call("GET", url + "another").status == 401


def test_a_lead_is_fetched_and_then_read(desk: Desk) -> None:
    desk.meta.submit("444", "ana@example.com")

    assert desk.notify("444").status == 200
    assert desk.read() == ["Lead Submitted"]
    assert desk.notify("444", secret="another").status == 401
    assert desk.provider.questions[0].query["fields"].startswith("id,created_time")
    assert desk.posted.state("ana@example.com").identifiers["email"]


def test_an_end_between_the_call_and_the_fetch_loses_nothing(desk: Desk) -> None:
    desk.meta.fault = Told(503, {})
    desk.meta.submit("1", "ana@example.com")

    assert desk.notify("1").status == 200
    assert desk.quarantined("source.fetching") == ["source.fetching"]
    desk.meta.fault = None
    desk.end_and_start()

    assert desk.read() == ["Lead Submitted"]


def test_what_the_provider_does_not_have_waits_with_the_reason_and_can_be_replayed(
    desk: Desk,
) -> None:
    desk.notify("7")
    desk.quarantined("source.unfetched")
    desk.meta.submit("7", "bo@example.com")
    rows = desk.posted.app.records.quarantine(0, 10)
    desk.posted.post("/api/quarantine/replay", {"positions": [row.position for row in rows]})

    assert desk.read() == ["Lead Submitted"]


def test_a_provider_that_is_down_for_too_long_is_given_up(desk: Desk) -> None:
    desk.meta.fault = Told(503, {})
    desk.notify("9")
    desk.quarantined("source.fetching")
    desk.posted.clock.set(desk.posted.clock.now() + DAY + 1)
    desk.posted.runner.run(desk.posted.app.secrets.put("PAGE", "page-token", actor="a test"))

    assert desk.quarantined("source.unfetched") == ["source.unfetched"]


def test_the_same_notification_again_is_read_once(desk: Desk) -> None:
    desk.meta.submit("5", "ana@example.com")
    desk.notify("5", "5")
    desk.read()
    desk.notify("5")
    desk.meta.submit("6", "bo@example.com")
    desk.notify("6")

    assert desk.read(2) == ["Lead Submitted"] * 2
    assert len(desk.posted.admitted("ana@example.com")) == 1
