"""How one call becomes a customer event, or is rejected with a reason."""

from __future__ import annotations

import json

import msgspec
import pytest

from legato.collect import wire
from legato.collect.mending import depth, mend
from legato.collect.wire import Arrival
from legato.model.event import CustomerEvent, RejectedItem, decode_event, encode_event
from legato.model.ids import derive
from legato.model.instant import DAY, HOUR, MINUTE, SECOND, Instant, format_instant, parse_instant

NOW: Instant = parse_instant("2026-03-02T10:00:00Z") or 0
ARRIVAL = Arrival(source="web", received_at=NOW, sequence=0)
TRACK = {"type": "track", "event": "Bought", "userId": "ana", "messageId": "m1"}


def judge(call: object, **changes: object) -> CustomerEvent | RejectedItem:
    data = call if isinstance(call, bytes) else json.dumps(call).encode()
    arrival = msgspec.structs.replace(ARRIVAL, **changes)
    return wire.judge(wire.read_item(data), data, arrival)


def kept(call: object, **changes: object) -> CustomerEvent:
    event = judge(call, **changes)
    assert isinstance(event, CustomerEvent), event
    assert decode_event(encode_event(event)) == event
    return event


def refused(call: object, **changes: object) -> str:
    event = judge(call, **changes)
    assert isinstance(event, RejectedItem), event
    assert event.reason.what == wire.REASONS[event.reason.code]
    return event.reason.code.removeprefix("collect.")


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (b"7", "unreadable"),
        (b"[]", "unreadable"),
        (b'{"type":', "unreadable"),
        ({**TRACK, "properties": {"a": "x" * 33_000}}, "too_large"),
        ({"userId": "ana"}, "type_missing"),
        ({**TRACK, "type": "Track"}, "type_unknown"),
        ({**TRACK, "type": ["track"]}, "type_unknown"),
        ({**TRACK, "userId": None}, "id_missing"),
        ({**TRACK, "userId": "  "}, "id_missing"),
        ({**TRACK, "userId": True}, "id_missing"),
        ({**TRACK, "userId": {"id": 1}}, "id_missing"),
        ({**TRACK, "userId": "u" * 501}, "id_too_long"),
        ({**TRACK, "event": " "}, "event_missing"),
        ({**TRACK, "event": 7}, "event_missing"),
        ({"type": "group", "userId": "ana"}, "group_id_missing"),
        ({"type": "alias", "userId": "ana"}, "previous_id_missing"),
        ({"type": "alias", "anonymousId": "a", "previousId": "b"}, "previous_id_missing"),
        ({**TRACK, "properties": [1]}, "body_not_an_object"),
        ({**TRACK, "properties": "a"}, "body_not_an_object"),
        ({"type": "identify", "userId": "ana", "traits": 7}, "body_not_an_object"),
        ({**TRACK, "context": "web"}, "context_not_an_object"),
    ],
)
def test_a_call_that_means_nothing_is_rejected_with_its_reason(call: object, code: str) -> None:
    assert refused(call) == code


@pytest.mark.parametrize(
    ("given", "meant"),
    [(" ana ", "ana"), (42, "42"), (42.0, "42"), (4.5, "4.5"), (2**60, str(2**60)), (0, "0")],
)
def test_an_id_is_trimmed_text_and_a_number_is_one_too(given: object, meant: str) -> None:
    assert kept({**TRACK, "userId": given}).user_id == meant


def test_an_anonymous_call_with_explicit_nulls_is_kept() -> None:
    event = kept({**TRACK, "userId": None, "anonymousId": "anon-1", "properties": None})

    assert (event.user_id, event.anonymous_id, event.body) == (None, "anon-1", b"{}")


def test_the_same_message_has_the_same_id_at_one_source_only() -> None:
    first, again = kept(TRACK), kept({**TRACK, "event": "Else"}, received_at=NOW + 1)

    assert first.event_id == again.event_id == derive("event", "web", "m1")
    assert kept(TRACK, source="app").event_id != first.event_id


def test_calls_without_message_id_get_one_each() -> None:
    call = {**TRACK, "messageId": " "}

    ids = {kept(call, sequence=n, received_at=NOW + m).message_id for n in (0, 1) for m in (0, 1)}

    assert len(ids) == 4


