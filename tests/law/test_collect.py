"""Whatever is sent, the collection door answers, and stores only what the engine can read."""

from __future__ import annotations

import asyncio
import base64
import json
import zlib
from collections.abc import MutableMapping, Sequence
from hashlib import blake2b
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.collect.door import CollectDoor
from legato.collect.segment import ROUTES
from legato.model.definitions.source import Source
from legato.model.event import (
    CustomerEvent,
    Event,
    RejectedItem,
    decode_event,
    decode_object,
    encode_event,
)
from legato.model.ids import digest
from legato.model.instant import INSTANT_MAX, Instant
from legato.model.noun import to_bytes

NOW: Instant = 1_772_445_600_000_000
SOURCES = {
    "web": Source(name="web", key_digests=(digest(b"k"),)),
    "shop": Source(name="shop", kind="rudder", key_digests=(digest(b"r"),)),
}
PATHS = [*ROUTES, "/v1/projects/k/settings", "/nowhere"]
MUTANTS = 100_000
STATUSES = {200, 204, 400, 401, 404, 405, 408, 413}


class Store:
    """An intake that insists on what the engine needs."""

    def __init__(self) -> None:
        self.kept = 0
        self.rejected = 0
        self.door = CollectDoor(
            self, lambda: NOW, sources=lambda: SOURCES, verdicts=lambda _source, _ids: {}
        )

    async def accept(self, events: Sequence[Event]) -> int:
        for event in events:
            assert decode_event(encode_event(event)) == event
            match event:
                case CustomerEvent():
                    self.kept += 1
                    insist(event)
                case RejectedItem():
                    self.rejected += 1
                    assert event.reason.code.startswith("collect.")
                case _:
                    raise AssertionError(event)
        return 1

    async def ask(self, method: str, target: str, headers: dict[str, str], body: bytes) -> int:
        """Send one request and return the status of the answer."""
        path, _, query = target.partition("?")
        messages: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: MutableMapping[str, Any]) -> None:
            messages.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode("utf-8", "replace"),
            "headers": [(k.encode(), v.encode("utf-8", "replace")) for k, v in headers.items()],
            "client": ("198.51.100.7", 1),
            "scheme": "http",
        }
        await self.door(scope, receive, send)
        return messages[0]["status"]


def insist(event: CustomerEvent) -> None:
    """Whatever of an event is read later can be read, and stored in a person's state."""
    for data in (event.body, event.context, event.integrations):
        to_bytes(decode_object(data))
    assert event.user_id or event.anonymous_id
    assert event.name
    assert event.message_id
    assert 0 <= event.occurred_at <= event.received_at == NOW
    for instant in (event.original_at, event.sent_at):
        assert instant is None or 0 <= instant <= INSTANT_MAX


TEXT = st.text(max_size=12)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXT
    | st.sampled_from(["track", "a"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["type", "userId", "anonymousId", "messageId", "timestamp", "sentAt", "properties", "batch"]
)
STAMPS = st.datetimes().map(lambda moment: moment.isoformat()) | TEXT
CALLS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["track", "identify", "page", "screen", "group", "alias"]) | VALUES,
        "event": TEXT | VALUES,
        "userId": TEXT | VALUES,
        "anonymousId": TEXT | VALUES,
        "previousId": VALUES,
        "groupId": VALUES,
        "messageId": VALUES,
        "timestamp": STAMPS,
        "originalTimestamp": STAMPS,
        "sentAt": STAMPS,
        "properties": st.dictionaries(TEXT, VALUES, max_size=4) | VALUES,
        "traits": st.dictionaries(TEXT, VALUES, max_size=4) | VALUES,
        "context": st.dictionaries(TEXT, VALUES, max_size=4) | VALUES,
        "integrations": VALUES,
    },
) | st.dictionaries(FIELDS, VALUES, max_size=6)
BODIES = (
    st.binary(max_size=200)
    | CALLS.map(lambda call: json.dumps(call).encode())
    | st.fixed_dictionaries(
        {"batch": st.lists(CALLS | VALUES, max_size=5)},
        optional={"sentAt": STAMPS, "context": VALUES, "integrations": VALUES, "writeKey": VALUES},
    ).map(lambda batch: json.dumps(batch).encode())
)
HEADERS = st.fixed_dictionaries(
    {"authorization": st.sampled_from(["Basic azo=", "Basic cjo=", "Bearer k"]) | TEXT},
    optional={
        "content-encoding": st.sampled_from(["gzip", "deflate", "br", ""]) | TEXT,
        "origin": TEXT,
        "sentat": STAMPS,
        "x-write-key": st.sampled_from(["k", "r"]),
        "host": TEXT,
        "access-control-request-headers": TEXT,
    },
)


