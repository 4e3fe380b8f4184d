"""Recorded traffic of unmodified SDKs, replayed through the collection door."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections.abc import MutableMapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from legato.collect.door import CollectDoor
from legato.model.definitions.source import Source
from legato.model.event import NAME_OF_KIND, CustomerEvent, Event
from legato.model.ids import digest
from legato.model.instant import SECOND, Instant, from_datetime
from legato.ports.intake import Busy

CAPTURES = sorted((Path(__file__).parent / "captures").glob("*.jsonl"))
LAG = 3 * SECOND
"""How far the test's clock is ahead of every recorded client's."""
UNIQUE = {"browser": 9, "npm": 38, "py": 113}
"""Calls that each program made; the recordings hold more, because of retries."""


class Replay:
    """A door whose clock follows the recording and whose intake fails where the recorder did."""

    def __init__(self) -> None:
        self.now: Instant = 0
        self.is_busy = False
        self.events: list[Event] = []
        self.door = CollectDoor(
            self,
            lambda: self.now,
            sources=lambda: SOURCES,
            verdicts=lambda _source, _ids: {},
        )

    async def accept(self, events: Sequence[Event]) -> int:
        if self.is_busy:
            raise Busy("as recorded", retry_after=2 * SECOND)
        self.events.extend(events)
        return len(self.events)

    async def send(self, record: dict[str, Any]) -> tuple[int, dict[bytes, bytes], bytes]:
        """Put one recorded request through the door."""
        body = base64.b64decode(record["body_b64"])
        said = read_body(record)
        self.now = from_datetime(datetime.fromisoformat(said["sentAt"])) + LAG if said else 0
        self.is_busy = record["response_status"] != 200
        path, _, query = record["path"].partition("?")
        scope = {
            "type": "http",
            "method": record["method"],
            "path": path,
            "query_string": query.encode(),
            "headers": [(k.lower().encode(), v.encode()) for k, v in record["headers"]],
            "client": ("198.51.100.7", 50_000),
            "scheme": "http",
        }
        # In two pieces, as a socket may give them.
        pieces = [
            {"type": "http.request", "body": body[:100], "more_body": True},
            {"type": "http.request", "body": body[100:], "more_body": False},
        ]
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return pieces.pop(0)

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self.door(scope, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


SOURCES = {"web": Source(name="web", key_digests=(digest(b"SEGMENT_WRITE_KEY"),))}


def read_body(record: dict[str, Any]) -> dict[str, Any]:
    body = base64.b64decode(record["body_b64"])
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    return json.loads(body) if body else {}


def records(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [record for line in lines if (record := json.loads(line))["path"] != "/favicon.ico"]


def expected(said: dict[str, Any], call: dict[str, Any], now: Instant) -> dict[str, Any]:
    """Read a call a second time, more simply: what its event has to be."""
    kind: str = call["type"]
    original = from_datetime(datetime.fromisoformat(call["timestamp"]))
    sent = from_datetime(datetime.fromisoformat(said["sentAt"]))
    facts = call.get("properties", call.get("traits", {}))
    beside = {k: call[k] for k in ("name", "category") if kind in ("page", "screen") and k in call}
    return {
        "kind": kind,
        "name": call["event"] if kind == "track" else NAME_OF_KIND[kind],
        "message_id": call["messageId"],
        "user_id": call.get("userId"),
        "anonymous_id": call.get("anonymousId"),
        "previous_id": call.get("previousId"),
        "group_id": call.get("groupId"),
        "body": {**beside, **facts},
        "occurred_at": now - (sent - original),
        "original_at": original,
        "sent_at": sent,
        "integrations": call["integrations"],
    }


def got(event: CustomerEvent) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "name": event.name,
        "message_id": event.message_id,
        "user_id": event.user_id,
        "anonymous_id": event.anonymous_id,
        "previous_id": event.previous_id,
        "group_id": event.group_id,
        "body": json.loads(event.body),
        "occurred_at": event.occurred_at,
        "original_at": event.original_at,
        "sent_at": event.sent_at,
        "integrations": json.loads(event.integrations),
    }


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_every_recorded_call_is_stored_with_its_meaning(path: Path) -> None:
    async def play() -> None:
        replay = Replay()
        for record in records(path):
            if record["method"] != "POST" or record["response_status"] != 200:
                continue
            said = read_body(record)
            before = len(replay.events)

            await replay.send(record)

            stored = [e for e in replay.events[before:] if isinstance(e, CustomerEvent)]
            calls = said.get("batch", [said])
            assert [got(event) for event in stored] == [
                expected(said, call, replay.now) for call in calls
            ]

    asyncio.run(play())


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_recorded_retries_store_each_call_under_one_id(path: Path) -> None:
    async def play() -> None:
        replay = Replay()

        for record in records(path):
            await replay.send(record)

        ids = {event.event_id for event in replay.events if isinstance(event, CustomerEvent)}
        assert len(ids) == UNIQUE[path.name.partition("-")[0]]

    asyncio.run(play())


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_each_client_gets_the_answer_that_it_understands(path: Path) -> None:
    async def play() -> None:
        replay = Replay()
        for record in records(path):
            status, headers, body = await replay.send(record)

            if record["response_status"] != 200:
                assert status == 503
                assert headers[b"retry-after"] == b"2"
                assert {"success", "code", "message"} <= set(json.loads(body))
            elif record["method"] == "GET":
                settings = json.loads(body)["integrations"]["Segment.io"]
                assert settings["apiKey"] == "SEGMENT_WRITE_KEY"
                host = dict(record["headers"])["Host"]
                assert settings["apiHost"] == f"{host}/v1"
            else:
                assert status == 200
                assert json.loads(body) == {"success": True}

    asyncio.run(play())


def test_a_browser_may_read_every_answer_and_its_address_is_kept() -> None:
    async def play() -> None:
        replay = Replay()
        path = next(path for path in CAPTURES if path.name.startswith("browser"))
        for record in records(path):
            origin = dict(record["headers"]).get("Origin")
            if origin is None:
                continue

            _, headers, _ = await replay.send(record)

            assert headers[b"access-control-allow-origin"] == origin.encode()
        addresses = [
            json.loads(e.context)["ip"] for e in replay.events if isinstance(e, CustomerEvent)
        ]
        assert addresses
        assert set(addresses) == {"198.51.100.7"}

    asyncio.run(play())


def test_a_servers_address_is_not_taken_for_a_persons() -> None:
    async def play() -> None:
        replay = Replay()
        path = next(path for path in CAPTURES if path.name.startswith("npm"))

        for record in records(path):
            await replay.send(record)

        contexts = [json.loads(e.context) for e in replay.events if isinstance(e, CustomerEvent)]
        assert {context.get("ip") for context in contexts} == {None, "203.0.113.9"}

    asyncio.run(play())