def test_a_long_message_id_is_shortened_the_same_way_always() -> None:
    one, other = "m" * 200 + "1", "m" * 200 + "2"

    assert kept({**TRACK, "messageId": one}).message_id == wire.read_message_id(one)
    assert len(wire.read_message_id(one) or "") <= wire.MESSAGE_ID_CHARS_MAX
    assert wire.read_message_id(one) != wire.read_message_id(other)
    assert wire.read_message_id("m" * 99) == "m" * 99


def test_a_self_alias_is_accepted() -> None:
    event = kept({"type": "alias", "userId": "ana", "previousId": "ana"})

    assert (event.user_id, event.previous_id) == ("ana", "ana")


@pytest.mark.parametrize("error", [-30 * DAY, -HOUR, 0, HOUR, 30 * DAY])
def test_a_senders_wrong_clock_is_corrected(error: int) -> None:
    happened, sent = NOW - 10 * MINUTE, NOW - SECOND
    call = {
        **TRACK,
        "timestamp": format_instant(happened + error),
        "sentAt": format_instant(sent + error),
    }

    event = kept(call)

    assert abs(event.occurred_at - happened) <= 1 * SECOND
    assert (event.original_at, event.sent_at) == (happened + error, sent + error)


def test_the_batchs_sending_time_holds_unless_the_call_has_its_own() -> None:
    call = {**TRACK, "originalTimestamp": format_instant(NOW - HOUR)}

    by_batch = kept(call, sent_at=NOW - MINUTE)
    by_call = kept({**call, "sentAt": format_instant(NOW - 2 * MINUTE)}, sent_at=NOW - MINUTE)

    assert by_batch.occurred_at == NOW - 59 * MINUTE
    assert by_call.occurred_at == NOW - 58 * MINUTE


def test_rudder_takes_a_given_timestamp_as_it_is() -> None:
    call = {
        **TRACK,
        "timestamp": "2024-03-10T06:59:59.123Z",
        "originalTimestamp": format_instant(NOW - HOUR),
        "sentAt": format_instant(NOW - MINUTE),
    }

    given = kept(call, family="rudder")
    corrected = kept({**call, "timestamp": None}, family="rudder")

    assert given.occurred_at == parse_instant("2024-03-10T06:59:59.123Z")
    assert corrected.occurred_at == NOW - 59 * MINUTE


@pytest.mark.parametrize(
    ("timestamp", "occurred_at"),
    [
        (None, NOW),
        ("yesterday", NOW),
        (1_709_373_600_000, NOW),
        ("1969-12-31T23:59:59Z", NOW),
        ("9999-12-31T23:59:59-14:00", NOW),
        (format_instant(NOW + HOUR), NOW),
        ("2026-03-02T09:00:00.000001Z", NOW - HOUR + 1),
        ("2026-03-02T04:00:00-05:00", NOW - HOUR),
        ("2026-03-02T09:00:00.123456789Z", NOW - HOUR + 123_456),
        ("2026-03-02", NOW - 10 * HOUR),
        ("2026-03-02T09:00:00", NOW - HOUR),
    ],
)
def test_without_a_sending_time_the_timestamp_holds_where_it_can(
    timestamp: object, occurred_at: Instant
) -> None:
    assert kept({**TRACK, "timestamp": timestamp}).occurred_at == occurred_at


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T09:00:00Z",
        "2026-03-02T09:00:00.123+05:30",
        "2026-03-02 09:00:00.1",
        "2026-03-02",
        "2026-02-30T09:00:00Z",
        "2026-13-02T09:00:00Z",
        "2026-W10-1T09:00:00Z",
        "20260302T090000Z",
        " 2026-03-02T09:00:00Z ",
        "",
    ],
)
def test_instants_are_read_as_everywhere_else(text: str) -> None:
    assert wire.read_instant(text) == parse_instant(text)


def test_the_batchs_context_is_merged_in_and_the_call_wins() -> None:
    call = {**TRACK, "context": {"locale": "pt"}, "integrations": {"All": False}}

    event = kept(
        call, context={"locale": "en", "app": {"name": "shop"}}, integrations={"All": True, "X": 1}
    )

    assert json.loads(event.context) == {"locale": "pt", "app": {"name": "shop"}}
    assert json.loads(event.integrations) == {"All": False, "X": 1}