@settings(max_examples=1_000, deadline=None)
@given(
    method=st.sampled_from(["POST", "POST", "POST", "GET", "HEAD", "OPTIONS", "PUT"]),
    path=st.sampled_from(PATHS),
    query=st.sampled_from(["", "?verbose=1", "?writeKey=k", "?writeKey=k&userId=a&event=e"]) | TEXT,
    headers=HEADERS,
    body=BODIES,
)
def test_no_request_brings_the_door_down(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    assert asyncio.run(Store().ask(method, f"{path}{query}", headers, body)) in STATUSES


@settings(max_examples=300, deadline=None)
@given(calls=st.lists(CALLS | VALUES, max_size=5), key=st.sampled_from(["azo=", "cjo="]))
def test_every_call_of_a_batch_is_kept_or_rejected(calls: list[Any], key: str) -> None:
    store = Store()
    body = json.dumps({"batch": calls, "sentAt": "2026-03-02T09:59:59Z"}).encode()

    status = asyncio.run(store.ask("POST", "/v1/batch", {"authorization": f"Basic {key}"}, body))

    assert status == 200 or not calls
    assert store.kept + store.rejected == len(calls)


TRACK = (
    b'{"type":"track","event":"Bought","userId":"ana","messageId":"m","properties":{"a":[1,{"b":'
    b'"x\\ud83d\\ude42"}],"v":1.5e3},"context":{"ip":"::1","library":{"name":"x"}},"timestamp":'
    b'"2026-03-02T09:00:00.123Z","sentAt":"2026-03-02T09:00:01-05:00"}'
)
BATCH = (
    b'{"batch":[{"type":"identify","userId":7,"traits":{"email":"a@example.com","n":null}},'
    b'{"type":"alias","userId":"a","previousId":"b"},{"type":"group","anonymousId":"a","groupId":'
    b'"g"},{"type":"page","userId":"a","name":"N"}],"context":{"a":1},"sentAt":"2026-03-02"}'
)
SEEDS = (TRACK, BATCH)
PIECES = (
    b"NaN", b"1e999", b"\\ud800", b"\xff", b"\x00", b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":",
    b"null", b"-", b"9" * 40, b"[" * 40, b'{"a":' * 40, b"[" * 2_000, b'"userId":{}', b" ",
)  # fmt: skip


def mutant(number: int) -> tuple[str, bytes]:
    """Change a good body in one to four places, always the same way for a number."""
    dice = blake2b(number.to_bytes(8, "big")).digest()
    body = bytearray(SEEDS[dice[0] % 2])
    for turn in range(1 + dice[1] % 4):
        how, piece, *place = dice[2 + turn * 6 : 8 + turn * 6]
        at = int.from_bytes(bytes(place), "big") % (len(body) + 1)
        match how % 4:
            case 0:
                body[at:at] = PIECES[piece % len(PIECES)]
            case 1:
                body[at : at + piece] = b""
            case 2:
                body[at : at + 1] = bytes([piece])
            case _:
                body[at:at] = body[at : at + piece]
    data = bytes(body)
    return ("/v1/t" if dice[0] % 2 == 0 else "/v1/b"), zlib.compress(data) if dice[
        40
    ] == 0 else data


def test_a_hundred_thousand_damaged_bodies_are_all_answered() -> None:
    async def send_all() -> tuple[Store, dict[int, int]]:
        store = Store()
        headers = {"authorization": "Basic " + base64.b64encode(b"k:").decode()}
        counts: dict[int, int] = {}
        for number in range(MUTANTS):
            path, body = mutant(number)
            status = await store.ask("POST", path, headers, body)
            counts[status] = counts.get(status, 0) + 1
        return store, counts

    store, counts = asyncio.run(send_all())

    assert set(counts) <= {200, 400}
    assert counts[200] > MUTANTS // 20
    assert store.kept > MUTANTS // 20
    assert store.rejected > MUTANTS // 100
