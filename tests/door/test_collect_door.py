"""What the collection door answers, and what it hands to the intake."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import zlib
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from legato.collect.door import CollectDoor
from legato.collect.segment import is_collect_path
from legato.model.definitions.source import Source
from legato.model.effect import Quarantine
from legato.model.event import CustomerEvent, Event, RejectedItem
from legato.model.ids import digest
from legato.model.instant import Instant, parse_instant
from legato.model.problem import LegatoError, Reason
from legato.ports.intake import Busy
from legato.ports.state_store import QuarantineRow

NOW: Instant = parse_instant("2026-03-02T10:00:00Z") or 0
KEY, RUDDER, OFF, RUDDER_OFF = "segment-key", "rudder-key", "off-key", "rudder-off-key"
SOURCES: Mapping[str, Source] = {
    "web": Source(name="web", key_digests=(digest(KEY.encode()),)),
    "shop": Source(name="shop", kind="rudder", key_digests=(digest(RUDDER.encode()),)),
    "off": Source(name="off", key_digests=(digest(OFF.encode()),), is_enabled=False),
    "rudder_off": Source(
        name="rudder_off",
        kind="rudder",
        key_digests=(digest(RUDDER_OFF.encode()),),
        is_enabled=False,
    ),
}
CALL = {"type": "track", "event": "Bought", "userId": "ana", "messageId": "m1"}


class Reply(NamedTuple):
    """An answer of the door."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