@pytest.mark.parametrize(
    ("call", "address"),
    [
        (TRACK, "198.51.100.7"),
        ({**TRACK, "context": {"ip": "203.0.113.9"}}, "203.0.113.9"),
        ({**TRACK, "channel": "server"}, None),
    ],
)
def test_a_devices_address_is_added_where_the_call_has_none(
    call: object, address: str | None
) -> None:
    assert json.loads(kept(call, address="198.51.100.7").context).get("ip") == address


def test_a_pages_name_is_kept_beside_its_properties() -> None:
    call = {"type": "page", "userId": "ana", "name": "Home", "category": "Docs"}

    assert json.loads(kept({**call, "properties": {"name": "own"}}).body) == {
        "name": "own",
        "category": "Docs",
    }
    assert kept(call).name == "Page Viewed"


def test_rudders_browser_sdk_tells_traits_in_the_context() -> None:
    call = {"type": "identify", "userId": "ana", "context": {"traits": {"email": "a@example.com"}}}

    assert json.loads(kept(call).body) == {"email": "a@example.com"}
    assert json.loads(kept({**call, "traits": {"plan": "pro"}}).body) == {"plan": "pro"}


def test_bodies_stay_the_bytes_that_were_sent() -> None:
    body = b'{ "price": 1.10, "big": 9007199254740993, "name": "\\u0141" }'

    event = kept(b'{"type":"track","event":"e","userId":"a","properties":%s}' % body)

    assert event.body == body


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (b'"cut \\ud83d"', "cut \ufffd"),
        (b'"bad \xff"', "bad \ufffd"),
        (b"NaN", None),
        (b"-Infinity", None),
        (b"1e999", None),
        (b"1" + b"0" * 30, 1e30),
        (b"1" + b"0" * 400, None),
        (b"18446744073709551615", 2**64 - 1),
        (b'{"a":1,"a":2}', {"a": 2}),
    ],
)
def test_what_is_almost_json_is_read_as_a_browser_would_write_it(
    value: bytes, read: object
) -> None:
    event = kept(b'{"type":"track","event":"e","userId":"a","properties":{"v":%s}}' % value)

    assert json.loads(event.body) == {"v": read}


def test_a_clock_cannot_be_corrected_beyond_the_first_instant() -> None:
    call = {**TRACK, "timestamp": "1970-01-02T00:00:00Z", "sentAt": "9999-12-31T00:00:00Z"}

    assert kept(call).occurred_at == 0


def test_a_large_body_is_not_mended() -> None:
    assert mend(b"[NaN]") == b"[null]"
    assert mend(b"[NaN]" + b" " * 600_000) is None


@pytest.mark.parametrize(("levels", "is_kept"), [(30, True), (32, False), (900, False)])
def test_a_call_that_nests_too_deep_is_rejected(levels: int, *, is_kept: bool) -> None:
    nested = b'{"type":"track","event":"e","userId":"a","properties":{"v":%s1%s}}'
    data = nested % (b"[" * levels, b"]" * levels)

    assert isinstance(judge(data), CustomerEvent) is is_kept


def test_a_bushy_call_is_not_a_deep_one() -> None:
    products = [{"sku": n, "tags": ["{[", '"[[']} for n in range(100)]

    event = kept({**TRACK, "properties": {"products": products}})

    assert json.loads(event.body) == {"products": products}


@pytest.mark.parametrize(
    ("data", "levels"),
    [(b"{}", 1), (b'{"a":[{"b":"[[[\\"{"}]}', 3), (b'"[[', 0), (b"]]]]", 0), (b"[[", 2)],
)
def test_depth_counts_brackets_outside_texts(data: bytes, levels: int) -> None:
    assert depth(data) == levels


def test_a_rejected_call_keeps_its_message_id() -> None:
    event = judge({**TRACK, "userId": None})

    assert isinstance(event, RejectedItem)
    assert (event.message_id, event.event_id) == ("m1", derive("event", "web", "m1"))
    assert json.loads(event.raw) == {**TRACK, "userId": None}


def test_read_batch_tells_bad_json_from_a_missing_batch() -> None:
    assert wire.read_batch(b"{") == "malformed"
    assert wire.read_batch(b"[]") == "no_batch"
    assert wire.read_batch(b'{"batch":7}') == "no_batch"
    assert wire.read_batch(b'{"batch":[NaN,1]}') not in ("malformed", "no_batch")