class Desk:
    """A door with an intake in memory."""

    def __init__(self, *, proxy_count: int = 0) -> None:
        self.events: list[Event] = []
        self.fault: Exception | None = None
        self.sources = SOURCES
        self.door = CollectDoor(
            self,
            lambda: NOW,
            sources=lambda: self.sources,
            verdicts=verdicts,
            proxy_count=proxy_count,
        )

    async def accept(self, events: Sequence[Event]) -> int:
        if self.fault is not None:
            raise self.fault
        self.events.extend(events)
        return len(self.events)

    def customer(self) -> CustomerEvent:
        (event,) = self.events
        assert isinstance(event, CustomerEvent)
        return event

    def rejected(self) -> RejectedItem:
        (event,) = self.events
        assert isinstance(event, RejectedItem)
        return event

    def ask(
        self,
        target: str,
        body: object = b"",
        *,
        method: str = "POST",
        key: str | None = KEY,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request; a body that is no bytes goes as JSON."""
        path, _, query = target.partition("?")
        sent = {"authorization": basic(f"{key}:")} if key else {}
        sent |= headers or {}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(k.encode(), v.encode()) for k, v in sent.items()],
            "client": ("198.51.100.7", 50_000),
            "scheme": "http",
        }
        return asyncio.run(self._ask(scope, data)) or Reply(0, {}, b"")

    async def _ask(self, scope: dict[str, Any], data: bytes) -> Reply | None:
        messages: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": data, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            messages.append(message)

        await self.door(scope, receive, send)
        start, end = messages
        headers = {k.decode(): v.decode() for k, v in start["headers"]}
        return Reply(start["status"], headers, end["body"])


def verdicts(source: str, ids: Sequence[str]) -> Mapping[str, QuarantineRow | None]:
    """Know `good` and `bad` of the source `web`."""
    row = QuarantineRow(
        position=7,
        quarantine=Quarantine(
            event_id="event_1",
            source=source,
            message_id="bad",
            name="Bought",
            received_at=NOW,
            reason=Reason(code="admit.shape", what="The event has another shape."),
        ),
    )
    known: Mapping[str, QuarantineRow | None] = {"good": None, "bad": row}
    return {name: known[name] for name in ids if name in known and source == "web"}


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


SINGLES = {
    "track": {"event": "Bought"},
    "identify": {"traits": {"a": 1}},
    "page": {},
    "screen": {},
    "group": {"groupId": "g"},
    "alias": {"previousId": "old"},
}


@pytest.mark.parametrize("kind", SINGLES)
def test_every_spelling_of_a_route_takes_its_call(kind: str) -> None:
    for path in (f"/v1/{kind}", f"/{kind}", f"/v1/{kind[0]}", f"/{kind[0]}", f"/v1/{kind}/"):
        desk = Desk()

        reply = desk.ask(path, {"userId": "ana", **SINGLES[kind]})

        assert (reply.status, reply.json) == (200, {"success": True})
        assert desk.customer().kind == kind


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/import", "/v1/b", "/batch", "/import", "/b"])
def test_every_spelling_of_the_batch_route_takes_a_batch(path: str) -> None:
    desk = Desk()

    reply = desk.ask(path, {"batch": [CALL, {**CALL, "messageId": "m2"}]})

    assert reply.status == 200
    assert [e.message_id for e in desk.events if isinstance(e, CustomerEvent)] == ["m1", "m2"]


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": basic(f"{KEY}:")},
        {"authorization": basic(KEY)},
        {"authorization": basic(KEY).rstrip("=")},
        {"authorization": basic(f"{KEY}:").replace("Basic", "basic")},
        {"authorization": f"Bearer {KEY}"},
        {"x-write-key": KEY},
    ],
)
def test_a_write_key_may_stand_in_the_headers(headers: dict[str, str]) -> None:
    desk = Desk()

    assert desk.ask("/v1/track", CALL, key=None, headers=headers).status == 200
    assert desk.customer().source == "web"


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer token-of-oauth"}, {"authorization": basic(":")}]
)
def test_a_write_key_may_stand_in_the_body(headers: dict[str, str]) -> None:
    desk = Desk()

    reply = desk.ask("/v1/batch", {"batch": [CALL], "writeKey": KEY}, key=None, headers=headers)

    assert reply.status == 200
    assert desk.customer().source == "web"


def test_another_plan_brings_other_keys() -> None:
    desk = Desk()
    assert desk.ask("/v1/track", CALL).status == 200

    desk.sources = {"web": Source(name="web", key_digests=(digest(b"new-key"),))}

    assert desk.ask("/v1/track", CALL).status == 401
    assert desk.ask("/v1/track", CALL, key="new-key").status == 200


def test_a_key_in_a_header_wins_over_the_body() -> None:
    desk = Desk()

    reply = desk.ask(
        "/v1/track", {**CALL, "writeKey": "jk:***"}, key=None, headers={"x-write-key": KEY}
    )

    assert reply.status == 200


def test_a_beacon_carries_its_key_in_the_query() -> None:
    desk = Desk()

    reply = desk.ask(
        f"/beacon/v1/batch?writeKey={RUDDER}",
        {"batch": [CALL]},
        key=None,
        headers={"content-type": "text/plain"},
    )

    assert (reply.status, reply.body) == (200, b"ok")


@pytest.mark.parametrize(
    ("key", "headers", "status", "said"),
    [
        (None, {}, 401, "missing_write_key"),
        ("nobody", {}, 401, "invalid_write_key"),
        (OFF, {}, 401, "source_disabled"),
        (None, {"anonymousid": "YQ=="}, 401, "failed to read writekey from header"),
        ("nobody", {"anonymousid": "YQ=="}, 401, "invalid write key"),
        (RUDDER_OFF, {}, 404, "source is disabled"),
    ],
)
def test_a_wrong_key_is_refused_in_the_familys_own_form(
    key: str | None, headers: dict[str, str], status: int, said: str
) -> None:
    desk = Desk()

    reply = desk.ask("/v1/track", CALL, key=key, headers=headers)

    assert reply.status == status
    if "_" in said:
        assert reply.json["success"] is False
        assert reply.json["code"] == said
        assert reply.json["message"]
    else:
        assert reply.body.decode().strip() == said
    assert desk.events == []
    assert b"nobody" not in reply.body


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/track", b"{", 400, "invalid_json"),
        ("/v1/track", b"[]", 400, "invalid_json"),
        ("/v1/track", b"", 400, "invalid_json"),
        ("/v1/batch", b"{", 400, "invalid_json"),
        ("/v1/batch", b"{}", 400, "invalid_request"),
        ("/v1/batch", b'{"batch":{}}', 400, "invalid_request"),
        ("/v1/track", b'{"a":"%s"}' % (b"x" * 33_000), 400, "too_large"),
        ("/v1/batch", b'{"batch":["%s"]}' % (b"x" * 512_000), 400, "too_large"),
        ("/v1/nothing", b"{}", 404, "not_found"),
    ],
)
def test_a_bad_request_is_told_why(path: str, body: bytes, status: int, code: str) -> None:
    desk = Desk()

    reply = desk.ask(path, body)

    assert (reply.status, reply.json["code"]) == (status, code)
    assert desk.events == []


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "invalid json"),
        (b'{"batch":[]}', 400, "empty batch payload"),
        (b"{}", 400, "event is not a valid rudder event"),
        (b'{"batch":["%s"]}' % (b"x" * 4_100_000), 413, "request size exceeds max limit"),
    ],
)
def test_a_bad_rudder_request_is_told_why_in_rudders_words(
    body: bytes, status: int, said: str
) -> None:
    reply = Desk().ask("/v1/batch", body, key=RUDDER)

    assert (reply.status, reply.body.decode().strip()) == (status, said)


def test_another_method_is_refused_with_the_right_one() -> None:
    reply = Desk().ask("/v1/track", method="GET")

    assert reply.status == 405
    assert reply.headers["allow"] == "POST, OPTIONS"


PLAIN = json.dumps({"batch": [CALL]}).encode()


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", gzip.compress(PLAIN, mtime=0)),
        ("x-gzip", gzip.compress(PLAIN, mtime=0)),
        ("GZIP", gzip.compress(PLAIN, mtime=0)),
        ("", gzip.compress(PLAIN, mtime=0)),
        ("deflate", zlib.compress(PLAIN)),
        ("deflate", zlib.compress(PLAIN, wbits=-15)),
        ("gzip", gzip.compress(PLAIN[:20], mtime=0) + gzip.compress(PLAIN[20:], mtime=0)),
        ("gzip", PLAIN),
        ("identity", PLAIN),
    ],
)
def test_a_packed_body_is_unpacked_whatever_its_type(encoding: str, data: bytes) -> None:
    desk = Desk()
    headers = {"content-encoding": encoding, "content-type": "application/x-www-form-urlencoded"}

    reply = desk.ask("/v1/batch", data, headers=headers)

    assert reply.status == 200
    assert desk.customer().name == "Bought"


@pytest.mark.parametrize(
    ("encoding", "data", "code"),
    [
        ("gzip", gzip.compress(b" " * 50_000_000, mtime=0), "too_large"),
        ("deflate", zlib.compress(b" " * 50_000_000), "too_large"),
        ("gzip", gzip.compress(b" " * 300_000, mtime=0) * 2, "too_large"),
        ("gzip", gzip.compress(b"{}", mtime=0)[:-9], "bad_encoding"),
        ("deflate", b"nonsense", "bad_encoding"),
        ("br", b"nonsense", "bad_encoding"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_refused(encoding: str, data: bytes, code: str) -> None:
    reply = Desk().ask("/v1/batch", data, headers={"content-encoding": encoding})

    assert (reply.status, reply.json["code"]) == (400, code)


def test_a_poison_call_harms_no_other_call_of_its_batch() -> None:
    desk = Desk()
    poison = b'{"type":"track","event":"\xff","userId":"a","properties":[1]}'
    good = json.dumps(CALL).encode()

    reply = desk.ask("/v1/batch", b'{"batch":[%s,%s,7,null,%s]}' % (good, poison, good))

    assert reply.status == 200
    assert [type(event).__name__ for event in desk.events] == [
        "CustomerEvent",
        "RejectedItem",
        "RejectedItem",
        "RejectedItem",
        "CustomerEvent",
    ]


def test_calls_of_a_batch_keep_the_context_that_each_would_have_alone() -> None:
    phone: dict[str, Any] = {"context": {"device": {"id": "d1"}, "n": 2**70}}
    server = {**phone, "channel": "server"}
    broken: dict[str, Any] = {"context": []}
    stated: dict[str, Any] = {"context": {"ip": "192.0.2.1"}}
    kinds = [phone, phone, server, server, phone, broken, broken, stated, {}, {}]
    calls = [{**CALL, **kind, "messageId": f"m{at}"} for at, kind in enumerate(kinds)]
    shared = {"context": {"app": {"name": "shop"}}}
    together, apart = Desk(), Desk()

    together.ask("/v1/b", {"batch": calls, **shared})
    for call in calls:
        apart.ask("/v1/b", {"batch": [call], **shared})

    assert together.events == apart.events
    codes = [getattr(getattr(event, "reason", None), "code", "") for event in together.events]
    assert codes.count("collect.context_not_an_object") == 2
    assert (
        len({event.context for event in together.events if isinstance(event, CustomerEvent)}) == 4
    )


def test_calls_beyond_the_batchs_bound_are_quarantined_as_one() -> None:
    desk = Desk()

    reply = desk.ask("/v1/batch", {"batch": [{"userId": "a", "type": "page"}] * 2_502})

    assert reply.status == 200
    (excess,) = [e for e in desk.events if isinstance(e, RejectedItem)]
    assert excess.reason.code == "collect.too_many"
    assert json.loads(excess.raw) == [{"userId": "a", "type": "page"}] * 2
    assert len({e.event_id for e in desk.events if isinstance(e, CustomerEvent)}) == 2_500


@pytest.mark.parametrize(
    ("calls", "context", "status"),
    [
        (2_500, b'{"a":"%s"}' % (b"x" * 1_000), 200),
        (2_500, b'{"a":"%s"}' % (b"x" * 2_000), 400),
        (1, b'{"a":"%s"}' % (b"x" * 40_000), 400),
        (1, b'{"a":%s%s}' % (b"[" * 40, b"]" * 40), 400),
    ],
)
def test_a_context_said_once_cannot_swell_a_batch(calls: int, context: bytes, status: int) -> None:
    items = b",".join([b'{"userId":"a","type":"page"}'] * calls)

    reply = Desk().ask("/v1/batch", b'{"batch":[%s],"context":%s}' % (items, context))

    assert reply.status == status


def test_a_rejected_call_is_kept_whole_but_for_its_key() -> None:
    desk = Desk()

    desk.ask("/v1/track", {"event": "Bought", "writeKey": KEY, "properties": {"a": 1}})

    kept = json.loads(desk.rejected().raw)
    assert kept == {"event": "Bought", "writeKey": "***", "properties": {"a": 1}}


def test_a_verbose_batch_is_told_what_became_of_each_call() -> None:
    reply = Desk().ask("/v1/batch?verbose=1", {"batch": [CALL, {"type": "hit", "messageId": "m2"}]})

    good, bad = reply.json["items"]
    assert good == {"messageId": "m1", "status": "accepted"}
    assert (bad["messageId"], bad["status"]) == ("m2", "rejected")
    assert bad["code"] == "collect.type_unknown"


def test_verdicts_tell_what_became_of_calls_later() -> None:
    reply = Desk().ask("/v1/verdicts?messageId=good&messageId=bad&messageId=never", method="GET")

    assert [item["status"] for item in reply.json["verdicts"]] == [
        "accepted",
        "quarantined",
        "unknown",
    ]
    assert reply.json["verdicts"][1]["code"] == "admit.shape"


@pytest.mark.parametrize(("key", "status"), [(None, 401), ("nobody", 401), (KEY, 400)])
def test_verdicts_want_a_key_and_ids(key: str | None, status: int) -> None:
    assert Desk().ask("/v1/verdicts", method="GET", key=key).status == status


def test_a_busy_host_is_503_with_the_time_to_come_back() -> None:
    desk = Desk()
    desk.fault = Busy("full", retry_after=1_500_000)

    reply = desk.ask("/v1/track", CALL)
    rudder = desk.ask("/v1/track", CALL, key=RUDDER)

    assert (reply.status, reply.headers["retry-after"], reply.json["code"]) == (503, "2", "busy")
    assert (rudder.status, rudder.headers["retry-after"]) == (503, "2")
    assert desk.events == []


def test_a_failing_log_is_503_and_never_200() -> None:
    desk = Desk()
    desk.fault = LegatoError("the disk is full", fix="free some space", can_retry=True)

    assert desk.ask("/v1/track", CALL).status == 503


def test_an_unforeseen_fault_is_500_and_tells_nothing() -> None:
    desk = Desk()
    desk.fault = KeyError("ana@example.com")

    reply = desk.ask("/v1/track", CALL)

    assert reply.status == 500
    assert b"ana" not in reply.body


def test_a_preflight_allows_what_it_asks_for() -> None:
    headers = {
        "origin": "https://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "anonymousid,authorization,content-type",
    }

    reply = Desk().ask("/v1/t", method="OPTIONS", key=None, headers=headers)

    assert reply.status == 204
    assert reply.headers["access-control-allow-origin"] == "https://shop.example"
    assert (
        reply.headers["access-control-allow-headers"] == headers["access-control-request-headers"]
    )
    assert "POST" in reply.headers["access-control-allow-methods"]
    assert int(reply.headers["access-control-max-age"]) >= 900


def test_even_a_refusal_can_be_read_by_a_browser() -> None:
    reply = Desk().ask("/v1/t", b"{", key=None, headers={"origin": "https://shop.example"})

    assert reply.status == 401
    assert reply.headers["access-control-allow-origin"] == "https://shop.example"


def test_settings_send_browsers_to_this_host() -> None:
    reply = Desk().ask(
        f"/v1/projects/{KEY}/settings", method="GET", key=None, headers={"host": "cdp.example"}
    )

    segment = reply.json["integrations"]["Segment.io"]
    assert (segment["apiHost"], segment["protocol"]) == ("cdp.example/v1", "http")
    assert "max-age" in reply.headers["cache-control"]


def test_settings_of_an_unknown_key_are_not_found() -> None:
    reply = Desk().ask("/v1/projects/nobody/settings", method="GET", key=None)

    assert reply.status == 404
    assert b"nobody" not in reply.body


@pytest.mark.parametrize(("key", "is_enabled"), [(RUDDER, True), (RUDDER_OFF, False)])
def test_rudders_browser_sdk_learns_of_its_source(key: str, *, is_enabled: bool) -> None:
    reply = Desk().ask(f"/sourceConfig/?writeKey={key}&p=cdn", method="GET", key=None)

    source = reply.json["source"]
    assert source["enabled"] is is_enabled
    assert isinstance(source["config"], dict)
    assert source["destinations"] == []


OPENED = {"writeKey": KEY, "userId": "ana", "event": "Opened? >>>~", "properties": {"a": "1"}}
PACKED = base64.b64encode(json.dumps(OPENED).encode()).decode()


@pytest.mark.parametrize(
    "target",
    [
        f"/pixel/v1/track?{urlencode({**OPENED, 'properties': json.dumps(OPENED['properties'])})}",
        f"/pixel/v1/track?{urlencode({**OPENED, 'properties': '{}', 'properties.a': '1'})}",
        f"/pixel/v1/track?writeKey={KEY}&userId=ana&event=Opened%3F+%3E%3E%3E~&properties.a=1",
        f"/v1/pixel/track?{urlencode({'data': PACKED})}",
        f"/v1/pixel/track?data={PACKED}",
        f"/v1/pixel/track?data={PACKED.translate({43: '-', 47: '_', 61: None})}",
    ],
)
def test_a_pixel_is_a_call_and_an_image(target: str) -> None:
    desk = Desk()

    reply = desk.ask(target, method="GET", key=None)

    assert (reply.status, reply.headers["content-type"]) == (200, "image/gif")
    assert reply.body.startswith(b"GIF89a")
    event = desk.customer()
    assert (event.name, event.user_id) == ("Opened? >>>~", "ana")
    assert json.loads(event.body) == {"a": "1"}


@pytest.mark.parametrize("levels", range(900, 1_000, 7))
def test_a_pixel_that_nests_without_end_is_refused_or_quarantined(levels: int) -> None:
    desk = Desk()
    deep = "[" * levels + "]" * levels

    reply = desk.ask(
        f"/pixel/v1/page?writeKey={KEY}&userId=ana&context={deep}", method="GET", key=None
    )

    assert reply.status in (200, 400)
    assert not any(isinstance(event, CustomerEvent) for event in desk.events)


def test_a_scanners_head_of_a_pixel_is_no_view() -> None:
    desk = Desk()

    reply = desk.ask(f"/pixel/v1/page?writeKey={KEY}&userId=ana", method="HEAD", key=None)

    assert reply.status == 405
    assert desk.events == []


def test_calls_without_ids_of_their_own_are_told_apart() -> None:
    desk = Desk()
    call = {"userId": "ana", "event": "Bought"}

    desk.ask("/v1/track", call)
    desk.ask("/v1/track", call)

    first, second = desk.events
    assert isinstance(first, CustomerEvent)
    assert isinstance(second, CustomerEvent)
    assert first.message_id != second.message_id


@pytest.mark.parametrize(("proxy_count", "address"), [(0, "198.51.100.7"), (1, "192.0.2.2")])
def test_only_trusted_proxies_name_the_senders_address(proxy_count: int, address: str) -> None:
    desk = Desk(proxy_count=proxy_count)

    desk.ask("/v1/t", CALL, headers={"x-forwarded-for": "192.0.2.1, 192.0.2.2"})

    assert json.loads(desk.customer().context)["ip"] == address


@pytest.mark.parametrize("path", ["/health", "/version"])
def test_a_probe_is_answered_without_a_key(path: str) -> None:
    assert Desk().ask(path, method="GET", key=None).status == 200


def test_the_browser_sdks_metrics_are_taken_and_forgotten() -> None:
    desk = Desk()

    assert desk.ask("/v1/m", {"series": []}, key=None).status == 200
    assert desk.events == []


def test_a_sender_that_hangs_up_is_given_no_answer() -> None:
    desk = Desk()
    sent: list[object] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/v1/track",
        "query_string": b"",
        "headers": [(b"authorization", basic(KEY).encode())],
        "client": None,
    }
    asyncio.run(desk.door(scope, receive, send))

    assert (sent, desk.events) == ([], [])


def test_the_door_knows_its_paths() -> None:
    ours = ("/v1/batch", "/t", "/v1/track/", "/sourceConfig/", "/v1/projects/k/settings", "/health")
    others = ("/", "/api/people", "/v1", "/v1/projects/k/sources/settings", "/docs", "/v1/webhook")

    assert [path for path in ours if not is_collect_path(path)] == []
    assert [path for path in others if is_collect_path(path)] == []
